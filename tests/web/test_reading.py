"""What a file says, on its way through BioSight: shown, sorted, found, sent out, read anew."""

import csv
import io
import unicodedata
import zipfile
from dataclasses import replace
from typing import Literal

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.errors import Unavailable
from biosight.images import READING, Image
from biosight.images.record import NO_CAPTURE
from biosight.inference.sandbox.decoding import Decoders
from biosight.storage.blobs import keys
from biosight.storage.records import Records, Replace
from biosight.workflows.pictures.reread import left_to_read, reread
from tests import tiny, written
from tests.conftest import first_collection, upload
from tests.written import ASCII, DATE, ORIGINAL

Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")


def dated(date: str, seed: int, **tags: tuple[int, object]) -> bytes:
    """A picture of this date, unlike all others."""
    more = {int(t[1:]): v for t, v in tags.items()} | {0xA420: (ASCII, str(seed))}
    exif = written.exif(
        {0x110: (ASCII, "HC500")}, {ORIGINAL: (ASCII, date), **more}, written.place()
    )
    return written.jpeg(written.flat((200, 30, 30)), exif)


def test_a_picture_says_when_where_and_with_what(ada: TestClient) -> None:
    content = dated(DATE, 1, t36881=(ASCII, "-03:00"), t37521=(ASCII, "25"))
    answer = upload(ada, first_collection(ada), content)["image"]
    assert isinstance(answer, dict)
    found = ada.get(f"/api/v1/images/{answer['id']}").json()
    assert (found["taken"], found["subseconds"]) == ("2024-05-01T12:34:56", "25")
    assert found["capture"]["offset"] == "-03:00"
    assert found["capture"]["taken_from"] == "DateTimeOriginal"
    assert found["latitude"] == pytest.approx(-33.8694444)
    assert found["capture"]["model"] == "HC500"


