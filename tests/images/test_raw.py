"""Camera raw files, JPEG 2000 and large TIFFs are read; a raw file is kept byte for byte.

Only DNG can be made in code; other makers' files share LibRaw and the reading of their tags.
"""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.errors import BadPicture
from biosight.images.file_types import HEAD_BYTES, sniff
from biosight.images.formats import ifd, jpeg2000, raw
from biosight.images.metadata.file import MODEL, WANTED
from biosight.images.placeless import without_place
from biosight.images.reading import open_picture, raw_tiff
from biosight.storage.blobs import keys
from tests.conftest import first_collection

MAKER = 271
CFA = [
    (33421, "H", 2, (2, 2), False),  # CFARepeatPatternDim
    (33422, "B", 4, (0, 1, 1, 2), False),  # CFAPattern: red, green, green, blue
    (50714, "H", 1, 64, False),  # BlackLevel
    (50717, "I", 1, 4095, False),  # WhiteLevel
]
DNG = [
    (50706, "B", 4, (1, 4, 0, 0), False),  # DNGVersion
    (50708, "s", 0, "Example Cam", False),  # UniqueCameraModel
    (MAKER, "s", 0, "Example", False),
    (272, "s", 0, "Cam 1", False),
    (50721, "2i", 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), False),  # ColorMatrix1
    (50778, "H", 1, 21, False),  # CalibrationIlluminant1: D65
]
WIDE = (1440, 960)


def sensor(width: int, height: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """A mosaic whose red pixels are bright: a red picture."""
    values = np.full((height, width), 200, np.uint16)
    values[::2, ::2] = 3000
    return values


def make_dng(path: Path, preview: int = 960, orientation: int = 1) -> Path:
    """A DNG with a green preview of this width, 0 for none, above a red mosaic."""
    width, height = WIDE
    turned = (274, "H", 1, orientation, False)
    with tifffile.TiffWriter(path) as file:
        if preview:
            encoded = io.BytesIO()
            size = (preview, preview * 2 // 3)
            Pillow.new("RGB", size, (0, 200, 0)).save(encoded, "JPEG")
            file.write(
                iter([encoded.getvalue()]),
                shape=(size[1], size[0], 3),
                dtype=np.uint8,
                rowsperstrip=size[1],
                photometric="ycbcr",
                subfiletype=1,
                compression="jpeg",
                subifds=1,
                extratags=[*DNG, turned],
                metadata=None,
            )
        tags = CFA if preview else [*DNG, turned, *CFA]
        file.write(
            sensor(width, height), photometric=32803, subfiletype=0, extratags=tags, metadata=None
        )
    return path


def colour(picture: Pillow.Image) -> str:
    """The colour that is strongest on the whole."""
    return "RGB"[int(np.asarray(picture).reshape(-1, 3).mean(axis=0).argmax())]


def test_the_preview_is_shown(tmp_path: Path) -> None:
    opened = open_picture(make_dng(tmp_path / "a.dng"), 224)
    assert opened.media_type == "image/x-adobe-dng"
    assert (opened.width, opened.height) == WIDE
    assert colour(opened.picture) == "G"
    assert opened.metadata.camera == "Example Cam 1"


@pytest.mark.parametrize("preview", [0, 96])
def test_without_a_preview_of_use_it_is_developed(tmp_path: Path, preview: int) -> None:
    opened = open_picture(make_dng(tmp_path / "a.dng", preview), 224)
    assert colour(opened.picture) == "R"
    assert min(opened.picture.size) >= 224


def test_a_turned_raw_file_is_upright(tmp_path: Path) -> None:
    opened = open_picture(make_dng(tmp_path / "a.dng", orientation=6), 224)
    assert (opened.width, opened.height) == (960, 1440)
    assert opened.picture.height > opened.picture.width


def test_its_placeless_form_is_a_jpeg(tmp_path: Path) -> None:
    made = without_place(make_dng(tmp_path / "a.dng").read_bytes())
    with Pillow.open(io.BytesIO(made)) as picture:
        assert picture.format == "JPEG"
        assert colour(picture.convert("RGB")) == "G"


def test_a_raw_file_is_kept_byte_for_byte(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    content = make_dng(tmp_path / "IMG_1.dng").read_bytes()
    path = f"/api/v1/collections/{first_collection(ada)}/images"
    sent = ada.post(path, files={"file": ("IMG_1.dng", content)})
    assert sent.status_code == 201, sent.text
    image = sent.json()["image"]
    assert biosight.archive.blobs.read(keys.original(image["sha256"])) == content
    view = ada.get(f"/api/v1/images/{image['id']}/view")
    assert view.headers["content-type"] == "image/jpeg"
    original = ada.get(f"/api/v1/images/{image['id']}/original")
    assert original.content == content
    assert "attachment" in original.headers["content-disposition"]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"II*\0\x10\0\0\0CR\2\0", "CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "CR3"),
        (b"FUJIFILMCCD-RAW 0201", "RAF"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"IIRO\x08\0\0\0", "ORF"),
        (b"MMOR\0\0\0\x08", "ORF"),
    ],
)
def test_raw_files_are_known_and_broken_ones_refused(
    tmp_path: Path, head: bytes, kind: str
) -> None:
    (tmp_path / "a").write_bytes(head + b"\0" * 2000)
    assert sniff(head) == kind
    with pytest.raises(BadPicture, match=f"raw file .*{kind}.* can't be opened"):
        open_picture(tmp_path / "a", 224)


@pytest.mark.parametrize(
    ("maker", "kind"),
    [("NIKON CORPORATION", "NEF"), ("SONY", "ARW"), ("PENTAX Corporation", "PEF"), ("X", "RAW")],
)
def test_the_maker_tells_the_kind_of_a_raw_tiff(tmp_path: Path, maker: str, kind: str) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        sensor(64, 64),
        photometric=32803,
        extratags=[(MAKER, "s", 0, maker, False), *CFA],
        metadata=None,
    )
    assert raw_tiff(tmp_path / "a.tif") == kind


