"""Storage limits of a person or a collection, which hold for any number of writers.

Pictures under a limit are written together with the limit's meter. The write fails when somebody
else has raised the meter's version since the sum was taken. So simultaneous uploads are counted one
after the other. Not here: how large a limit is (settings, accounts, collection), or the disk
(port.py).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight.errors import Stale, TooLarge, Unavailable
from biosight.images import Image
from biosight.storage.patience import tries
from biosight.storage.records import Insert, InUse, Records, Replace, Where, Write

FULL = "{whose} storage limit is reached; empty the trash or ask for more."


@dataclass(frozen=True, slots=True)
class Meter:
    """Meter of a limit, whose version rises with each write under it; the id is the limit's."""

    table: ClassVar[str] = "meters"

    id: str
    version: int = 1


KINDS = (Meter,)


@dataclass(frozen=True, slots=True)
class RoomLimit:
    """Limit of `most` bytes for pictures whose `field` is `value`; `whose` begins the error
    message."""

    field: str
    value: str
    most: int
    whose: str

    @property
    def id(self) -> str:
        """The id of its meter."""
        return f"{self.field}/{self.value}"


def room_limits(user: str, own: int, collection: str, room: int) -> list[RoomLimit]:
    """Return the limits for a person's pictures in a collection; 0 bytes mean no limit."""
    found = [
        RoomLimit("uploaded_by", user, own, "Your"),
        RoomLimit("collection", collection, room, "This collection's"),
    ]
    return [limit for limit in found if limit.most]


def check_limits(records: Records, size: int, under: Sequence[RoomLimit]) -> None:
    """Raise TooLarge where `size` more bytes would pass a limit."""
    for limit in under:
        if records.total(Image, [Where(limit.field, "=", limit.value)]) + size > limit.most:
            raise TooLarge(FULL.format(whose=limit.whose))


def metered_writes(records: Records, size: int, under: Sequence[RoomLimit]) -> list[Write]:
    """Return the writes that must go with `size` more bytes. They raise Stale when other pictures
    are counted at the same moment, so that no limit is exceeded. Raises TooLarge."""
    found = [meter_of(records, limit) for limit in under]
    check_limits(records, size, under)
    return [Replace(replace(m, version=m.version + 1), m.version) for m in found]


def meter_of(records: Records, limit: RoomLimit) -> Meter:
    """Return the meter of a limit; create it where there is none yet."""
    found = records.get(Meter, limit.id)
    while found is None:
        with suppress(InUse):  # another process was faster
            records.write(Insert(Meter(limit.id)))
        found = records.get(Meter, limit.id)
    return found


def write_metered(
    records: Records, size: int, under: Sequence[RoomLimit], write: Callable[[list[Write]], None]
) -> None:
    """Store pictures of `size` bytes by calling `write` with the writes for the meters; retry on
    Stale. Raises TooLarge, Unavailable, and what `write` raises except Stale."""
    for _ in tries(under[0].id) if under else (0,):
        with suppress(Stale):
            write(metered_writes(records, size, under))
            return
    raise Unavailable("Many pictures come in at the same moment; try again.")
