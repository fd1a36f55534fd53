"""Random questions: whatever way a store takes, it answers as a slow search does."""

import operator
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mongomock
import pytest

from biosight.storage.records import Insert, Order, Position, Records, Remove, Replace, Where
from biosight.storage.sqlite import conditions
from biosight.storage.sqlite.store import SqliteRecords
from tests.storage.test_records import Bird, bird
from tests.stores import Mocked

PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">=": operator.ge,
}
KINDS = [f"/{a}/" for a in "abcdef"] + [f"/{a}/{b}/" for a in "abc" for b in "xyz"]
WORDS = ("re", "red", "rose", "roe", "q", "img")


def holds(one: Bird, where: Sequence[Where]) -> bool:
    return all(holds_one(one, w) for w in where)


def holds_one(one: Bird, w: Where) -> bool:
    if w.either:
        return any(holds(one, group) for group in w.either)
    value = getattr(one, w.field)
    if w.op == "begins":
        return any(text.startswith(str(w.value)) for text in value)
    return w.value in value if w.op == "has" else PLAIN[w.op](value, w.value)


def drawn(dice: random.Random, number: int) -> Bird:
    """A bird as chance has it."""
    return bird(
        number,
        place=dice.choice(["fen", "fen", "moor"]),
        kind=dice.choice(KINDS),
        weight=dice.randrange(40),
        words=tuple(sorted(set(dice.choices(WORDS, k=dice.randrange(4))))),
        seen=dice.random() < 0.3,
        song=tuple(sorted(set(dice.choices(KINDS, k=dice.choice([0, 0, 1, 3]))))),
    )


def flock(dice: random.Random, records: Records) -> list[Bird]:
    """Birds that were written, some of them replaced and some removed since."""
    birds = [drawn(dice, n) for n in range(dice.randrange(1, 90))]
    for one in birds:
        records.write(Insert(one))
    for n in dice.sample(range(len(birds)), len(birds) // 4):
        birds[n] = replace(drawn(dice, n), ring=birds[n].ring, version=2)
        records.write(Replace(birds[n], 1))
    for n in sorted(dice.sample(range(len(birds)), len(birds) // 20), reverse=True):
        records.write(Remove(Bird, birds.pop(n).id))
    return birds


def question(dice: random.Random) -> list[Where]:
    """Some conditions, in any order."""
    where = []
    if dice.random() < 0.8:
        where.append(Where("place", "=", dice.choice(["fen", "moor"])))
    if dice.random() < 0.6:
        branch = dice.choice(KINDS)
        ends = (branch, f"{branch[:-1]}0") if dice.random() < 0.7 else ("/a/", "/d/")
        where += [Where("kind", ">=", ends[0]), Where("kind", "<", ends[1])]
    elif dice.random() < 0.3:
        where.append(Where("kind", "=", dice.choice(KINDS)))
    if dice.random() < 0.4:
        where.append(Where("weight", dice.choice(["<", "=", ">=", "!="]), dice.randrange(45)))
    if dice.random() < 0.3:
        where.append(Where("seen", "=", dice.random() < 0.3))
    if dice.random() < 0.3:
        where.append(Where("words", "begins", dice.choice(["r", "re", "red", "q", "i", "zz"])))
    if dice.random() < 0.4:
        where.append(named_in_any_way(dice))
    dice.shuffle(where)
    return where


def named_in_any_way(dice: random.Random) -> Where:
    """A condition on the kind or on any of the songs: a name itself, or all that is below it."""
    name = dice.choice([*KINDS, "/zz/"])
    if dice.random() < 0.5:
        return Where.any([Where("kind", "=", name)], [Where("song", "has", name)])
    below = [Where("kind", ">=", name), Where("kind", "<", f"{name[:-1]}0")]
    return Where.any(below, [Where("song", "begins", name)])


def in_pages(records: Records, where: list[Where], order: Order, limit: int) -> list[Bird]:
    """All that match, asked for page by page."""
    found: list[Bird] = []
    after = None
    while page := records.find(Bird, where, order=order, after=after, limit=limit):
        found += page
        after = Position(getattr(page[-1], order.field), page[-1].id)
    return found


@pytest.mark.parametrize("store", ["sqlite", "mongomock"])
@pytest.mark.parametrize("seed", range(6))
def test_any_question_is_answered_as_by_a_slow_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, seed: int
) -> None:
    dice = random.Random(seed)
    for name, values in (("FEW", (2, 2000)), ("MOST_BRANCHES", (0, 2, 200)), ("MET_OFTEN", (1, 8))):
        monkeypatch.setattr(conditions, name, dice.choice(values))
    records: Records = (
        SqliteRecords(tmp_path / "test.db", [Bird])
        if store == "sqlite"
        else Mocked(mongomock.MongoClient()["test"], [Bird])
    )
    birds = flock(dice, records)
    for _ in range(40):
        where = question(dice)
        order = Order(dice.choice(["weight", "kind", "id", "ring"]), dice.random() < 0.5)
        wanted = [b for b in birds if holds(b, where)]
        wanted.sort(key=lambda b: (getattr(b, order.field), b.id), reverse=order.descending)
        assert in_pages(records, where, order, dice.choice([1, 3, 200])) == wanted
        assert records.count(Bird, where) == len(wanted)
        assert records.total(Bird, where) == sum(b.weight for b in wanted)
        assert records.count_by(Bird, where, "kind") == Counter(b.kind for b in wanted)
        songs = Counter(song for b in wanted for song in b.song)
        assert records.count_by(Bird, where, "song") == songs
        assert records.ids(Bird, where) == sorted(b.id for b in wanted)
        pairs = Counter((b.place, b.kind) for b in wanted)
        assert records.tally(Bird, where, ("place", "kind")) == pairs
    records.close()
