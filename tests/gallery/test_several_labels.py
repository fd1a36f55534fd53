"""A picture is found by any of its subjects' labels, on both stores, and counts once for each."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from biosight.gallery import filters
from biosight.gallery.browse import label_counts, page
from biosight.gallery.filters import Filter
from biosight.images import Image
from biosight.storage.label_use import pictures_by_label, pictures_by_path
from biosight.storage.records import Insert, Records
from biosight.subjects import Details, Subject
from biosight.taxa.paths import as_path
from tests.publishing.test_table import IMAGE
from tests.stores import open_empty

LINES = {
    "Parus": ("Aves", "Parus"),
    "Turdus": ("Aves", "Turdus"),
    "Aves": ("Aves",),
    "Vulpes": ("Mammalia", "Vulpes"),
    "Human": ("Human",),
}


def subject(label: str, **said: str) -> Subject:
    return Subject(label, Details(**said), as_path(LINES[label]))  # type: ignore[arg-type]


def shown(name: str, label: str, *others: Subject, **more: object) -> Image:
    """A picture of the collection "c" that shows a label and other subjects."""
    made = replace(
        IMAGE,
        id=name,
        sha256=name,
        name=name,
        path=name,
        collection="c",
        label=label,
        label_path=as_path(LINES[label]),
        who="person",
        note="",
        others=others,
    )
    return replace(made, **more).in_step  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "mongomock"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    opened = open_empty(request.param, tmp_path)
    for image in (
        shown("tits", "Parus", subject("Parus", sex="male"), subject("Turdus")),
        shown("fox", "Vulpes", subject("Parus", individual="Ringed 17"), subject("Human")),
        shown("bird", "Aves"),
        shown("foxes", "Vulpes", subject("Vulpes")),
        shown("gone", "Vulpes", subject("Parus"), trashed=True, trashed_at=1.0),
        shown("elsewhere", "Vulpes", subject("Parus"), collection="d"),
    ):
        opened.write(Insert(image))
    yield opened
    opened.close()


def matching(records: Records, chosen: Filter) -> set[str]:
    """The names of the pictures that a filter matches, found, counted and listed alike."""
    where = filters.conditions("c", 50, chosen)
    found = {i.name for i in page(records, where, "newest", "", 100).images}
    assert records.count(Image, where) == len(found) == len(records.ids(Image, where))
    assert sum(records.count_by(Image, where, "label").values()) == len(found)
    return found


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Filter(label="Parus"), {"tits", "fox"}),
        (Filter(label="Turdus"), {"tits"}),
        (Filter(label="Vulpes"), {"fox", "foxes"}),
        (Filter(label=""), set()),
        (Filter(labels=("Turdus", "Human")), {"tits", "fox"}),
        (Filter(under="/Aves/"), {"tits", "fox", "bird"}),
        (Filter(under="/Mammalia/"), {"fox", "foxes"}),
        (Filter(thing="human"), {"fox"}),
        (Filter(text="ringed"), {"fox"}),
        (Filter(text="turdus"), {"tits"}),
        (Filter(label="Parus", trash=True), {"gone"}),
        (Filter(under="/Aves/", label="Vulpes"), {"fox"}),
    ],
)
def test_a_picture_is_found_by_each_of_its_labels(
    records: Records, chosen: Filter, names: set[str]
) -> None:
    assert matching(records, chosen) == names


def test_it_counts_once_for_each_label_and_for_each_name_above(records: Records) -> None:
    where = filters.conditions("c", 50, Filter())
    assert pictures_by_label(records, where) == {
        "Parus": 2,
        "Turdus": 1,
        "Vulpes": 2,
        "Human": 1,
        "Aves": 1,
    }
    below = pictures_by_path(records, where)
    assert below == {
        "/Aves/": 3,
        "/Aves/Parus/": 2,
        "/Aves/Turdus/": 1,
        "/Mammalia/": 2,
        "/Mammalia/Vulpes/": 2,
        "/Human/": 1,
    }
    counts = {c.label: c for c in label_counts(records, where, 50)}
    assert {label: c.images for label, c in counts.items()} == pictures_by_label(records, where)
    assert (counts["Aves"].further, counts["Aves"].further_below) == (0, 1)
    assert (counts["Parus"].further, counts["Parus"].path) == (1, "/Aves/Parus/")


def test_a_filter_counts_the_labels_of_what_it_matches(records: Records) -> None:
    where = filters.conditions("c", 50, Filter(thing="human"))
    assert pictures_by_label(records, where) == {"Vulpes": 1, "Parus": 1, "Human": 1}


def test_a_further_name_above_the_first_one_has_a_folder(records: Records) -> None:
    """A bird that somebody could not name beside a great tit was in no folder."""
    records.write(Insert(shown("both", "Parus", subject("Aves"), collection="e")))
    where = filters.conditions("e", 50, Filter())
    counts = {c.label: c for c in label_counts(records, where, 50)}
    assert (counts["Aves"].images, counts["Aves"].further, counts["Aves"].path) == (1, 1, "/Aves/")
    assert counts["Aves"].further_below == 0


def test_labels_of_others_are_found_in_a_wide_branch(tmp_path: Path) -> None:
    """Two labels times 200 branches were more queries in one than SQLite takes."""
    opened = open_empty("sqlite", tmp_path)
    for n in range(180):
        image = shown(f"p{n}", "Parus")
        species = replace(image, label=f"S{n}", label_path=f"/Animalia/S{n}/").in_step
        opened.write(Insert(species))
    opened.write(Insert(shown("man", "Vulpes", subject("Human"), subject("Turdus"))))
    chosen = Filter(labels=("Human", "Turdus"), under="/Animalia/")
    found = page(opened, filters.conditions("c", 50, chosen), "newest", "", 100)
    assert found.images == []
    opened.close()
