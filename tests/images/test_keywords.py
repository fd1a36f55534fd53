"""Keywords of other programs are read from XMP and IPTC (Lightroom, digiKam, darktable)."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image as Pillow

from biosight.images.metadata.keywords import LONGEST, MOST, as_folder, given_keywords, keywords_of
from biosight.images.metadata.xmp import read_packet
from biosight.images.reading import open_picture
from biosight.images.sidecars import sidecar_keywords
from tests import tiny

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" '
    'xmlns:digiKam="http://www.digikam.org/ns/1.0/"><rdf:Description rdf:about="">'
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"


def bag(name: str, *words: str, kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{w}</rdf:li>" for w in words)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def packet(*parts: str) -> bytes:
    return f"{HEAD}{''.join(parts)}{TAIL}".encode()


def iptc(*words: bytes, utf_8: bool = True) -> bytes:
    """Photoshop's resources with these keywords, behind another resource."""
    sets = b"\x1c\x01\x5a\x00\x03\x1b%G" if utf_8 else b""
    sets += b"".join(b"\x1c\x02\x19" + len(w).to_bytes(2) + w for w in words)
    other = b"8BIM\x03\xed\0\0" + (3).to_bytes(4) + b"abc\0"
    own = b"8BIM\x04\x04\0\0" + len(sets).to_bytes(4) + sets + b"\0" * (len(sets) % 2)
    return b"Photoshop 3.0\0" + other + own


def with_segments(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these application segments."""
    plain = tiny.picture("Red", 1)
    made = b"".join(
        b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2) + body for marker, body in segments
    )
    return plain[:2] + made + plain[2:]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([bag("dc:subject", "Parus major", "garden")], ("Parus major", "garden")),
        ([bag("dc:subject", "Parus major", kind="Seq")], ("Parus major",)),
        (
            [
                bag("dc:subject", "Birds", "Parus major", "garden"),
                bag("lr:hierarchicalSubject", "Animals|Birds|Parus major"),
            ],
            ("Animals|Birds|Parus major", "garden"),
        ),
        ([bag("digiKam:TagsList", "Animals/Birds/Parus major")], ("Animals|Birds|Parus major",)),
        ([bag("dc:subject", "  a \n b ", "", "a b")], ("a b",)),
        ([bag("dc:title", "no keyword")], ()),
    ],
)
def test_keywords_of_xmp(parts: list[str], words: tuple[str, ...]) -> None:
    assert keywords_of(read_packet(packet(*parts)).lists, b"") == words


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (iptc(b"Parus major", "Käfer".encode()), ("Parus major", "Käfer")),
        (iptc("Käfer".encode("latin-1"), utf_8=False), ("Käfer",)),
        (iptc("Käfer".encode(), utf_8=False), ("Käfer",)),
        (b"", ()),
        (b"Photoshop 3.0\0 8BIM", ()),
        (iptc(b"whole")[:-4], ("w",)),  # cut off
    ],
)
def test_keywords_of_iptc(resources: bytes, words: tuple[str, ...]) -> None:
    assert keywords_of({}, resources) == words


def test_there_is_a_limit() -> None:
    many = [f"word {n} " + "x" * 500 for n in range(500)]
    found = keywords_of({"dc:subject": many}, b"")
    assert len(found) == MOST
    assert max(map(len, found)) <= LONGEST


def test_a_jpeg_brings_both(tmp_path: Path) -> None:
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + packet(bag("dc:subject", "Parus major"))
    (tmp_path / "a.jpg").write_bytes(with_segments((0xE1, xmp), (0xED, iptc(b"pond"))))
    assert open_picture(tmp_path / "a.jpg", 64).metadata.keywords == ("Parus major", "pond")


def test_a_tiff_brings_those_of_its_packet(tmp_path: Path) -> None:
    shown = Pillow.open(io.BytesIO(tiny.picture("Red", 1)))
    shown.save(tmp_path / "a.tif", tiffinfo={700: packet(bag("dc:subject", "Parus major"))})
    assert open_picture(tmp_path / "a.tif", 64).metadata.keywords == ("Parus major",)


def test_a_keyword_is_like_a_folder() -> None:
    assert as_folder("Animals|Birds/Waders|Parus major") == "/Animals/Birds Waders/Parus major/"


@pytest.mark.parametrize("name", ["IMG_1.JPG.xmp", "IMG_1.xmp", "IMG_1.XMP"])
def test_keywords_of_a_sidecar_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(packet(bag("lr:hierarchicalSubject", "Aves|Corvidae")))
    assert sidecar_keywords(tmp_path / "IMG_1.JPG") == ("Aves|Corvidae",)


def test_a_damaged_sidecar_and_one_of_another_picture_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.xmp").write_bytes(b"<x:xmpmeta")
    (tmp_path / "IMG_2.xmp").write_bytes(packet(bag("dc:subject", "fox")))
    os.mkfifo(tmp_path / "IMG_3.JPG.xmp")  # reading it would wait for ever
    for name in ("IMG_1.JPG", "IMG_3.JPG", "IMG_22.JPG"):
        assert sidecar_keywords(tmp_path / name) == ()
    assert sidecar_keywords(tmp_path / "IMG_2.JPG") == ("fox",)


def test_keywords_that_are_sent_are_cleaned() -> None:
    assert given_keywords(["Aves | Corvidae|", " fox\x07 ", "", "fox"]) == ("Aves|Corvidae", "fox")
    assert len(given_keywords([f"word {n}" for n in range(2 * MOST)])) == MOST
