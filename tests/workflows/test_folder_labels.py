"""Sorted folders bring their names: known ones, new ones beside them, and what is no name (N9)."""

from pathlib import Path

import pytest

from biosight.bootstrap import open_archive
from biosight.images import Image
from biosight.images.folders import card_name, is_card_folder
from biosight.own_names.collected import Names
from biosight.settings import Settings
from biosight.taxa.naming import Naming
from biosight.taxa.tree import Taxon, Tree
from biosight.workflows.results.folder_labels import (
    DATE,
    KNOWN,
    NEW,
    NOTHING,
    OTHER,
    folder_meanings,
    labels_of,
    lowest_labels,
)
from tests import tiny
from tests.conftest import Run, add_ada

TAXA = (
    Taxon("Aves", "Aves", "class", "", vernacular_name="birds"),
    Taxon("Parus major", "Parus major", "species", "Aves", vernacular_name="Great tit"),
    Taxon("Decapoda", "Decapoda", "order", ""),
)


def names() -> Names:
    twins = {"cyanistes caeruleus": ("Cyanistes caeruleus", "Parus major")}
    tree = Tree(TAXA)
    return Names(Naming(tree=tree), {"Cyanistes caeruleus": "Parus major"}, twins)


@pytest.mark.parametrize(
    ("name", "means", "label"),
    [
        ("Parus major", KNOWN, "Parus major"),
        ("Parus_major", KNOWN, "Parus major"),
        ("01 Parus major", KNOWN, "Parus major"),
        ("Parus major (34)", KNOWN, "Parus major"),
        ("great tit", KNOWN, "Parus major"),
        ("Cyanistes caeruleus", KNOWN, "Parus major"),
        ("Empty", KNOWN, "Empty"),
        ("blank", KNOWN, "Empty"),
        ("Decapoda", KNOWN, "Decapoda"),
        ("2024", DATE, ""),
        ("2024-05-03", DATE, ""),
        ("May 2024", DATE, ""),
        ("03_Mai_2024", DATE, ""),
        ("100RECNX", NOTHING, ""),
        ("DCIM", NOTHING, ""),
        ("photos", NOTHING, ""),
        ("unlabelled", NOTHING, ""),
        ("Oak ridge", OTHER, ""),
        ("May", OTHER, ""),
    ],
)
def test_what_a_folder_name_means(name: str, means: str, label: str) -> None:
    (found,) = folder_meanings(names(), {f"/{name}/": 3})
    assert (found.means, found.label, found.images) == (means, label, 3)


def test_a_name_beside_known_ones_is_new_and_a_place_is_not() -> None:
    counts = {"/Oak ridge/Parus major/": 2, "/Oak ridge/Strix aluco/2024/": 1, "/Fen/": 5}
    found = {m.folder: (m.means, m.label, m.images) for m in folder_meanings(names(), counts)}
    assert found["/Oak ridge/"] == (OTHER, "", 3)
    assert found["/Oak ridge/Strix aluco/"] == (NEW, "Strix aluco", 1)
    assert found["/Fen/"] == (OTHER, "", 5)
    labels = lowest_labels(labels_of(folder_meanings(names(), counts)), counts)
    assert labels == {
        "/Oak ridge/Parus major/": "Parus major",
        "/Oak ridge/Strix aluco/2024/": "Strix aluco",
    }


def test_a_species_below_a_known_name_is_new_and_a_place_there_is_not() -> None:
    """It was called a place, although it lay in the folder of its class."""
    counts = {"/Aves/Turdus merula/": 1, "/Aves/Oak ridge/": 2, "/Fen/Turdus merula/": 1}
    counts |= {"/Aves/Meles meles/": 1}
    found = {m.folder: m.means for m in folder_meanings(names(), counts)}
    assert found["/Aves/Turdus merula/"] == NEW
    assert found["/Aves/Meles meles/"] == NEW
    assert found["/Aves/Oak ridge/"] == OTHER
    for folder in ("Night images", "Site notes", "Old pictures", "To do"):
        [meaning] = [
            m for m in folder_meanings(names(), {f"/Aves/{folder}/": 1}) if m.name == folder
        ]
        assert meaning.means == OTHER, folder
    assert found["/Fen/Turdus merula/"] == OTHER, "nothing known is above it, or beside it"


