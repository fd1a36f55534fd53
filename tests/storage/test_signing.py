"""Signatures are those of Amazon's own library, which comes with moto."""

from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from biosight.storage.blobs.signing import signed_with

auth: Any = import_module("botocore.auth")  # without types
AWSRequest: Any = import_module("botocore.awsrequest").AWSRequest
Credentials: Any = import_module("botocore.credentials").Credentials

ADDRESS = "https://s3.example:9000/biosight/pictures/original/ab/abc"
SAID = {
    "response-content-type": "image/jpeg",
    "response-content-disposition": "attachment; filename*=utf-8''%C3%A4%20%22q%22.jpg",
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s/e+c=ret")


def plain(date: str = "20261201T120000Z") -> str:
    """An address as a client signs it without what the answer shall say."""
    scope = f"KEY%2F{date[:8]}%2Feu-central-1%2Fs3%2Faws4_request"
    return (
        f"{ADDRESS}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date={date}"
        f"&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
    )


def test_it_is_the_signature_of_amazons_library() -> None:
    asked = AWSRequest("GET", ADDRESS, params=SAID)
    auth.S3SigV4QueryAuth(Credentials("KEY", "s/e+c=ret"), "s3", "eu-central-1", 300).add_auth(
        asked
    )
    theirs = parse_qs(urlsplit(str(asked.url)).query)
    ours = parse_qs(urlsplit(signed_with(plain(theirs["X-Amz-Date"][0]), SAID)).query)
    assert ours == theirs


def test_other_stores_and_other_keys_have_no_such_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert signed_with("https://storage.googleapis.com/b/x?X-Goog-Signature=0", SAID) == ""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    assert signed_with(plain(), SAID) == ""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert signed_with(plain(), SAID) == ""
