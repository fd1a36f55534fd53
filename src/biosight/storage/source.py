"""Files of a folder or a bucket, by name, to read only.

Not here: BioSight's own store of pictures (storage/blobs/port.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biosight.errors import BadRequest, NotFound
from biosight.images import folders
from biosight.images.file_types import HEAD_BYTES, KNOWN_SUFFIXES, sniff
from biosight.images.folders import NOT_A_PICTURE

BUCKETS = ("s3://", "gs://")


def bucket_of(url: str) -> Any:
    """The bucket of an address. Raises BadRequest when it can't be used."""
    try:
        from biosight.storage.blobs.bucket import open_store
    except ImportError as error:
        raise BadRequest("A bucket needs obstore: run make server-env first.") from error
    return open_store(url)


def names(source: str) -> Iterator[tuple[str, str]]:
    """The name of every file below a source, each with the reason why it is no picture, or "".

    Pictures are known by their first bytes; in a bucket those with a picture's suffix are believed,
    since each look is a request. Raises NotFound for a folder that is not there, Unavailable for a
    bucket that is away.
    """
    if source.startswith(BUCKETS):
        yield from names_in_bucket(source)
        return
    root = Path(source)
    if not root.is_dir():
        raise NotFound(f"There is no folder {source}.")
    for entry in folders.every_file(root):
        yield entry.path.relative_to(root).as_posix(), entry.reason


def names_in_bucket(source: str) -> Iterator[tuple[str, str]]:
    """The objects of a bucket, as `names` tells them."""
    import obstore

    from biosight.storage.blobs.bucket import translated_errors

    bucket = bucket_of(source)
    with translated_errors():
        for page in obstore.list(bucket):
            for about in page:
                name, size = about["path"], min(about["size"], HEAD_BYTES)
                picture = Path(name).suffix.lower() in KNOWN_SUFFIXES
                if not picture and size:
                    head = obstore.get_range(bucket, name, start=0, length=size)
                    picture = sniff(bytes(head)) is not None
                yield name, "" if picture else NOT_A_PICTURE


class Source:
    """A source opened for reading, in whatever process reads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bucket = bucket_of(url) if url.startswith(BUCKETS) else None

    def fetch(self, name: str, target: Path) -> Path:
        """A file to read: the file itself, or a copy of the object at `target`.

        Raises NotFound or Unavailable, OSError for a file that can't be read.
        """
        if self.bucket is None:
            return Path(self.url) / name
        import obstore

        from biosight.storage.blobs.bucket import translated_errors

        with translated_errors(), target.open("wb") as file:
            for piece in obstore.get(self.bucket, name).stream():
                file.write(piece)
        return target
