"""Files of a folder or a bucket by name, read-only.

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
    """Open the bucket of an address. Raises BadRequest when it can't be used."""
    try:
        from biosight.storage.blobs.bucket import open_store
    except ImportError as error:
        raise BadRequest("A bucket needs obstore: run make server-env first.") from error
    return open_store(url)


def names(source: str) -> Iterator[tuple[str, str]]:
    """Yield the name of every file below a source, with the reason why it is no picture, or "".

    Pictures are recognised by their first bytes. In a bucket a picture's suffix is enough, since
    each look into a file is a request. Raises NotFound for a folder that does not exist,
    Unavailable for a bucket that can't be reached.
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
    """Yield the objects of a bucket in the form of `names`."""
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
    """Source opened for reading, in any process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bucket = bucket_of(url) if url.startswith(BUCKETS) else None

    def fetch(self, name: str, target: Path) -> Path:
        """Return a file to read: the file itself, or a copy of the object at `target`.

        Raises NotFound or Unavailable, and OSError for a file that can't be read.
        """
        if self.bucket is None:
            return Path(self.url) / name
        import obstore

        from biosight.storage.blobs.bucket import translated_errors

        with translated_errors(), target.open("wb") as file:
            for piece in obstore.get(self.bucket, name).stream():
                file.write(piece)
        return target
