"""TIFF rebuilt with the same samples and pages, and the tags that say how to read them.

Strips and tiles are copied as they are compressed. Sources: TIFF 6.0 (Adobe 1992), its technical
notes 1 and 2, BigTIFF. Not here: other formats, or what a TIFF shows (images/formats/tiff.py).
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from biosight.images.formats import ifd
from biosight.images.rebuilt.jpeg import rebuilt as jpeg_rebuilt
from biosight.images.rebuilt.kept import Content, NotRebuilt, clean_profile

COMPRESSION, PHOTOMETRIC, PROFILE, NODATA, JPEG_TABLES = 259, 262, 34675, 42113, 347
STRIPS, STRIP_SIZES, TILES, TILE_SIZES, SUBIFDS = 273, 279, 324, 325, 330
# None, fax, LZW, JPEG, deflate under both numbers, packed bits, LZMA, LERC, Zstandard: they hold
# samples and nothing else. TIFFs with others (JPEG 2000, WebP, TIFF 6.0's JPEG) are drawn anew.
PLAIN_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32946, 32773, 34887, 34925, 50000}
JPEG = 7
# Layout of the samples, meaning of their colours, size of a pixel, and orientation of the page.
KEPT = {
    254, 255, 256, 257, 258, 259, 262, 263, 266, 274, 277, 278, 280, 281, 282, 283, 284, 290, 291,
    292, 293, 296, 301, 317, 318, 319, 320, 321, 322, 323, 332, 334, 338, 339, 340, 341, 342, 347,
    529, 530, 531, 532, 32997, 34675, 42113, 50674,
}  # fmt: skip
MOST_PAGES, MOST_DEPTH = 4096, 4
LARGEST_CLASSIC = 0xFFFF_0000


@dataclass(slots=True)
class Tag:
    """One entry: type and number of its values, and their bytes in the file's order."""

    kind: int
    count: int
    content: bytes


@dataclass(slots=True)
class TiffPage:
    """What is kept of a page: tags, its strips or tiles (offset and size), and the pages below
    it."""

    tags: dict[int, Tag]
    pieces: list[tuple[int, int]]
    tiled: bool
    below: "list[TiffPage]"


def rebuilt(content: bytes) -> Iterator[Content]:
    """Yield the whole file. Raises NotRebuilt."""
    source = ifd.open_directory(io.BytesIO(content))
    if source is None:
        raise NotRebuilt
    try:
        pages = list(pages_from(content, source, source.first, set(), 0))
    except (struct.error, OverflowError) as error:
        raise NotRebuilt from error
    if not pages:
        raise NotRebuilt
    yield from TiffRebuilt(content, source).written(pages)


def pages_from(
    content: bytes, source: ifd.Structure, at: int, seen: set[int], depth: int
) -> Iterator[TiffPage]:
    """Yield the pages of a chain, each with the pages below it. Raises NotRebuilt or
    struct.error."""
    while at and at not in seen and len(seen) < MOST_PAGES and depth < MOST_DEPTH:
        seen.add(at)
        entries, at = directory(content, source, at)
        below = [
            page
            for place in whole_numbers(source, entries.get(SUBIFDS))
            for page in pages_from(content, source, place, seen, depth + 1)
        ]
        if (page := rebuilt_page(source, entries, below)) is not None:
            yield page


def directory(content: bytes, source: ifd.Structure, at: int) -> tuple[dict[int, Tag], int]:
    """Return all entries of a directory, of a repeated tag the first, and where the next directory
    is."""
    entry, counter, offset = (20, "Q", "Q") if source.big else (12, "H", "L")
    room, form = (8, "HHQ") if source.big else (4, "HHL")
    (count,) = struct.unpack_from(source.order + counter, content, at)
    at += struct.calcsize("<" + counter)
    if count > ifd.MOST_ENTRIES:
        raise NotRebuilt
    found: dict[int, Tag] = {}
    for place in range(at, at + count * entry, entry):
        tag, kind, many = struct.unpack_from(source.order + form, content, place)
        size = ifd.size_of(kind) * many
        where = place + entry - room
        if size > room:
            (where,) = struct.unpack_from(source.order + offset, content, where)
        if size and where + size <= len(content):
            found.setdefault(tag, Tag(kind, many, content[where : where + size]))
    (following,) = struct.unpack_from(source.order + offset, content, at + count * entry)
    return found, following


def whole_numbers(source: ifd.Structure, tag: Tag | None) -> list[int]:
    """Return the whole numbers of an entry; none where it is absent or of another type."""
    letter = ifd.NUMBERS.get(tag.kind) if tag else None
    if tag is None or letter is None:
        return []
    return [int(n) for n in struct.unpack(source.order + letter * tag.count, tag.content)]


def rebuilt_page(
    source: ifd.Structure, entries: dict[int, Tag], below: list[TiffPage]
) -> TiffPage | None:
    """Return a page without the tags that say anything else; None for a directory without samples.
    Raises NotRebuilt."""
    compression = (whole_numbers(source, entries.get(COMPRESSION)) or [1])[0]
    tiled = TILES in entries
    names = (TILES, TILE_SIZES) if tiled else (STRIPS, STRIP_SIZES)
    places, sizes = (whole_numbers(source, entries.get(name)) for name in names)
    if not places:
        return None
    if compression not in PLAIN_COMPRESSIONS or len(places) != len(sizes):
        raise NotRebuilt
    tags = {number: tag for number, tag in entries.items() if number in KEPT}
    for number, clean in ((PROFILE, clean_profile), (NODATA, a_number), (JPEG_TABLES, tables)):
        if number in tags:
            kept = clean(tags.pop(number).content)
            if kept:
                tags[number] = Tag(2 if number == NODATA else 7, len(kept), kept)
    return TiffPage(tags, list(zip(places, sizes, strict=True)), tiled, below)


