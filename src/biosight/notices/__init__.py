"""Notices: what people want to be told by mail or webhook, and signing what is sent.

Not here: what happened, and when it is sent (workflows/notices).
"""

from biosight.notices.choices import (
    add_webhook,
    anybody_wants,
    ask_test,
    choices_of,
    choose_mails,
    first_choice,
    forget_collection,
    forget_deliveries,
    forget_homeless,
    forget_person,
    own_webhook,
    remove_webhook,
    sent_to,
    stop_mails,
    webhooks_of,
)
from biosight.notices.records import (
    KINDS,
    MAIL,
    NOTICE_KINDS,
    TEST,
    Delivery,
    MailRhythm,
    NoticeChoice,
    NoticeKind,
    Webhook,
)

__all__ = [
    "KINDS",
    "MAIL",
    "NOTICE_KINDS",
    "TEST",
    "Delivery",
    "MailRhythm",
    "NoticeChoice",
    "NoticeKind",
    "Webhook",
    "add_webhook",
    "anybody_wants",
    "ask_test",
    "choices_of",
    "choose_mails",
    "first_choice",
    "forget_collection",
    "forget_deliveries",
    "forget_homeless",
    "forget_person",
    "own_webhook",
    "remove_webhook",
    "sent_to",
    "stop_mails",
    "webhooks_of",
]
