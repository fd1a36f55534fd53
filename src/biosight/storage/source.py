"""Files of a folder or a bucket, by name, to read only.

Not here: BioSight's own store of pictures (blobs.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biosight.errors import BadRequest, NotFound

BUCKETS = ("s3://", "gs://")


def bucket_of(url: str) -> Any:
    """The bucket of an address. Raises BadRequest when it can't be used."""
    try:
        from biosight.storage.bucket import open_store
    except ImportError as error:
        raise BadRequest("A bucket needs obstore: run make server-env first.") from error
    return open_store(url)


def names(source: str, suffixes: frozenset[str]) -> Iterator[str]:
    """The names of all files below a source that end in one of these, in lower case.

    Raises NotFound for a folder that is not there, Unavailable for a bucket that is away.
    """
    if source.startswith(BUCKETS):
        import obstore

        from biosight.storage.bucket import asking

        with asking():
            for page in obstore.list(bucket_of(source)):
                yield from (
                    about["path"]
                    for about in page
                    if Path(about["path"]).suffix.lower() in suffixes
                )
        return
    root = Path(source)
    if not root.is_dir():
        raise NotFound(f"There is no folder {source}.")
    for path in root.rglob("*"):
        if path.suffix.lower() in suffixes and path.is_file():
            yield path.relative_to(root).as_posix()


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

        from biosight.storage.bucket import asking

        with asking(), target.open("wb") as file:
            for piece in obstore.get(self.bucket, name).stream():
                file.write(piece)
        return target