def test_the_boxes_of_a_cr3_hold_its_tags(tmp_path: Path) -> None:
    def box(name: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4) + name + content

    exif = Pillow.Exif()
    exif[MODEL] = "EOS X"
    main = exif.tobytes().removeprefix(b"Exif\0\0")
    (tmp_path / "a.cr3").write_bytes(box(b"ftyp", b"crx \0\0\0\1") + box(b"CMT1", main))
    tags = raw.tags_in_boxes(tmp_path / "a.cr3", WANTED)
    assert tags == ifd.Tags({MODEL: "EOS X"}, {}, {})


@pytest.mark.parametrize("end", ["jp2", "j2k"])
def test_jpeg_2000_is_read_at_the_size_that_is_needed(tmp_path: Path, end: str) -> None:
    shown = Pillow.new("RGB", (2000, 1500), (10, 20, 200))
    shown.save(tmp_path / f"a.{end}")
    opened = open_picture(tmp_path / f"a.{end}", 224)
    assert (opened.width, opened.height, opened.media_type) == (2000, 1500, "image/jp2")
    assert 224 <= min(opened.picture.size) < 600
    assert colour(opened.picture) == "B"
    whole = open_picture(tmp_path / f"a.{end}", 1500).picture
    assert whole.size == (2000, 1500)


def test_a_jpeg_2000_brings_its_profile_and_metadata(tmp_path: Path) -> None:
    def box(kind: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4) + kind + content

    def of_file(file: jpeg2000.ImageBoxes) -> tuple[bytes, bytes, bytes]:
        return file.profile, file.exif, file.xmp

    exif = Pillow.Exif()
    exif[MODEL] = "Scanner 9"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    Pillow.new("RGB", (64, 64), (10, 200, 20)).save(tmp_path / "a.jp2")
    content = (tmp_path / "a.jp2").read_bytes()
    at = content.index(b"jp2c") - 4
    own = box(b"uuid", jpeg2000.EXIF + block) + box(b"uuid", jpeg2000.XMP + b"<x/>")
    header = box(b"jp2h", box(b"colr", b"\2\0\0" + b"profile"))
    (tmp_path / "b.jp2").write_bytes(content[:at] + own + content[at:])
    assert open_picture(tmp_path / "b.jp2", 64).metadata.camera == "Scanner 9"
    assert of_file(jpeg2000.beside(header + own)) == (b"profile", block, b"<x/>")
    assert of_file(jpeg2000.beside(b"\xff\x4f\xff\x51 a codestream")) == (b"", b"", b"")
    assert of_file(jpeg2000.beside(b"\0\0\0\1jp2h" + b"\xff" * 9)) == (b"", b"", b"")


def test_a_jpeg_2000_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    Pillow.fromarray(noise).save(tmp_path / "a.jp2")
    content = (tmp_path / "a.jp2").read_bytes()
    (tmp_path / "a.jp2").write_bytes(content[: len(content) // 2])
    with pytest.raises((BadPicture, OSError)):
        open_picture(tmp_path / "a.jp2", 224)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_large_tiffs_of_both_orders_are_read(tmp_path: Path, order: str, kind: str) -> None:
    ramp = np.tile(np.linspace(0, 200, 300), (240, 1)).astype(kind)
    for planes in (ramp, np.stack([ramp, ramp * 0, ramp * 0], axis=2)):
        manner = "rgb" if planes.ndim == 3 else "minisblack"
        with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=True, byteorder=order) as file:
            file.write(planes, photometric=manner, metadata=None)
        assert sniff((tmp_path / "a.tif").read_bytes()[:HEAD_BYTES]) == "TIFF"
        opened = open_picture(tmp_path / "a.tif", 100)
        assert (opened.width, opened.height) == (300, 240)
        pixels = np.asarray(opened.picture)
        assert pixels[10, -2, 0] > 200 > 30 > pixels[10, 1, 0]
