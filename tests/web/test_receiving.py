"""An upload's bytes are written once, where the store takes them in, and nothing stays of half."""

import asyncio
import tempfile

import pytest
from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient
from starlette.types import Message

from biosight.bootstrap import BioSight
from biosight.errors import NoSpace
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.blobs.incoming import Incoming
from biosight.web.files.upload_form import MOST_IN_MEMORY, upload_form
from tests import tiny
from tests.between import elsewhere
from tests.conftest import first_collection, upload

LARGE = tiny.picture("Red", 1) + bytes(3 * MOST_IN_MEMORY)


def under_way(biosight: BioSight) -> list[object]:
    """What lies where uploads arrive."""
    blobs = biosight.archive.blobs
    assert isinstance(blobs, FolderBlobs)
    return list(blobs.incoming.iterdir())


def test_a_large_file_goes_nowhere_else_first(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rolled(_: object) -> None:
        raise AssertionError("the file was spooled")

    held: list[int] = []
    write = Incoming.write

    def written(self: Incoming) -> None:
        held.append(self.bytes_waiting)
        write(self)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rolled)
    monkeypatch.setattr(Incoming, "write", written)
    image = upload(ada, first_collection(ada), LARGE)["image"]
    assert isinstance(image, dict)
    assert ada.get(f"/api/v1/images/{image['id']}/original").content == LARGE
    assert held == [len(LARGE), 0]  # at once when it came, and nothing when it was whole
    assert under_way(biosight) == []


def test_a_disk_that_fills_midway(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Incoming.write

    def written(self: Incoming) -> None:
        if self.file is not None:
            raise NoSpace("The disk is full; nothing was stored.")
        write(self)

    monkeypatch.setattr(Incoming, "write", written)
    path = f"/api/v1/collections/{first_collection(ada)}/images"
    answer = ada.post(path, files={"file": ("a.jpg", LARGE)})
    assert answer.status_code == 507
    assert "nothing was stored" in answer.json()["detail"]
    assert under_way(biosight) == []
    assert ada.get(path).json()["images"] == []


NAMELESS = b"\r\n--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n"


@pytest.mark.parametrize("end", [b"", NAMELESS], ids=["cut off", "nameless"])
def test_a_form_that_breaks_off_behind_its_file(
    ada: TestClient, biosight: BioSight, end: bytes
) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    answer = ada.post(
        f"/api/v1/collections/{first_collection(ada)}/images",
        content=head + LARGE + end,
        headers={"Content-Type": "Multipart/Form-Data; boundary=x"},
    )
    assert answer.status_code == 400
    assert under_way(biosight) == []


def test_a_client_that_hangs_up_midway(biosight: BioSight) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    messages: list[Message] = [
        {"type": "http.request", "body": head + LARGE, "more_body": True},
        {"type": "http.disconnect"},
    ]
    seen: list[int] = []

    async def receive() -> Message:
        seen.append(len(under_way(biosight)))
        return messages.pop(0)

    async def take() -> None:
        headers = [(b"content-type", b"multipart/form-data; boundary=x")]
        request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
        async with upload_form(request, biosight.archive.blobs, CapacityLimiter(1)):
            raise AssertionError("half a form is none")

    with pytest.raises(ClientDisconnect):
        elsewhere(lambda: asyncio.run(take()))  # this thread may have a loop, a browser's
    assert seen == [0, 1]
    assert under_way(biosight) == []
