"""Pictures that say where they were taken in every way that is known, made in code.

Each is drawn by the format's own encoder; what says the place is added behind it.
"""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image as Pillow

from tests.written import exif as written
from tests.written import place

EXIF_SPACE = "http://ns.adobe.com/exif/1.0/"
DJI_SPACE = "http://www.dji.com/drone-dji/1.0/"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
PNG_HEAD = 33  # signature and IHDR
LATITUDE = b"52.1234722"
MINUTES = b"7.40833"
PLACE = written(gps=place())
SECRET = PLACE[-24:]


def drawn(kind: str, **how: object) -> bytes:
    """A small picture of noise, so that each pixel counts."""
    pixels = np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    pillow_heif.register_heif_opener()
    Pillow.fromarray(pixels).save(buffer, kind, **how)
    return buffer.getvalue()


def xmp(body: str, spaces: str = f'xmlns:exif="{EXIF_SPACE}"') -> bytes:
    """A packet of one Description."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {spaces} {body}</rdf:RDF></x:xmpmeta>"
    ).encode()


def as_attributes(prefix: str = "exif") -> str:
    return f'{prefix}:GPSLatitude="52,7.40833N" {prefix}:GPSLongitude="13,1.04166E"/>'


def as_elements(prefix: str = "exif", more: str = "") -> str:
    latitude, longitude = (f"{prefix}:GPS{name}" for name in ("Latitude", "Longitude"))
    return (
        f"><{latitude}{more}>52,7.40833N</{latitude}>"
        f"<{longitude}{more}>13,1.04166E</{longitude}></rdf:Description>"
    )


def of_dji(prefix: str = "drone-dji") -> bytes:
    spaces = f'xmlns:{prefix}="{DJI_SPACE}"'
    body = f'{prefix}:GpsLatitude="+52.1234722" {prefix}:GpsLongitude="+13.0173611"/>'
    return xmp(body, spaces)


def dji_elements() -> bytes:
    body = (
        "><drone-dji:GpsLatitude>+52.1234722</drone-dji:GpsLatitude>"
        "<drone-dji:GpsLongitude>+13.0173611</drone-dji:GpsLongitude></rdf:Description>"
    )
    return xmp(body, f'xmlns:drone-dji="{DJI_SPACE}"')


def other_prefix() -> bytes:
    return xmp(as_attributes("e"), f'xmlns:e="{EXIF_SPACE}"')


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def app1(body: bytes) -> bytes:
    return segment(0xE1, body)


def jpeg(*segments: bytes, behind: bytes = b"") -> bytes:
    plain = drawn("JPEG", quality=90)
    return plain[:2] + b"".join(segments) + plain[2:] + behind


def jpeg_between_scans() -> bytes:
    """A comment and a place between two passes of a progressive JPEG."""
    plain = drawn("JPEG", progressive=True)
    scan = plain.index(b"\xff\xda")
    second = plain.index(b"\xff\xc4", scan)
    more = segment(0xFE, b"GPS " + LATITUDE) + app1(b"Exif\0\0" + PLACE)
    return plain[:second] + more + plain[second:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, behind: bytes = b"") -> bytes:
    plain = drawn("PNG")
    return plain[:PNG_HEAD] + b"".join(chunks) + plain[PNG_HEAD:] + behind


def hexadecimal() -> bytes:
    block = b"Exif\0\0" + PLACE
    text = b"\nexif\n%8d\n" % len(block) + block.hex().encode()
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))


def gif() -> bytes:
    extension = b"!\xff\x0bXMP DataXMP" + xmp(as_attributes())
    comment = b"!\xfe\x0eGPS " + LATITUDE + b"\0"
    plain = drawn("GIF")
    return plain[:-1] + comment + extension + b"\x01" + bytes(range(255, -1, -1)) + b"\0\0;"


def bmp() -> bytes:
    """A place between header and pixels, and one behind the pixels."""
    plain = bytearray(drawn("BMP"))
    hidden = b"GPS " + LATITUDE + bytes(2)
    (begin,) = struct.unpack_from("<L", plain, 10)
    struct.pack_into("<L", plain, 10, begin + len(hidden))
    return bytes(plain[:begin]) + hidden + bytes(plain[begin:]) + hidden


def webp(body: bytes) -> bytes:
    """A WebP with XMP, a chunk of unknown meaning, and bytes behind its end."""
    plain = drawn("WEBP", lossless=True, exif=b"Exif\0\0" + PLACE, xmp=body)
    odd = b"what" + struct.pack("<L", len(LATITUDE)) + LATITUDE
    size = struct.pack("<L", len(plain) - 8 + len(odd))
    return plain[:4] + size + plain[8:] + odd + b"GPS " + LATITUDE


Extra = tuple[int, int, bytes]


class TiffWriter:
    """A plain TIFF, page by page, big or not, with further entries."""

    def __init__(self, *, big: bool = False) -> None:
        self.big = big
        self.word = "Q" if big else "L"
        head = b"II+\0\x08\0\0\0" if big else b"II*\0"
        self.out = bytearray(head + struct.pack("<" + self.word, 0))
        self.link = len(self.out) - struct.calcsize("<" + self.word)

    def put(self, content: bytes) -> int:
        """Bytes at the end, and where they lie."""
        self.out += bytes(len(self.out) % 2)
        self.out += content
        return len(self.out) - len(content)

    def directory(self, entries: list[tuple[int, int, int, int]]) -> bytes:
        form = "<HHQQ" if self.big else "<HHLL"
        rows = b"".join(struct.pack(form, *e) for e in sorted(entries))
        count = struct.pack("<Q" if self.big else "<H", len(entries))
        return count + rows + struct.pack("<" + self.word, 0)

    def gps(self) -> int:
        """A GPS directory with its values."""
        latitude = self.put(SECRET)
        longitude = self.put(struct.pack("<6L", 13, 1, 1, 1, 25, 10))
        letters = (int.from_bytes(b"N\0", "little"), int.from_bytes(b"E\0", "little"))
        entries = [(1, 2, 2, letters[0]), (2, 5, 3, latitude)]
        return self.put(self.directory([*entries, (3, 2, 2, letters[1]), (4, 5, 3, longitude)]))

    def page(self, *more: tuple[int, int, int, int]) -> None:
        """A page of 64 x 64 RGB."""
        pixels = np.random.default_rng(len(self.out)).integers(0, 255, (64, 64, 3), np.uint8)
        strip, bits = self.put(pixels.tobytes()), self.put(struct.pack("<3H", 8, 8, 8))
        if self.big:
            bits = int.from_bytes(struct.pack("<3H", 8, 8, 8), "little")
        entries = [
            (256, 3, 1, 64),
            (257, 3, 1, 64),
            (258, 3, 3, bits),
            (259, 3, 1, 1),
            (262, 3, 1, 2),
            (273, 4, 1, strip),
            (277, 3, 1, 3),
            (278, 3, 1, 64),
            (279, 4, 1, pixels.nbytes),
            *more,
        ]
        content = self.directory(entries)
        at = self.put(content)
        struct.pack_into("<" + self.word, self.out, self.link, at)
        self.link = at + len(content) - struct.calcsize("<" + self.word)

    def done(self) -> bytes:
        return bytes(self.out)


def tiff(pages: int = 1, *, big: bool = False) -> bytes:
    writer = TiffWriter(big=big)
    for _ in range(pages):
        writer.page((0x8825, 4, 1, writer.gps()))
    return writer.done()


def geotiff() -> bytes:
    writer = TiffWriter()
    tie = writer.put(struct.pack("<6d", 0, 0, 0, 13.0173611, 52.1234722, 0))
    words = writer.put(b"GPS " + LATITUDE + b"\0\0")
    writer.page((33922, 12, 6, tie), (270, 2, 16, words))
    return writer.done()


def tiff_of_subifd() -> bytes:
    writer = TiffWriter()
    below = writer.put(writer.directory([(0x8825, 4, 1, writer.gps())]))
    writer.page((330, 4, 1, below))
    return writer.done()


def heic_without_prefix() -> bytes:
    """Exif in a HEIC without its prefix, which ISO 23008-12 allows."""
    plain = drawn("HEIF", exif=b"Exif\0\0" + PLACE)
    at = plain.find(b"Exif\0\0" + PLACE[:4])
    end = at + 6 + len(PLACE)
    return plain[: at - 4] + bytes(4) + PLACE + bytes(6) + plain[end:]


BEHIND = {
    "xyz": b"\0\0\0\x18\xa9xyz\0\x12\x15\xc7+52.1234722+013.0173/",
    "keys": b"com.apple.quicktime.location.ISO6709\0\0\0\x2edata+52.1234722+013.0173/",
    "loci": b"\0\0\0\x2aloci\0\0\0\0\x15\xc7\0\0" + LATITUDE + b"earth\0\0",
}
APPENDED = app1(b"Exif\0\0" + PLACE)
PACKETS: dict[str, tuple[bytes, bytes]] = {
    "attributes": (xmp(as_attributes()), MINUTES),
    "other prefix": (other_prefix(), MINUTES),
    "elements of another prefix": (xmp(as_elements("e"), f'xmlns:e="{EXIF_SPACE}"'), MINUTES),
    "elements with a blank": (xmp(as_elements(more=" ")), MINUTES),
    "elements with an attribute": (xmp(as_elements(more=' xml:lang="x"')), MINUTES),
    "CDATA": (
        xmp(as_elements().replace("52,7.40833N", "<![CDATA[52,7.40833N]]>")),
        MINUTES,
    ),
    "DJI": (of_dji(), LATITUDE),
    "DJI by another prefix": (of_dji("dji"), LATITUDE),
    "DJI elements": (dji_elements(), LATITUDE),
    "home point": (
        xmp('drone-dji:RtkHomeLatitude="+52.1234722"/>', f'xmlns:drone-dji="{DJI_SPACE}"'),
        LATITUDE,
    ),
    "UTF-16": (
        ("\ufeff" + xmp(as_attributes()).decode()).encode("utf-16-le"),
        MINUTES.decode().encode("utf-16-le"),
    ),
    "geo:lat": (
        xmp(
            'geo:lat="52.1234722" geo:long="13.0173611"/>',
            'xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"',
        ),
        LATITUDE,
    ),
}


def ways() -> dict[str, tuple[bytes, bytes]]:
    """By name: a file, and bytes in it that say the place."""
    found = {
        f"JPEG, XMP, {name}": (jpeg(app1(XMP_HEAD + packet)), secret)
        for name, (packet, secret) in PACKETS.items()
    }
    found |= {f"JPEG, film, {name}": (jpeg(behind=b), LATITUDE) for name, b in BEHIND.items()}
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 900, 0)
    exif = b"Exif\0\0" + PLACE
    found |= {
        "JPEG, extended XMP": (jpeg(app1(extended + xmp(as_attributes()))), MINUTES),
        "JPEG, Exif": (jpeg(app1(exif)), SECRET),
        "JPEG, Exif in two": (jpeg(app1(exif[:66]), app1(exif[:6] + exif[66:])), SECRET),
        "JPEG, Exif twice": (jpeg(app1(exif), app1(exif)), SECRET),
        "JPEG, prefix twice": (jpeg(app1(b"Exif\0\0" + exif)), SECRET),
        "JPEG, other magic": (jpeg(app1(exif[:8] + b"\x55\0" + exif[10:])), SECRET),
        "JPEG, second picture": (jpeg(app1(exif), behind=jpeg(app1(exif))), SECRET),
        "JPEG, comment": (jpeg(segment(0xFE, b"GPS " + LATITUDE)), LATITUDE),
        "JPEG, IPTC": (jpeg(segment(0xED, b"Photoshop 3.0\0" + LATITUDE)), LATITUDE),
        "JPEG, JFIF's segment": (jpeg(segment(0xE0, b"JFXX\0" + LATITUDE)), LATITUDE),
        "JPEG, between scans": (jpeg_between_scans(), LATITUDE),
        "PNG, eXIf": (png(chunk(b"eXIf", PLACE)), SECRET),
        "PNG, eXIf with prefix": (png(chunk(b"eXIf", exif)), SECRET),
        "PNG, XMP": (
            png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + other_prefix())),
            MINUTES,
        ),
        "PNG, XMP packed": (
            png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(other_prefix()))),
            b"iTXt",
        ),
        "PNG, hexadecimal": (png(hexadecimal()), b"zTXt"),
        "PNG, words": (png(chunk(b"tEXt", b"Comment\0GPS " + LATITUDE)), LATITUDE),
        "PNG, unknown chunk": (png(chunk(b"plCe", LATITUDE)), LATITUDE),
        "PNG, behind its end": (png(behind=jpeg(app1(exif))), SECRET),
        "WebP": (webp(other_prefix()), MINUTES),
        "WebP, unknown chunk": (webp(b""), LATITUDE),
        "GIF, XMP": (gif(), MINUTES),
        "GIF, comment": (gif(), LATITUDE),
        "BMP": (bmp(), LATITUDE),
        "TIFF": (tiff(), SECRET),
        "TIFF, second page": (tiff(2), SECRET),
        "TIFF, SubIFD": (tiff_of_subifd(), SECRET),
        "GeoTIFF": (geotiff(), struct.pack("<d", 52.1234722)),
        "GeoTIFF, description": (geotiff(), LATITUDE),
        "BigTIFF": (tiff(big=True), SECRET),
        "HEIC": (drawn("HEIF", exif=exif), SECRET),
        "HEIC, no prefix": (heic_without_prefix(), SECRET),
        "HEIC, XMP": (drawn("HEIF", xmp=other_prefix()), MINUTES),
        "AVIF": (drawn("AVIF", exif=exif), SECRET),
        "AVIF, XMP": (drawn("AVIF", xmp=other_prefix()), MINUTES),
    }
    return found


WAYS = ways()
