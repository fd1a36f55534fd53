"""Sessions that ended or idled too long are neither listed nor kept."""

import time
from dataclasses import replace

from biosight import accounts
from biosight.accounts import DAY, Session, User
from biosight.storage.records import Insert, Records

ADA = User("ada", "ada@example.org", "Ada", "", "member", 0.0)
IDLE_DAYS = 7


def session(id: str, *, ends: float = 10 * DAY, seen: float = 0.0) -> Session:
    """A session that ends in `ends` seconds and was used `seen` seconds ago."""
    now = time.time()
    return Session(id, ADA.id, now - 20 * DAY, now - seen, now + ends, "Firefox")


def test_a_session_that_idled_is_neither_listed_nor_kept(records: Records) -> None:
    ended, idle = session("ended", ends=-1.0), session("idle", seen=IDLE_DAYS * DAY + 60)
    records.write(Insert(session("runs")), Insert(ended), Insert(idle))
    records.write(Insert(replace(session("foreign"), user="bob")))
    assert [s.id for s in accounts.sessions_of(records, ADA, IDLE_DAYS)] == ["runs"]
    assert accounts.forget_sessions(records, IDLE_DAYS) == 2
    assert {s.id for s in records.find(Session)} == {"runs", "foreign"}


def test_all_sessions_are_listed_however_many(records: Records) -> None:
    """The list was cut at 200, in order of a hash."""
    for n in range(250):
        records.write(Insert(session(f"s{n:03}", seen=float(n))))
    listed = accounts.sessions_of(records, ADA, IDLE_DAYS)
    assert [s.id for s in listed] == [f"s{n:03}" for n in range(250)]
