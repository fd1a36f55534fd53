"""A frozen report holds what a collection showed, and any later change of it is found."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from biosight.cli import main
from biosight.errors import BadRequest
from biosight.publishing.frozen import SUMS, frozen_zip, read_frozen
from biosight.settings import Settings
from tests.conftest import first_collection, sign_up, upload, upload_ids
from tests.written import jpeg, xmp

PLACE = {"exif__GPSLatitude": "47,22.5N", "exif__GPSLongitude": "8,32.5E"}


def report_of(client: TestClient, collection: str) -> zipfile.ZipFile:
    answer = client.get(f"/api/v1/collections/{collection}/frozen")
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def rows(report: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.read(name).decode("utf-8-sig"))))


def test_a_report_has_figures_pictures_methods_and_models(ada: TestClient) -> None:
    collection = first_collection(ada)
    images = upload_ids(ada, collection, "Red", "Red", "Green")
    acts = f"/api/v1/collections/{collection}/acts"
    assert ada.post(acts, json={"kind": "confirm", "images": images[:1]}).status_code == 201
    report = report_of(ada, collection)
    about = json.loads(report.read("report.json"))
    assert (about["pictures"], about["named_by_people"], about["names"]) == (3, 1, 2)
    assert about["names_verified"] == 1
    assert "My images [frozen" in about["citation"]
    names = {row["name"]: row for row in rows(report, "names.csv")}
    assert (names["Red"]["standing"], names["Red"]["pictures"]) == ("verified", "2")
    assert (names["Green"]["standing"], names["Green"]["pictures"]) == ("to look at", "1")
    pictures = rows(report, "pictures.csv")
    assert sorted(row["label"] for row in pictures) == ["Green", "Red", "Red"]
    originals = {
        hashlib.sha256(ada.get(f"/api/v1/images/{i}/original").content).hexdigest() for i in images
    }
    assert {row["sha256"] for row in pictures} == originals
    assert "Garwood 1936" in report.read("methods.md").decode()
    [card] = [name for name in report.namelist() if name.startswith("models/")]
    assert json.loads(report.read(card))["labels"]
    assert list(about["models"]) == [card]
    assert about["changed_while_it_was_written"] is False
    assert rows(report, "likely_counts.csv") == [], "too few were looked at by chance"


def test_a_report_says_how_many_pictures_likely_show_a_name(ada: TestClient) -> None:
    collection = first_collection(ada)
    images = upload_ids(ada, collection, "Red", "Red", "Green")
    act = {"kind": "confirm", "images": images}
    assert ada.post(f"/api/v1/collections/{collection}/acts", json=act).status_code == 201
    report = report_of(ada, collection)
    likely = {row["name"]: row for row in rows(report, "likely_counts.csv")}
    ends = {name: (float(r["low_95"]), float(r["high_95"])) for name, r in likely.items()}
    assert ends == {"Red": (2, 2), "Green": (1, 1)}, "everything was looked at"


def test_rates_and_hours_are_those_of_the_page(ada: TestClient) -> None:
    collection = first_collection(ada)
    path = f"/api/v1/collections/{collection}"
    place = {"name": "Pond", "latitude": "47.3", "longitude": "8.5"}
    site = ada.post(f"{path}/sites", json=place).json()["id"]
    dated = {"start": "2026-05-01T12:00:00", "end": "2026-05-11T12:00:00"}
    made = {"name": "Cam", "site": site, "zone": "Europe/Zurich"} | dated
    deployment = ada.post(f"{path}/deployments", json=made).json()["id"]
    ids = []
    for hour in (4, 9, 22):
        said = jpeg(packet=xmp(xmp__CreateDate=f"2026-05-03T{hour:02}:10:00"), quality=90 + hour)
        image = upload(ada, collection, said, f"{hour}.jpg")["image"]
        assert isinstance(image, dict)
        ids.append(image["id"])
    act = {"kind": "deploy", "images": ids, "deployment": deployment}
    assert ada.post(f"{path}/acts", json=act).status_code == 201
    report, page = report_of(ada, collection), ada.get(f"{path}/rates").json()
    assert page["nights"] == 10
    frozen = {(r["name"], r["by"], r["where_or_when"]): r for r in rows(report, "rates.csv")}
    assert page["names"]
    for one in page["names"]:
        label, whole = one["label"], one["whole"]
        found = frozen[label, "all", ""]
        assert (found["events"], found["nights"]) == (str(whole["events"]), "10")
        assert float(found["low"]) == whole["low"]
        assert frozen[label, "site", "Pond"]["rate"] == str(one["sites"][0]["rate"])
        hours = [r for r in rows(report, "hours.csv") if r["name"] == label]
        assert len(hours) == 48
        local = [int(r["pictures"]) for r in hours if r["clock"] == "local"]
        shown = {a["label"]: a for a in ada.get(f"{path}/activity").json()}
        assert local == shown[label]["hours"]


def test_a_hidden_place_is_coarse_for_everybody(
    ada: TestClient, another: Callable[[str], TestClient]
) -> None:
    collection = first_collection(ada)
    image = upload(ada, collection, jpeg(packet=xmp(**PLACE)), "nest.jpg")["image"]
    assert isinstance(image, dict)
    label = image["label"]
    hidden = {"sensitive": [label], "coarse": 1.0}
    assert ada.patch(f"/api/v1/collections/{collection}", json=hidden).status_code == 200
    original = ada.get(f"/api/v1/images/{image['id']}/original").content
    without = ada.get(f"/api/v1/images/{image['id']}/original", params={"placeless": True}).content
    ben = another("ben@example.org")
    link = ada.post(f"/api/v1/collections/{collection}/invitations", json={"role": "viewer"})
    ben.post("/api/v1/join", json={"secret": link.json()["path"].split("#")[1]})
    for who in (ada, ben):
        report = report_of(who, collection)
        [row] = rows(report, "pictures.csv")
        assert row["sha256"] == ""
        assert row["latitude"] == "47.5"
        [told] = rows(report, "hidden_pictures.csv")
        assert told["sha256_as_given"] == hashlib.sha256(without).hexdigest()
        everything = b"".join(report.read(name) for name in report.namelist())
        assert hashlib.sha256(original).hexdigest().encode() not in everything
        assert b"47.375" not in everything


def written(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    about = json.dumps({"form": "BioSight frozen report 1", "citation": "A", "pictures": 2})
    pictures = b"sha256,label\r\naa,Red\r\nbb,'+Fox\r\n,Hidden\r\n"
    content = {"report.json": about.encode(), "pictures.csv": pictures} | (files or {})
    path = folder / "report.zip"
    path.write_bytes(b"".join(frozen_zip((name, [body]) for name, body in content.items())))
    return path


def changed(path: Path, **files: bytes | None) -> Path:
    """The report with other contents, without a file (None), or with one more."""
    with zipfile.ZipFile(path) as old:
        content: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
    content |= {name.replace("__", "."): body for name, body in files.items()}
    with zipfile.ZipFile(path, "w") as new:
        for name, body in content.items():
            if body is not None:
                new.writestr(name, body)
    return path


def test_a_report_that_nobody_touched_is_whole(tmp_path: Path) -> None:
    found = read_frozen(written(tmp_path))
    assert found.whole
    assert found.files == 2
    assert (found.labels, found.unnamed) == ({"aa": "Red", "bb": "+Fox"}, 1)


def test_each_change_is_named(tmp_path: Path) -> None:
    path = changed(written(tmp_path, {"a.csv": b"1", "b.csv": b"2"}), a__csv=b"3", c__csv=b"4")
    found = read_frozen(changed(path, b__csv=None))
    assert (found.changed, found.missing, found.added) == (("a.csv",), ("b.csv",), ("c.csv",))
    assert not found.whole


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all"])
def test_what_is_no_report_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.zip"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match="no frozen report"):
        read_frozen(path)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("report__json", b"[]", "another form"),
        ("report__json", b"{", "no frozen report"),
        ("report__json", b'{"form": "BioSight frozen report 9"}', "another form"),
        (SUMS, b"one word\n", "no frozen report"),
        ("report__json", None, "no frozen report"),
        ("report__json", b"[" * 5_000_001, "no frozen report"),
        (SUMS, b"a  names.csv\nb  names.csv\n", "no frozen report"),
        ("pictures__csv", b"sha256,label\naa," + b"x" * 200_000, "no frozen report"),
    ],
)
def test_a_damaged_report_is_refused_in_words(
    tmp_path: Path, file: str, content: bytes | None, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        read_frozen(changed(written(tmp_path), **{file: content}))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"names.csv": b"1"})
    with zipfile.ZipFile(path) as old:
        content = [(name, old.read(name)) for name in old.namelist()]
    with zipfile.ZipFile(path, "w") as new:
        for name, body in content:
            new.writestr(name, body)
        with pytest.warns(UserWarning, match="Duplicate"):
            new.writestr("names.csv", b"Lynx,999")
    with pytest.raises(BadRequest, match="no frozen report"):
        read_frozen(path)


def test_what_a_report_says_can_steer_no_screen(tmp_path: Path) -> None:
    about = {"form": "BioSight frozen report 1", "citation": "A\nEvery file fits.\x1b[2J"}
    found = read_frozen(changed(written(tmp_path), report__json=json.dumps(about).encode()))
    assert found.about["citation"] == "A Every file fits. [2J"


def test_a_hidden_name_is_not_told_where_a_place_is_exact(ada: TestClient) -> None:
    """A person said something else than the machine, whose answer has become sensitive."""
    collection = first_collection(ada)
    image = upload(ada, collection, jpeg(packet=xmp(**PLACE)), "nest.jpg")["image"]
    assert isinstance(image, dict)
    upload(ada, collection, jpeg(quality=80), "other.jpg")
    machine = image["label"]
    act = {"kind": "relabel", "images": [image["id"]], "label": "Fox"}
    assert ada.post(f"/api/v1/collections/{collection}/acts", json=act).status_code == 201
    hidden = {"sensitive": [machine], "coarse": 1.0}
    assert ada.patch(f"/api/v1/collections/{collection}", json=hidden).status_code == 200
    for report in (rows(report_of(ada, collection), "pictures.csv"), csv_of(ada, collection)):
        [fox] = [row for row in report if row["label"] == "Fox"]
        assert float(fox["latitude"]) == pytest.approx(47.375)
        assert machine not in json.dumps(fox)


def csv_of(client: TestClient, collection: str) -> list[dict[str, str]]:
    text = client.get(f"/api/v1/collections/{collection}/csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_where_people_are_blurred_no_upload_is_named(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload_ids(ada, collection, "Red")
    ada.patch(f"/api/v1/collections/{collection}", json={"blur_people": True})
    report = report_of(ada, collection)
    [row], [told] = rows(report, "pictures.csv"), rows(report, "hidden_pictures.csv")
    assert row["sha256"] == ""
    assert len(told["sha256_as_given"]) == 64


def test_frozen_and_verified_from_the_shell(
    client: TestClient, settings: Settings, tmp_path: Path
) -> None:
    sign_up(client, "ada@example.org")
    collection = first_collection(client)
    images = upload_ids(client, collection, "Red", "Green")
    environment = {
        "BIOSIGHT_DATA_DIR": str(settings.data_dir),
        "BIOSIGHT_MODEL_DIR": str(settings.model_dir),
        "BIOSIGHT_DATABASE_URL": settings.database_url,
    }
    target = str(tmp_path / "2026.zip")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, words, env=environment)
        return done.exit_code, done.output

    code, said = run("freeze", "--to", target)
    assert code == 0
    published = said.split()[-1]
    assert list(tmp_path.glob("*.part")) == []
    code, said = run("freeze", "--to", target)
    assert code == 1
    assert "is there already" in said
    code, said = run("verify", target)
    assert code == 0
    assert "2 pictures" in said
    assert "Every file fits this list." in said
    assert published in said
    assert run("verify", target, "--sha256", published)[0] == 0
    code, said = run("verify", target, "--sha256", 64 * "0")
    assert (code, "not the one that was published" in said) == (3, True)
    acts = f"/api/v1/collections/{collection}/acts"
    client.post(acts, json={"kind": "relabel", "images": images[:1], "label": "Blue"})
    client.post(acts, json={"kind": "trash", "images": images[1:]})
    code, said = run("verify", target, "--collection", "My images")
    assert code == 0
    assert "1 of its 2 pictures are in My images now." in said
    assert "Red → Blue: 1" in said
    changed(Path(target), names__csv=b"other")
    code, said = run("verify", target)
    assert code == 3
    assert "names.csv: changed since it was frozen." in said


def test_no_archive_is_made_to_compare_with(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    report = written(tmp_path)
    for words in (("verify", str(report), "--collection", "A"), ("freeze", "--to", "x.zip")):
        done = CliRunner().invoke(main, words, env={"BIOSIGHT_DATA_DIR": str(nowhere)})
        assert done.exit_code == 1
        assert "There is no BioSight data in" in done.output
    assert not nowhere.exists()
