"""What the pictures of a collection are, and which kind their cameras suggest.

The kind decides how subjects are sought in a picture. Not here: the looking (inference/detection).
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args

PictureKind = Literal["", "camera traps", "photographs", "as they are"]
KINDS_OF_PICTURES: tuple[PictureKind, ...] = get_args(PictureKind)
IN_WORDS: Mapping[PictureKind, str] = {
    "": "Not said yet",
    "camera traps": "Camera traps",
    "photographs": "Photographs",
    "as they are": "Anything else: cells, plates, scans",
}
# The share of pictures with such a camera from which on they are taken for camera traps.
MOST = 0.8
# Makers and series of trail cameras, as they stand in Exif's Make and Model.
TRAIL_CAMERAS = re.compile(
    r"\b(reconyx|bushnell|browning|cuddeback|moultrie|stealth ?cam|spypoint|spartan|covert|"
    r"wildgame|primos|ltl|acorn|uovision|scoutguard|boly(guard|media)?|keep ?guard|tactacam|"
    r"exodus|gardepro|campark|apeman|secacam|seissiger|wildvision|buckeye|pixcontroller|"
    r"leaf river|swift enduro|minox dtc|num'?axes|technaxx|ceyomur|blaze ?video|meidase|"
    r"trail ?cam(era)?|game ?cam(era)?)\b",
    re.IGNORECASE,
)


def is_trail_camera(camera: str) -> bool:
    """Return whether a camera's make and model are those of a camera trap."""
    return bool(TRAIL_CAMERAS.search(camera))


def suggested_kind(cameras: Mapping[str, int]) -> PictureKind:
    """Return what pictures are by the cameras that took them, each with its number of pictures:
    "camera traps", or "" where their cameras do not say so."""
    trail = sum(many for camera, many in cameras.items() if is_trail_camera(camera))
    return "camera traps" if trail and trail >= MOST * sum(cameras.values()) else ""


def seeks_subjects(kind: PictureKind) -> bool:
    """Return whether a detector looks at pictures of this kind."""
    return kind in {"camera traps", "photographs"}
