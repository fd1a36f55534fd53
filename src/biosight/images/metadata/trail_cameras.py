"""Maker notes of Reconyx trail cameras: moment, temperature, serial number.

The layouts of the three generations are those in ExifTool's documentation under "Reconyx". Not
here: other makers' notes, which repeat what Exif says.
"""

import struct
from dataclasses import dataclass

from biosight.images.metadata.dates import Moment, read_moment

COLDEST, HOTTEST = -70, 90  # degrees Celsius
ROUNDED = 2  # degrees Fahrenheit by which the two scales may differ


@dataclass(frozen=True, slots=True)
class Noted:
    """Content of a note; absent values are None or empty, temperature is in degrees Celsius."""

    moment: Moment | None = None
    temperature: float | None = None
    serial: str = ""


def read_note(note: bytes) -> Noted:
    """Read a Reconyx camera's note, in either byte order; return nothing for any other note."""
    try:
        if note.startswith(b"RECONYXUF\0"):
            return ultrafire(note)
        if note.startswith(b"RECONYXH2\0"):
            return hyperfire2(note)
        if note[:2] in {b"\x01\xf1", b"\xf1\x01"}:
            return hyperfire(note, "<" if note[0] == 1 else ">")
    except (struct.error, UnicodeDecodeError):
        pass
    return Noted()


def hyperfire(note: bytes, order: str) -> Noted:
    """Read a note of the first generation, made of two-byte numbers."""
    parts = struct.unpack_from(f"{order}6H", note, 0x16)
    if parts[0] & 0xFF00 and not parts[0] & 0xFF:
        # Some cameras write these six in the other byte order.
        parts = struct.unpack_from(f"{'>' if order == '<' else '<'}6H", note, 0x16)
    second, minute, hour, month, day, year = parts
    serial = wide(note[0x2A : 0x2A + 30], order)
    when = moment_of(year, month, day, hour, minute, second)
    return Noted(when, warmth(note, f"{order}2h", 0x26), serial)


def hyperfire2(note: bytes) -> Noted:
    """Read a note of the second generation, always in one byte order."""
    second, minute, hour, day, month, year = struct.unpack_from("<6H", note, 0x3E)
    serial = wide(note[0x7E : 0x7E + 30], "<")
    when = moment_of(year, month, day, hour, minute, second)
    return Noted(when, warmth(note, "<2h", 0x4E), serial)


def ultrafire(note: bytes) -> Noted:
    """Read an UltraFire note: single bytes, except for the year."""
    second, minute, hour, day, month, low, high = struct.unpack_from("7B", note, 0x3B)
    serial = note[0x4B : 0x4B + 15].split(b"\0")[0].decode("ascii", "replace")
    when = moment_of(low + 256 * high, month, day, hour, minute, second)
    return Noted(when, warmth(note, "<2h", 0x44), serial)


def wide(letters: bytes, order: str) -> str:
    """Decode text of two-byte letters up to its first NUL."""
    return letters.decode("utf-16-le" if order == "<" else "utf-16-be", "replace").split("\0")[0]


def moment_of(
    year: int, month: int, day: int, hour: int, minute: int, second: int
) -> Moment | None:
    """Return the moment of six numbers, None where they make none."""
    return read_moment(f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")


def warmth(note: bytes, form: str, at: int) -> float | None:
    """Return degrees Celsius, where the value in Fahrenheit before agrees and air can be so
    warm."""
    fahrenheit, celsius = struct.unpack_from(form, note, at)
    agree = abs(celsius * 9 / 5 + 32 - fahrenheit) <= ROUNDED
    return float(celsius) if agree and COLDEST <= celsius <= HOTTEST else None
