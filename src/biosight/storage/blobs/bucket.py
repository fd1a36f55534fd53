"""Blobs in a bucket of Amazon S3, of an S3-compatible server, or of Google Cloud Storage, by
obstore.

Uploads first arrive in a local folder. No lock spans machines, so an original is never removed
within GRACE_SECONDS of being written. An upload of bytes that are already stored writes them again
when they are older than half of that. Not here: a folder of blobs (folder.py).
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import from_url

from biosight.errors import BadRequest, BioSightError, NoSpace, NotFound, Unavailable
from biosight.storage.blobs.folder import KEEP_FREE_BYTES, OWNER, REFUSED, sweep
from biosight.storage.blobs.incoming import NOT_STORED, Incoming, Received, disk_errors, read_fully
from biosight.storage.blobs.keys import key_at, path_of
from biosight.storage.blobs.signing import signed_with
from biosight.storage.causes import FORBIDDEN, NO_BUCKET, why_away

GRACE_SECONDS = 3600.0
AWAY, SILENT = "The picture store can't be reached", "it does not answer"
WHOLE_BYTES = 16 * 1024 * 1024  # larger files go in parts
PART_BYTES = 8 * 1024 * 1024
RETRY: dict[str, Any] = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=3),
        "base": 2,
    },
}
CLIENT: dict[str, Any] = {"timeout": "60s", "connect_timeout": "5s", "allow_http": True}
# For small requests, of which a page makes many: at most ten seconds, as two tries of five.
BRIEFLY: dict[str, Any] = {
    "client_options": CLIENT | {"timeout": "5s", "connect_timeout": "3s"},
    "retry_config": RETRY | {"retry_timeout": timedelta(seconds=6)},
}
PATIENTLY: dict[str, Any] = {"client_options": CLIENT, "retry_config": RETRY}


def open_bucket(url: str, incoming: Path) -> "BucketBlobs":
    """Open the bucket of BioSight's own pictures. Raises BadRequest for an unusable address."""
    return BucketBlobs(open_store(url), open_store(url, BRIEFLY), incoming)


def open_store(url: str, how: dict[str, Any] = PATIENTLY) -> Any:
    """Open the bucket of s3://NAME/PREFIX or gs://NAME/PREFIX. The AWS_… or GOOGLE_… variables say
    how to reach it. Raises BadRequest for an address that can't be used."""
    try:
        more = {"config": {"checksum_algorithm": "sha256"}} if url.startswith("s3://") else {}
        return from_url(url, **how, **more)  # type: ignore[call-overload]
    except (BaseError, ValueError) as error:
        told = str(error).partition("\n")[0].removeprefix("Generic URL error: ")
        raise BadRequest(f"{url} can't be used: {told}.") from error


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the bucket's errors into BioSight's."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise NotFound(NOT_STORED) from error
    except (BaseError, TimeoutError) as error:
        raise Unavailable("The picture store can't be reached just now.") from error


