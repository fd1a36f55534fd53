"""Deliveries: a row for each person and way that wants to hear of something.

Not here: what happened (happened.py), or sending (sending.py).
"""

import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from biosight.accounts import DAY
from biosight.membership import Member
from biosight.notices import Delivery, NoticeChoice, Webhook
from biosight.notices.records import choice_id, mail_of
from biosight.storage.records import Insert, InUse, Records, Where, among, find_all, parts
from biosight.workflows.notices.happened import Happened, happened_since

MAIL_HOUR = 6 * 3600.0  # UTC: the mails of a day come before its work begins in Europe
Members = dict[tuple[str, str], float]  # since when a person is in a collection
WayKind = type[NoticeChoice] | type[Webhook]
WaysOfPeople = dict[str, list[NoticeChoice | Webhook]]


def write_deliveries(records: Records, since: float, *, mail: bool, hooks: bool = True) -> int:
    """Write a row for each notice of what happened since a moment that has none yet; return how
    many. Without `mail` or `hooks`, this server sends none of that sort."""
    happened = happened_since(records, since)
    members = members_concerned(records, happened)
    kinds: list[WayKind] = [*([NoticeChoice] if mail else []), *([Webhook] if hooks else [])]
    ways = ways_to(records, {user for _, user in members}, kinds)
    wanted = [d for h in happened for d in deliveries_of(h, members, ways)]
    there = {d.id for d in among(records, Delivery, [d.id for d in wanted])}
    written = 0
    for delivery in wanted:
        if delivery.id not in there:
            written += insert(records, delivery)
    return written


def insert(records: Records, delivery: Delivery) -> bool:
    try:
        records.write(Insert(delivery))
    except InUse:
        return False  # another instance was faster
    return True


def ways_to(records: Records, people: Collection[str], kinds: Sequence[WayKind]) -> WaysOfPeople:
    """Return the ways of these kinds of each of these people."""
    ways: WaysOfPeople = defaultdict(list)
    for kind in kinds:
        for some in parts(sorted(people)):
            for way in find_all(records, kind, [Where("user", "in", some)]):
                ways[way.user].append(way)
    return ways


def members_concerned(records: Records, happened: Sequence[Happened]) -> Members:
    """Return each collection in which something happened with each of its members whom that may
    concern, and since when they are members (seconds since 1970)."""
    concerned = {(h.collection, h.user) for h in happened}
    return {
        (member.collection, member.user): member.since
        for some in parts(sorted({h.collection for h in happened}))
        for member in find_all(records, Member, [Where("collection", "in", some)])
        if {(member.collection, member.user), (member.collection, "")} & concerned
    }


def deliveries_of(event: Happened, members: Members, ways: WaysOfPeople) -> Iterator[Delivery]:
    """Yield the rows of one event, for those who were members then. Whether they still are is asked
    again as each is sent."""
    for user, found in ways.items():
        since = members.get((event.collection, user))
        if event.user not in ("", user) or since is None or since > event.at:
            continue
        mails = {w.id: w for w in found if isinstance(w, NoticeChoice)}
        hooks = [w for w in found if isinstance(w, Webhook) and not w.stopped_at]
        if (choice := choice_for(mails, user, event.collection)) and wants(choice, event):
            yield delivery(event, user, mail_of(user), mail_time(choice, time.time()))
        for hook in hooks:
            if hook.collection in ("", event.collection) and wants(hook, event):
                yield delivery(event, user, hook.id, 0.0)


def choice_for(choices: dict[str, NoticeChoice], user: str, collection: str) -> NoticeChoice | None:
    """Return what a person said about mails of a collection, else about all; None for no mails."""
    own = choices.get(choice_id(user, collection))
    found = own if own and own.mail else choices.get(choice_id(user, ""))
    return found if found and found.mail not in ("", "none") else None


def wants(way: NoticeChoice | Webhook, event: Happened) -> bool:
    return event.kind in way.kinds and event.at >= way.since


def mail_time(choice: NoticeChoice, now: float) -> float:
    """Return when a mail is due: at once, or with the next mail of the day (seconds since 1970)."""
    if choice.mail == "at once":
        return 0.0
    return (math.floor((now - MAIL_HOUR) / DAY) + 1) * DAY + MAIL_HOUR


def delivery(event: Happened, user: str, way: str, due_at: float) -> Delivery:
    """Return the row of an event for one person and way, with an id that follows from these."""
    return Delivery(
        f"{event.id}:{way}",
        user,
        way,
        event.kind,
        event.collection,
        event.at,
        event.title,
        event.words,
        event.path,
        due_at,
    )
