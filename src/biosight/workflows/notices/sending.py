"""Sending notices that are due: claimed by one instance, tried again with growing pauses, given up
in words.

Not here: which notices there are (written.py), or how they travel (mail.py, notices/webhooks.py).
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from biosight import accounts, metrics
from biosight.accounts import User
from biosight.collection import Collection
from biosight.errors import BioSightError, Stale, TooMany, Unavailable
from biosight.membership import Member, member_id
from biosight.notices import MAIL, TEST, Delivery, NoticeChoice, Webhook, webhooks
from biosight.notices.outgoing import Networks
from biosight.notices.records import choice_id
from biosight.storage.records import Order, Records, Replace, Where
from biosight.workflows.people.mails import Post, on_one_line

log = logging.getLogger(__name__)
AT_ONCE = 4  # ways that may hang at the same time
MOST_IN_ROUND = 200
CLAIM_SECONDS = 300.0
# Pauses between tries: 1 minute, 5, 30, 2 hours, then every 6 hours until GIVE_UP_SECONDS.
PAUSES = (60.0, 300.0, 1800.0, 7200.0, 21_600.0)
GIVE_UP_SECONDS = 2 * accounts.DAY
HOOK_PATIENCE_SECONDS = 3 * accounts.DAY
UNWANTED_MAIL = "You want no mails, or your address is not proved."
GONE = "It wants no more (410)."
MOST_LETTERS = 40  # to one person on one day


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs: the records, the mail server, the networks besides public ones that
    webhooks may reach, and whether there are webhooks at all."""

    records: Records
    post: Post
    others: Networks
    hooks: bool = True


def send_due(sender: Sender) -> int:
    """Send what is due now, each way on its own thread; return how many notices were tried."""
    waiting = [Where("state", "=", "waiting"), Where("due_at", "<=", time.time())]
    found = sender.records.find(Delivery, waiting, order=Order("due_at"), limit=MOST_IN_ROUND)
    ways: dict[str, list[Delivery]] = {}
    for delivery in found:
        way = f"{MAIL}:{delivery.user}" if delivery.way == MAIL else delivery.way
        ways.setdefault(way, []).append(delivery)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notices") as pool:
        return sum(pool.map(lambda due: send_one_way(sender, due), ways.values()))


def send_one_way(sender: Sender, due: Sequence[Delivery]) -> int:
    """Send the notices of one mailbox or webhook; return how many were tried. A store that is away
    leaves them to their claim."""
    try:
        claimed = [d for d in (claim_delivery(sender.records, d) for d in due) if d]
        allowed = [d for d in claimed if still_concerns(sender.records, d)]
        if allowed and allowed[0].way == MAIL:
            send_letter(sender, allowed)
        elif allowed:
            send_to_hook(sender, allowed)
        return len(claimed)
    except BioSightError as error:
        log.warning("notices wait", extra={"reason": error.detail})
        return 0


def claim_delivery(records: Records, delivery: Delivery) -> Delivery | None:
    """Keep other instances from a delivery while it is tried; None if one was faster."""
    later = time.time() + CLAIM_SECONDS
    try:
        return amended(records, delivery, due_at=later, tries=delivery.tries + 1)
    except Stale:
        return None


def amended(records: Records, delivery: Delivery, **fields: object) -> Delivery:
    now = replace(delivery, version=delivery.version + 1, **fields)  # type: ignore[arg-type]
    records.write(Replace(now, delivery.version))
    return now


def end_delivery(records: Records, delivery: Delivery, state: str, words: str) -> None:
    """Close a delivery as sent, failed or dropped."""
    amended(records, delivery, state=state, said=words, ended_at=time.time())
    metrics.notices.labels("mail" if delivery.way == MAIL else "webhook", state).inc()


def try_later(records: Records, delivery: Delivery, words: str) -> None:
    """Let a delivery wait for its next try, or give up."""
    if time.time() - delivery.at > GIVE_UP_SECONDS and delivery.tries > len(PAUSES):
        end_delivery(records, delivery, "failed", words)
        return
    pause = PAUSES[min(delivery.tries, len(PAUSES)) - 1]
    amended(records, delivery, due_at=time.time() + pause, said=words)


def still_concerns(records: Records, delivery: Delivery) -> bool:
    """Return whether the person still has an account, and still may see the collection; drop the
    notice if not."""
    person = records.get(User, delivery.user)
    here = records.get(Collection, delivery.collection) if delivery.collection else None
    member = member_id(delivery.collection, delivery.user)
    if delivery.collection and (not here or here.trashed_at or not records.get(Member, member)):
        end_delivery(records, delivery, "dropped", "You can't see this collection any more.")
    elif person is None or person.disabled:
        end_delivery(records, delivery, "dropped", "This account is closed.")
    else:
        return True
    return False


