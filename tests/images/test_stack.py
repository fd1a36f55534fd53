"""Stacks of microscopes: planes, channels and the size of a pixel (use.md N20)."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight.errors import BadPicture
from biosight.images.reading import open_picture, open_plane
from biosight.images.stack import SINGLE, Stack, in_microns, plane_names
from tests.conftest import first_collection

WIDTH, HEIGHT = 90, 60


def planes(channels: int, slices: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Planes (channel, slice, y, x); each has a bright spot in another column."""
    made = np.full((channels, slices, HEIGHT, WIDTH), 100, np.uint16)
    for number, plane in enumerate(made.reshape(-1, HEIGHT, WIDTH)):
        plane[20:40, 10 * number + 2 : 10 * number + 8] = 4000
    return made


def ome(path: Path, **more: object) -> Path:
    said = {
        "axes": "CZYX",
        "Channel": {"Name": ["DAPI", "GFP & <Red>", ""]},
        "PhysicalSizeX": 0.25,
        "PhysicalSizeXUnit": "µm",
        **more,
    }
    tifffile.imwrite(path, planes(3, 2), ome=True, metadata=said)
    return path


def spot(picture: Pillow.Image) -> int:
    """The column of the bright spot, in tens."""
    return int(np.asarray(picture.convert("L")).astype(int).sum(axis=0).argmax()) // 10


def test_an_ome_tiff_says_its_planes(tmp_path: Path) -> None:
    opened = open_picture(ome(tmp_path / "a.ome.tif"), 64)
    assert opened.stack == Stack("C3 Z2", ("DAPI", "GFP & <Red>", ""), 0.25)
    assert Stack.of(opened.stack.plain) == opened.stack
    assert plane_names(opened.stack.planes, opened.stack.channels) == [
        "DAPI, slice 1",
        "DAPI, slice 2",
        "GFP & <Red>, slice 1",
        "GFP & <Red>, slice 2",
        "channel 3, slice 1",
        "channel 3, slice 2",
    ]


def test_each_plane_can_be_opened(tmp_path: Path) -> None:
    path = ome(tmp_path / "a.ome.tif")
    assert [spot(open_plane(path, n, 64).picture) for n in range(6)] == [0, 1, 2, 3, 4, 5]
    for beyond in (6, 9999):
        with pytest.raises(BadPicture, match="no such plane"):
            open_plane(path, beyond, 64)


def test_an_imagej_stack_says_its_planes(tmp_path: Path) -> None:
    stack = planes(2, 3).transpose(1, 0, 2, 3)
    tifffile.imwrite(
        tmp_path / "a.tif",
        stack,
        imagej=True,
        resolution=(4.0, 4.0),
        metadata={"axes": "ZCYX", "unit": "um"},
    )
    opened = open_picture(tmp_path / "a.tif", 64)
    assert opened.stack == Stack("Z3 C2", (), 0.25)


@pytest.mark.parametrize("unit", ["inch", ""])
def test_the_resolution_of_a_print_is_no_scale(tmp_path: Path, unit: str) -> None:
    said = {"unit": unit} if unit else {}
    tifffile.imwrite(
        tmp_path / "a.tif", planes(1, 1)[0, 0], imagej=True, resolution=(300, 300), metadata=said
    )
    assert open_picture(tmp_path / "a.tif", 64).stack == SINGLE


def test_pages_of_a_document_are_no_stack(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for plane in planes(2, 1)[:, 0]:
            file.write(plane, metadata=None)
    assert open_picture(tmp_path / "a.tif", 64).stack == SINGLE


@pytest.mark.parametrize(
    ("said", "unit", "microns"),
    [
        ("0.25", "µm", 0.25),
        ("250", "nm", 0.25),
        ("0.001", "mm", 1.0),
        ("1", "pixel", 0.0),
        ("x", "µm", 0.0),
        ("nan", "µm", 0.0),
        ("-1", "µm", 0.0),
        ("1e300", "m", 0.0),
    ],
)
def test_lengths_are_micrometres(said: str, unit: str, microns: float) -> None:
    assert in_microns(said, unit) == pytest.approx(microns)


def test_the_api_tells_and_draws_planes(ada: TestClient, tmp_path: Path) -> None:
    content = ome(tmp_path / "a.ome.tif").read_bytes()
    path = f"/api/v1/collections/{first_collection(ada)}/images"
    id = ada.post(path, files={"file": ("a.ome.tif", content)}).json()["image"]["id"]
    shown = ada.get(f"/api/v1/images/{id}").json()
    assert (len(shown["planes"]), shown["microns"]) == (6, 0.25)
    drawn = ada.get(f"/api/v1/images/{id}/planes/3")
    assert drawn.headers["content-type"] == "image/jpeg"
    assert spot(Pillow.open(io.BytesIO(drawn.content))) == 3
    assert ada.get(f"/api/v1/images/{id}/planes/6").status_code == 404
    assert ada.get(f"/api/v1/images/{id}/planes/-1").status_code == 422


@pytest.mark.parametrize("named", ["other.tif", "{folder}/elsewhere/secret", "../secret"])
def test_a_file_never_shows_another_one(tmp_path: Path, named: str) -> None:
    """OME may name other files for planes; what lies on the server is nobody's to see so."""
    folder = tmp_path / "sent"
    (tmp_path / "elsewhere").mkdir()
    folder.mkdir()
    secret = planes(1, 1)[0, 0]
    for place in (folder / "other.tif", tmp_path / "elsewhere" / "secret", tmp_path / "secret"):
        tifffile.imwrite(place, secret, metadata=None)
    file_name = named.format(folder=tmp_path)
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="{WIDTH}" '
        f'SizeY="{HEIGHT}" SizeZ="2" SizeC="1" SizeT="1"><Channel ID="Channel:0:0"/>'
        '<TiffData FirstZ="0" IFD="0" PlaneCount="1"/>'
        f'<TiffData FirstZ="1" IFD="0" PlaneCount="1"><UUID FileName="{file_name}">urn:uuid:'
        "22222222-2222-2222-2222-222222222222</UUID></TiffData></Pixels></Image></OME>"
    )
    own = np.full((HEIGHT, WIDTH), 7, np.uint16)
    tifffile.imwrite(folder / "a.ome.tif", own, description=xml, metadata=None)
    assert open_picture(folder / "a.ome.tif", 64).stack.planes == ""
    with pytest.raises(BadPicture, match="no such plane"):
        open_plane(folder / "a.ome.tif", 1, 64)


def test_a_stack_whose_planes_have_no_pages_is_single(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", planes(1, 5)[0], imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(
        tmp_path / "b.tif", planes(1, 5)[0], shaped=False, imagej=True, metadata={"axes": "ZYX"}
    )
    for name in ("a.tif", "b.tif"):
        opened = open_picture(tmp_path / name, 64)
        for number in range(len(plane_names(opened.stack.planes, ()))):
            assert open_plane(tmp_path / name, number, 64).width == WIDTH


@pytest.mark.parametrize("unit", ["\\u00B5m", "&#181;m", "&#xB5;m", "micron"])
def test_units_are_read_as_programs_write_them(unit: str) -> None:
    assert in_microns("0.1", unit) == pytest.approx(0.1)
