"""Where a collection blurs people, viewers and visitors never get the pixels of one, on any way;
editors do, and what is stored stays as it was."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.inference.detection.detector import Detector
from biosight.inference.model_files.card import card_of_detector
from biosight.labels import Prediction
from biosight.storage.records import Insert
from biosight.subjects import Box
from tests import tiny
from tests.conftest import first_collection, upload
from tests.detectors import Said, card_of, make_detector
from tests.inference.test_camera_trap import ANIMAL, BY_SCORE
from tests.web.test_shared import follow, link, visitor
from tests.web.test_sharing import share

API = "/api/v1"
Another = Callable[[str], TestClient]
# In the middle of the picture, 16 x 16 of the detector's 64 px.
MAN: Said = ((24.0, 12.0, 40.0, 28.0), 0, 0.5)
UNSURE_MAN: Said = ((24.0, 12.0, 40.0, 28.0), 0, 0.25)


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture(autouse=True)
def known(biosight: BioSight, tmp_path: Path) -> None:
    """The tiny detectors of these tests are versions of the registry that know people."""
    for number, kinds in (("1", {"animal": (1,), "human": (0,)}), ("2", {"animal": (1,)})):
        card = card_of("yolov8", name="eye", version=number, kinds=kinds)
        registry.add(biosight.archive.records, card_of_detector(card))


@pytest.fixture
def here(ada: TestClient) -> str:
    """A collection of camera traps that blurs people; its id."""
    made = first_collection(ada)
    said = {"picture_kind": "camera traps", "blur_people": True}
    assert ada.patch(f"{API}/collections/{made}", json=said).json()["blur_people"] is True
    return made


def find(biosight: BioSight, tmp_path: Path, *said: Said, **more: Any) -> None:
    folder = make_detector(tmp_path / "detector", said, name="eye", **BY_SCORE, **more)
    detectors = biosight.intake.detectors
    detectors.opened, detectors.looked = Detector(folder, 1), float("inf")


def chequered(kind: str = "JPEG") -> bytes:
    """A picture of black and white squares of 8 px, 320 x 160."""
    rows, columns = np.indices((160, 320)) // 8
    board = (((rows + columns) % 2) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(np.stack([board] * 3, axis=2)).save(buffer, kind, quality=95)
    return buffer.getvalue()


def contrasts(content: bytes) -> tuple[float, float]:
    """How much the pixels differ where the man stands, and at the right edge."""
    seen = np.asarray(Pillow.open(io.BytesIO(content)).convert("L"), float)
    high, wide = seen.shape
    man = seen[int(high * 0.4) : int(high * 0.85), int(wide * 0.4) : int(wide * 0.6)]
    return float(man.std()), float(seen[:, int(wide * 0.85) :].std())


def is_blurred(content: bytes) -> bool:
    """Whether the man can't be seen while the rest can."""
    man, rest = contrasts(content)
    return man < 20 < 80 < rest


def every_form(client: TestClient, collection: str, image: str) -> dict[str, bytes]:
    """The picture in every form that a member may ask for."""
    at = f"{API}/images/{image}"
    paths = {k: f"{at}/{k}" for k in ("thumbnail", "view", "whole", "original")}
    paths |= {
        "download": f"{at}/original?download=true",
        "placeless": f"{at}/original?placeless=true",
    }
    found = {name: client.get(path).content for name, path in paths.items()}
    packed = client.get(f"{API}/collections/{collection}/zip").content
    chosen = client.post(f"{API}/collections/{collection}/zip", data={"images": f'["{image}"]'})
    for name, content in (("zip", packed), ("chosen", chosen.content)):
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            pictures = [n for n in opened.namelist() if not n.endswith(".csv")]
            found |= {f"{name} {i}": opened.read(n) for i, n in enumerate(pictures)}
    return found