def send_letter(sender: Sender, due: Sequence[Delivery]) -> None:
    """Send one mail with all that is due to one person."""
    records, person = sender.records, sender.records.get(User, due[0].user)
    choice = choice_that_counts(records, due[0])
    if person is None or choice is None or not person.has_proved_address:
        for delivery in due:
            end_delivery(records, delivery, "dropped", UNWANTED_MAIL)
        return
    try:
        words = f"{MOST_LETTERS} mails were sent to you today."
        accounts.count_of_day(records, f"notices to {person.id}", MOST_LETTERS, words)
    except TooMany as error:
        for delivery in due:
            amended(records, delivery, due_at=time.time() + error.retry_after, said=words)
        return
    sent = sender.post.sent(
        person.email,
        letter_subject(due),
        letter_text(sender, due, choice),
        stop_headers(sender, choice),
    )
    for delivery in due:
        if sent:
            end_delivery(records, delivery, "sent", f"Mailed to {person.email}.")
        else:
            try_later(records, delivery, "The mail server did not take it.")


def choice_that_counts(records: Records, delivery: Delivery) -> NoticeChoice | None:
    """Return the choice by which mails of this collection come, None where there are none now."""
    own = records.get(NoticeChoice, choice_id(delivery.user, delivery.collection))
    found = own if own and own.mail else records.get(NoticeChoice, choice_id(delivery.user, ""))
    return found if found and found.mail not in ("", "none") else None


def letter_subject(due: Sequence[Delivery]) -> str:
    """Return a subject in BioSight's own words alone."""
    return "A notice from BioSight" if len(due) == 1 else f"{len(due)} notices from BioSight"


def letter_text(sender: Sender, due: Sequence[Delivery], choice: NoticeChoice) -> str:
    """Return the letter: each notice with its collection and link, and how to stop them."""
    names: dict[str, str] = {}
    parts = []
    for delivery in due:
        if delivery.collection not in names:
            names[delivery.collection] = name_for_people(sender.records, delivery.collection)
        where = f" (“{names[delivery.collection]}”)" if names[delivery.collection] else ""
        lines = [f"{delivery.title}{where}", delivery.words, sender.post.link(delivery.path)]
        parts.append("\n".join(line for line in lines if line))
    stop = sender.post.link(f"/notices/stop#{choice.secret}")
    return "\n\n".join([*parts, f"You asked for these mails under Account. Stop them: {stop}", ""])


def name_for_people(records: Records, collection: str) -> str:
    found = records.get(Collection, collection) if collection else None
    return on_one_line(found.name) if found else ""


def stop_headers(sender: Sender, choice: NoticeChoice) -> dict[str, str]:
    """Return the headers by which mail programs offer to stop the mails (RFC 2369, RFC 8058)."""
    address = sender.post.link(f"/api/v1/notices/stop?secret={choice.secret}")
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def send_to_hook(sender: Sender, due: Sequence[Delivery]) -> None:
    """Send notices to one webhook, one after the other. Once one fails, the others wait as well."""
    records, hook, failed = sender.records, sender.records.get(Webhook, due[0].way), ""
    for delivery in due:
        if hook is None or not sender.hooks or (hook.stopped_at and delivery.kind != TEST):
            end_delivery(records, delivery, "dropped", "This webhook is stopped.")
        elif failed:
            try_later(records, delivery, failed)
        else:
            failed = send_one(sender, hook, delivery)
            hook = note_health(records, hook, failed)


def send_one(sender: Sender, hook: Webhook, delivery: Delivery) -> str:
    """Send one notice; return why it failed, "" if it did not."""
    name = name_for_people(sender.records, delivery.collection)
    body = webhooks.payload(delivery, name, sender.post.link(delivery.path))
    try:
        status = webhooks.send_signed(hook, delivery, body, sender.others)
    except webhooks.Unwanted:
        end_delivery(sender.records, delivery, "failed", GONE)
        return GONE
    except Unavailable as error:
        try_later(sender.records, delivery, error.detail)
        return error.detail
    end_delivery(sender.records, delivery, "sent", f"Answered with {status}.")
    return ""


def note_health(records: Records, hook: Webhook, failed: str) -> Webhook:
    """Note that a webhook answers, or since when it does not; stop one that has failed for days or
    wants no more. A stopped one that answers a test works again, for what happens from then on."""
    now = time.time()
    failing = (hook.failing_since or now) if failed else 0.0
    over = failed and (hook.stopped_at or failed == GONE or now - failing > HOOK_PATIENCE_SECONDS)
    stopped = (hook.stopped_at or now) if over else 0.0
    since = now if hook.stopped_at and not stopped else hook.since
    changed = replace(hook, failing_since=failing, stopped_at=stopped, since=since)
    if changed == hook:
        return hook
    changed = replace(changed, version=hook.version + 1)
    try:
        records.write(Replace(changed, hook.version))
    except Stale:
        log.info("a webhook changed meanwhile", extra={"webhook": hook.id})
    return changed
