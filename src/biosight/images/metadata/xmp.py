"""Simple properties and lists of texts of an XMP packet (ISO 16684-1), by a short prefix and name.

Entities and document types are refused, so that no packet grows when it is read. Not here: what
properties mean (file.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

LARGEST_PACKET = 1 << 20
LONGEST_TEXT = 1000
DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
PREFIXES = {
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://www.dji.com/drone-dji/1.0/": "dji",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
}
ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
MOST_ITEMS = 500


class NotRead(Exception):
    """A packet that is more than plain XMP."""


class Collector:
    """Parser target that collects the properties and builds no tree."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.item = ""
        self.path: list[str] = []
        self.text = ""
        self.inside = ""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuse a document type, since it can declare entities."""
        raise NotRead

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element: a Description's attributes and its children are properties."""
        if tag == DESCRIPTION:
            for name, value in attributes.items():
                self.keep(name, value)
        elif self.path and self.path[-1] == DESCRIPTION:
            self.inside, self.text = tag, ""
        if tag == ITEM:
            self.item = ""
        self.path.append(tag)

    def data(self, text: str) -> None:
        """Add text within a property. A list's items are one text, of which the first is kept."""
        if self.inside and len(self.text) < LONGEST_TEXT:
            self.text += text
        if self.inside and len(self.item) < LONGEST_TEXT:
            self.item += text

    def end(self, tag: str) -> None:
        """End an element; a property's text is then complete."""
        self.path.pop()
        if tag == ITEM and self.inside:
            self.keep_item()
        if tag == self.inside and self.path and self.path[-1] == DESCRIPTION:
            self.keep(tag, self.text)
            self.inside = ""

    def keep(self, name: str, text: str) -> None:
        """Keep a property of a known namespace; of a repeated one the first."""
        key = short_name(name)
        if key and text.strip():
            self.found.setdefault(key, text.strip().splitlines()[0][:LONGEST_TEXT].strip())

    def keep_item(self) -> None:
        """Keep an item of a list of a known namespace."""
        if name := short_name(self.inside):
            items = self.lists.setdefault(name, [])
            if self.item.strip() and len(items) < MOST_ITEMS:
                items.append(self.item.strip()[:LONGEST_TEXT])

    def close(self) -> dict[str, str]:
        return self.found


def short_name(name: str) -> str:
    """Return a property's name by its short prefix, "" for an unknown namespace."""
    space, _, local = name.removeprefix("{").partition("}")
    return f"{PREFIXES[space]}:{local}" if space in PREFIXES else ""


@dataclass(frozen=True, slots=True)
class Packet:
    """What a packet says: simple properties, such as "exif:DateTimeOriginal", and lists, such as
    "dc:subject"; of a list, `properties` has the first item too."""

    properties: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_packet(packet: bytes) -> Packet:
    """Return what a packet says; nothing for a broken one."""
    if not packet or len(packet) > LARGEST_PACKET:
        return Packet()
    collector = Collector()
    parser = ElementTree.XMLParser(target=collector)
    try:
        parser.feed(packet.strip(b"\0 \r\n\t"))
        parser.close()
    except (ElementTree.ParseError, NotRead, ValueError, LookupError):
        return Packet()
    return Packet(collector.found, collector.lists)
