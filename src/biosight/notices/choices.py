"""What a person wants to be told: mails, and webhooks of theirs.

Not here: which collections they may see (membership), or sending (workflows/notices/sending.py).
"""

import base64
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from biosight.errors import BadRequest, NotFound, Stale
from biosight.notices.outgoing import clean_target
from biosight.notices.records import (
    ALL_KINDS,
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
    InUse,
    Order,
    Records,
    Remove,
    Replace,
    Where,
    find_all,
    new_id,
    one,
    pages,
)

MOST_WEBHOOKS = 10
SHOWN = 20
SOME = ("daily", "at once")


def anybody_wants(records: Records) -> bool:
    """Return whether anybody here has said that they want notices."""
    return one(records, NoticeChoice) is not None or one(records, Webhook) is not None


def choices_of(records: Records, user: str) -> list[NoticeChoice]:
    """Return what a person said about mails: for all collections and for single ones."""
    return find_all(records, NoticeChoice, [Where("user", "=", user)])


def choose_mails(
    records: Records, user: str, collection: str, mail: MailRhythm, kinds: Sequence[str]
) -> NoticeChoice:
    """Keep how a person wants mails, in one collection or ("") in all. Raises BadRequest, and Stale
    if they say something else just now."""
    if mail not in RHYTHMS or (not mail and not collection):
        raise BadRequest("Mails come not at all, once a day, or at once.")
    if collection:
        first_choice(records, user)  # whose secret stops the mails
    held, now = kept_choice(records, user, collection), time.time()
    since = held.since if held.mail in SOME and mail in SOME else now
    version, cleaned = held.version + 1, clean_kinds(kinds)
    changed = replace(held, mail=mail, kinds=cleaned, since=since, version=version)
    records.write(Replace(changed, held.version))
    return changed


def first_choice(records: Records, user: str) -> NoticeChoice:
    """Return what a person wants of all collections: no mails until they say something."""
    return kept_choice(records, user, "")


def kept_choice(records: Records, user: str, collection: str) -> NoticeChoice:
    """Return a person's choice, which is written first if there is none."""
    id = choice_id(user, collection)
    if (held := records.get(NoticeChoice, id)) is None:
        mail: MailRhythm = "" if collection else "none"
        made = NoticeChoice(id, user, collection, mail, ALL_KINDS, 0.0, secrets.token_urlsafe(24))
        try:
            records.write(Insert(made))
        except InUse:  # another request was faster
            return kept_choice(records, user, collection)
        return made
    return held


def stop_mails(records: Records, secret: str) -> None:
    """End all mails to the person whose link this is. Raises NotFound for an unknown link."""
    found = one(records, NoticeChoice, Where("secret", "=", secret)) if secret else None
    if found is None:
        raise NotFound("This link does not work any more; look under Account.")
    while True:
        try:
            said = [c for c in choices_of(records, found.user) if c.mail]  # "" follows the others
            records.write(*map(ended_choice, said))
            return
        except Stale:
            continue  # they changed something just now


def ended_choice(choice: NoticeChoice) -> Replace:
    """Return the write after which no mails come by a choice."""
    return Replace(replace(choice, mail="none", version=choice.version + 1), choice.version)


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


def forget_homeless(
    records: Records, homeless: Callable[[Sequence[Delivery]], Iterable[Delivery]]
) -> None:
    """Remove notices whose person, webhook or collection went while they were written; `homeless`
    returns those of some notices."""
    for page in pages(records, Delivery):
        if gone := [Remove(Delivery, delivery.id) for delivery in homeless(page)]:
            records.write(*gone)
