"""What an operator reads when MongoDB refuses, by its codes; and long work in pieces."""

from dataclasses import dataclass
from typing import Any, ClassVar

import mongomock
import pytest
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure

from biosight.accounts import User
from biosight.errors import Unavailable
from biosight.storage.mongo.connection import translated_errors
from biosight.storage.records import Insert, Where
from tests.stores import Mocked


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (18, "AuthenticationFailed", "user name or the password"),
        (13, "Unauthorized", "role readWrite"),
        (91, "ShutdownInProgress", r"refused just now \(ShutdownInProgress\)"),
    ],
)
def test_a_refusal_says_what_to_mend(code: int, name: str, words: str) -> None:
    said = {"code": code, "codeName": name, "errmsg": "{ email: 'ada@example.org' }"}
    with pytest.raises(Unavailable, match=words) as caught, translated_errors():
        raise OperationFailure("{ email: 'ada@example.org' }", code, said)
    assert "ada@" not in caught.value.detail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DuplicateKeyError("E11000 dup key: { email: 'ada@example.org' }", 11000), "have the same"),
        (OperationFailure("An equivalent index exists", 85), "of another form: drop it"),
    ],
)
def test_an_index_that_cannot_be_made_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    database: Any = mongomock.MongoClient()["biosight"]
    monkeypatch.setattr(mongomock.Collection, "create_indexes", refuse)
    with pytest.raises(Unavailable, match=f"users.*{words}") as caught:
        Mocked(database, [User])
    assert "ada@" not in caught.value.detail


@dataclass(frozen=True, slots=True)
class Tree:
    """A kind as an earlier version kept it."""

    table: ClassVar[str] = "trees"
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TreeNow(Tree):
    """The same kind with a new field, and one that follows from another."""

    derived: ClassVar[dict[str, Any]] = {"first": (("name",), lambda name: name[0])}
    height: int = 3
    first: str = ""


def test_new_fields_come_in_pieces_and_a_start_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database: Any = mongomock.MongoClient()["biosight"]
    old = Mocked(database, [Tree])
    old.write(*(Insert(Tree(f"t{n}", f"{n}ash")) for n in range(9)))
    monkeypatch.setattr("biosight.storage.mongo.making.AT_ONCE", 2)
    told: list[int] = []
    for name in ("update_many", "update_one"):
        really = getattr(mongomock.Collection, name)

        def broken(*given: Any, really: Any = really, **more: Any) -> Any:
            told.append(1)
            if len(told) in {3, 8}:
                raise AutoReconnect("gone")
            return really(*given, **more)

        monkeypatch.setattr(mongomock.Collection, name, broken)
    for _ in range(2):
        with pytest.raises(Unavailable):
            Mocked(database, [TreeNow])
    now = Mocked(database, [TreeNow])
    assert [(t.height, t.first) for t in now.find(TreeNow)] == [(3, str(n)) for n in range(9)]
    # Five pieces of the one field, nine documents of the other and the form, each written once; and
    # the two that were refused.
    assert len(told) == 5 + 9 + 1 + 2


def test_many_are_removed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("biosight.storage.mongo.store.AT_ONCE", 2)
    records = Mocked(mongomock.MongoClient()["biosight"], [Tree])
    records.write(*(Insert(Tree(f"t{n}", "ash" if n else "oak")) for n in range(6)))
    assert records.remove(Tree, [Where("name", "=", "ash")]) == 5
    assert [t.id for t in records.find(Tree)] == ["t0"]