def a_number(text: bytes) -> bytes:
    """Return the text of a number, b"" for any other text."""
    try:
        float(text.split(b"\0", 1)[0])
    except ValueError:
        return b""
    return text.split(b"\0", 1)[0] + b"\0"


def tables(content: bytes) -> bytes:
    """Return the tables that all strips of a JPEG share, without application segments."""
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if content[at + 1] in {0xC4, 0xDB, 0xDD}:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, b"\xff\xd9"])


class TiffRebuilt:
    """Writer of pages one after the other, in the byte order and word size of the source."""

    def __init__(self, content: bytes, source: ifd.Structure) -> None:
        self.content = memoryview(content)
        self.source = source
        self.order = source.order
        self.at = 16 if source.big else 8
        self.word = "Q" if source.big else "L"

    def written(self, pages: list[TiffPage]) -> Iterator[Content]:
        """Yield the header, then the parts of each page. Raises NotRebuilt for a file that grows
        too large.

        Sizes are known before bytes are written, so that nothing has to be patched.
        """
        body = self.chain(pages, last=0)
        first = body.first
        mark = b"II" if self.order == "<" else b"MM"
        if self.source.big:
            yield mark + struct.pack(self.order + "HHHQ", 43, 8, 0, first)
        else:
            yield mark + struct.pack(self.order + "HL", 42, first)
        yield from body.pieces

    def chain(self, pages: list[TiffPage], last: int) -> "PageChain":
        """Lay out the pages of one chain from the current end of the file."""
        laid = [self.laid_out(page) for page in pages]
        following = [plan.directory for plan in laid[1:]] + [last]
        pieces: list[Content] = []
        for plan, after in zip(laid, following, strict=True):
            pieces += [*plan.pieces, struct.pack(self.order + self.word, after)]
        return PageChain(laid[0].directory, pieces)

    def laid_out(self, page: TiffPage) -> "PageLayout":
        """Lay out one page: the pages below it, its data, its long values, then its directory."""
        pieces: list[Content] = []
        below = []
        for child in page.below:
            chain = self.chain([child], last=0)
            pieces += chain.pieces
            below.append(chain.first)
        places, sizes = [], []
        for piece in self.data(page):
            pieces.append(piece)
            places.append(self.at)
            sizes.append(len(piece))
            self.at += len(piece)
        tags = page.tags | self.pointers(page, places, sizes, below)
        values, table = self.directory(tags)
        plan = PageLayout(self.at - len(table), [*pieces, values, table])
        self.at += struct.calcsize("<" + self.word)
        if not self.source.big and self.at > LARGEST_CLASSIC:
            raise NotRebuilt
        return plan

    def data(self, page: TiffPage) -> Iterator[Content]:
        """Yield the strips or tiles as they are, those of JPEG without application segments."""
        jpegs = (whole_numbers(self.source, page.tags.get(COMPRESSION)) or [1])[0] == JPEG
        for place, size in page.pieces:
            piece = self.content[place : place + size]
            if jpegs and bytes(piece[:2]) == b"\xff\xd8":
                yield b"".join(jpeg_rebuilt(bytes(piece)))
            else:
                yield piece

    def pointers(
        self, page: TiffPage, places: list[int], sizes: list[int], below: list[int]
    ) -> dict[int, Tag]:
        """Return the tags that state where strips, tiles and the pages below are."""
        kind = 16 if self.source.big else 4
        names = (TILES, TILE_SIZES) if page.tiled else (STRIPS, STRIP_SIZES)
        found = {
            name: Tag(kind, len(n), struct.pack(self.order + self.word * len(n), *n))
            for name, n in zip(names, (places, sizes), strict=True)
        }
        if below:
            packed = struct.pack(self.order + self.word * len(below), *below)
            found[SUBIFDS] = Tag(18 if self.source.big else 13, len(below), packed)
        return found

    def directory(self, tags: dict[int, Tag]) -> tuple[bytes, bytes]:
        """Return the values too long for their entry, and the entries; move the file's end behind
        both."""
        room = struct.calcsize("<" + self.word)
        form = "HHQ" if self.source.big else "HHL"
        values = bytearray(self.at % 2)
        rows = []
        for number, tag in sorted(tags.items()):
            shown = tag.content.ljust(room, b"\0")
            if len(tag.content) > room:
                shown = struct.pack(self.order + self.word, self.at + len(values))
                values += tag.content + bytes(len(tag.content) % 2)
            rows.append(struct.pack(self.order + form, number, tag.kind, tag.count) + shown)
        counter = "Q" if self.source.big else "H"
        table = struct.pack(self.order + counter, len(rows)) + b"".join(rows)
        self.at += len(values) + len(table)
        return bytes(values), table


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Where a page's directory begins, and the page's bytes without the pointer to the next one."""

    directory: int
    pieces: list[Content]


@dataclass(frozen=True, slots=True)
class PageChain:
    """Where the first directory of some pages begins, and their bytes."""

    first: int
    pieces: list[Content]
