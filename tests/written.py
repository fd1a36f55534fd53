"""Files as cameras, phones and programs write them, made in code: EXIF of any type, XMP, profiles.

Pillow writes EXIF only as the standard says; what people bring is often otherwise.
"""

import io
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

ASCII, BYTE, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT = 2, 1, 3, 4, 5, 7, 10, 11
LETTERS = {SHORT: "H", LONG: "L", FLOAT: "f", 12: "d", 13: "L"}
Entries = Mapping[int, tuple[int, Any]]
DATE = "2024:05:01 12:34:56"
ORIGINAL, DIGITIZED, CHANGED = 0x9003, 0x9004, 0x0132


def packed(kind: int, value: Any, order: str) -> tuple[int, bytes]:
    """A value as its count and bytes."""
    if kind == ASCII:
        content = value.encode("utf-8") + b"\0"
        return len(content), content
    if kind in {BYTE, UNDEFINED}:
        return len(value), bytes(value)
    values = value if isinstance(value, list | tuple) else [value]
    if kind in {RATIONAL, SRATIONAL}:
        pairs = [v if isinstance(v, tuple) else (v, 1) for v in values]
        letter = "L" if kind == RATIONAL else "l"
        return len(pairs), b"".join(struct.pack(f"{order}2{letter}", *p) for p in pairs)
    return len(values), struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)


def exif(
    main: Entries | None = None,
    inner: Entries | None = None,
    gps: Entries | None = None,
    order: str = "<",
) -> bytes:
    """An EXIF block without its prefix: tag -> (type, value) for each directory."""
    main, inner, gps = dict(main or {}), dict(inner or {}), dict(gps or {})
    pointers = {0x8769: inner, 0x8825: gps}
    for tag, below in pointers.items():
        if below:
            main[tag] = (LONG, 0)
    sizes = {tag: 6 + 12 * len(below) for tag, below in pointers.items() if below}
    begin, at = {}, 8 + 6 + 12 * len(main)
    for tag, size in sizes.items():
        begin[tag], at = at, at + size
    for tag, offset in begin.items():
        main[tag] = (LONG, offset)
    out, tail = b"", b""
    for entries in [main, *(pointers[tag] for tag in begin)]:
        out += struct.pack(f"{order}H", len(entries))
        for tag, (kind, value) in sorted(entries.items()):
            count, content = packed(kind, value, order)
            if len(content) > 4:
                place = struct.pack(f"{order}L", at + len(tail))
                tail += content + b"\0" * (len(content) % 2)
            else:
                place = content.ljust(4, b"\0")
            out += struct.pack(f"{order}HHL", tag, kind, count) + place
        out += struct.pack(f"{order}L", 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8)
    return head + out + tail


def place(
    latitude: Any = (33, 52, 10),
    north: Any = "S",
    longitude: Any = (70, 12, 30),
    east: Any = "W",
    **more: tuple[int, Any],
) -> dict[int, tuple[int, Any]]:
    """A GPS directory; None leaves a value out, and (type, value) is taken as it is.

    More tags are named t5 and so on.
    """
    found = {1: (ASCII, north), 2: (RATIONAL, latitude), 3: (ASCII, east), 4: (RATIONAL, longitude)}
    made = {tag: as_it_is(v) or (kind, v) for tag, (kind, v) in found.items() if v is not None}
    return made | {int(tag[1:]): value for tag, value in more.items()}


def as_it_is(value: Any) -> tuple[int, Any] | None:
    """A (type, value), where it is one: a value of numbers alone has none that is a container."""
    typed = (
        isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], list | str | bytes)
    )
    return value if typed else None


