"""Pages and answers are packed for those who take it; what is streamed or packed already is not."""

import gzip
import json
import zipfile
from io import BytesIO

from starlette.testclient import TestClient

from tests import tiny
from tests.conftest import first_collection, upload, upload_ids

TAKES = {"Accept-Encoding": "gzip"}


def raw(client: TestClient, path: str, **headers: str) -> tuple[dict[str, str], bytes]:
    """The head and the bytes of an answer as they go over the line."""
    with client.stream("GET", path, headers=headers) as answer:
        content = b"".join(answer.iter_raw())
    assert answer.status_code == 200, content
    return dict(answer.headers), content


def test_lists_and_pages_are_packed(ada: TestClient) -> None:
    chosen = first_collection(ada)
    upload_ids(ada, chosen, "Red", "Green", "Blue")
    for path in (f"/api/v1/collections/{chosen}/images", f"/collections/{chosen}"):
        _, plain = raw(ada, path, **{"Accept-Encoding": "identity"})
        head, packed = raw(ada, path, **TAKES)
        assert head["content-encoding"] == "gzip"
        assert "accept-encoding" in head["vary"].lower()
        assert int(head["content-length"]) == len(packed) < len(plain) / 2
        assert gzip.decompress(packed) == plain


def test_pictures_zips_and_small_answers_are_not(ada: TestClient) -> None:
    chosen = first_collection(ada)
    image = upload(ada, chosen, tiny.picture("Red", 1, (400, 300)))["image"]
    assert isinstance(image, dict)
    for path in (
        f"/api/v1/images/{image['id']}/original",
        f"/api/v1/images/{image['id']}/thumbnail",
        f"/api/v1/collections/{chosen}/zip",
        "/health",
    ):
        head, _ = raw(ada, path, **TAKES)
        assert "content-encoding" not in head, path
    _, content = raw(ada, f"/api/v1/collections/{chosen}/zip", **TAKES)
    assert zipfile.ZipFile(BytesIO(content)).testzip() is None


def test_who_takes_no_gzip_gets_none(ada: TestClient) -> None:
    chosen = first_collection(ada)
    upload_ids(ada, chosen, "Red", "Green", "Blue")
    for refused in ("identity", "gzip;q=0", "br", "gzip; q=0.0, br"):
        head, content = raw(
            ada, f"/api/v1/collections/{chosen}/images", **{"Accept-Encoding": refused}
        )
        assert "content-encoding" not in head, refused
        assert json.loads(content)["images"]
