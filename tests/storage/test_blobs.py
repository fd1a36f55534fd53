import hashlib
import io
import secrets
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import obstore
import pytest

from biosight.errors import NotFound, Unavailable
from biosight.storage.blobs import keys
from biosight.storage.blobs.bucket import GRACE_SECONDS, BucketBlobs, open_bucket
from biosight.storage.blobs.folder import FolderBlobs
from biosight.storage.blobs.port import Blobs
from biosight.storage.moving import move_blobs
from tests.s3 import BUCKET, S3
from tests.walk.conftest import free_port

CONTENT = bytes(range(256)) * 12_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3(free_port())
    yield server
    server.close()


@pytest.fixture
def bucket(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketBlobs:
    s3.refuse, s3.delay, s3.down = 0, 0.0, False
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return open_bucket(f"s3://{BUCKET}/{secrets.token_hex(4)}", tmp_path / "incoming")


@pytest.fixture(params=["folder", "s3"])
def blobs(tmp_path: Path, request: pytest.FixtureRequest) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "blobs")
    found: BucketBlobs = request.getfixturevalue("bucket")
    return found


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
    assert isinstance(blobs, FolderBlobs | BucketBlobs)
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


def test_uploads_and_removal_keep_apart(tmp_path: Path) -> None:
    blobs, key = FolderBlobs(tmp_path / "blobs"), keys.original(SHA256)
    with blobs.no_removal(), blobs.no_removal(), blobs.removal(key, patience=0.05) as held:
        assert not held
    with blobs.removal(key) as held:
        assert held


def kept(blobs: Blobs, content: bytes = CONTENT) -> str:
    received = blobs.receive(io.BytesIO(content))
    key = keys.original(received.sha256)
    blobs.keep(received.path, key)
    return key


def test_a_file_to_read_and_derived_bytes(blobs: Blobs) -> None:
    key = kept(blobs)
    with blobs.local(key) as path:
        assert path.read_bytes() == CONTENT
    blobs.put_derived(keys.thumbnail(SHA256), b"small")
    assert blobs.has(keys.thumbnail(SHA256))
    blobs.remove(keys.thumbnail(SHA256))
    assert not blobs.has(keys.thumbnail(SHA256))
    with pytest.raises(NotFound), blobs.local(keys.original("0" * 64)):
        pass
    blobs.ping()
    assert blobs.free_bytes() > 0


def test_a_large_file_goes_in_parts(bucket: BucketBlobs, s3: S3) -> None:
    content = secrets.token_bytes(20 * 1024 * 1024)
    before = s3.asked
    key = kept(bucket, content)
    assert s3.asked - before >= 5  # head, start, three parts, end
    assert bucket.read(key) == content


def test_a_busy_bucket_is_asked_again(bucket: BucketBlobs, s3: S3) -> None:
    s3.refuse = 2
    key = kept(bucket)
    assert s3.refuse == 0
    s3.refuse = 2
    assert bucket.read(key) == CONTENT


def test_a_slow_bucket_answers(bucket: BucketBlobs, s3: S3) -> None:
    s3.delay = 1.0
    assert bucket.read(kept(bucket)) == CONTENT


@pytest.mark.timeout(120)
def test_a_bucket_that_is_away_is_said_so_and_nothing_is_lost(bucket: BucketBlobs, s3: S3) -> None:
    received = bucket.receive(io.BytesIO(CONTENT))
    s3.down = True
    with pytest.raises(Unavailable):
        bucket.keep(received.path, keys.original(SHA256))
    with pytest.raises(Unavailable):
        bucket.ping()
    assert received.path.exists()
    s3.down = False
    bucket.keep(received.path, keys.original(SHA256))
    assert bucket.read(keys.original(SHA256)) == CONTENT


def test_changed_bytes_are_refused(bucket: BucketBlobs) -> None:
    bucket.put_derived(keys.original(SHA256), b"something else")
    with pytest.raises(Unavailable, match="other bytes"), bucket.local(keys.original(SHA256)):
        pass


