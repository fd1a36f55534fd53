"""Zips beyond what the first form of zip could say: many members, and many bytes."""

import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from biosight.images import Image
from biosight.publishing.export import zip_chunks
from biosight.publishing.table import Telling
from tests.publishing.test_table import IMAGE

READERS = {"unzip": ["unzip", "-tqq"], "7z": ["7z", "t", "-bso0"], "bsdtar": ["bsdtar", "-tf"]}
MEGABYTE = bytes(1 << 20)


class Nothing:
    """A store that knows no word of any picture, and gives zeros for each one's bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def find(self, *_: object, **__: object) -> list[object]:
        return []

    def stream(self, key: str, chunk: int = 0) -> Iterator[bytes]:
        for _ in range(self.size // len(MEGABYTE)):
            yield MEGABYTE
        yield bytes(self.size % len(MEGABYTE))


def written(path: Path, images: list[Image], size: int) -> Path:
    """A zip of pictures of so many bytes each."""
    crc = 0
    for part in Nothing(size).stream(""):
        crc = zlib.crc32(part, crc)
    store = cast(Any, Nothing(size))
    sized = [replace(i, size=size, crc32=crc) for i in images]
    pages = (sized[n : n + 200] for n in range(0, len(sized), 200))
    with path.open("wb") as file:
        file.writelines(zip_chunks(store, store, pages, Telling(str)))
    return path


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("many", "size"), [(66_000, 3), (2, (4 << 30) + 5)])
def test_every_reader_opens_it(many: int, size: int, tmp_path: Path) -> None:
    images = [replace(IMAGE, id=f"i{n}", name=f"{n}.jpg", created_at=1.7e9) for n in range(many)]
    path = written(tmp_path / "a.zip", images, size)
    try:
        with zipfile.ZipFile(path) as archive:
            assert len(archive.namelist()) == many + 1
            assert archive.testzip() is None
        there = {name: command for name, command in READERS.items() if shutil.which(name)}
        for command in there.values():
            subprocess.run([*command, path], check=True, stdout=subprocess.DEVNULL)
        if not there:
            pytest.skip("Python opened it; unzip, 7z and bsdtar are not installed")
    finally:
        path.unlink()