def xmp(**properties: str) -> bytes:
    """An XMP packet of plain properties, named as exif__GPSLatitude."""
    spaces = {
        "exif": "http://ns.adobe.com/exif/1.0/",
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "tiff": "http://ns.adobe.com/tiff/1.0/",
        "drone": "http://www.dji.com/drone-dji/1.0/",
    }
    said = "".join(f' {k.replace("__", ":")}="{v}"' for k, v in properties.items())
    named = "".join(f' xmlns:{k}="{v}"' for k, v in spaces.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about=""{named}{said}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def segment(marker: int, content: bytes) -> bytes:
    """A JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(
    picture: Pillow.Image | None = None,
    block: bytes = b"",
    packet: bytes = b"",
    before: bytes = b"",
    **options: Any,
) -> bytes:
    """A JPEG with an EXIF block, an XMP packet and other segments written as they are."""
    buffer = io.BytesIO()
    (picture or ramp()).save(buffer, "JPEG", **options)
    content = buffer.getvalue()
    said = segment(0xE1, b"Exif\0\0" + block) if block else b""
    if packet:
        said += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)
    return content[:2] + said + before + content[2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(
    picture: Pillow.Image | None = None, block: bytes = b"", before: bytes = b"", **options: Any
) -> bytes:
    """A PNG with an EXIF block and other chunks before its data."""
    buffer = io.BytesIO()
    (picture or ramp()).save(buffer, "PNG", **options)
    content = buffer.getvalue()
    said = (chunk(b"eXIf", block) if block else b"") + before
    return content[:33] + said + content[33:]


def ramp(width: int = 90, height: int = 60) -> Pillow.Image:
    """A picture that brightens from left to right."""
    row = np.linspace(0, 255, width, dtype=np.uint8)
    return Pillow.fromarray(np.tile(row[None, :, None], (height, 1, 3)))


def flat(
    colour: tuple[int, ...], mode: str = "RGB", size: tuple[int, int] = (90, 60)
) -> Pillow.Image:
    """A picture of one colour."""
    return Pillow.new(mode, size, colour if len(colour) > 1 else colour[0])


def curve(gamma: float) -> bytes:
    """A profile's curve."""
    return b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256)) + b"\0\0"


def fixed(*values: float) -> bytes:
    """A profile's XYZ value."""
    return b"XYZ \0\0\0\0" + struct.pack(">3l", *(round(v * 65536) for v in values))


# Red, green and blue as XYZ under D50, as the spaces' definitions give them.
P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71187, 0.0), (0.03134, 0.00009, 0.82491))


def profile(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """An ICC profile, version 2, of a monitor."""
    table, body, at = struct.pack(">L", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">LL", at + len(body), len(content))
        body += content
    size = at + len(body)
    head = struct.pack(">L", size) + b"\0\0\0\0" + b"\x02\x10\0\0" + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += struct.pack(">3l", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def matrix_profile(primaries: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    """A profile of three primaries and one curve."""
    tags = {b"wtpt": fixed(0.9642, 1.0, 0.8249)}
    for letter, xyz in zip(b"rgb", primaries, strict=True):
        name = bytes([letter])
        tags[name + b"XYZ"], tags[name + b"TRC"] = fixed(*xyz), curve(gamma)
    return profile(b"RGB ", tags)


def grey_profile(gamma: float) -> bytes:
    """A profile of grey with one curve."""
    return profile(b"GRAY", {b"wtpt": fixed(0.9642, 1.0, 0.8249), b"kTRC": curve(gamma)})


def srgb_profile() -> bytes:
    """sRGB by its own name."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def hyperfire(order: str = "<", celsius: int = 12, fahrenheit: int = 54) -> bytes:
    """A Reconyx HyperFire's maker note: 2024-05-01 12:34:56."""
    numbers = [0xF101, 3, 1, 0, 0x2014, 0x0101, 0x4D, 1, 3, 0, 7, 56, 34, 12, 5, 1, 2024, 3, 2]
    note = struct.pack(f"{order}19H2h", *numbers, fahrenheit, celsius)
    return note + "H500AB01".encode("utf-16-le" if order == "<" else "utf-16-be").ljust(30, b"\0")


def hyperfire2() -> bytes:
    """A Reconyx HyperFire 2's maker note."""
    note = bytearray(b"RECONYXH2\0".ljust(0x3E, b"\0"))
    note += struct.pack("<6H", 56, 34, 12, 1, 5, 2024) + struct.pack("<2H2h", 3, 2, 54, 12)
    return bytes(note).ljust(0x7E, b"\0") + "HF2X0001".encode("utf-16-le").ljust(30, b"\0")


def ultrafire() -> bytes:
    """A Reconyx UltraFire's maker note."""
    note = b"RECONYXUF\0".ljust(0x3B, b"\0") + bytes([56, 34, 12, 1, 5]) + struct.pack("<H", 2024)
    note += bytes([3, 2]) + struct.pack("<2h", 54, 12) + b"\0\0\0"
    return note + b"UXR6000001".ljust(15, b"\0") + b"\0" * 21