def stored(client: TestClient, collection: str, kind: str = "JPEG", content: bytes = b"") -> str:
    made = upload(client, collection, content or chequered(kind), f"IMG_1.{kind}")["image"]
    assert isinstance(made, dict)
    return str(made["id"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("man", [MAN, UNSURE_MAN])
def test_a_viewer_sees_no_person_in_any_form(
    ada: TestClient,
    another: Another,
    biosight: BioSight,
    here: str,
    tmp_path: Path,
    kind: str,
    man: Said,
) -> None:
    find(biosight, tmp_path, man)
    image = stored(ada, here, kind)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    forms = every_form(bob, here, image)
    assert {name for name, content in forms.items() if not is_blurred(content)} == set()
    close_up = bob.get(f"{API}/images/{image}/closer").content
    assert (
        contrasts(close_up)[0] < 20 < contrasts(ada.get(f"{API}/images/{image}/closer").content)[0]
    )
    assert bob.get(f"{API}/images/{image}/planes/0").status_code in {403, 404}
    table = bob.get(f"{API}/collections/{here}/csv").text
    original = ada.get(f"{API}/images/{image}").json()
    assert original["sha256"] not in table
    mine = every_form(ada, here, image)
    assert {name for name, content in mine.items() if contrasts(content)[0] < 80} == set()
    assert mine["download"] == chequered(kind)


def test_a_visitor_sees_no_person(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, MAN)
    image = stored(ada, here)
    guest = visitor(ada)
    assert follow(guest, link(ada, here, download=True)) == 200
    for form in ("thumbnail", "view", "original"):
        answer = guest.get(f"{API}/shared/images/{image}/{form}")
        assert is_blurred(answer.content), form
        assert answer.headers["cache-control"] == "no-store"


def test_pictures_without_people_come_as_they_are(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL)
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    seen = every_form(bob, here, image)
    assert {name for name, content in seen.items() if contrasts(content)[0] < 80} == set()
    answer = bob.get(f"{API}/images/{image}/view")
    assert answer.headers["cache-control"] == "private, no-store", "who sees whom may change"


def test_what_people_say_is_blurred_too(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    """A box that a person drew around somebody, and a label without any box."""
    find(biosight, tmp_path, ANIMAL)
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    view = f"{API}/images/{image}/view"
    box = {"x": 0.375, "y": 0.375, "w": 0.25, "h": 0.5}
    said = {"subjects": [{"label": "Crimson"}, {"label": "Human", "region": box}]}
    answer = ada.put(f"{API}/images/{image}/subjects", json=said)
    assert answer.status_code == 200, answer.text
    assert is_blurred(bob.get(view).content)
    said = {"subjects": [{"label": "Crimson"}, {"label": "Person"}]}
    assert ada.put(f"{API}/images/{image}/subjects", json=said).status_code == 200
    assert max(contrasts(bob.get(view).content)) < 20, "nobody says where: all of it"


def test_a_picture_that_nobody_looked_through_is_blurred_as_a_whole(
    ada: TestClient,
    another: Another,
    biosight: BioSight,
    here: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find(biosight, tmp_path, MAN)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    ada.patch(f"{API}/collections/{here}", json={"picture_kind": "as they are"})
    before = stored(ada, here)
    assert max(contrasts(bob.get(f"{API}/images/{before}/view").content)) < 20

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Detector, "detect", fail)
    ada.patch(f"{API}/collections/{here}", json={"picture_kind": "camera traps"})
    failed = upload(ada, here, tiny.picture("Red", 1), "IMG_2.JPG")["image"]
    assert isinstance(failed, dict)
    small = Pillow.open(io.BytesIO(bob.get(f"{API}/images/{failed['id']}/thumbnail").content))
    assert np.asarray(small, float).std(axis=(0, 1)).max() < 30


def test_a_collection_that_blurs_nobody_shows_all(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, MAN)
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    ada.patch(f"{API}/collections/{here}", json={"blur_people": False})
    assert contrasts(bob.get(f"{API}/images/{image}/view").content)[0] > 80


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP"])
def test_later_pictures_of_a_file_are_not_given(
    ada: TestClient,
    another: Another,
    biosight: BioSight,
    here: str,
    tmp_path: Path,
    kind: str,
) -> None:
    """Only the first picture of a file was looked at."""
    find(biosight, tmp_path, ANIMAL)
    first = Pillow.open(io.BytesIO(chequered("PNG"))).convert("RGB")
    buffer = io.BytesIO()
    later = Pillow.new("RGB", first.size, "red")
    first.save(buffer, kind, save_all=True, append_images=[later])
    image = stored(ada, here, kind, buffer.getvalue())
    share(ada, bob := another("bob@example.org"), here, "viewer")
    for name, content in every_form(bob, here, image).items():
        assert getattr(Pillow.open(io.BytesIO(content)), "n_frames", 1) == 1, name
    assert bob.get(f"{API}/images/{image}/planes/1").status_code in {403, 404}


def test_a_detector_that_knows_no_people_has_not_looked_for_them(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL, version="2", kinds={"animal": (1,)})
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    assert max(contrasts(bob.get(f"{API}/images/{image}/view").content)) < 20


def test_what_other_programs_say_uncovers_nobody(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, MAN)
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    box = Box(0.1, 0.1, 0.2, 0.2, "animal", 0.9)
    told = Prediction("p2", image, "MegaDetector", (), 2e9, detector="MegaDetector", boxes=(box,))
    biosight.archive.records.write(Insert(told))
    assert is_blurred(bob.get(f"{API}/images/{image}/view").content)


@pytest.mark.parametrize(
    "said",
    [
        [((22.0, 8.0, 42.0, 36.0), 0, 0.5), ((24.0, 18.0, 40.0, 28.0), 0, 0.6)],
        [((22.0, 30.0, 42.0, 31.9), 0, 0.5)],
        [*[((float(n), 2.0, n + 1.0, 4.0), 1, 0.9) for n in range(0, 60)], MAN],
    ],
    ids=["around a surer part", "in the strip", "behind a herd"],
)
def test_no_box_of_a_person_is_lost(
    ada: TestClient, biosight: BioSight, here: str, tmp_path: Path, said: list[Said]
) -> None:
    find(biosight, tmp_path, *said)
    boxes = ada.get(f"{API}/images/{stored(ada, here)}").json()["boxes"]
    people = [b for b in boxes if b["kind"] == "human"]
    assert len(people) == sum(number == 0 for _, number, _ in said)


def test_more_people_than_boxes_blur_the_whole_picture(
    ada: TestClient, another: Another, biosight: BioSight, here: str, tmp_path: Path
) -> None:
    find(biosight, tmp_path, ANIMAL, UNSURE_MAN)
    image = stored(ada, here)
    share(ada, bob := another("bob@example.org"), here, "viewer")
    view = f"{API}/images/{image}/view"
    assert is_blurred(bob.get(view).content)
    region = {"x": 0.375, "y": 0.375, "w": 0.25, "h": 0.5}
    for said in ({"label": "Human"}, {"label": "Human", "count": 3, "region": region}):
        body = {"subjects": [{"label": "Crimson"}, said]}
        assert ada.put(f"{API}/images/{image}/subjects", json=body).status_code == 200
        assert max(contrasts(bob.get(view).content)) < 20, said
