import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biosight.images.file_types import KNOWN_SUFFIXES
from biosight.publishing.file_names import DEVICES, UniqueNames, clean_part, file_name

TEXT = st.text(max_size=400)


@given(TEXT)
def test_a_part_is_safe_everywhere(text: str) -> None:
    part = clean_part(text, "x")
    assert part
    assert part not in {".", ".."}
    assert not set('<>:"/\\|?*') & set(part)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Cf"} for c in part)
    assert part[-1] not in " ."
    assert not DEVICES.fullmatch(part.split(".")[0])
    assert len(part.encode()) <= 185
    assert part == unicodedata.normalize("NFC", part)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=40))
def test_paths_stay_apart_on_any_file_system(names: list[tuple[str, str]]) -> None:
    unique = UniqueNames()
    paths = [unique.take(clean_part(a, "x"), file_name(b, "image/png")) for a, b in names]
    folded = [unicodedata.normalize("NFC", p).casefold() for p in paths]
    assert len(set(folded)) == len(paths)
    assert all(p.count("/") == 1 for p in paths)


def test_examples() -> None:
    assert clean_part("CON", "x") == "_CON"
    assert clean_part("con.jpg", "x") == "_con.jpg"
    assert clean_part("../../etc/passwd", "x") == "_.._etc_passwd"
    assert clean_part("...", "x") == "x"
    assert file_name("C:\\photos\\a.jpg", "image/jpeg") == "a.jpg"
    assert file_name("a", "image/png") == "a.png"
    unique = UniqueNames()
    assert [unique.take("f", n) for n in ("a.jpg", "A.JPG", "a.jpg")] == [
        "f/a.jpg",
        "f/A (2).JPG",
        "f/a (3).jpg",
    ]


@given(st.text(min_size=1, max_size=400), st.sampled_from(["image/jpeg", "image/tiff"]))
def test_every_file_has_a_picture_suffix_and_fits(text: str, media_type: str) -> None:
    name = file_name(text, media_type)
    assert f".{name.rpartition('.')[2].lower()}" in KNOWN_SUFFIXES
    assert len(name.encode()) <= 185


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Obs. 12", "Obs. 12.jpg"),
        ("IMG.0001", "IMG.0001.jpg"),
        ("St. " + "x" * 200 + ".jpg", ".jpg"),
        ("Наблюдение № 1. " + "птица" * 30 + ".JPG", ".JPG"),
        ("picture.jpeg", "picture.jpeg"),
        (".jpg", "jpg.jpg"),
        ("a.jpg.", "a.jpg"),
        ("нет" * 90, ".jpg"),
    ],
)
def test_a_suffix_stays_or_is_added(name: str, wanted: str) -> None:
    made = file_name(name, "image/jpeg")
    assert made.endswith(wanted)
    assert not made.endswith(wanted + wanted)


def test_folders_of_labels_are_apart_on_every_system() -> None:
    names = UniqueNames()
    alike = ["Insecta", "insecta", "Größe", unicodedata.normalize("NFD", "Größe"), "GRÖSSE"]
    odd = [
        "",
        "unlabelled",
        "CON",
        "con",
        "nul.",
        "biosight.csv",
        "BioSight.CSV",
        "-",
        "=1+1",
        "@a",
    ]
    made = [names.folder(label) for label in alike + odd]
    folded = {unicodedata.normalize("NFC", m).casefold() for m in made}
    assert len(folded) == len(made)
    assert "biosight.csv" not in folded
    assert not any(m.startswith(("=", "+", "-", "@")) or m.endswith((".", " ")) for m in made)
    assert [names.folder(label) for label in alike + odd] == made
