"""Colours that a file gives by numbers instead of a profile, written as a profile.

Sources: code points of ITU-T H.273 (nclx in HEIC and AVIF, cICP in PNG), gAMA and cHRM of PNG
(third edition, W3C 2025), profiles of ICC.1:2010 with a matrix and curves, adapted to D50 by
Bradford's method. Not here: converting by a profile (colour_profiles.py).
"""

import struct
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Chromaticity = tuple[float, float]
Chromaticities = tuple[
    Chromaticity, Chromaticity, Chromaticity, Chromaticity
]  # white, red, green, blue, each as x and y
Floats = npt.NDArray[np.float64]
D65 = (0.3127, 0.329)
BT709: Chromaticities = (D65, (0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
# H.273, table 2: the primaries that cameras and phones write.
PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    5: (D65, (0.64, 0.33), (0.29, 0.6), (0.15, 0.06)),
    6: (D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    9: (D65, (0.708, 0.292), (0.17, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    12: (D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
# H.273, table 3: the exponent of a curve; 0 for the curve of sRGB. Video's curves (1, 6, 14, 15)
# are shown as sRGB's, as browsers do.
SRGB = 0.0
TRANSFERS = {1: SRGB, 2: SRGB, 6: SRGB, 13: SRGB, 14: SRGB, 15: SRGB, 4: 2.2, 5: 2.8, 8: 1.0}
UNKNOWN = 2
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
D50 = np.array([0.9642, 1.0, 0.8249])
NCLX = b"colrnclx"


def by_code(primaries: int, transfer: int) -> bytes:
    """Return the profile of two code points; b"" for sRGB, and for colours that are not known."""
    found = PRIMARIES.get(1 if primaries == UNKNOWN else primaries)
    if found is None or transfer not in TRANSFERS:
        return b""
    return made_profile(found, TRANSFERS[transfer])


def by_nclx(content: bytes) -> bytes:
    """Return the profile of the first nclx box in a file's first bytes (ISO 14496-12)."""
    at = content.find(NCLX) + len(NCLX)
    if at < len(NCLX) or len(content) < at + 4:
        return b""
    return by_code(*struct.unpack(">HH", content[at : at + 4]))


def by_gamma(gamma: bytes, chromaticities: bytes) -> bytes:
    """Return the profile of a PNG's gAMA and cHRM chunks; b"" where they say nothing usable."""
    exponent, found = SRGB, BT709
    if len(gamma) == 4 and (value := int.from_bytes(gamma)):
        exponent = 100_000 / value
    if len(chromaticities) == 32:
        xy = [v / 100_000 for v in struct.unpack(">8L", chromaticities)]
        white, red, green, blue = zip(xy[::2], xy[1::2], strict=True)
        found = (white, red, green, blue)
    if not 0 <= exponent <= 10 or any(not (0 < x < 1 and 0 < y < 1) for x, y in found):
        return b""
    # A file of sRGB writes 1/2.2 and its own primaries; both stand for sRGB then.
    near = np.abs(np.array(found) - np.array(BT709)).max() < 0.002
    return b"" if near and abs(exponent - 2.2) < 0.05 else made_profile(found, exponent)


@lru_cache(maxsize=16)
def made_profile(colours: Chromaticities, exponent: float) -> bytes:
    """Return a profile of three primaries and one curve; b"" for those of sRGB."""
    if colours == BT709 and exponent == SRGB:
        return b""
    white, *primaries = (xyz_of(pair) for pair in colours)
    matrix = np.array(primaries).T
    try:
        scaled = matrix * np.linalg.solve(matrix, white)
    except np.linalg.LinAlgError:
        return b""
    adapted = to_d50(white) @ scaled
    tags = {b"wtpt": fixed(D50)}
    for number, letter in enumerate((b"r", b"g", b"b")):
        tags[letter + b"XYZ"] = fixed(adapted[:, number])
        tags[letter + b"TRC"] = curve_of(exponent)
    return with_header(tags)


def xyz_of(pair: Chromaticity) -> Floats:
    x, y = pair
    return np.array([x / y, 1.0, (1 - x - y) / y])


def to_d50(white: Floats) -> Floats:
    """Return the matrix (3, 3) that adapts colours from a white to D50."""
    cones = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    made: Floats = np.linalg.inv(BRADFORD) @ cones @ BRADFORD
    return made


def fixed(xyz: Floats) -> bytes:
    """Return an XYZ value as a profile writes it."""
    return b"XYZ \0\0\0\0" + struct.pack(">3l", *(round(float(v) * 65536) for v in xyz))


def curve_of(exponent: float) -> bytes:
    """Return a parametric curve: of sRGB (type 3), or of one exponent (type 0)."""
    of_srgb = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]
    numbers, kind = (of_srgb, 3) if exponent == SRGB else ([exponent], 0)
    values = (round(n * 65536) for n in numbers)
    return b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}l", kind, 0, *values)


def with_header(tags: dict[bytes, bytes]) -> bytes:
    """Return a monitor's profile, version 4, with these tags."""
    table, body, at = struct.pack(">L", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += name + struct.pack(">LL", at + len(body), len(content))
        body += padded
    head = struct.pack(">L", at + len(body)) + b"\0\0\0\0\x04\x20\0\0mntrRGB XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += struct.pack(">3l", *(round(v * 65536) for v in D50))
    return head.ljust(128, b"\0") + table + body
