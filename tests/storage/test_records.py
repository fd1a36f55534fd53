"""The contract of Records: one suite for every adapter."""

import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import mongomock
import pytest
from pymongo.database import Database

from biosight.errors import BadRequest, Stale, Unavailable
from biosight.storage.mongo.connection import check_transactions
from biosight.storage.mongo.documents import Document
from biosight.storage.mongo.store import MongoRecords, open_mongo
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Order,
    Position,
    Question,
    Records,
    Remove,
    Replace,
    Require,
    Value,
    Where,
    new_id,
)
from biosight.storage.sqlite.store import SqliteRecords
from tests.stores import Mocked


@dataclass(frozen=True, slots=True)
class Bird:
    """A record kind with everything that kinds can declare."""

    table: ClassVar[str] = "birds"
    precious: ClassVar[bool] = True
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("ring",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("place", "weight", "id"),
        ("place", "kind", "weight", "id"),
    )
    counters: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("place", "kind"),
        ("place", "weight/10", "kind"),
    )
    totalled: ClassVar[str] = "weight"
    worded: ClassVar[tuple[str, ...]] = ("place", "words")
    listed: ClassVar[tuple[tuple[str, ...], ...]] = (("place", "seen", "song"),)

    id: str
    ring: str
    place: str
    kind: str
    weight: int
    song: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    wing: float | None = None
    seen: bool = False
    picture: bytes = b""
    version: int = 1


