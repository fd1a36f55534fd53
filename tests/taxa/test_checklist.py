"""Checklists as people hand them out, and what is none."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biosight.errors import BadRequest
from biosight.taxa.checklist import Listed, ordered, read_checklist
from biosight.taxa.tree import Taxon, Tree


def read(tmp_path: Path, text: str) -> list[Listed]:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return read_checklist(path)


def test_higher_ranks_as_columns_become_a_line(tmp_path: Path) -> None:
    text = (
        "kingdom;class;family;scientificName;scientificNameAuthorship;taxonRank\n"
        'Animalia;Aves;Corvidae;"Pica pica (Linnaeus, 1758)";(Linnaeus, 1758);Species\n'
        "Animalia;Aves;Corvidae;Corvus corax;;species\n"
    )
    found = ordered(read(tmp_path, text))
    assert [(n.name, n.rank, n.parent) for n in found] == [
        ("Animalia", "kingdom", ""),
        ("Aves", "class", "Animalia"),
        ("Corvidae", "family", "Aves"),
        ("Pica pica", "species", "Corvidae"),
        ("Corvus corax", "species", "Corvidae"),
    ]


def test_children_may_stand_before_their_parents_and_rings_are_cut(tmp_path: Path) -> None:
    text = "scientificName,parent\nc,b\nb,a\na,\nx,y\ny,x\n"
    names = [n.name for n in ordered(read(tmp_path, text))]
    assert names.index("a") < names.index("b") < names.index("c")
    assert set(names) == {"a", "b", "c", "x", "y"}


def test_synonyms_by_id_and_by_name(tmp_path: Path) -> None:
    text = (
        "taxonID,scientificName,acceptedNameUsageID,taxonomicStatus,acceptedName\n"
        "1,Pieris rapae,1,accepted,\n2,Artogeia rapae,1,synonym,\n3,Pontia rapae,,,Pieris rapae\n"
    )
    accepted = {n.name: n.accepted for n in read(tmp_path, text)}
    assert accepted == {
        "Pieris rapae": "",
        "Artogeia rapae": "Pieris rapae",
        "Pontia rapae": "Pieris rapae",
    }


@pytest.mark.parametrize("meta", ["<!DOCTYPE a [<!ENTITY b 'c'>]><archive/>", "<archive>", ""])
def test_an_archive_with_a_bad_description_is_refused(tmp_path: Path, meta: str) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.xml", meta)
    with pytest.raises(BadRequest):
        read_checklist(path)


def test_a_zip_with_one_table_goes_too(tmp_path: Path) -> None:
    path, content = tmp_path / "list.zip", io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("names.tsv", "scientificName\ttaxonRank\nAves\tclass\n")
    path.write_bytes(content.getvalue())
    assert read_checklist(path) == [Listed("Aves", "class")]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_table_is_read_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(("scientificName,parent\n" + text).encode("utf-8", "surrogatepass"))
    try:
        found = ordered(read_checklist(path))
    except BadRequest:
        return
    there = {n.name for n in found if not n.accepted}
    taxa = [
        Taxon(n.name, parent=n.parent if n.parent in there else "") for n in found if not n.accepted
    ]
    seen: set[str] = set()
    for taxon in taxa:  # parents first, but for rings
        if taxon.parent in seen or not taxon.parent:
            seen.add(taxon.id)
    Tree(t for t in taxa if t.id in seen)
