"""Parts of a file that a client asks for, and copies that it has already (RFC 9110, 13 and 14).

Not here: sending them (picture_bytes.py). Files in a folder are sent by Starlette, which reads the
same headers.
"""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes of a file from `start` up to but without `stop`, of `size` in all."""

    start: int
    stop: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes are sent."""
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        """What the header Content-Range says of them."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


class Unsatisfiable(ValueError):
    """The client asks for bytes beyond the end."""


def wanted_part(headers: Headers, tag: str, size: int) -> ByteRange | None:
    """Return the part that a request asks for; None for the whole file, which is also the answer to
    several ranges, to other units, and to a client whose copy is of another file (If-Range). Raises
    Unsatisfiable."""
    found = ONE_RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or headers.get("if-range", tag) != tag or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:  # bytes from the end, such as bytes=-500
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
    if start >= stop:
        if first and last and int(last) < int(first):
            return None  # no range at all
        raise Unsatisfiable
    return ByteRange(start, stop, size)


def has_copy(headers: Headers, tag: str) -> bool:
    """Return whether the client's copy is this one (If-None-Match, compared weakly)."""
    given = headers.get("if-none-match", "")
    known = {word.strip().removeprefix("W/") for word in given.split(",")}
    return bool(tag) and (tag in known or given.strip() == "*")