@pytest.fixture(params=["sqlite", "mongomock", "mongodb"])
def records(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    opened: Records
    if request.param == "sqlite":
        opened = SqliteRecords(tmp_path / "test.db", [Bird])
    elif request.param == "mongomock":
        opened = Mocked(mongomock.MongoClient()["test"], [Bird])
    else:
        url = os.environ.get("BIOSIGHT_TEST_MONGODB_URL")
        if not url:
            pytest.skip("no MongoDB server: set BIOSIGHT_TEST_MONGODB_URL (ci.yml does)")
        opened = open_mongo(f"{url.rstrip('/')}/test{secrets.token_hex(4)}", [Bird])
    yield opened
    if isinstance(opened, MongoRecords):
        opened.database.client.drop_database(opened.database.name)
    opened.close()


def need_transactions(records: Records) -> None:
    if isinstance(records, Mocked):
        pytest.skip("mongomock has no transactions: SQLite and the server of ci.yml have")


def bird(number: int, **changes: object) -> Bird:
    made = Bird(f"b{number:03}", f"ring{number}", "fen", "heron", number)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_what_goes_in_comes_out(records: Records) -> None:
    full = bird(1, song=("kraak", "ö"), wing=0.5, seen=True, picture=b"\0\xff")
    empty = bird(2)
    records.write(Insert(full), Insert(empty))
    assert records.get(Bird, full.id) == full
    assert records.get(Bird, empty.id) == empty
    assert records.get(Bird, "nobody") is None


def test_unique_keys(records: Records) -> None:
    records.write(Insert(bird(1)))
    with pytest.raises(InUse):
        records.write(Insert(bird(2, ring="ring1")))
    with pytest.raises(InUse):
        records.write(Insert(bird(1, ring="other")))
    assert records.count(Bird) == 1


def test_all_or_nothing(records: Records) -> None:
    need_transactions(records)
    records.write(Insert(bird(1)))
    with pytest.raises(InUse):
        records.write(Insert(bird(2)), Insert(bird(3, ring="ring1")))
    assert records.get(Bird, "b002") is None


def test_compare_and_set(records: Records) -> None:
    records.write(Insert(bird(1)))
    records.write(Replace(bird(1, weight=5, version=2), 1))
    with pytest.raises(Stale):
        records.write(Replace(bird(1, weight=9, version=2), 1))
    with pytest.raises(Stale):
        records.write(Replace(bird(7, version=2), 1))
    found = records.get(Bird, "b001")
    assert found is not None
    assert found.weight == 5


def test_one_of_many_wins(records: Records) -> None:
    records.write(Insert(bird(1)))
    outcomes: list[bool] = []

    def race(weight: int) -> None:
        try:
            records.write(Replace(bird(1, weight=weight, version=2), 1))
            outcomes.append(True)
        except Stale:
            outcomes.append(False)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 15 + [True]


def test_conditions(records: Records) -> None:
    records.write(*(Insert(bird(n, place="fen" if n % 2 else "moor")) for n in range(10)))

    def found(*where: Where) -> list[int]:
        return [b.weight for b in records.find(Bird, where)]

    assert found(Where("place", "=", "moor")) == [0, 2, 4, 6, 8]
    assert found(Where("place", "!=", "moor"), Where("weight", "<", 4)) == [1, 3]
    assert found(Where("weight", ">=", 8)) == [8, 9]
    assert found(Where("id", "in", ("b001", "b005", "b999"))) == [1, 5]
    assert found(Where("id", "in", ())) == []
    assert found(Where("seen", "=", True)) == []


@pytest.mark.parametrize("few", [2_000, 2])
def test_words_are_found_by_their_beginning(
    records: Records, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    # Words of few records and common ones are sought on two ways, which must find the same.
    monkeypatch.setattr("biosight.storage.sqlite.conditions.FEW", few)
    said = [("red", "rose"), ("red", "rosé"), ("reed",), ("q%t",), ()]
    records.write(*(Insert(bird(n, place="fen", words=w)) for n, w in enumerate(said)))
    records.write(Insert(bird(9, place="moor", words=("reed",))))

    def found(*begun: str, place: tuple[Where, ...] = (Where("place", "=", "fen"),)) -> list[int]:
        where = [*place, *(Where("words", "begins", b) for b in begun)]
        kept = [b.weight for b in records.find(Bird, where)]
        assert records.count(Bird, where) == len(kept) == len(records.ids(Bird, where))
        assert records.total(Bird, where) == sum(kept)
        unseen = [*where, Where("seen", "=", False)]
        assert records.count(Bird, unseen) == len(records.find(Bird, unseen))
        return kept

    assert found("re") == [0, 1, 2]
    assert found("re", place=()) == [0, 1, 2, 9]
    assert found("re", "rosé") == [1]
    assert (found("q%"), found("%"), found("q.t"), found("ed"), found('"')) == ([3], [], [], [], [])
    before = records.get(Bird, "b002")
    assert before is not None
    records.write(Insert(bird(7, words=("red", "reed"), seen=True)))
    assert (found("re"), found("red"), found("reed")) == ([0, 1, 2, 7], [0, 1, 7], [2, 7])
    records.write(Remove(Bird, "b007"))
    changed = replace(before, words=("oak", "reef"), place="moor", version=2)
    records.write(Replace(changed, 1, before))
    records.write(Remove(Bird, "b001"))
    assert found("re") == [0]
    assert found("oak", place=(Where("place", "=", "moor"),)) == [2]
    assert found("reed", place=(Where("place", "=", "moor"),)) == [9]
    assert records.remove(Bird, [Where("place", "=", "fen")]) == 3
    assert found("re") == []


@pytest.mark.parametrize(("most", "often"), [(60, 1), (3, 1), (0, 1), (0, 8)])
@pytest.mark.parametrize("descending", [True, False])
def test_a_branch_comes_in_order_page_by_page(
    records: Records, monkeypatch: pytest.MonkeyPatch, most: int, often: int, descending: bool
) -> None:
    # Its values are sought one by one where they are few, else along the order where they are many
    # of all, else by their range.
    monkeypatch.setattr("biosight.storage.sqlite.conditions.MOST_BRANCHES", most)
    monkeypatch.setattr("biosight.storage.sqlite.conditions.MET_OFTEN", often)
    birds = [bird(n, place="fen" if n % 5 else "moor", kind=f"/{n % 7}/") for n in range(60)]
    birds = [replace(b, weight=b.weight % 20) for b in birds]
    records.write(*(Insert(b) for b in birds))
    within = [Where("kind", ">=", "/2/"), Where("kind", "<", "/6/"), Where("place", "=", "fen")]
    wanted = sorted(
        (b for b in birds if b.place == "fen" and "/2/" <= b.kind < "/6/"),
        key=lambda b: (b.weight, b.id),
        reverse=descending,
    )
    found: list[Bird] = []
    after = None
    order = Order("weight", descending=descending)
    while page := records.find(Bird, within, order=order, after=after, limit=7):
        found += page
        after = Position(page[-1].weight, page[-1].id)
    assert found == wanted
    light = [*within, Where("weight", "!=", 3)]
    rest = records.find(Bird, light, order=order, limit=100)
    assert rest == [b for b in wanted if b.weight != 3]
    heavy = [bird(100 + n, kind="/9/", weight=-n) for n in range(20)]
    records.write(*(Insert(b) for b in heavy))  # many that do not match come first or last
    assert records.find(Bird, within, order=order, limit=5) == wanted[:5]
    four = [*within, Where("weight", "=", 4)]
    assert records.find(Bird, four, order=order, limit=100) == [b for b in wanted if b.weight == 4]
    by_ring = [b.ring for b in records.find(Bird, within, order=Order("ring", descending), limit=9)]
    assert by_ring == sorted((b.ring for b in wanted), reverse=descending)[:9]
    none = [Where("place", "=", "fen"), Where("kind", ">=", "/x"), Where("kind", "<", "/y")]
    assert records.find(Bird, none, order=order) == []


def test_one_of_several_groups_of_conditions(records: Records) -> None:
    records.write(
        Insert(Bird("a", "1", "pond", "duck", 3, wing=1.5)),
        Insert(Bird("b", "2", "pond", "swan", 9)),
        Insert(Bird("c", "3", "wood", "owl", 4, wing=2.0)),
    )
    light = [Where("place", "=", "pond"), Where("weight", "<", 5)]
    either = Where.any(light, [Where("kind", "=", "owl")])
    assert records.ids(Bird, [either]) == ["a", "c"]
    assert records.ids(Bird, [either, Where("wing", ">", 1.7)]) == ["c"]
    assert records.count(Bird, [Where("place", "=", "pond"), either]) == 1
    assert records.count_by(Bird, [either], "place") == {"pond": 1, "wood": 1}
    pairs = {("pond", "duck"): 1, ("pond", "swan"): 1, ("wood", "owl"): 1}
    assert records.tally(Bird, [], ("place", "kind")) == pairs
    assert records.tally(Bird, [either], ("kind", "seen")) == {
        ("duck", False): 1,
        ("owl", False): 1,
    }
    assert records.ids(Bird, [Where("wing", "=", None)]) == ["b"]
    assert records.ids(Bird, [Where("wing", "!=", None)]) == ["a", "c"]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_by_key_meet_every_record_once(records: Records, descending: bool) -> None:
    records.write(*(Insert(bird(n, weight=n // 3)) for n in range(20)))
    order, after, seen = Order("weight", descending=descending), None, []
    while page := records.find(Bird, order=order, after=after, limit=3):
        seen += [(b.weight, b.id) for b in page]
        after = Position(page[-1].weight, page[-1].id)
    expected = sorted(((n // 3, f"b{n:03}") for n in range(20)), reverse=descending)
    assert seen == expected


def test_several_questions_at_once(records: Records) -> None:
    for n, place in enumerate(("pond", "pond", "reeds", "wood", "pond")):
        records.write(Insert(bird(n, place=place, weight=10 - n % 4)))
    pond, marsh = ([Where("place", "=", place)] for place in ("pond", "marsh"))
    light, heavy = Order("weight"), Order("weight", descending=True)
    questions = [
        Question(pond, light, limit=2),
        Question(marsh, light),
        Question(pond, heavy, after=Position(10, "b004"), limit=5),
        Question((), Order(descending=True)),
        Question(pond, light, limit=2),
    ]
    answers = records.find_each(Bird, questions)
    assert [[b.id for b in found] for found in answers] == [
        ["b001", "b000"],
        [],
        ["b000", "b001"],
        ["b004"],
        ["b001", "b000"],
    ]
    for q, found in zip(questions, answers, strict=True):
        alone = records.find(Bird, q.where, order=q.order, after=q.after, limit=q.limit)
        assert alone == found
    assert records.find_each(Bird, []) == []
    assert records.count_each(Bird, [pond, marsh, ()]) == [3, 0, 5]
    assert records.totals(Bird, pond, "kind") == {"heron": 10 + 9 + 10}
    assert records.totals(Bird, (), "place") == {"pond": 29, "reeds": 8, "wood": 7}
    assert records.totals(Bird, marsh, "place") == {}


def test_counts_follow_every_change(records: Records) -> None:
    records.write(*(Insert(bird(n, kind="heron" if n < 4 else "rail")) for n in range(6)))
    fen = [Where("place", "=", "fen")]
    assert records.count_by(Bird, fen, "kind") == {"heron": 4, "rail": 2}
    records.write(Replace(bird(0, kind="rail", version=2), 1), Remove(Bird, "b001"))
    assert records.count_by(Bird, fen, "kind") == {"heron": 2, "rail": 3}
    assert records.count(Bird, fen) == 5
    assert records.count(Bird, [*fen, Where("weight", ">", 3)]) == 2
    assert records.total(Bird, fen) == 0 + 2 + 3 + 4 + 5
    assert records.remove(Bird, [Where("kind", "=", "rail")]) == 3
    assert records.count_by(Bird, fen, "kind") == {"heron": 2}
    assert records.count(Bird) == 2


def test_ids_grow_with_time() -> None:
    ids = [new_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert ids[0][:9] <= ids[-1][:9]


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    one, two = (SqliteRecords(tmp_path / "test.db", [Bird]) for _ in range(2))
    try:
        threads = [
            threading.Thread(
                target=lambda store, start: [
                    store.write(Insert(bird(start + n))) for n in range(25)
                ],
                args=(store, start),
            )
            for store, start in ((one, 0), (two, 100))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.count(Bird) == two.count(Bird) == 50
        assert one.check() == []
    finally:
        one.close()
        two.close()


def test_a_snapshot_is_a_whole_database(tmp_path: Path) -> None:
    store = SqliteRecords(tmp_path / "test.db", [Bird])
    store.write(*(Insert(bird(n)) for n in range(30)))
    store.snapshot(tmp_path / "copy.db")
    store.close()
    copy = SqliteRecords(tmp_path / "copy.db", [Bird])
    assert copy.count(Bird) == 30
    copy.close()


def test_a_removal_can_rest_on_a_version(records: Records) -> None:
    need_transactions(records)
    records.write(Insert(bird(1)), Insert(bird(2)))
    records.write(Replace(bird(1, weight=5, version=2), 1))
    with pytest.raises(Stale):
        records.write(Remove(Bird, "b002"), Remove(Bird, "b001", 1))
    assert records.count(Bird) == 2
    records.write(Remove(Bird, "b001", 2))
    assert records.get(Bird, "b001") is None


def test_a_write_can_rest_on_another_record(records: Records) -> None:
    need_transactions(records)
    records.write(Insert(bird(1)))
    records.write(Require(Bird, "b001"), Require(Bird, "b001", 1), Insert(bird(2)))
    with pytest.raises(Gone):
        records.write(Require(Bird, "b009"), Insert(bird(3)))
    with pytest.raises(Stale):
        records.write(Require(Bird, "b001", 7), Insert(bird(3)))
    assert records.get(Bird, "b003") is None


def test_counts_below_a_number_are_right_at_each(records: Records) -> None:
    kinds = ("heron", "rail", "crane")
    for number in range(45):
        records.write(Insert(bird(number, kind=kinds[number % 3])))
    for number in range(0, 45, 7):
        now = bird(number, kind="swift", weight=44 - number, version=2)
        records.write(Replace(now, 1))
    found = records.remove(Bird, [Where("weight", "=", 11)])
    assert found == 1
    kept = records.find(Bird, [])
    for end in (0, 1, 9, 10, 11, 12, 20, 29, 30, 44, 45, 200):
        by_hand: dict[Value, int] = {}
        for one in kept:
            if one.weight < end:
                by_hand[one.kind] = by_hand.get(one.kind, 0) + 1
        below = [Where("place", "=", "fen"), Where("weight", "<", end)]
        assert records.count_by(Bird, below, "kind") == by_hand
        above = [*below, Where("weight", ">=", 5)]
        assert sum(records.count_by(Bird, above, "kind").values()) == records.count(Bird, above)


def test_ids_come_in_order_without_the_records(records: Records) -> None:
    for number in (3, 1, 2):
        records.write(Insert(bird(number)))
    records.write(Insert(bird(4, place="moor")))
    assert records.ids(Bird, [Where("place", "=", "fen")]) == ["b001", "b002", "b003"]
    assert records.ids(Bird, [Where("place", "=", "sea")]) == []


@dataclass(frozen=True, slots=True)
class OldBird:
    """Bird as an earlier version kept it."""

    table: ClassVar[str] = "birds"
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("ring",),)
    counters: ClassVar[tuple[tuple[str, ...], ...]] = (("place", "kind"),)
    totalled: ClassVar[str] = "weight"

    id: str
    ring: str
    place: str
    kind: str
    weight: int


def test_an_earlier_file_gets_the_new_fields(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = SqliteRecords(path, [OldBird])
    old.write(Insert(OldBird("b001", "ring1", "fen", "heron", 7)))
    with old.transaction() as connection:
        connection.execute("PRAGMA user_version = 1")
    old.close()
    for _ in range(2):  # the second time there is nothing to add
        new = SqliteRecords(path, [Bird])
        found = new.get(Bird, "b001")
        assert found == bird(1, ring="ring1", weight=7, picture=found.picture if found else b"")
        new.write(Insert(bird(2 + new.count(Bird))))
        assert new.total(Bird, [Where("place", "=", "fen")]) > 7
        light = [Where("place", "=", "fen"), Where("weight", "<", 10)]
        assert new.count_by(Bird, light, "kind") == {"heron": new.count(Bird)}
        new.close()


def test_an_earlier_file_gets_counts_of_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.storage.sqlite.conditions.FEW", 1)
    path = tmp_path / "old.db"
    old = SqliteRecords(path, [Bird])
    old.write(*(Insert(bird(n, words=("reed", f"n{n}"))) for n in range(5)))
    with old.transaction() as connection:
        for trigger in ("insert", "delete", "update"):
            connection.execute(f"DROP TRIGGER birds_words_count_{trigger}")
        connection.execute("DROP TABLE birds_words_count")
    old.close()
    new = SqliteRecords(path, [Bird])
    asked = [Where("place", "=", "fen"), Where("words", "begins", "re"), Where("seen", "=", False)]
    assert new.count(Bird, asked) == 5
    new.write(Insert(bird(5, words=("reed",))), Remove(Bird, "b001"), Remove(Bird, "b002"))
    assert new.count(Bird, asked) == 4
    assert new.rows("SELECT word, n FROM birds_words_count WHERE word < 'n9' OR word = 'reed'") == [
        ("n0", 1),
        ("n3", 1),
        ("n4", 1),
        ("reed", 4),
    ]
    new.close()


def test_earlier_documents_get_the_new_fields() -> None:
    database: Database[Document] = mongomock.MongoClient()["old"]
    old = Mocked(database, [OldBird])
    old.write(Insert(OldBird("b001", "ring1", "fen", "heron", 7)))
    for _ in range(2):
        new = Mocked(database, [Bird])
        assert new.get(Bird, "b001") == bird(1, ring="ring1", weight=7)
        # Found by a field that it did not have when it was written.
        assert new.ids(Bird, [Where("seen", "=", False)]) == ["b001"]


def test_a_lone_mongodb_is_refused_in_words() -> None:
    check_transactions({"setName": "rs0", "isWritablePrimary": True})
    check_transactions({"msg": "isdbgrid", "isWritablePrimary": True})
    with pytest.raises(BadRequest, match="replica set of one"):
        check_transactions({"isWritablePrimary": True, "maxWireVersion": 25})
    with pytest.raises(BadRequest, match="5 or newer"):
        check_transactions({"setName": "rs0", "maxWireVersion": 12})


def test_a_lone_server_is_refused_for_real() -> None:
    url = os.environ.get("BIOSIGHT_TEST_LONE_MONGODB_URL")
    if not url:
        pytest.skip("no lone MongoDB server: set BIOSIGHT_TEST_LONE_MONGODB_URL (ci.yml does)")
    with pytest.raises(BadRequest, match="replica set of one"):
        open_mongo(f"{url.rstrip('/')}/test{secrets.token_hex(4)}", [Bird])


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    database: Database[Document] = mongomock.MongoClient()["new"]
    Mocked(database, [Bird])
    database["schema"].update_one({"_id": "schema"}, {"$inc": {"version": 1}})
    with pytest.raises(Unavailable, match="newer BioSight"):
        Mocked(database, [Bird])
    store = SqliteRecords(tmp_path / "new.db", [Bird])
    with store.transaction() as connection:
        connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(Unavailable, match="newer BioSight"):
        SqliteRecords(tmp_path / "new.db", [Bird])


def test_one_instance_has_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from biosight.work import leases

    for store in (
        SqliteRecords(tmp_path / "t.db", leases.KINDS),
        Mocked(mongomock.MongoClient()["t"], leases.KINDS),
    ):
        won = [leases.take_lease(store, "sweep", 60) for _ in range(3)]
        assert won == [True, False, False]
        assert leases.take_lease(store, "other", 60)
        later = time.time() + 61
        monkeypatch.setattr("time.time", lambda later=later: later)
        assert [leases.take_lease(store, "sweep", 60) for _ in range(2)] == [True, False]
        monkeypatch.undo()
        store.close()
