"""Parts of pictures, and copies that browsers have: the same from a folder and from a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from biosight.accounts import first_code
from biosight.bootstrap import BioSight, open_biosight
from biosight.settings import Settings
from biosight.web.app import create_app
from biosight.web.files.ranges import ByteRange, Unsatisfiable, has_copy, wanted_part
from tests.conftest import ORIGIN, first_collection, sign_up, upload_ids
from tests.s3 import BUCKET, S3
from tests.walk.conftest import free_port


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3(free_port())
    yield server
    server.close()


@pytest.fixture(params=["folder", "bucket"])
def opened(
    request: pytest.FixtureRequest,
    settings: Settings,
    s3: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BioSight]:
    if request.param == "bucket":
        for name, value in s3.environment().items():
            monkeypatch.setenv(name, value)
        settings = settings.model_copy(update={"storage_url": f"s3://{BUCKET}/{tmp_path.name}"})
    made = open_biosight(settings)
    yield made
    made.close()


@pytest.fixture
def client(opened: BioSight) -> TestClient:
    made = TestClient(create_app(opened, housekeeping=False), headers=ORIGIN)
    sign_up(made, "ada@example.org", first_code(opened.archive.records))
    return made


@pytest.fixture
def original(client: TestClient) -> str:
    (image,) = upload_ids(client, first_collection(client), "Red")
    return f"/api/v1/images/{image}/original"


def test_a_whole_file_has_its_length_and_a_tag(client: TestClient, original: str) -> None:
    answer = client.get(original)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
    ],
)
def test_a_part_of_a_file(client: TestClient, original: str, asked: str, part: slice) -> None:
    whole = client.get(original).content
    answer = client.get(original, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    first = range(len(whole))[part][0]
    last = first + len(answer.content) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_a_part_beyond_the_end(client: TestClient, original: str) -> None:
    answer = client.get(original, headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize("form", ["original", "thumbnail", "view", "whole"])
def test_a_copy_is_not_sent_again(
    client: TestClient, original: str, opened: BioSight, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = original.replace("original", form)
    answer = client.get(path)
    tag = {"If-None-Match": answer.headers["etag"]}

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the store was asked")

    with monkeypatch.context() as meanwhile:
        for name in ("has", "stream", "file", "size"):
            meanwhile.setattr(type(opened.archive.blobs), name, asked)
        again = client.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_no_form_has_the_tag_of_another_or_the_hash_of_the_bytes(
    client: TestClient, original: str
) -> None:
    shown = client.get(original.removesuffix("/original")).json()
    paths = [original.replace("original", f) for f in ("original", "thumbnail", "view", "whole")]
    paths.append(f"{original}?placeless=true")
    tags = [client.get(path).headers["etag"] for path in paths]
    assert len(set(tags)) == len(tags)
    assert not any(shown["sha256"][:8] in tag for tag in tags)


def test_another_persons_tag_opens_nothing(client: TestClient, original: str) -> None:
    tag = client.get(original).headers["etag"]
    stranger = TestClient(client.app, headers=ORIGIN)
    assert stranger.get(original, headers={"If-None-Match": tag}).status_code == 401


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", ByteRange(0, 1, 10)),
        ("bytes=5-99", ByteRange(5, 10, 10)),
        ("bytes=-99", ByteRange(0, 10, 10)),
        ("bytes=0-1,4-5", None),
        ("bytes=7-3", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        (f"bytes={'9' * 5000}-", None),
        ("", None),
    ],
)
def test_ranges_as_rfc_9110_has_them(asked: str, part: ByteRange | None) -> None:
    assert wanted_part(Headers({"range": asked}), '"a"', 10) == part


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_ranges_that_hold_nothing(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_part(Headers({"range": asked}), '"a"', 10)


def test_a_part_of_another_file_is_not_mixed_in() -> None:
    asked = {"range": "bytes=0-1", "if-range": '"b"'}
    assert wanted_part(Headers(asked), '"a"', 10) is None
    assert wanted_part(Headers(asked | {"if-range": '"a"'}), '"a"', 10) == ByteRange(0, 2, 10)


@pytest.mark.parametrize(
    ("given", "known"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ("", False)],
)
def test_tags_are_compared_weakly(given: str, known: bool) -> None:
    assert has_copy(Headers({"if-none-match": given}), '"a"') == known
