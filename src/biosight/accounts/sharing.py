"""Links that show a collection, a label or a picture to anyone who has the link.

Following a link opens a visit, whose secret is a cookie, so that the link itself stays out of
addresses and logs. Not here: links that let people in (links.py), or what a visitor gets to see
(web).
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight.accounts.limits import count_of_day, network_of, signing_in
from biosight.accounts.passwords import HASHER, HASHING
from biosight.accounts.records import DAY, hash_secret
from biosight.errors import BadRequest, NotFound, NotSignedIn
from biosight.storage.records import (
    Gone,
    Insert,
    Records,
    Remove,
    Require,
    Where,
    Write,
    among,
    find_all,
)

VISIT_SECONDS = DAY / 2
MOST_VISITS = 200  # by one link on one day from one network
LEAST_PASSWORD = 6


@dataclass(frozen=True, slots=True)
class Share:
    """Link that shows all of a collection, the pictures whose label is `label` or hangs below it,
    or one `image`. `path` is where an earlier BioSight found the label; it is looked up each time
    today. `id` hashes the link's secret, and `password` is a hash, "" for none. With `download`
    originals may be downloaded, without their places."""

    table: ClassVar[str] = "shares"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"),)

    id: str
    collection: str
    label: str
    path: str
    image: str
    by: str
    created_at: float
    ends_at: float
    password: str = ""
    download: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """Visit of somebody who followed a link; `id` hashes the cookie's secret."""

    table: ClassVar[str] = "visits"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("share", "id"), ("ends_at",))

    id: str
    share: str
    ends_at: float


def show_by_link(
    records: Records,
    by: str,
    collection: str,
    *,
    days: int,
    label: str = "",
    image: str = "",
    password: str = "",
    download: bool = False,
) -> tuple[str, Share]:
    """Create a link; return its secret, and what is kept of it. Raises BadRequest for a short
    password."""
    if password and len(password) < LEAST_PASSWORD:
        raise BadRequest(f"A password of a link has at least {LEAST_PASSWORD} characters.")
    with HASHING:
        kept = HASHER.hash(password) if password else ""
    secret, now = secrets.token_urlsafe(32), time.time()
    made = Share(
        hash_secret(secret), collection, label, "", image, by, now, now + days * DAY, kept, download
    )
    records.write(Insert(made))
    return secret, made


def shares_of(records: Records, collection: str) -> list[Share]:
    """Return a collection's links that have not expired."""
    found = find_all(records, Share, [Where("collection", "=", collection)])
    return [s for s in found if s.ends_at > time.time()]


def relabel_shares(
    records: Records, collection: str, old: str, new: str
) -> tuple[list[Write], tuple[tuple[str, str], ...]]:
    """Return the writes by which links to a label follow its rename, or end with it where `new` is
    "". Also return the links that follow, by id, with the label before."""
    mine = [s for s in shares_of(records, collection) if s.label == old]
    gone: list[Write] = [Remove(Share, share.id) for share in mine]
    if not new:
        return gone, ()
    return [*gone, *(Insert(replace(s, label=new, path="")) for s in mine)], tuple(
        (share.id, share.label) for share in mine
    )


def shares_back(records: Records, before: Sequence[tuple[str, str]]) -> list[Write]:
    """Return the writes by which links that followed a rename go back to their labels."""
    labels = dict(before)
    found = among(records, Share, list(labels))
    gone = [Remove(Share, share.id) for share in found]
    return [*gone, *(Insert(replace(s, label=labels[s.id], path="")) for s in found)]


def end_share(records: Records, collection: str, id: str) -> None:
    """Withdraw a link, and end the visits by it. Raises NotFound."""
    found = records.get(Share, id)
    if found is None or found.collection != collection:
        raise NotFound("There is no such link.")
    records.write(Remove(Share, id))
    records.remove(Visit, [Where("share", "=", id)])


def forget_shares(records: Records, collection: str) -> None:
    """Remove a collection's links, and the visits by them."""
    for share in find_all(records, Share, [Where("collection", "=", collection)]):
        end_share(records, collection, share.id)


def follow_link(records: Records, secret: str, password: str, address: str) -> tuple[str, Share]:
    """Follow a link; return the secret of a visit, and the link.

    Raises NotFound for a link that expired or was withdrawn, and NotSignedIn for a wrong password.
    Raises TooMany after many wrong passwords, or many visits from one network.
    """
    share = records.get(Share, hash_secret(secret))
    if share is None or share.ends_at <= time.time():
        raise NotFound("This link has expired or was withdrawn; ask for a new one.")
    if share.password:
        check_share_password(records, share, password, address)
    count_of_day(
        records,
        f"visits by {share.id} {network_of(address)}",
        MOST_VISITS,
        f"This link was opened {MOST_VISITS} times from your network today; try again tomorrow.",
    )
    visit = secrets.token_urlsafe(32)
    ends = min(share.ends_at, time.time() + VISIT_SECONDS)
    try:
        records.write(Require(Share, share.id), Insert(Visit(hash_secret(visit), share.id, ends)))
    except Gone as error:
        raise NotFound("This link was withdrawn just now.") from error
    return visit, share


def visits_still(records: Records, visit: str, secret: str) -> Share | None:
    """Return the link of this secret, where the browser's visit belongs to it and has not ended;
    such a browser needs no other visit."""
    try:
        share = share_of_visit(records, visit)
    except NotFound:
        return None
    return share if share.id == hash_secret(secret) else None


def check_share_password(records: Records, share: Share, password: str, address: str) -> None:
    """Raise NotSignedIn for a wrong password, as slowly as for accounts."""
    if not password:
        raise NotSignedIn("This link asks for a password.")
    with signing_in(records, f"link/{share.id}", address):
        with HASHING:
            right = HASHER.verify(password, share.password)
        if not right:
            raise NotSignedIn("The password is wrong.")


def share_of_visit(records: Records, secret: str) -> Share:
    """Return the link that a visit came by. Raises NotFound when either has ended."""
    visit = records.get(Visit, hash_secret(secret)) if secret else None
    share = records.get(Share, visit.share) if visit and visit.ends_at > time.time() else None
    if share is None or share.ends_at <= time.time():
        raise NotFound(
            "This link has expired or was withdrawn; open it again, or ask for a new one."
        )
    return share


def forget_visits(records: Records) -> int:
    """Remove visits and links that have expired; return how many."""
    over = [Where("ends_at", "<=", time.time())]
    return records.remove(Visit, over) + records.remove(Share, over)