def test_the_lowest_name_wins() -> None:
    counts = {"/Aves/Parus major/": 1, "/Aves/": 1}
    labels = lowest_labels(labels_of(folder_meanings(names(), counts)), counts)
    assert labels == {"/Aves/Parus major/": "Parus major", "/Aves/": "Aves"}


def test_folders_of_cameras_are_known() -> None:
    assert all(map(is_card_folder, ("DCIM", "100RECNX", "101_PANA", "100EK113", "dcim")))
    assert not any(map(is_card_folder, ("CAM01", "2024", "20240503", "Parus major", "100")))
    assert card_name(("cards", "CAM01_Oak_ridge", "DCIM", "100RECNX")) == "CAM01_Oak_ridge"
    assert card_name(("DCIM", "100RECNX")) == "DCIM"


def sorted_folder(folder: Path) -> Path:
    for seed, path in enumerate(("Aves/a.jpg", "Aves/2024-05/b.jpg", "Quux/c.jpg", "d.jpg")):
        file = folder / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(tiny.picture("Red", seed))
    return folder / "in"


def labels(folder: Path) -> dict[str, tuple[str, str]]:
    archive = open_archive(Settings(data_dir=folder / "data"))
    found = {i.path: (i.label, i.who) for i in archive.records.find(Image)}
    archive.close()
    return found


def test_import_asks_and_gives_the_names_of_folders(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    folder = sorted_folder(tmp_path)
    seen = run("import", folder, "--labels-from-folders", "--dry-run").output
    assert "1 known names:\n      2  Aves" in seen
    assert "1 new names, which become labels:\n      1  Quux" in seen
    run("import", folder, "--labels-from-folders", input="n\n", code=1)
    assert labels(tmp_path) == {}
    run("import", folder, "--labels-from-folders", input="y\n")
    assert labels(tmp_path) == {
        "Aves/a.jpg": ("Aves", "person"),
        "Aves/2024-05/b.jpg": ("Aves", "person"),
        "Quux/c.jpg": ("Quux", "person"),
        "d.jpg": ("Red", "machine"),
    }


def test_without_the_option_folders_say_nothing(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    run("import", sorted_folder(tmp_path))
    assert {who for _, who in labels(tmp_path).values()} == {"machine"}
    said = run("import", tmp_path / "in", "--labels-from-folders", "--yes").output
    assert "2  named Aves" in said  # those that are here already, too


def test_a_card_alone_is_called_after_the_folder_that_holds_it(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    card = tmp_path / "CAM01_Oak_ridge"
    (card / "DCIM" / "100RECNX").mkdir(parents=True)
    (card / "DCIM" / "100RECNX" / "a.jpg").write_bytes(tiny.picture("Red", 1))
    said = run("import", card, "--deployment-per-folder").output
    assert "into the deployment CAM01_Oak_ridge" in said


def keyworded(folder: Path) -> Path:
    """A folder of pictures with keywords, as Lightroom writes them."""
    from tests.images.test_keywords import bag, packet, with_segments

    (folder / "in").mkdir()
    head = b"http://ns.adobe.com/xap/1.0/\0"
    for name, words in (
        ("a.jpg", ("Aves", "garden")),
        ("b.jpg", ("Aves", "Mammalia")),
        ("c.jpg", ()),
        ("d.jpg", ("Animalia", "Aves")),
    ):
        said = with_segments((0xE1, head + packet(bag("dc:subject", *words))))
        (folder / "in" / name).write_bytes(said + name.encode())
    return folder / "in"


def test_keywords_of_files_are_given_where_they_say_one_thing(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    said = run("import", keyworded(tmp_path), "--labels-from-keywords", "--yes").output
    assert "known names:" in said
    found = {name: label for name, (label, who) in labels(tmp_path).items() if who == "person"}
    assert found == {"a.jpg": "Aves", "d.jpg": "Aves"}
