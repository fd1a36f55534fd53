"""A zip says how long its list of entries is before that list is read."""

import io
import zipfile
from pathlib import Path

import pytest

from biosight.errors import BadRequest
from biosight.untrusted.zips import list_bytes, opened_zip


def zipped(entries: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for n in range(entries):
            file.writestr(f"{n:05}.txt", "x")
    return buffer.getvalue()


def test_the_length_of_the_list_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for entries in (0, 1, 50):
        path.write_bytes(zipped(entries))
        assert list_bytes(path) == entries * (46 + len("00000.txt"))
    path.write_text("no zip")
    assert list_bytes(path) == 0


def test_a_large_list_is_known_by_its_zip64_record(tmp_path: Path) -> None:
    plain = zipped(3)
    at = plain.rfind(b"PK\5\6")
    record = b"PK\6\6" + (44).to_bytes(8, "little") + b"\0" * 28 + (9**10).to_bytes(8, "little")
    marked = plain[at : at + 12] + b"\xff" * 4 + plain[at + 16 :]
    (tmp_path / "a.zip").write_bytes(plain[:at] + record + b"\0" * 8 + marked)
    assert list_bytes(tmp_path / "a.zip") == 9**10


def test_too_long_a_list_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(50))
    with opened_zip(tmp_path / "a.zip", "damaged") as file:
        assert len(file.namelist()) == 50
    with (
        pytest.raises(BadRequest, match="too many files"),
        opened_zip(tmp_path / "a.zip", "damaged", 1000),
    ):
        pass