def test_date_taken_sorts_by_time_and_the_undated_come_last(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload(ada, collection, tiny.picture("Red", 1), "undated 1.jpg")
    for seed, time in enumerate(["09:00:05", "23:00:00", "09:00:01"]):
        upload(ada, collection, dated(f"2024:05:01 {time}", seed), f"{time}.jpg")
    for part in ("7", "25"):
        content = dated("2024:05:01 09:00:05", 50 + int(part), t37521=(ASCII, part))
        upload(ada, collection, content, f"part {part}.jpg")
    upload(ada, collection, tiny.picture("Blue", 1), "undated 2.jpg")
    listed = ada.get(f"/api/v1/collections/{collection}/images?sort=taken").json()["images"]
    names = [i["name"] for i in listed]
    assert names[:5] == [
        "23:00:00.jpg",
        "part 7.jpg",
        "part 25.jpg",
        "09:00:05.jpg",
        "09:00:01.jpg",
    ]
    assert {i["name"] for i in listed[5:]} == {"undated 1.jpg", "undated 2.jpg"}


@pytest.mark.parametrize("sought", ["Größe", "GRÖSSE", "größe", "hc500"])
@pytest.mark.parametrize("form", FORMS)
def test_search_finds_names_of_either_form_and_cameras(
    ada: TestClient, sought: str, form: Form
) -> None:
    collection = first_collection(ada)
    upload(ada, collection, dated(DATE, 1), unicodedata.normalize("NFD", "Größe.jpg"))
    upload(ada, collection, tiny.picture("Red", 1), "other.jpg")
    query = {"text": unicodedata.normalize(form, sought)}
    found = ada.get(f"/api/v1/collections/{collection}/images", params=query).json()["images"]
    assert len(found) == 1


def test_what_browsers_escape_in_names_is_read_back(ada: TestClient) -> None:
    collection = first_collection(ada)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; '
        b'filename="a %22big%22%0D%0A one 50%25.jpg"\r\n\r\n'
        + tiny.picture("Red", 1)
        + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    address = f"/api/v1/collections/{collection}/images"
    answer = ada.post(address, content=body, headers=headers).json()
    assert answer["image"]["name"] == 'a "big" one 50%25.jpg'


def test_labels_that_look_like_our_own_files_come_out_as_folders(ada: TestClient) -> None:
    collection = first_collection(ada)
    labels = ["biosight.csv", "=1+1", "- none", "CON", "Insecta?", "insecta:"]
    for seed, label in enumerate(labels):
        image = upload(ada, collection, dated(DATE, seed), f"{seed}.jpg")["image"]
        assert isinstance(image, dict)
        ada.patch(f"/api/v1/images/{image['id']}", json={"label": label})
    archive = zipfile.ZipFile(io.BytesIO(ada.get(f"/api/v1/collections/{collection}/zip").content))
    members = [n for n in archive.namelist() if n != "biosight.csv"]
    table = csv.DictReader(io.StringIO(archive.read("biosight.csv").decode("utf-8-sig")))
    assert sorted(row["file"] for row in table) == sorted(members)
    folders = {m.split("/")[0].casefold() for m in members}
    assert len(folders) == len(labels)
    assert not folders & {"biosight.csv", "con"}


def test_exports_say_the_offset_that_the_file_says(ada: TestClient) -> None:
    collection = first_collection(ada)
    upload(ada, collection, dated(DATE, 1, t36881=(ASCII, "-03:00")), "known.jpg")
    upload(ada, collection, dated(DATE, 2), "unknown.jpg")

    def times(form: str, file: str, column: str, query: str = "") -> set[str]:
        content = ada.get(f"/api/v1/collections/{collection}/{form}{query}").content
        text = zipfile.ZipFile(io.BytesIO(content)).read(file).decode()
        return {row[column] for row in csv.DictReader(io.StringIO(text))}

    known = "2024-05-01T12:34:56-03:00"
    assert times("camtrap-dp", "media.csv", "timestamp", "?utc_offset=60") == {
        known,
        "2024-05-01T12:34:56+01:00",
    }
    assert times("darwin-core", "occurrence.csv", "eventDate") == {known, "2024-05-01T12:34:56"}


def old(records: Records, id: str) -> Image:
    """A picture as an older BioSight recorded it: no date, half its size."""
    image = records.get(Image, id)
    assert image is not None
    before = replace(
        image,
        reading=0,
        taken="",
        day="2026-01-01",
        latitude=None,
        width=45,
        capture=NO_CAPTURE,
        note="by the pond",
        version=image.version + 1,
    )
    records.write(Replace(before, image.version))
    return before


def test_an_older_archive_is_read_anew_and_goes_on_where_it_stopped(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection, records = first_collection(ada), biosight.archive.records
    ids = []
    for seed in range(3):
        image = upload(ada, collection, dated(DATE, seed), f"{seed}.jpg")["image"]
        assert isinstance(image, dict)
        ids.append(image["id"])
        ada.patch(f"/api/v1/images/{image['id']}", json={"label": "Fox"})
        before = old(records, image["id"])
        biosight.archive.blobs.put_derived(keys.thumbnail(before.sha256), b"old")
    assert left_to_read(records) == 3
    really, asked = Decoders.decode, []

    def away(self: Decoders, path: object, framing: object) -> object:
        asked.append(path)
        if len(asked) > 1:
            raise Unavailable("busy")
        return really(self, path, framing)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Decoders, "decode", away)
        patch.setattr("biosight.workflows.pictures.reread.WAITS", ())
        with pytest.raises(Unavailable):
            reread(biosight.archive, biosight.model.decoders)
    assert left_to_read(records) == 2
    done = reread(biosight.archive, biosight.model.decoders)
    assert (done.read, done.dates, done.places, done.sizes, done.unread) == (2, 2, 2, 2, 0)
    for id in ids:
        now = records.get(Image, id)
        assert now is not None
        assert (now.taken, now.day, now.width) == ("2024-05-01T12:34:56", "2024-05-01", 90)
        assert (now.label, now.who, now.note) == ("Fox", "person", "by the pond")
        assert (now.reading, "hc500" in now.words) == (READING, True)
    assert ada.get(f"/api/v1/images/{ids[2]}/thumbnail").content.startswith(b"\xff\xd8")
    assert reread(biosight.archive, biosight.model.decoders).read == 0


def test_what_people_say_meanwhile_stays(
    ada: TestClient, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload(ada, first_collection(ada), dated(DATE, 1))["image"]
    assert isinstance(image, dict)
    old(biosight.archive.records, image["id"])
    really = Decoders.decode

    def slow(self: Decoders, path: object, framing: object) -> object:
        ada.patch(f"/api/v1/images/{image['id']}", json={"label": "Badger"})
        return really(self, path, framing)  # type: ignore[arg-type]

    monkeypatch.setattr(Decoders, "decode", slow)
    assert reread(biosight.archive, biosight.model.decoders).read == 1
    now = biosight.archive.records.get(Image, image["id"])
    assert now is not None
    assert (now.label, now.taken) == ("Badger", "2024-05-01T12:34:56")


def test_a_file_that_is_gone_keeps_what_is_known(ada: TestClient, biosight: BioSight) -> None:
    image = upload(ada, first_collection(ada), dated(DATE, 1))["image"]
    assert isinstance(image, dict)
    before = old(biosight.archive.records, image["id"])
    biosight.archive.blobs.remove(keys.original(image["sha256"]))
    assert reread(biosight.archive, biosight.model.decoders).unread == 1
    assert biosight.archive.records.get(Image, image["id"]) == before


def test_every_pixel_of_a_large_heic_can_be_seen(ada: TestClient) -> None:
    """Turned, and larger than its view."""
    import pillow_heif
    from PIL import Image as Pillow

    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    exif = written.exif({0x112: (written.SHORT, [6])})
    written.ramp(3000, 2000).save(buffer, "HEIF", exif=b"Exif\0\0" + exif, quality=50)
    image = upload(ada, first_collection(ada), buffer.getvalue(), "a.heic")["image"]
    assert isinstance(image, dict)
    sizes = {}
    for form in ("view", "whole"):
        answer = ada.get(f"/api/v1/images/{image['id']}/{form}")
        sizes[form] = Pillow.open(io.BytesIO(answer.content)).size
    assert sizes["whole"] == (image["width"], image["height"])
    assert max(sizes["view"]) == 1600
