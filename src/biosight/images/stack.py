"""Stack: how many planes a microscope's TIFF has, what its channels are, and how large a pixel is.

Sources: OME-TIFF (docs.openmicroscopy.org/ome-model), ImageJ's hyperstacks. It is read by tifffile
in the decode sandbox. Not here: the pixels of a plane (images/formats/tiff.py).
"""

import html
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

PLANAR = set("YXS")
MOST_PLANES, MOST_CHANNELS, LONGEST_NAME = 10_000, 16, 40
# Axes of tifffile whose planes have a word; others keep their letter.
AXES = {"C": "channel", "Z": "slice", "T": "time", "I": "image", "Q": "image"}
TO_MICRONS = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
}


@dataclass(frozen=True, slots=True)
class Stack:
    """Planes of a file beside the one that is shown first.

    `planes` has the axes with their lengths, the slowest first ("C3 Z6"), "" for a single plane.
    `channels` are their names, as far as the file gives them. `microns` is the width of a pixel in
    micrometres, 0 for unknown.
    """

    planes: str = ""
    channels: tuple[str, ...] = ()
    microns: float = 0.0

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "Stack":
        """Return the stack that `plain` returned as plain values."""
        return Stack(**{**plain, "channels": tuple(plain["channels"])})

    @property
    def plain(self) -> dict[str, Any]:
        """Return it as numbers and texts."""
        return asdict(self)


SINGLE = Stack()


def plane_names(planes: str, channels: tuple[str, ...]) -> list[str]:
    """Return what each plane is called, such as "DAPI, slice 2"; none for a single plane."""
    axes = [(part[0], int(part[1:])) for part in planes.split()]
    if not axes:
        return []

    def word(axis: str, number: int) -> str:
        if axis == "C" and number < len(channels) and channels[number]:
            return channels[number]
        return f"{AXES.get(axis, axis)} {number + 1}"

    numbers = product(*(range(length) for _, length in axes))
    return [", ".join(word(a, n) for (a, _), n in zip(axes, one, strict=True)) for one in numbers]


def read_stack(tiff: Any) -> Stack:
    """Return the stack of an open TIFF (tifffile.TiffFile); a value that can't be read is left
    out."""
    series = tiff.series[0]
    axes = [
        (axis, int(size))
        for axis, size in zip(series.axes, series.shape, strict=True)
        if axis not in PLANAR and size > 1
    ]
    total = math.prod(size for _, size in axes)
    stacked = (tiff.is_ome or tiff.is_imagej) and 1 < total <= MOST_PLANES
    # Planes without a page of their own, or in another file, can't be shown.
    stacked = stacked and len(series.pages) >= total
    stacked = stacked and all(is_own(tiff, series.pages[n]) for n in range(total))
    planes = " ".join(f"{axis}{size}" for axis, size in axes) if stacked else ""
    xml = tiff.ome_metadata if tiff.is_ome else ""
    said = tiff.imagej_metadata if tiff.is_imagej else {}
    channels = names_in_ome(xml) if xml else ()
    microns = microns_in_ome(xml) if xml else microns_in_imagej(tiff, said or {})
    return Stack(planes, channels[:MOST_CHANNELS], microns)


def is_own(tiff: Any, page: Any) -> bool:
    """Return whether a plane's page is there, and in the open file itself."""
    return page is not None and page.parent is tiff


def names_in_ome(xml: str) -> tuple[str, ...]:
    """Return the names of the channels of the first image of OME's XML, "" for one without."""
    first = re.search(r"<(?:\w+:)?Pixels\b.*?</(?:\w+:)?Pixels>", xml, re.DOTALL)
    found = re.findall(r"<(?:\w+:)?Channel\b([^>]*)", first[0] if first else "")
    return tuple(clean(attribute(tag, "Name")) for tag in found[:MOST_CHANNELS])


def microns_in_ome(xml: str) -> float:
    """Return the width of a pixel in micrometres from OME's XML, 0 for unknown."""
    found = re.search(r"<(?:\w+:)?Pixels\b([^>]*)", xml)
    if not found:
        return 0.0
    unit = attribute(found[1], "PhysicalSizeXUnit") or "µm"
    return in_microns(attribute(found[1], "PhysicalSizeX"), unit)


def microns_in_imagej(tiff: Any, said: Mapping[str, Any]) -> float:
    """Return the width of a pixel in micrometres from ImageJ's unit and the resolution, 0 for
    unknown."""
    resolution = tiff.pages.first.tags.get("XResolution")
    if resolution is None or not said.get("unit"):
        return 0.0
    dots, units = resolution.value
    return in_microns(units / dots if dots else 0.0, str(said["unit"]))


def in_microns(said: str | float, unit: str) -> float:
    """Return a length in micrometres, 0 for none."""
    try:
        length = float(said) * TO_MICRONS.get(plain_text(unit).strip(), 0.0)
    except ValueError:
        return 0.0
    return round(length, 6) if 1e-6 < length < 1e6 else 0.0


def plain_text(said: str) -> str:
    """Return text without the escapes of XML and of ImageJ, which writes a micro sign as
    \\u00B5."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), said)
    return html.unescape(text)


def attribute(tag: str, name: str) -> str:
    """Return an attribute of an XML element's text, "" for none."""
    found = re.search(rf"\b{name}\s*=\s*([\"'])(.*?)\1", tag)
    return found[2] if found else ""


def clean(text: str) -> str:
    """Return untrusted text without control characters and XML's own signs."""
    kept = (c for c in plain_text(text)[: 4 * LONGEST_NAME] if unicodedata.category(c)[0] != "C")
    return "".join(kept).strip()[:LONGEST_NAME]
