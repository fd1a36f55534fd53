import csv
import io
import zipfile

from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.storage.blobs import keys
from tests import tiny
from tests.conftest import first_collection, upload, upload_ids


def opened(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def rows(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    text = archive.read("biosight.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_zip_by_label_holds_the_originals_and_a_table(ada: TestClient) -> None:
    collection = first_collection(ada)
    contents = {f"{c}.jpg": tiny.picture(c, n) for n, c in enumerate(tiny.COLOURS)}
    for name, content in contents.items():
        upload(ada, collection, content, name)
    answer = ada.get(f"/api/v1/collections/{collection}/zip")
    archive = opened(answer.content)
    for name, content in contents.items():
        label = name.removesuffix(".jpg")
        assert archive.read(f"{label}/{name}") == content
        assert archive.getinfo(f"{label}/{name}").compress_type == zipfile.ZIP_STORED
    table = rows(archive)
    assert {r["file"] for r in table} == {f"{n.removesuffix('.jpg')}/{n}" for n in contents}
    assert all(r["said_by"] == "machine" and r["model"] == "tiny@1" for r in table)
    assert "attachment" in answer.headers["content-disposition"]


def test_corrections_move_files_and_name_the_person(ada: TestClient) -> None:
    collection = first_collection(ada)
    image = upload_ids(ada, collection, "Red", "Green")[0]
    ada.patch(f"/api/v1/images/{image}", json={"label": "Fox / Vixen"})
    archive = opened(ada.get(f"/api/v1/collections/{collection}/zip").content)
    assert "Fox _ Vixen/Red0.jpg" in archive.namelist()
    row = next(r for r in rows(archive) if r["label"] == "Fox / Vixen")
    assert (row["said_by"], row["annotated_by"], row["machine_label"]) == ("person", "ada", "Red")


def test_filters_and_selections(ada: TestClient) -> None:
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Green", "Blue")
    path = f"/api/v1/collections/{collection}/zip"
    some = opened(ada.get(f"{path}?label=Green").content)
    assert some.namelist() == ["Green/Green1.jpg", "biosight.csv"]
    two = opened(ada.post(path, data={"images": f'["{ids[0]}", "{ids[2]}"]'}).content)
    assert set(two.namelist()) == {"Red/Red0.jpg", "Blue/Blue2.jpg", "biosight.csv"}
    for bad in ("x", "{}", "[1]"):
        assert ada.post(path, data={"images": bad}).status_code == 400


def test_the_same_name_twice(ada: TestClient) -> None:
    collection = first_collection(ada)
    for seed in range(3):
        upload(ada, collection, tiny.picture("Red", seed), "IMG.jpg" if seed else "img.JPG")
    names = opened(ada.get(f"/api/v1/collections/{collection}/zip").content).namelist()
    assert len({n.casefold() for n in names}) == 4


def test_a_picture_that_went_meanwhile_is_skipped(ada: TestClient, biosight: BioSight) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red", "Green")
    blobs = biosight.archive.blobs
    sha256 = ada.get(f"/api/v1/collections/{collection}/images?label=Red").json()["images"][0][
        "sha256"
    ]
    blobs.remove(keys.original(sha256))
    archive = opened(ada.get(f"/api/v1/collections/{collection}/zip").content)
    assert archive.namelist() == ["Green/Green1.jpg", "biosight.csv"]
    assert len(rows(archive)) == 1


def test_csv_alone(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload(ada, collection, tiny.picture("Red", 1), "=1+1.jpg")
    text = ada.get(f"/api/v1/collections/{collection}/csv").content.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert table[0]["original_name"] == "'=1+1.jpg"
    assert len(table) == 1
