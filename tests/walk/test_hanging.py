"""A bucket that hangs: it keeps nobody from lists and pages."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tiny
from tests.s3 import BUCKET, S3
from tests.walk.conftest import Server, free_port

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("instances"), pytest.mark.timeout(180)]


@pytest.fixture
def s3() -> Iterator[S3]:
    server = S3(free_port())
    yield server
    server.close()


@pytest.mark.long
def test_lists_and_pages_answer_while_every_byte_is_held(
    s3: S3, tmp_path: Path, model_dir: Path
) -> None:
    bucket = {"BIOSIGHT_STORAGE_URL": f"s3://{BUCKET}/hang", **s3.environment()}
    server = Server(tmp_path / "data", model_dir, **bucket)
    server.start()
    try:
        client, collection = server.first_person()
        path = f"/api/v1/collections/{collection}/images"
        ids = []
        for n in range(4):
            files = {"file": (f"{n}.jpg", tiny.picture("Red", n))}
            ids.append(client.post(path, files=files).json()["image"]["id"])
        s3.flowing.clear()
        answered: list[int] = []
        forms = ("thumbnail", "original", "view")
        addresses = [f"/api/v1/images/{i}/{form}" for i in ids for form in forms] * 5
        addresses.append(f"/api/v1/collections/{collection}/zip")

        def ask(address: str) -> None:
            with server.client() as other:
                other.cookies.update(dict(client.cookies))
                answered.append(other.get(address).status_code)

        threads = [threading.Thread(target=ask, args=(a,)) for a in addresses]
        for thread in threads:
            thread.start()
        for address in (path, f"/collections/{collection}", "/", "/api/v1/me") * 5:
            assert client.get(address).status_code == 200
        assert answered == []  # every list and page came before the first of the held bytes
        for thread in threads:
            thread.join()
        assert set(answered) == {503}
        s3.flowing.set()
        assert client.get(f"/api/v1/images/{ids[0]}/original").status_code == 200
    finally:
        server.close()
