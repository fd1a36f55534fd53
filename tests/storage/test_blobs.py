import hashlib
import io
import zlib
from pathlib import Path

import pytest

from biosight.errors import NotFound
from biosight.storage import blobs as keys
from biosight.storage.blobs import Blobs

CONTENT = bytes(range(256)) * 12_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def test_bytes_are_kept_as_they_came(blobs: Blobs) -> None:
    received = blobs.receive(io.BytesIO(CONTENT))
    assert (received.sha256, received.size) == (SHA256, len(CONTENT))
    assert received.crc32 == zlib.crc32(CONTENT)
    blobs.keep(received.path, keys.original(SHA256))
    assert not received.path.exists()
    assert blobs.read(keys.original(SHA256)) == CONTENT
    assert b"".join(blobs.stream(keys.original(SHA256))) == CONTENT
    assert list(blobs.keys("original")) == [keys.original(SHA256)]


def test_a_key_keeps_its_first_bytes(blobs: Blobs) -> None:
    for _ in range(2):
        blobs.keep(blobs.receive(io.BytesIO(CONTENT)).path, keys.original(SHA256))
    assert list(blobs.incoming.iterdir()) == []


@pytest.mark.parametrize("key", ["original/../../etc/passwd", "original/AB", "x/" + SHA256, ""])
def test_only_keys_are_keys(blobs: Blobs, key: str) -> None:
    with pytest.raises(NotFound):
        blobs.read(key)


def test_absent(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.read(keys.original(SHA256))
    blobs.remove(keys.original(SHA256))


def test_what_a_crash_left_is_swept_by_age(blobs: Blobs) -> None:
    path = blobs.receive(io.BytesIO(b"half")).path
    now = path.stat().st_mtime
    assert blobs.sweep_incoming(60, now + 30) == 0
    assert blobs.sweep_incoming(60, now + 90) == 1


def test_uploads_and_removal_keep_apart(blobs: Blobs) -> None:
    with blobs.no_removal(), blobs.no_removal(), blobs.removal(patience=0.05) as held:
        assert not held
    with blobs.removal() as held:
        assert held
