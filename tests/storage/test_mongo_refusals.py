"""What an operator reads when MongoDB refuses. The errors are the server's own, by its codes."""

from typing import Any

import mongomock
import pytest
from pymongo.errors import DuplicateKeyError, OperationFailure

from biosight.accounts import User
from biosight.errors import Unavailable
from biosight.storage.mongo import translated
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
    with pytest.raises(Unavailable, match=words) as caught, translated():
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
    monkeypatch.setattr(mongomock.Collection, "create_index", refuse)
    with pytest.raises(Unavailable, match=f"users.*{words}") as caught:
        Mocked(database, [User])
    assert "ada@" not in caught.value.detail