def test_what_was_just_written_is_not_removed(
    bucket: BucketBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = kept(bucket)
    with bucket.removal(key) as may:
        assert not may
    bucket.remove(key)
    assert bucket.has(key)
    later = time.time() + GRACE_SECONDS + 5
    monkeypatch.setattr("time.time", lambda: later)
    with bucket.removal(key) as may:
        assert may
    bucket.remove(key)
    assert not bucket.has(key)


def test_a_signed_address_gives_the_bytes(bucket: BucketBlobs) -> None:
    name = "attachment; filename*=utf-8''%C3%A4%20%22q%22%3B%20x%3D1.jpg"
    link = bucket.link(kept(bucket), 60, "image/jpeg", name)
    assert "X-Amz-Signature" in link
    answer = httpx2.get(link)
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == name


def test_blobs_move_to_a_bucket_and_a_second_run_has_nothing_to_do(
    bucket: BucketBlobs, tmp_path: Path
) -> None:
    folder = FolderBlobs(tmp_path / "blobs")
    for n in range(5):
        kept(folder, bytes([n]) * 1000)
    key = kept(folder, b"damaged")
    folder.path(key).chmod(0o644)
    folder.path(key).write_bytes(b"not it")
    first = move_blobs(folder, bucket, lambda every: every)
    assert (first.blobs, first.written, first.wrong) == (6, 5, 1)
    assert move_blobs(folder, bucket, lambda every: every).written == 0
    assert sorted(bucket.keys("original")) == sorted(set(folder.keys("original")) - {key})


def test_bytes_move_from_key_to_key(blobs: Blobs) -> None:
    blobs.keep(blobs.receive(io.BytesIO(CONTENT)).path, keys.original(SHA256))
    blobs.move(keys.original(SHA256), keys.swept(SHA256))
    assert not blobs.has(keys.original(SHA256))
    assert blobs.read(keys.swept(SHA256)) == CONTENT
    assert (blobs.age(keys.swept(SHA256)) or 0) < 60
    assert blobs.age(keys.original(SHA256)) is None
    with pytest.raises(NotFound):
        blobs.move(keys.original(SHA256), keys.swept(SHA256))


def test_a_store_says_whose_it_is(blobs: Blobs) -> None:
    assert blobs.owner() == ""
    blobs.set_owner("one")
    blobs.set_owner("another")
    assert blobs.owner() == "another"
    assert list(blobs.keys("original")) == list(blobs.strays("original")) == []


def test_a_probe_leaves_nothing(blobs: Blobs) -> None:
    blobs.probe()
    blobs.ping()
    assert isinstance(blobs, FolderBlobs | BucketBlobs)
    assert list(blobs.incoming.iterdir()) == []
    if isinstance(blobs, BucketBlobs):
        assert list(blobs.paths("probe")) == []


def test_what_biosight_did_not_write_is_passed_over(blobs: Blobs) -> None:
    blobs.keep(blobs.receive(io.BytesIO(CONTENT)).path, keys.original(SHA256))
    odd = ["original/notes.txt", f"original/zz/{SHA256}", f"original/{SHA256[:2]}/{SHA256[:9]}"]
    for path in odd:
        if isinstance(blobs, FolderBlobs):
            (blobs.root / path).parent.mkdir(exist_ok=True)
            (blobs.root / path).write_bytes(b"mine")
        else:
            assert isinstance(blobs, BucketBlobs)
            obstore.put(blobs.store, path, b"mine")
    assert list(blobs.keys("original")) == [keys.original(SHA256)]
    assert sorted(blobs.strays("original")) == sorted(odd)


def test_a_bucket_that_takes_nothing_is_not_ready(bucket: BucketBlobs, s3: S3) -> None:
    """Keys that may only read: a start and the metrics say so, reading goes on (P6)."""
    bucket.keep(bucket.receive(io.BytesIO(CONTENT)).path, keys.original(SHA256))
    s3.read_only = True
    try:
        with pytest.raises(Unavailable, match="can be read, but nothing can be written"):
            bucket.probe()
        with pytest.raises(Unavailable, match="nothing can be written"):
            bucket.ping()
        assert bucket.read(keys.original(SHA256)) == CONTENT
    finally:
        s3.read_only = False
    bucket.ping()


def test_a_failed_upload_is_told_until_one_succeeds(bucket: BucketBlobs, s3: S3) -> None:
    s3.read_only = True
    received = bucket.receive(io.BytesIO(CONTENT))
    with pytest.raises(Unavailable):
        bucket.keep(received.path, keys.original(SHA256))
    with pytest.raises(Unavailable):
        bucket.ping()
    s3.read_only = False
    bucket.keep(received.path, keys.original(SHA256))
    assert bucket.refused == ""


@pytest.mark.parametrize(
    ("start", "length"), [(0, None), (0, 3), (2, 4), (2, None), (0, len(CONTENT)), (3, 1)]
)
def test_a_part_of_the_bytes(blobs: Blobs, start: int, length: int | None) -> None:
    key = kept(blobs)
    assert blobs.size(key) == len(CONTENT)
    stop = None if length is None else start + length
    found = b"".join(blobs.stream(key, 2, start=start, length=length))
    assert found == CONTENT[start:stop]
    with pytest.raises(NotFound):
        blobs.size(keys.original("0" * 64))
