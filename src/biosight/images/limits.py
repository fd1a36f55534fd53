"""What a picture may be: its types, found from the bytes, and its limits.

Not here: decoding (reading.py), or the largest file, which is a setting (settings.py).
"""

from biosight.errors import TooLarge

MEGABYTE = 1024 * 1024
MAX_PIXELS = 100_000_000
MAX_TEXT = 200

# Pillow's name of a format -> the media type we store and serve.
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
}
SHOWN_AS_IS = frozenset(MEDIA_TYPES.values()) - {"image/tiff", "image/heic"}
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/heic": ".heic",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def too_large(most_mb: int) -> str:
    """What a person reads of a file beyond the limit, which is a setting."""
    return f"This file is larger than the {most_mb} MB that are allowed."


def check_size(size: int, most_mb: int) -> None:
    """Raise TooLarge for a file of more than `most_mb` megabytes; `size` in bytes."""
    if size > most_mb * MEGABYTE:
        raise TooLarge(too_large(most_mb))


def sniff(head: bytes) -> str | None:
    """Pillow's format name from a file's first 32 bytes, or None for what we don't read."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if head.startswith(b"BM"):
        return "BMP"
    return sniff_box(head) if head[4:8] == b"ftyp" else None


def sniff_box(head: bytes) -> str | None:
    """HEIF or AVIF from the brands of an ISO base media file's first box."""
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, len(head) - 3, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if brands & HEIC_BRANDS else None
