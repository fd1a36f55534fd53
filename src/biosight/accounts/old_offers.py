"""Invitations of earlier archives, converted into links when the store is opened.

They had no end; each gets a year from now. Not here: what an invitation is (records.py).
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from biosight.accounts.links import SIGN_UP
from biosight.accounts.records import DAY, Invitation, hash_secret
from biosight.errors import NoSpace
from biosight.storage.records import Insert, InUse, Records, Remove, find_all

YEAR = 365 * DAY


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation of an email address to a collection, as earlier versions kept it."""

    table: ClassVar[str] = "offers"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("email", "id"), ("collection", "id"))

    id: str
    collection: str
    email: str
    role: str
    by: str
    at: float


def convert_offers(records: Records) -> int:
    """Convert every old offer into an invitation; return how many. Two instances that start
    together create the same ones, since an invitation's id follows from the offer's."""
    offers = find_all(records, Offer)
    for o in offers:
        ends_at = time.time() + YEAR
        id = hash_secret(f"offer {o.id}")
        made = Invitation(id, SIGN_UP, "", o.email, o.by, o.at, ends_at, o.collection, o.role)
        with suppress(InUse, NoSpace):  # another instance was faster; on a full disk it waits
            records.write(Insert(made), Remove(Offer, o.id))
    return len(offers)
