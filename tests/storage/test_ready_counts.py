"""Counts that stores keep ready are those of a recount, whatever was written."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mongomock
import pytest
from pymongo.errors import AutoReconnect

from biosight.errors import Stale, Unavailable
from biosight.storage.mongo import adding_up
from biosight.storage.mongo.adding_up import add_up
from biosight.storage.mongo.counts import COUNTED, counts_name, form_of, steps_name
from biosight.storage.records import Insert, Records, Remove, Replace, Value, Where, find_all
from biosight.storage.sqlite.store import SqliteRecords
from tests.storage.test_records import Bird, bird
from tests.stores import Mocked

PLACES, KINDS, SONGS = ("fen", "pond"), ("heron", "crane", "coot"), ("kraak", "rrr", "hu")


@pytest.fixture(params=["sqlite", "mongomock"])
def records(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    sqlite = request.param == "sqlite"
    opened: Records = SqliteRecords(tmp_path / "test.db", [Bird]) if sqlite else mocked()
    yield opened
    opened.close()


def mocked() -> Mocked:
    return Mocked(mongomock.MongoClient()["test"], [Bird])


def drawn(number: int, dice: random.Random) -> Bird:
    songs = tuple(dice.sample(SONGS, dice.randrange(3)))
    changes = {"place": dice.choice(PLACES), "kind": dice.choice(KINDS), "song": songs}
    return bird(number, **changes, weight=dice.randrange(40), seen=dice.random() < 0.3)


def write_at_random(records: Records, dice: random.Random, many: int = 300) -> None:
    """Births, changes with and without the record as it was, deaths, and deaths by the dozen."""
    there: dict[str, Bird] = {}
    for number in range(many):
        chance = dice.random()
        if chance < 0.5 or not there:
            made = drawn(number, dice)
            there[made.id] = made
            records.write(Insert(made))
        elif chance < 0.8:
            was = there[dice.choice(list(there))]
            now = replace(drawn(number, dice), id=was.id, ring=was.ring, version=was.version + 1)
            records.write(Replace(now, was.version, was if chance < 0.7 else None))
            there[was.id] = now
        elif chance < 0.97:
            gone = there.pop(dice.choice(list(there)))
            records.write(Remove(Bird, gone.id, gone.version if chance < 0.9 else None))
        else:
            records.remove(Bird, [Where("kind", "=", "coot"), Where("seen", "=", True)])
            there = {b.id: b for b in there.values() if b.kind != "coot" or not b.seen}
        if isinstance(records, Mocked) and dice.random() < 0.1:
            add_up(records, Bird)


def check(records: Records) -> None:
    """Compare all counts with a recount of the records."""
    every = find_all(records, Bird)
    assert records.count(Bird) == len(every)
    kinds: Counter[tuple[Value, ...]] = Counter((b.place, b.kind) for b in every)
    assert records.tally(Bird, [], ("place", "kind")) == kinds
    fen = [Where("place", "=", "fen")]
    there = [b for b in every if b.place == "fen"]
    assert records.count(Bird, fen) == len(there)
    assert records.total(Bird, fen) == sum(b.weight for b in there)
    weights: Counter[Value] = Counter()
    for b in every:
        weights[b.place] += b.weight
    assert records.totals(Bird, [], "place") == {k: n for k, n in weights.items() if n}
    light = [*fen, Where("weight", "<", 23)]
    assert records.count_by(Bird, light, "kind") == Counter(b.kind for b in there if b.weight < 23)
    seen = [*fen, Where("seen", "=", True)]
    songs = Counter(s for b in there if b.seen for s in b.song)
    assert records.count_by(Bird, seen, "song") == songs
    heron = [*fen, Where.any([Where("kind", "=", "heron")], [Where("song", "has", "hu")])]
    assert records.count(Bird, heron) == sum(b.kind == "heron" or "hu" in b.song for b in there)
    nobody = [*fen, Where.any([Where("kind", "=", "heron")], [Where("song", "has", "tweet")])]
    assert records.count(Bird, nobody) == sum(b.kind == "heron" for b in there)
    assert records.count_each(Bird, [fen, light[:1], seen]) == [
        len(there),
        len(there),
        sum(b.seen for b in there),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_a_recount(records: Records, seed: int) -> None:
    write_at_random(records, random.Random(seed))
    check(records)
    if isinstance(records, Mocked):
        add_up(records, Bird)
        check(records)


def test_refused_writes_leave_no_step() -> None:
    records = mocked()
    records.write(Insert(bird(1)))
    with pytest.raises(Stale):
        records.write(Replace(bird(1, kind="coot", version=9), 8))
    with pytest.raises(Stale):
        records.write(Remove(Bird, "b001", 8))
    records.write(Remove(Bird, "nobody"))
    records.write(Replace(bird(1, wing=0.5, version=2), 1, bird(1)))  # nothing that is counted
    assert records.database[steps_name(Bird)].count_documents({}) == 1
    check(records)


def test_counts_of_nothing_go() -> None:
    records = mocked()
    records.write(Insert(bird(1, song=("hu",))))
    add_up(records, Bird)
    assert records.database[counts_name(Bird)].count_documents({}) == 3
    records.write(Remove(Bird, "b001"))
    add_up(records, Bird)
    assert records.database[counts_name(Bird)].count_documents({}) == 0
    assert records.database[steps_name(Bird)].count_documents({}) == 0


def test_steps_are_added_up_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("biosight.storage.mongo.store.STEPS_AT_ONCE", 20)
    records = mocked()
    for number in range(50):
        records.write(Insert(bird(number)))
    assert records.database[steps_name(Bird)].count_documents({}) == 10
    check(records)


def test_an_earlier_database_is_counted_and_an_interrupted_count_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dice, first = random.Random(1), mocked()
    first.write(*(Insert(drawn(n, dice)) for n in range(30)))
    database: Any = first.database
    for name in (counts_name(Bird), steps_name(Bird)):
        database.drop_collection(name)
    database["birds"].update_many({}, {"$unset": {COUNTED: ""}})
    database["schema"].update_one({}, {"$unset": {"counted": ""}})
    monkeypatch.setattr(adding_up, "AT_ONCE", 7)
    really, told = adding_up.count_some, []

    def broken(*given: Any) -> str:
        told.append(1)
        if len(told) == 3:
            raise AutoReconnect("gone")
        return really(*given)

    monkeypatch.setattr(adding_up, "count_some", broken)
    with pytest.raises(Unavailable):
        Mocked(database, [Bird])
    assert database["birds"].count_documents({COUNTED: {"$exists": True}}) == 14
    check(Mocked(database, [Bird]))


def test_counts_of_another_form_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    dice, first = random.Random(2), mocked()
    first.write(*(Insert(drawn(n, dice)) for n in range(30)))
    old = {counts_name(Bird), steps_name(Bird)}
    monkeypatch.setattr("biosight.storage.mongo.counts.SCHEMA_VERSION", 99)
    forget_forms()
    try:
        again = Mocked(first.database, [Bird])
        check(again)
        assert not old & set(again.database.list_collection_names())
    finally:
        monkeypatch.undo()
        forget_forms()


def forget_forms() -> None:
    """The form of the counts is kept in mind."""
    form_of.cache_clear()