class BucketBlobs:
    """The bucket adapter of Blobs; `brief` is the same bucket with short timeouts for small
    requests."""

    def __init__(self, store: Any, brief: Any, incoming: Path) -> None:
        self.store = store
        self.brief = brief
        self.incoming = incoming
        self.refused = ""  # why the last write failed, until one succeeds
        with disk_errors():
            incoming.mkdir(parents=True, exist_ok=True)

    def has(self, key: str) -> bool:
        return self.age(key) is not None

    def age(self, key: str) -> float | None:
        """Return the seconds since a key was written; None where it does not exist."""
        try:
            with translated_errors():
                about = obstore.head(self.brief, path_of(key))
        except NotFound:
            path_of(key)
            return None
        return time.time() - about["last_modified"].timestamp()

    def room_for(self, size: int) -> None:
        """Raise NoSpace unless the local folder has room for an upload; the bucket itself has no
        limit."""
        if self.free_bytes() < size + KEEP_FREE_BYTES:
            raise NoSpace("There is not enough space on the disk; nothing was stored.")

    def free_bytes(self) -> int:
        with disk_errors():
            return shutil.disk_usage(self.incoming).free

    def begin(self) -> Incoming:
        return Incoming(self.incoming / secrets.token_hex(16), durable=False)

    def receive(self, source: BinaryIO) -> Received:
        return read_fully(self.begin(), source)

    def keep(self, temporary: Path, key: str) -> None:
        """Upload a received file; bytes that are already stored are written again only when they
        are old."""
        age = self.age(key)
        if age is None or age > GRACE_SECONDS / 2:
            self.upload(temporary, path_of(key), create=age is None)
        temporary.unlink(missing_ok=True)

    def replace(self, temporary: Path, key: str) -> None:
        self.upload(temporary, path_of(key), create=False)
        temporary.unlink(missing_ok=True)

    def upload(self, file: Path, path: str, *, create: bool) -> None:
        """Write one object, in one piece or in parts; never over another one when it is new and in
        one piece."""
        large = file.stat().st_size > WHOLE_BYTES
        with self.writing():
            try:
                obstore.put(
                    self.store,
                    path,
                    file,
                    mode="create" if create and not large else "overwrite",
                    use_multipart=large,
                    chunk_size=PART_BYTES,
                )
            except AlreadyExistsError:
                return  # another instance was faster, with the same bytes

    def put_derived(self, key: str, content: bytes) -> None:
        """Write bytes that can be made again."""
        with self.writing():
            obstore.put(self.store, path_of(key), content, use_multipart=False)

    def read(self, key: str) -> bytes:
        """Return all bytes of a key; derived files are small, so they are read with short
        timeouts."""
        store = self.brief if key.startswith(("thumbnail/", "view/")) else self.store
        with translated_errors():
            return bytes(obstore.get(store, path_of(key)).bytes())

    def size(self, key: str) -> int:
        with translated_errors():
            return int(obstore.head(self.brief, path_of(key))["size"])

    def stream(
        self, key: str, chunk: int = 1 << 18, *, start: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        # Asked first, with short timeouts: a bucket that hangs is noticed in ten seconds. A caller
        # that names a length has asked for the size.
        if length is None and not self.has(key):
            raise NotFound(NOT_STORED)
        part: Any = None
        if length is not None or start:
            part = {"range": {"offset": start} if length is None else (start, start + length)}
        with translated_errors():
            found = obstore.get(self.store, path_of(key), options=part)
            return bucket_pieces(found.stream(min_chunk_size=chunk))

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Yield the bytes in a temporary file. Raises Unavailable for bytes that don't match their
        key."""
        target = self.incoming / secrets.token_hex(16)
        sha256 = hashlib.sha256()
        try:
            with disk_errors(), target.open("xb") as file:
                for piece in self.stream(key):
                    sha256.update(piece)
                    file.write(piece)
            kind, name = key.split("/")
            if kind in {"original", "model"} and sha256.hexdigest() != name:
                raise Unavailable("The picture store gave other bytes than were stored.")
            yield target
        finally:
            target.unlink(missing_ok=True)

    def file(self, key: str) -> None:
        """Return None: a bucket has no local files."""
        path_of(key)

    def link(self, key: str, seconds: int, media_type: str, disposition: str) -> str:
        with translated_errors():
            plain = obstore.sign(self.store, "GET", path_of(key), timedelta(seconds=seconds))
        said = {"response-content-type": media_type, "response-content-disposition": disposition}
        return signed_with(str(plain), said)

    def remove(self, key: str) -> None:
        """Remove a key, if it exists; an original only once it is old enough (see `removal`)."""
        if key.startswith("original/") and not self.old(key):
            return  # an upload has written it again since the caller checked
        try:
            with translated_errors():
                obstore.delete(self.store, path_of(key))
        except NotFound:
            path_of(key)

    def move(self, source: str, target: str) -> None:
        with self.writing():
            obstore.copy(self.store, path_of(source), path_of(target))
            obstore.delete(self.store, path_of(source))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn the bucket's errors into BioSight's; remember a refused write for `ping`."""
        try:
            with translated_errors():
                yield
        except NotFound as error:
            if why_away(error) != NO_BUCKET:
                raise  # what was to be moved
            raise self.refusal(error) from error
        except Unavailable as error:
            self.refused = error.detail
            raise
        self.refused = ""

    def refusal(self, error: BioSightError) -> Unavailable:
        """Remember why a write was refused, and return it as an error."""
        cause = why_away(error) or SILENT
        self.refused = f"{REFUSED if cause == FORBIDDEN else AWAY} ({cause})."
        return Unavailable(self.refused)

    def ping(self) -> None:
        with translated_errors():
            next(iter(obstore.list(self.brief, "model/", chunk_size=1)), None)
        if self.refused:
            self.probe()

    def probe(self) -> None:
        path, content = f"probe/{secrets.token_hex(16)}", b"biosight"
        try:
            with self.writing():
                obstore.put(self.brief, path, content, use_multipart=False)
                whole = bytes(obstore.get(self.brief, path).bytes()) == content
                obstore.delete(self.brief, path)
        except Unavailable as error:
            raise self.refusal(error) from error
        if not whole:
            raise Unavailable("The picture store does not give back what it took.")

    def keys(self, kind: str) -> Iterator[str]:
        yield from filter(None, map(key_at, self.paths(kind)))

    def strays(self, kind: str) -> Iterator[str]:
        yield from (path for path in self.paths(kind) if key_at(path) is None)

    def paths(self, kind: str) -> Iterator[str]:
        """Yield the paths of all objects below a kind's prefix."""
        with translated_errors():
            for page in obstore.list(self.store, f"{kind}/"):
                for about in page:
                    yield str(about["path"])

    def owner(self) -> str:
        try:
            with translated_errors():
                return bytes(obstore.get(self.brief, OWNER).bytes()).decode("ascii").strip()
        except NotFound:
            return ""

    def set_owner(self, key: str) -> None:
        with self.writing():
            obstore.put(self.brief, OWNER, f"{key}\n".encode("ascii"), use_multipart=False)

    def sweep_incoming(self, older_than: float, now: float) -> int:
        return sweep(self.incoming, older_than, now)

    @contextmanager
    def no_removal(self) -> Iterator[None]:
        """Hold nothing: an original that was written recently is not removed."""
        yield

    @contextmanager
    def removal(self, key: str, patience: float = 5.0) -> Iterator[bool]:
        """Yield True where the bytes are so old that no upload can still depend on them."""
        yield self.old(key)

    def old(self, key: str) -> bool:
        """Return whether a key was last written more than GRACE_SECONDS ago, or does not exist."""
        age = self.age(key)
        return age is None or age > GRACE_SECONDS


def bucket_pieces(found: Any) -> Iterator[bytes]:
    """Yield the rest of an object whose download has begun."""
    with translated_errors():
        for piece in found:
            yield bytes(piece)
