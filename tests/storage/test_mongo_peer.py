"""MongoDB's adapter against a scripted replica set over a real socket: what it does when the other
side is slow, gone, full or of another mind."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from biosight.errors import BadRequest, BioSightError, NoSpace, Stale, Unavailable
from biosight.storage.mongo import connection, leaning
from biosight.storage.mongo.adding_up import add_up
from biosight.storage.mongo.counts import counts_name, steps_name
from biosight.storage.mongo.store import STEPS_AT_ONCE, MongoRecords, open_mongo
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Order,
    Question,
    Remove,
    Replace,
    Require,
    Where,
)
from tests.conftest import Run
from tests.storage.peer import CONFLICT, CUT, HANG, Document, Peer, slow
from tests.storage.test_records import Bird, bird

UNKNOWN: Document = {
    "ok": 0,
    "code": 91,
    "codeName": "ShutdownInProgress",
    "errmsg": "The server is going down",
    "errorLabels": ["UnknownTransactionCommitResult"],
}
NOT_PRIMARY: Document = {
    "ok": 0,
    "code": 10107,
    "codeName": "NotWritablePrimary",
    "errmsg": "not primary",
    "errorLabels": ["RetryableWriteError", "TransientTransactionError"],
}
FULL: Document = {
    "ok": 0,
    "code": 14031,
    "codeName": "OutOfDiskSpace",
    "errmsg": "available disk space is less than required minimum",
}


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    # The same bounds as in earnest, a tenth as long.
    for name in ("SELECT_MS", "CONNECT_MS"):
        monkeypatch.setattr(connection, name, getattr(connection, name) // 5)
    monkeypatch.setattr(connection, "SOCKET_MS", 300)
    monkeypatch.setattr(connection, "SECONDS", 2.0)
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def records(peer: Peer) -> Iterator[MongoRecords]:
    opened = open_mongo(peer.url, [Bird, Fen])
    peer.seen.clear()
    yield opened
    opened.close()


def together(records: MongoRecords) -> None:
    """A write of several records, as an upload makes it."""
    records.write(Require(Bird, "b000"), Insert(bird(1)), Insert(bird(2)))


def fails(kind: type[BioSightError], words: str, act: Callable[[], object]) -> float:
    """The seconds until it fails in these words."""
    begun = time.monotonic()
    with pytest.raises(kind, match=words):
        act()
    return time.monotonic() - begun


def test_several_changes_are_one_transaction(peer: Peer, records: MongoRecords) -> None:
    together(records)
    kinds = [next(iter(c)) for c in peer.seen]
    assert kinds == ["insert", "insert", "insert", "update", "commitTransaction"]
    assert [c["insert"] for c in peer.named("insert")] == ["birds", "birds", steps_name(Bird)]
    first, *_, last = peer.seen
    assert (first["startTransaction"], first["readConcern"]["level"]) == (True, "snapshot")
    assert last["writeConcern"]["w"] == "majority"
    assert last["writeConcern"]["j"] is True


def test_one_change_waits_for_a_majority(peer: Peer, records: MongoRecords) -> None:
    records.write(Insert(Fen("f1")))
    (insert,) = peer.named("insert")
    assert insert["writeConcern"] == {"w": "majority", "j": True}
    assert records.find(Bird) == []
    assert peer.named("find")[0]["readConcern"] == {"level": "majority"}


def test_several_questions_are_one_command(peer: Peer, records: MongoRecords) -> None:
    """Mongomock knows no $unionWith, so this holds what a server is sent."""
    places = [[Where("place", "=", place)] for place in ("fen", "pond", "wood")]
    light = Order("weight", descending=True)
    assert records.find_each(Bird, [Question(w, light, limit=2) for w in places]) == [[], [], []]
    winged = [[*place, Where("wing", ">", 2)] for place in places]  # what no counter covers
    assert records.count_each(Bird, winged) == [0, 0, 0]
    found, counted = (c["pipeline"] for c in peer.named("aggregate"))

    def asked(place: str, number: int) -> list[Document]:
        return [
            {"$match": {"$and": [{"place": {"$eq": place}}]}},
            {"$sort": {"weight": -1, "_id": -1}},
            {"$limit": 2},
            {"$addFields": {"number_": number}},
        ]

    others = [
        {"$unionWith": {"coll": "birds", "pipeline": asked(place, n)}}
        for n, place in ((1, "pond"), (2, "wood"))
    ]
    assert found == [*asked("fen", 0), *others]
    assert counted[1:3] == [{"$count": "n"}, {"$addFields": {"number_": 0}}]
    assert len(counted) == 3 + 2


@pytest.mark.parametrize("meeting", [CONFLICT, NOT_PRIMARY, CUT])
@pytest.mark.parametrize("at", ["insert", "update"])
def test_a_primary_lost_during_a_write_begins_it_anew(
    peer: Peer, records: MongoRecords, at: str, meeting: Document
) -> None:
    peer.lay_out(at, meeting)
    together(records)
    assert len(peer.named("commitTransaction")) == 1
    numbers = {c["txnNumber"] for c in peer.named("insert")}
    assert len(numbers) == 2  # another transaction, all of it again


@pytest.mark.parametrize("answer", [CUT, UNKNOWN])
def test_a_primary_lost_at_commit_is_asked_once_more(
    peer: Peer, records: MongoRecords, answer: Document
) -> None:
    peer.lay_out("commitTransaction", answer)
    together(records)
    first, again = peer.named("commitTransaction")
    assert first["txnNumber"] == again["txnNumber"]
    assert len(peer.named("insert")) == 3  # nothing is written twice


@dataclass(frozen=True, slots=True)
class Fen:
    """What many birds at once rest on."""

    table: ClassVar[str] = "fens"
    leaned_on: ClassVar[bool] = True

    id: str
    wet: bool = True
    version: int = 1


THERE = Require(Fen, "f1", holds=(("wet", True),))


def test_many_lean_on_one_record_without_meeting(peer: Peer, records: MongoRecords) -> None:
    begun = threading.Barrier(16)

    def write(number: int) -> None:
        begun.wait()
        records.write(THERE, Insert(bird(number)))

    peer.commit_seconds = 0.05  # they are all under way at once
    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(peer.named("commitTransaction")) == 16
    assert peer.conflicts == 0
    assert all(c["filter"] == {"_id": "f1", "wet": True} for c in peer.named("find"))


@pytest.mark.parametrize("change", [Remove(Fen, "f1"), Replace(Fen("f1", False, 2), 1)])
def test_what_changes_a_record_meets_who_leans_on_it(
    peer: Peer, records: MongoRecords, change: Remove | Replace
) -> None:
    peer.commit_seconds = 0.3
    leaning = threading.Thread(target=records.write, args=(THERE, Insert(bird(1))))
    leaning.start()
    while not peer.named("commitTransaction"):
        time.sleep(0.01)
    records.write(change)  # begun while the other's transaction is under way
    leaning.join()
    assert peer.conflicts > 0
    assert len(peer.named("commitTransaction")) == 2


def test_points_to_lean_on_are_made_at_first(peer: Peer, records: MongoRecords) -> None:
    peer.lay_out("update", {"ok": 1, "n": 0, "nModified": 0})
    records.write(THERE, Insert(bird(1)))
    (made,) = [c for c in peer.named("insert") if c["insert"] == "leaning"]
    assert len({d["_id"] for d in made["documents"]}) == leaning.POINTS
    assert "autocommit" not in made  # outside of the transaction, which begins anew
    assert len(peer.named("commitTransaction")) == 1
    records.write(Remove(Fen, "f1"))
    assert [c["delete"] for c in peer.named("delete")] == ["fens", "leaning"]


def test_an_election_is_waited_out(peer: Peer, records: MongoRecords) -> None:
    peer.primary = False
    peer.lay_out("insert", NOT_PRIMARY)
    threading.Timer(0.6, lambda: setattr(peer, "primary", True)).start()
    together(records)
    assert peer.named("commitTransaction")


def test_a_secondary_alone_is_told_in_time(peer: Peer, records: MongoRecords) -> None:
    peer.primary = False
    peer.lay_out("insert", *[NOT_PRIMARY] * 9)
    words = "in time|can't be reached"
    assert fails(Unavailable, words, lambda: together(records)) < 4
    assert fails(Unavailable, words, lambda: records.write(Insert(bird(1)))) < 4


@pytest.mark.parametrize("at", ["insert", "update", "commitTransaction"])
def test_a_silent_server_is_told_in_time(peer: Peer, records: MongoRecords, at: str) -> None:
    peer.lay_out(at, *[HANG] * 9)
    peer.lay_out("abortTransaction", *[HANG] * 9)
    assert fails(Unavailable, "in time|can't be reached", lambda: together(records)) < 4.5


def test_a_silent_server_is_told_in_time_to_readers(peer: Peer, records: MongoRecords) -> None:
    for command, ask in (
        ("find", lambda: records.get(Bird, "b001")),
        ("find", lambda: records.find(Bird)),
        ("aggregate", lambda: records.count(Bird, [Where("place", "=", "fen")])),
        ("aggregate", lambda: records.count_by(Bird, [], "place")),
        ("find", lambda: records.remove(Bird, [Where("place", "=", "fen")])),
        ("ping", records.ping),
    ):
        peer.laid_out.clear()
        peer.lay_out(command, *[HANG] * 9)
        assert fails(Unavailable, "in time|can't be reached", ask) < 4


def test_a_server_that_falls_silent_is_told_and_used_again(
    peer: Peer, records: MongoRecords
) -> None:
    """What waits for it (a job) tries again: nothing of the silence is left (P3)."""
    peer.fall_silent()
    words = "in time|can't be reached"
    assert fails(Unavailable, words, lambda: together(records)) < 4.5
    assert fails(Unavailable, words, records.ping) < 4.5
    peer.speak()
    until_it_works(lambda: together(records))
    assert peer.named("commitTransaction")


def until_it_works(act: Callable[[], object]) -> None:
    """Try again until a store that was away is found again, as jobs do."""
    for _ in range(40):
        try:
            act()
        except Unavailable:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("it stays away")


def test_what_a_dead_client_holds_is_told_and_written_later(
    peer: Peer, records: MongoRecords
) -> None:
    """A worker that is killed amid a transaction keeps its documents for up to a minute (P3)."""
    words = "Others keep changing|in time|can't be reached"
    peer.hold_for_a_dead_client(Bird.table, "b001")
    change = Replace(replace(bird(1), version=2), 1), Insert(bird(2))
    assert fails(Unavailable, words, lambda: records.write(*change)) < 4.5
    assert peer.conflicts > 1  # it tried until its time was over
    peer.conflicts = 0
    threading.Timer(0.3, peer.end_dead_transactions).start()
    records.write(*change)
    assert peer.conflicts > 0


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (64, "WriteConcernFailed", "Too few members"),
        (100, "UnsatisfiableWriteConcern", "too few members that hold data"),
    ],
)
def test_a_majority_that_does_not_confirm_is_told(
    peer: Peer, records: MongoRecords, code: int, name: str, words: str
) -> None:
    error = {"code": code, "codeName": name, "errmsg": "waiting for replication timed out"}
    peer.lay_out("insert", {"ok": 1, "n": 1, "writeConcernError": error})
    fails(Unavailable, words, lambda: records.write(Insert(bird(1))))


@pytest.mark.parametrize("at", ["insert", "update"])
def test_a_full_disk_takes_all_back(peer: Peer, records: MongoRecords, at: str) -> None:
    peer.lay_out(at, FULL)
    fails(NoSpace, "disk is full", lambda: together(records))
    assert peer.named("abortTransaction")
    assert not peer.named("commitTransaction")


@pytest.mark.parametrize(
    "big",
    [
        replace(bird(2), picture=b"x" * (17 * 1024 * 1024)),
        replace(bird(2), weight=2**70),
        replace(bird(2), place="\ud800"),
    ],
    ids=["16 MB", "64 bits", "no text"],
)
def test_what_a_document_cannot_hold_is_told_and_takes_all_back(
    peer: Peer, records: MongoRecords, big: Bird
) -> None:
    fails(BadRequest, "can.t store this", lambda: records.write(Insert(bird(1)), Insert(big)))
    assert peer.named("abortTransaction")
    assert not peer.named("commitTransaction")


def test_what_others_wrote_is_told_at_once(peer: Peer, records: MongoRecords) -> None:
    taken = {"index": 0, "code": 11000, "errmsg": "E11000 duplicate key"}
    peer.lay_out("insert", {"ok": 1, "n": 0, "writeErrors": [taken]})
    with pytest.raises(InUse):
        together(records)
    peer.lay_out("update", {"ok": 1, "n": 0, "nModified": 0})
    with pytest.raises(Stale):
        records.write(Insert(bird(1)), Replace(bird(2), 1))
    peer.lay_out("update", {"ok": 1, "n": 0, "nModified": 0})
    with pytest.raises(Gone):
        together(records)
    peer.lay_out("delete", {"ok": 1, "n": 0})
    with pytest.raises(Stale):
        records.write(Insert(bird(1)), Remove(Bird, "b002", 4))
    assert len(peer.named("abortTransaction")) == 4
    assert not peer.named("commitTransaction")


def test_an_index_that_takes_long_is_waited_for(peer: Peer) -> None:
    # Longer than a socket may be silent and a request may wait.
    peer.lay_out("createIndexes", slow(2.5))
    open_mongo(peer.url, [Bird]).close()
    assert all(c["commitQuorum"] == "majority" for c in peer.named("createIndexes"))


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        (
            "createIndexes",
            {"ok": 0, "code": 11000, "codeName": "DuplicateKey", "errmsg": "E11000 {email: 'a@b'}"},
            "have the same",
        ),
        (
            "createIndexes",
            {"ok": 0, "code": 86, "codeName": "IndexKeySpecsConflict", "errmsg": "same name"},
            "drop it, and start again",
        ),
        (
            "find",
            {"ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "a@b"},
            "user name or the password",
        ),
        (
            "createIndexes",
            {"ok": 0, "code": 13, "codeName": "Unauthorized", "errmsg": "a@b"},
            "role readWrite",
        ),
    ],
)
def test_the_command_line_says_what_to_mend(
    peer: Peer,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    answer: Document,
    words: str,
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", peer.url)
    peer.lay_out(command, answer)
    said = run("user", "list", code=1).output
    assert words in said
    assert "a@b" not in said
    assert "Traceback" not in said


@dataclass(frozen=True, slots=True)
class Nest:
    """What lies on the shard of its place."""

    table: ClassVar[str] = "nests"
    sharded_by: ClassVar[tuple[str, ...]] = ("place",)

    id: str
    place: str
    version: int = 1


def test_every_write_of_one_document_can_be_sent_to_its_shard(
    peer: Peer, records: MongoRecords
) -> None:
    # A sharded cluster wants an `_id` or its whole key in each; before 7.1 not for findAndModify.
    was = Nest("n1", "fen")
    moved = replace(was, place="moor", version=2)
    records.write(Insert(bird(1)), Replace(moved, 1, was), Require(Bird, "b000", 1))
    assert not peer.named("findAndModify")
    (replaced, touched) = [u["q"] for c in peer.named("update") for u in c["updates"]]
    assert replaced == {"_id": "n1", "version": 1, "place": "fen"}
    assert touched == {"_id": "b000"}


def test_sums_and_counts_are_of_the_moment_that_is_held(peer: Peer, records: MongoRecords) -> None:
    with records.still() as moment:
        assert moment is not None
        moment.tally(Bird, [], ("kind",))
        moment.total(Bird, [])
        moment.count(Bird)
    asked = peer.named("aggregate")
    assert [c["readConcern"]["level"] for c in asked] == ["snapshot"] * 3
    assert len({c["lsid"]["id"] for c in asked}) == 1


def test_counts_that_are_kept_ready_are_one_command_of_one_moment(
    peer: Peer, records: MongoRecords
) -> None:
    fen = [Where("place", "=", "fen")]
    for ask in (
        lambda: records.count(Bird, fen),
        lambda: records.tally(Bird, fen, ("kind",)),
        lambda: records.totals(Bird, [], "place"),
        lambda: records.count_each(Bird, [fen, [Where("place", "=", "pond")]]),
        lambda: records.count_by(Bird, fen, "song"),
    ):
        peer.seen.clear()
        ask()
        (asked,) = peer.seen
        assert asked["readConcern"]["level"] == "snapshot"
        assert asked["aggregate"] == counts_name(Bird)  # no bird is read
        assert set(others(asked)) <= {counts_name(Bird), steps_name(Bird)}


def test_a_moment_that_a_server_cannot_give_is_done_without(
    peer: Peer, records: MongoRecords
) -> None:
    new = {"ok": 0, "code": 246, "codeName": "SnapshotUnavailable", "errmsg": "pending changes"}
    peer.lay_out("aggregate", new)
    assert records.count(Bird, [Where("place", "=", "fen")]) == 0
    levels = [c["readConcern"]["level"] for c in peer.named("aggregate")]
    assert levels == ["snapshot", "majority"]


def test_adding_up_that_meets_others_is_left_to_them(peer: Peer, records: MongoRecords) -> None:
    records.noted[Bird] = STEPS_AT_ONCE
    found = {"_id": "s1", "n": 1, "total": 4, "place": "fen", "kind": "heron", "seen": False}
    kept = {**found, "weight": 4, "weight_tenth": 0, "song": ["kraak"]}
    peer.lay_out("find", {"ok": 1, "cursor": {"id": 0, "ns": "biosight.s", "firstBatch": [kept]}})
    peer.lay_out("update", FULL)
    records.write(Insert(bird(1)))
    assert len(peer.named("abortTransaction")) == 1  # the write itself stands
    assert len(peer.named("commitTransaction")) == 1
    assert not peer.named("delete")  # what was not added up is still a step


def test_steps_are_added_up_in_one_transaction(peer: Peer, records: MongoRecords) -> None:
    one = {"_id": "s1", "n": 1, "total": 4, "place": "fen", "kind": "heron", "seen": False}
    kept = {**one, "weight": 4, "weight_tenth": 0, "song": ["kraak"]}
    other = {**kept, "_id": "s2", "n": -1, "total": -4, "place": "pond"}
    batch = {"id": 0, "ns": "biosight.s", "firstBatch": [kept, other]}
    peer.lay_out("find", {"ok": 1, "cursor": batch})
    assert add_up(records, Bird) == 2
    kinds = [next(iter(c)) for c in peer.seen]
    assert kinds == ["find", "update", "delete", "delete", "commitTransaction"]
    (updates,) = (c["updates"] for c in peer.named("update"))
    fen = next(u for u in updates if u["q"]["_id"] == '[0, "fen", "heron"]')
    assert fen["u"]["$inc"] == {"n": 1, "total": 4}
    assert fen["u"]["$setOnInsert"] == {"g": 0, "k0": "fen", "k1": "heron"}
    emptied, steps = (c["deletes"][0]["q"] for c in peer.named("delete"))
    assert all("pond" in id for id in emptied["_id"]["$in"])
    assert emptied["n"] == 0
    assert steps == {"_id": {"$in": ["s1", "s2"]}}


def test_counts_and_steps_of_one_question_are_asked_together(
    peer: Peer, records: MongoRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("biosight.storage.mongo.store.MOST_JOINED", 4)
    winged, fen = [Where("wing", ">", 2)], [Where("place", "=", "fen")]
    assert records.count_each(Bird, [fen, winged, fen, fen]) == [0] * 4
    asked = [[c["aggregate"], *others(c)] for c in peer.named("aggregate")]
    both = [counts_name(Bird), steps_name(Bird)]
    assert asked == [[*both, "birds"], both + both]


def others(command: Document) -> list[str]:
    """What a command asks beside its own collection."""
    return [s["$unionWith"]["coll"] for s in command["pipeline"] if "$unionWith" in s]
