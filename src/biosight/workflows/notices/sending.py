"""Sending notices that are due: by one server at a time for each way, tried again with growing
pauses, given up in words.

A way is a person's mail or one webhook. Not here: which notices there are (written.py), what
letters say (letters.py), or how they travel (mail.py, notices/webhooks.py).
"""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import shuffle

from biosight import accounts, metrics
from biosight.accounts import User
from biosight.collection import Collection
from biosight.errors import BioSightError, Stale, TooMany, Unavailable
from biosight.images.comments import Mention
from biosight.membership import Member, member_id
from biosight.notices import TEST, Delivery, Webhook, webhooks
from biosight.notices.outgoing import Networks
from biosight.notices.records import is_mail
from biosight.storage.records import Order, Records, Replace, Where
from biosight.work.leases import drop_lease, take_lease
from biosight.workflows.notices import letters
from biosight.workflows.people.mails import Post

log = logging.getLogger(__name__)
MOST_IN_ROUND = 500
WAY_SECONDS, LEASE_SECONDS = 60.0, 180.0  # a way ends long before another server may take it
# Pauses between tries: 1 minute, 5, 30, 2 hours, then every 6 hours until GIVE_UP_SECONDS.
PAUSES = (60.0, 300.0, 1800.0, 7200.0, 21_600.0)
GIVE_UP_SECONDS = 2 * accounts.DAY
HOOK_PATIENCE_SECONDS = 3 * accounts.DAY
UNWANTED_MAIL = "You want no mails of this, or your address is not proved."
GONE = "It wants no more (410)."
MOST_LETTERS = 40  # to one person on one day


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs: the records, the mail server, the networks besides public ones that
    webhooks may reach, and whether this server sends to webhooks at all."""

    records: Records
    post: Post
    others: Networks
    hooks: bool = True

    def sends(self, way: str) -> bool:
        """Return whether this server sends by a way; others may."""
        return bool(self.post.server) if is_mail(way) else self.hooks


@dataclass(frozen=True, slots=True)
class DueWay:
    """A way by which something is due, and whose it is."""

    user: str
    way: str


def send_due(sender: Sender) -> int:
    """Send all that is due, one way after the other; return how many notices were tried."""
    return sum(send_by_way(sender, one.way) for one in due_ways(sender))


def due_ways(sender: Sender) -> list[DueWay]:
    """Return the ways by which something is due that this server sends: mails first, the others in
    an order of chance, so that each has its turn."""
    due = [Where("state", "=", "waiting"), Where("due_at", "<=", time.time())]
    found = sender.records.tally(Delivery, due, ("user", "way"))
    ways = [DueWay(str(user), str(way)) for user, way in found if sender.sends(str(way))]
    shuffle(ways)
    return sorted(ways, key=lambda one: not is_mail(one.way))


def send_by_way(sender: Sender, way: str) -> int:
    """Send what is due by one way, if no other server does; return how many notices were tried. A
    store that is away leaves the rest to a later round."""
    lease = f"notices by {way}"
    try:
        if not take_lease(sender.records, lease, LEASE_SECONDS):
            return 0
        tried = send_letter(sender, way) if is_mail(way) else send_to_hook(sender, way)
        drop_lease(sender.records, lease)
        return tried
    except (BioSightError, Stale) as error:
        log.warning("notices wait", extra={"way": way, "reason": str(error)})
        return 0


def due_by(records: Records, way: str) -> list[Delivery]:
    """Return what is due by a way, the oldest first."""
    due = [Where("way", "=", way), Where("state", "=", "waiting")]
    due.append(Where("due_at", "<=", time.time()))
    return records.find(Delivery, due, order=Order("due_at"), limit=MOST_IN_ROUND)


def still_concerning(records: Records, due: Sequence[Delivery]) -> Iterator[Delivery]:
    """Yield the notices that still concern their person; drop the others."""
    for delivery in due:
        if reason := reason_to_drop(records, delivery):
            end_delivery(records, delivery, "dropped", reason)
        else:
            yield delivery


def reason_to_drop(records: Records, delivery: Delivery) -> str:
    """Return why a notice is not sent any more, "" if it is: a person may lose their account or
    the collection, or look before they are told."""
    person = records.get(User, delivery.user)
    if person is None or person.disabled:
        return "This account is closed."
    here = records.get(Collection, delivery.collection) if delivery.collection else None
    member = member_id(delivery.collection, delivery.user)
    if delivery.collection and (not here or here.trashed_at or not records.get(Member, member)):
        return "You can't see this collection any more."
    if delivery.kind == "mention" and not records.get(Mention, delivery.id.partition(":")[0]):
        return "You looked at it already, or the comment was removed."
    return ""


def amended(records: Records, delivery: Delivery, **fields: object) -> Delivery:
    now = replace(delivery, version=delivery.version + 1, **fields)  # type: ignore[arg-type]
    records.write(Replace(now, delivery.version))
    return now


def end_delivery(records: Records, delivery: Delivery, state: str, words: str) -> None:
    """Close a delivery as sent, failed or dropped."""
    tries = delivery.tries + (state != "dropped")
    amended(records, delivery, state=state, said=words, ended_at=time.time(), tries=tries)
    metrics.notices.labels("mail" if is_mail(delivery.way) else "webhook", state).inc()


def try_later(records: Records, delivery: Delivery, words: str) -> None:
    """Let a delivery wait for its next try, or give up."""
    tries = delivery.tries + 1
    if time.time() - delivery.at > GIVE_UP_SECONDS and tries > len(PAUSES):
        end_delivery(records, delivery, "failed", words)
        return
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    amended(records, delivery, due_at=time.time() + pause, said=words, tries=tries)


def send_letter(sender: Sender, way: str) -> int:
    """Send one mail with all that is due to one person; return how many notices were tried."""
    records = sender.records
    due = [d for d in still_concerning(records, due_by(records, way)) if wanted(records, d)]
    person = records.get(User, due[0].user) if due else None
    if person is None:
        return 0
    key, words = f"notices to {person.id}", f"{MOST_LETTERS} mails were sent to you today."
    try:
        accounts.count_of_day(records, key, MOST_LETTERS, words)
    except TooMany as error:
        for delivery in due:
            amended(records, delivery, due_at=time.time() + error.retry_after, said=words)
        return len(due)
    if letters.send_notices(records, sender.post, person, due):
        for delivery in due:
            end_delivery(records, delivery, "sent", f"Mailed to {person.email}.")
    else:
        accounts.take_back_of_day(records, key)
        for delivery in due:
            try_later(records, delivery, "The mail server did not take it.")
    return len(due)


def wanted(records: Records, delivery: Delivery) -> bool:
    """Return whether a person still wants this by mail, at a proved address; drop it if not."""
    person, choice = records.get(User, delivery.user), letters.choice_for_mail(records, delivery)
    if person and person.has_proved_address and choice and delivery.kind in choice.kinds:
        return True
    end_delivery(records, delivery, "dropped", UNWANTED_MAIL)
    return False


def send_to_hook(sender: Sender, way: str) -> int:
    """Send what is due to one webhook, one after the other; return how many were tried. Once one
    fails, or a minute is over, the others wait."""
    records, hook, failed = sender.records, sender.records.get(Webhook, way), ""
    end, tried = time.monotonic() + WAY_SECONDS, 0
    for delivery in still_concerning(records, due_by(records, way)):
        if hook is None or (hook.stopped_at and delivery.kind != TEST):
            end_delivery(records, delivery, "dropped", "This webhook is stopped.")
        elif failed:
            try_later(records, delivery, failed)
        else:
            failed = send_one(sender, hook, delivery)
            hook, tried = note_health(records, hook, failed), tried + 1
        if time.monotonic() > end:
            break
    return tried


def send_one(sender: Sender, hook: Webhook, delivery: Delivery) -> str:
    """Send one notice; return why it failed, "" if it did not."""
    name = letters.name_for_people(sender.records, delivery.collection)
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
