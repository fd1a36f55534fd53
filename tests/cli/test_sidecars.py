"""Keywords in sidecars come in with a folder, by the command line and by the API."""

import json
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from biosight.bootstrap import BioSight, open_archive
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.records import Replace
from biosight.workflows.pictures.reread import reread
from tests import tiny
from tests.conftest import Run, add_ada, first_collection
from tests.images.test_keywords import bag, packet


def test_an_import_takes_the_keywords_of_sidecars(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    card = tmp_path / "card"
    card.mkdir()
    (card / "IMG_1.jpg").write_bytes(tiny.picture("Red", 1))
    (card / "IMG_1.jpg.xmp").write_bytes(packet(bag("dc:subject", "Aves")))
    (card / "IMG_9.xmp").write_bytes(packet(bag("dc:subject", "Blue")))
    said = run("import", card, "--labels-from-keywords", "--yes").output
    assert "IMG_1.jpg.xmp" not in said, "it belongs to a picture"
    assert "IMG_9.xmp" in said, "it belongs to none"
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    [image] = archive.records.find(Image)
    archive.close()
    assert (image.keywords, image.label, image.who) == (("Aves",), "Aves", "person")


def test_keywords_are_sent_with_a_picture(ada: TestClient, biosight: BioSight) -> None:
    here = f"/api/v1/collections/{first_collection(ada)}"
    sent = {"file": ("a.jpg", tiny.picture("Red", 1))}
    words = {"keywords": json.dumps(["Aves|Corvidae", "by the pond"])}
    made = ada.post(f"{here}/images", files=sent, data=words)
    assert made.status_code == 201
    [image] = biosight.archive.records.find(Image)
    assert image.keywords == ("Aves|Corvidae", "by the pond")
    older = replace(image, reading=0, version=image.version + 1)
    biosight.archive.records.write(Replace(older, image.version))
    assert reread(biosight.archive, biosight.model.decoders).read == 1
    [image] = biosight.archive.records.find(Image)
    assert image.keywords == ("Aves|Corvidae", "by the pond"), "its file has none of them"
    for bad in ("{}", "[1]", "nonsense", "[" * 5000):
        answer = ada.post(f"{here}/images", files=sent, data={"keywords": bad})
        assert answer.status_code == 400, bad
