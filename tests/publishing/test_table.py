import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from biosight.images import Image
from biosight.labels import Guess, Prediction
from biosight.places import Deployment, Site
from biosight.publishing import table
from biosight.publishing.table import Telling

IMAGE = Image(
    id="i",
    collection="c",
    sha256="0" * 64,
    crc32=0,
    size=3,
    media_type="image/jpeg",
    width=1,
    height=1,
    name="a.jpg",
    path="a.jpg",
    session="s",
    uploaded_by="u",
    created_at=0.0,
    taken="",
    day="2020-01-01",
    camera="",
    latitude=-1.5,
    longitude=None,
    phash="",
    statistics=(),
    model="m@1",
    machine_label="Fungi",
    confidence=0.5,
    percent=50,
    margin=0.1,
    label="Fungi",
    who="machine",
    lottery=0.5,
)
PREDICTION = Prediction("p", "i", "m@1", (Guess("Fungi", 0.5), Guess("Aves", 0.25)), 0.0)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXT, TEXT, TEXT)
def test_rows_read_back_and_hold_no_formula(label: str, name: str, note: str) -> None:
    image = replace(IMAGE, label=label, name=name, note=note)
    text = table.header() + table.picture_row(image, f"x/{name}", PREDICTION, None, Telling(str))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 1
    for column, original in (("label", label), ("original_name", name), ("note", note)):
        cell = rows[0][column]
        assert cell in {original, f"'{original}"}
        assert not cell.startswith(table.DANGEROUS)


def test_numbers_stay_numbers() -> None:
    row = table.picture_row(IMAGE, "f", PREDICTION, ("Ada", 86400.0), Telling(str)).split(",")
    cells = dict(zip(table.COLUMNS, row, strict=True))
    assert cells["latitude"] == "-1.5"
    assert cells["longitude"] == ""
    assert cells["confidence"] == "0.5000"
    assert cells["top_5"] == "Fungi 0.5000; Aves 0.2500"
    assert (cells["annotated_by"], cells["annotated_at"]) == ("Ada", "1970-01-02T00:00:00+00:00")


def test_a_row_says_where_when_and_by_whom() -> None:
    site = Site("s", "c", "Pond", 52.5, 13.4)
    image = replace(
        IMAGE, site="s", deployment="d", shift=3600, taken_file="2026-05-03T10:00:00", individuals=2
    ).in_step
    telling = Telling(
        lambda who: f"person {who}",
        threshold=60,
        sites={"s": site},
        deployments={"d": Deployment("d", "c", "Cam 1")},
        address="https://pictures.example/",
    )
    row = table.picture_row(image, "f", PREDICTION, None, telling)
    [cells] = csv.DictReader(io.StringIO(table.header().removeprefix("\ufeff") + row))
    assert (cells["site"], cells["deployment"], cells["latitude"]) == ("Pond", "Cam 1", "52.5")
    assert (cells["taken"], cells["taken_in_file"]) == (
        "2026-05-03T11:00:00",
        "2026-05-03T10:00:00",
    )
    assert (cells["width"], cells["unsure"], cells["unfamiliar"]) == ("1", "yes", "")
    assert (cells["uploaded_by"], cells["individuals"]) == ("person u", "2")
    assert cells["url"] == "https://pictures.example/images/i"


def test_a_persons_label_has_no_confidence() -> None:
    """The machine's stood beside "person" (N5): it stays in a column of its own."""
    image = replace(IMAGE, who="person", label="Aves")
    row = table.picture_row(image, "f", PREDICTION, ("Ada", 86400.0), Telling(str)).split(",")
    cells = dict(zip(table.COLUMNS, row, strict=True))
    assert (cells["confidence"], cells["machine_confidence"]) == ("", "0.5000")
