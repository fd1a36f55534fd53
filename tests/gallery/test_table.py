import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from biosight.gallery import table
from biosight.images import Image
from biosight.labels import Guess, Prediction
from biosight.taxa.naming import Naming

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
    text = table.header() + table.row(image, f"x/{name}", PREDICTION, None, Naming())
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 1
    for column, original in (("label", label), ("original_name", name), ("note", note)):
        cell = rows[0][column]
        assert cell in {original, f"'{original}"}
        assert not cell.startswith(table.DANGEROUS)


def test_numbers_stay_numbers() -> None:
    row = table.row(IMAGE, "f", PREDICTION, ("Ada", 86400.0), Naming()).split(",")
    cells = dict(zip(table.COLUMNS, row, strict=True))
    assert cells["latitude"] == "-1.5"
    assert cells["longitude"] == ""
    assert cells["confidence"] == "0.5000"
    assert cells["top_5"] == "Fungi 0.5000; Aves 0.2500"
    assert (cells["annotated_by"], cells["annotated_at"]) == ("Ada", "1970-01-02T00:00:00+00:00")
