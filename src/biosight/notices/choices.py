"""What a person wants to be told: mails, and webhooks of theirs.

Not here: which collections they may see (membership), or sending (workflows/notices/sending.py).
"""

import base64
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace

from biosight.errors import BadRequest, NotFound
from biosight.notices.outgoing import clean_target
from biosight.notices.records import (
    RHYTHMS,
    TEST,
    Delivery,
    MailRhythm,
    NoticeChoice,
    Webhook,
    choice_id,
    clean_kinds,
)
from biosight.storage.records import (
    Insert,
    Order,
    Records,
    Remove,
    Replace,
    Where,
    find_all,
    new_id,
    one,
)

MOST_WEBHOOKS = 10
SHOWN = 20


def choices_of(records: Records, user: str) -> list[NoticeChoice]:
    """Return what a person said about mails: for all collections and for single ones."""
    return find_all(records, NoticeChoice, [Where("user", "=", user)])


def choose_mails(
    records: Records, user: str, collection: str, mail: MailRhythm, kinds: Sequence[str]
) -> NoticeChoice:
    """Keep how a person wants mails, in one collection or ("") in all. Raises BadRequest, and Stale
    if they said something else meanwhile."""
    if mail not in RHYTHMS or (not mail and not collection):
        raise BadRequest("Mails come not at all, once a day, or at once.")
    id, cleaned, now = choice_id(user, collection), clean_kinds(kinds), time.time()
    held = records.get(NoticeChoice, id)
    if held is None:
        secret = secrets.token_urlsafe(24)
        made = NoticeChoice(id, user, collection, mail, cleaned, now, secret)
        records.write(Insert(made))
        return made
    changed = replace(held, mail=mail, kinds=cleaned, since=now, version=held.version + 1)
    records.write(Replace(changed, held.version))
    return changed


def stop_mails(records: Records, secret: str) -> None:
    """End all mails to the person whose link this is. Raises NotFound for an unknown link."""
    found = one(records, NoticeChoice, Where("secret", "=", secret)) if secret else None
    if found is None:
        raise NotFound("This link does not work any more; look under Account.")
    for choice in choices_of(records, found.user):
        stopped = replace(choice, mail="none", version=choice.version + 1)
        records.write(Replace(stopped, choice.version))


def webhooks_of(records: Records, user: str) -> list[Webhook]:
    """Return a person's webhooks, the oldest first."""
    return find_all(records, Webhook, [Where("user", "=", user)])


def add_webhook(
    records: Records, user: str, address: str, collection: str, kinds: Sequence[str]
) -> Webhook:
    """Keep an address to send notices to, with a new secret. Raises BadRequest."""
    target, cleaned = clean_target(address), clean_kinds(kinds)
    if not cleaned:
        raise BadRequest("Choose at least one kind of notice.")
    if len(webhooks_of(records, user)) >= MOST_WEBHOOKS:
        raise BadRequest(f"You can have up to {MOST_WEBHOOKS} webhooks; remove some first.")
    made = Webhook(new_id(), user, collection, target, cleaned, time.time(), new_secret())
    records.write(Insert(made))
    return made


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it: whsec_ and 24 to 64 bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def own_webhook(records: Records, user: str, id: str) -> Webhook:
    """Return a person's webhook. Raises NotFound for an unknown one, or somebody else's."""
    found = records.get(Webhook, id)
    if found is None or found.user != user:
        raise NotFound("There is no such webhook.")
    return found


def remove_webhook(records: Records, user: str, id: str) -> None:
    """Remove a person's webhook, and what was sent to it. Raises NotFound."""
    records.write(Remove(Webhook, own_webhook(records, user, id).id))
    records.remove(Delivery, [Where("way", "=", id)])


def ask_test(records: Records, hook: Webhook) -> Delivery:
    """Let a webhook be tried out; return the notice that is sent next."""
    id, now = new_id(), time.time()
    title, words = "A test from BioSight", "You asked for it under Account."
    made = Delivery(
        id, hook.user, hook.id, TEST, hook.collection, now, title, words, "/account", now
    )
    records.write(Insert(made))
    return made


def sent_to(records: Records, webhook: str) -> list[Delivery]:
    """Return the last notices to a webhook, newest first."""
    newest = Order("at", descending=True)
    return records.find(Delivery, [Where("way", "=", webhook)], order=newest, limit=SHOWN)


def forget_person(records: Records, user: str) -> None:
    """Remove all that a person who leaves wanted to be told."""
    for kind in (NoticeChoice, Webhook, Delivery):
        records.remove(kind, [Where("user", "=", user)])


def forget_collection(records: Records, collection: str, user: str = "") -> None:
    """Remove what people, or one person, wanted to be told of one collection."""
    where = [Where("collection", "=", collection)]
    if user:
        where.append(Where("user", "=", user))
    for kind in (NoticeChoice, Webhook, Delivery):
        records.remove(kind, where)


def forget_deliveries(records: Records, before: float) -> None:
    """Remove notices of what happened before a moment (seconds since 1970)."""
    records.remove(Delivery, [Where("at", "<", before)])
