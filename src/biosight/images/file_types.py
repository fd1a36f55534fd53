"""Types of picture files, recognised by their bytes, and limits of pictures.

Not here: decoding (reading.py), or the largest file, which is a setting (settings.py).
"""

from dataclasses import dataclass

from biosight.errors import BadPicture, TooLarge

MEGABYTE = 1024 * 1024
MAX_PIXELS = 100_000_000
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class FileType:
    """Format of picture files: Pillow's name, the common name, the media type that is stored and
    served, and the suffixes of file names, the usual one first.

    `shown_as_is` is set where every browser shows the format; other pictures are drawn for browsers
    as a JPEG.
    """

    pillow: str
    name: str
    media_type: str
    suffixes: tuple[str, ...]
    shown_as_is: bool = False


# All formats that BioSight reads; pages, errors and tests take them from here.
FILE_TYPES = (
    FileType("JPEG", "JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif"), True),
    FileType("PNG", "PNG", "image/png", (".png", ".apng"), True),
    FileType("WEBP", "WebP", "image/webp", (".webp",), True),
    FileType("GIF", "GIF", "image/gif", (".gif",), True),
    FileType("TIFF", "TIFF", "image/tiff", (".tif", ".tiff")),
    FileType("HEIF", "HEIC", "image/heic", (".heic", ".heif", ".hif")),
    FileType("AVIF", "AVIF", "image/avif", (".avif", ".avifs")),
    FileType("BMP", "BMP", "image/bmp", (".bmp", ".dib"), True),
    FileType("JPEG2000", "JPEG 2000", "image/jp2", (".jp2", ".j2k", ".jpf", ".jpx", ".j2c")),
)
# Camera raw files, which LibRaw opens: the preview in them is shown, and the file is kept as it is.
RAW_TYPES = (
    FileType("CR2", "Canon CR2", "image/x-canon-cr2", (".cr2",)),
    FileType("CR3", "Canon CR3", "image/x-canon-cr3", (".cr3",)),
    FileType("NEF", "Nikon NEF", "image/x-nikon-nef", (".nef", ".nrw")),
    FileType("ARW", "Sony ARW", "image/x-sony-arw", (".arw", ".sr2", ".srf")),
    FileType("DNG", "Adobe DNG", "image/x-adobe-dng", (".dng",)),
    FileType("ORF", "Olympus ORF", "image/x-olympus-orf", (".orf",)),
    FileType("RW2", "Panasonic RW2", "image/x-panasonic-rw2", (".rw2",)),
    FileType("RAF", "Fujifilm RAF", "image/x-fuji-raf", (".raf",)),
    FileType("PEF", "Pentax PEF", "image/x-pentax-pef", (".pef",)),
    FileType("RAW", "camera raw", "image/x-raw", (".raw", ".crw", ".mrw", ".x3f", ".srw")),
)
RAW_NAMES = {t.pillow: t.name for t in RAW_TYPES}
RAW_KINDS = frozenset(RAW_NAMES)
ALL_TYPES = (*FILE_TYPES, *RAW_TYPES)
MEDIA_TYPES = {t.pillow: t.media_type for t in ALL_TYPES}
SHOWN_AS_IS = frozenset(t.media_type for t in ALL_TYPES if t.shown_as_is)
SUFFIXES = {t.media_type: t.suffixes[0] for t in ALL_TYPES}
KNOWN_SUFFIXES = frozenset(suffix for t in ALL_TYPES for suffix in t.suffixes)
HEAD_BYTES = 512  # enough of a file to know its type: the longest list of brands, and more
# How camera raw files begin that are no TIFF, or more than a TIFF: offset, bytes, kind.
RAW_HEADS = (
    (0, b"II*\0\x10\0\0\0CR", "CR2"),
    (4, b"ftypcrx ", "CR3"),
    (6, b"HEAPCCDR", "RAW"),
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"IIU\0", "RW2"),
    (0, b"IIRO", "ORF"),
    (0, b"IIRS", "ORF"),
    (0, b"MMOR", "ORF"),
    (0, b"FOVb", "RAW"),
    (0, b"\0MRM", "RAW"),
)
# The makers of raw files that are TIFFs, by the beginning of their name there.
RAW_MAKERS = {"nikon": "NEF", "sony": "ARW", "pentax": "PEF", "ricoh": "PEF"}
JPEG_2000 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def too_large(most_mb: int) -> str:
    """Return the message for a file beyond the limit, which is a setting."""
    return f"This file is larger than the {most_mb} MB that are allowed."


def formats_in_words() -> str:
    """Return all formats as a list for a sentence: "JPEG, PNG and camera raw files"."""
    return f"{', '.join(t.name for t in FILE_TYPES)} and camera raw files"


def check_size(size: int, most_mb: int) -> None:
    """Raise TooLarge for a file of more than `most_mb` megabytes; `size` in bytes."""
    if size > most_mb * MEGABYTE:
        raise TooLarge(too_large(most_mb))


def check_pixels(width: int, height: int) -> None:
    """Raise BadPicture for empty pictures and those over MAX_PIXELS."""
    if width < 1 or height < 1:
        raise BadPicture("The picture is empty.")
    if width * height > MAX_PIXELS:
        raise BadPicture(
            f"The picture has {width} x {height} pixels; BioSight reads up to "
            f"{MAX_PIXELS // 1_000_000} megapixels."
        )


def raw_kind(head: bytes) -> str:
    """Return the kind of a camera's raw file from a file's first bytes, "" for other files and for
    raw files that are TIFFs."""
    found = (kind for at, begin, kind in RAW_HEADS if head[at : at + len(begin)] == begin)
    return next(found, "")


def sniff(head: bytes) -> str | None:
    """Return a file's kind (FileType.pillow) from its first HEAD_BYTES, None for unsupported
    formats. Raw files that are TIFFs count as these."""
    if raw := raw_kind(head):
        return raw
    if head.startswith(JPEG_2000):
        return "JPEG2000"
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
    """Return HEIF or AVIF by the brands of an ISO base media file's first box (ISO 14496-12), else
    None."""
    end = min(int.from_bytes(head[:4]), len(head))
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, end - 3, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if brands & HEIC_BRANDS else None
