"""Checklists as people hand them out, and what is none."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biosight.errors import BadRequest
from biosight.taxa import checklist
from biosight.taxa.checklist import Listed, named_rows, parents_first, read_checklist
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
    found = parents_first(read(tmp_path, text))
    assert [(n.name, n.rank, n.parent) for n in found] == [
        ("Animalia", "kingdom", ""),
        ("Aves", "class", "Animalia"),
        ("Corvidae", "family", "Aves"),
        ("Pica pica", "species", "Corvidae"),
        ("Corvus corax", "species", "Corvidae"),
    ]


def test_children_may_stand_before_their_parents_and_rings_are_cut(tmp_path: Path) -> None:
    text = "scientificName,parent\nc,b\nb,a\na,\nx,y\ny,x\n"
    names = [n.name for n in parents_first(read(tmp_path, text))]
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
        found = parents_first([Listed(*row) for row in named_rows(str(path))])
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


def archive_of(
    tmp_path: Path, meta: str | bytes, table: str = "id\n1\n", name: str = "t.csv"
) -> Path:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("meta.xml", meta)
        archive.writestr("t.csv", table)
    return path


def meta_of(
    core: str = "", fields: str = '<id index="0"/><field index="1" term="scientificName"/>'
) -> str:
    return (
        '<archive xmlns="http://rs.tdwg.org/dwc/text/">'
        f'<core rowType="http://rs.tdwg.org/dwc/terms/Taxon" {core}>'
        f"<files><location>t.csv</location></files>{fields}</core></archive>"
    )


def test_a_described_archive_is_read(tmp_path: Path) -> None:
    path = archive_of(tmp_path, meta_of('ignoreHeaderLines="1"'), "id,n\n1,Aves\n2,Pica\n")
    assert [n.name for n in read_checklist(path)] == ["Aves", "Pica"]


@pytest.mark.parametrize(
    ("core", "fields"),
    [
        ('encoding="klingon"', ""),
        ('encoding="hex"', ""),
        ('encoding="rot13"', ""),
        ('fieldsTerminatedBy="ab"', ""),
        ('fieldsTerminatedBy=""', ""),
        ('fieldsEnclosedBy="ab"', ""),
        ('fieldsEnclosedBy=","', ""),
        ('ignoreHeaderLines="-1"', ""),
        ('ignoreHeaderLines="one"', ""),
        ('ignoreHeaderLines="1000000000000000"', ""),
        ('ignoreHeaderLines="²"', ""),
        ("", '<id index="x"/>'),
        ("", '<id index="-7"/><field index="0" term="scientificName"/>'),
        ("", '<field index="99999999999999999999" term="scientificName"/>'),
    ],
)
def test_an_odd_description_is_refused_in_words(tmp_path: Path, core: str, fields: str) -> None:
    meta = meta_of(core, fields) if fields else meta_of(core)
    with pytest.raises(BadRequest, match=r"meta\.xml"):
        read_checklist(archive_of(tmp_path, meta, "1,Aves\n"))


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("utf-16", "utf-16"), ("utf-8", "utf-8"), ("cp037", "cp037"), ("utf-16-be", "utf-16-be")],
)
def test_no_encoding_hides_entities(tmp_path: Path, declared: str, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    kinds = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 80}">' for n in range(6))
    rest = f"<!DOCTYPE archive [{kinds}]>" + meta_of().replace("t.csv", "&e5;")
    start = head.encode("ascii" if encoding == "cp037" else encoding)
    content = start + rest.encode(
        encoding.replace("utf-16", "utf-16-le") if start[:1] == b"\xff" else encoding
    )
    with pytest.raises(BadRequest) as refused:
        read_checklist(archive_of(tmp_path, content))
    assert len(refused.value.detail) < 200


def test_a_locked_archive_is_refused_in_words(tmp_path: Path) -> None:
    path = archive_of(tmp_path, meta_of())
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = -1
        while (start := content.find(mark, start + 1)) >= 0:
            content[start + at] |= 1
    path.write_bytes(content)
    with pytest.raises(BadRequest, match="password"):
        read_checklist(path)


def test_a_damaged_archive_is_refused_in_words(tmp_path: Path) -> None:
    path = archive_of(tmp_path, meta_of(), "x,Aves\n" * 5000)
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x03\x04") + 60
    content[at : at + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(BadRequest, match="damaged"):
        read_checklist(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("," * 2_000_000, "longer than a million"),
        ("scientificName\n" + "x" * 200_000, "field larger"),
        ("scientificName\n" + "x" * 1_500_000, "longer than a million"),
        ('scientificName\n"' + "x\n" * 100_000, "field larger"),
    ],
)
def test_what_is_no_table_is_refused_before_it_fills_the_memory(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        read(tmp_path, text)


def test_line_ends_alone_take_no_memory(tmp_path: Path) -> None:
    path = archive_of(tmp_path, meta_of(), "\n" * 900_000)
    tracemalloc.start()
    try:
        assert list(named_rows(str(path))) == []
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_more_rows_than_a_checklist_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checklist, "MOST_ROWS", 100)
    path = archive_of(tmp_path, meta_of(), "1,Aves\n" * 101)
    with pytest.raises(BadRequest, match="up to 100 names"):
        list(named_rows(str(path)))


def test_a_chain_written_child_first_is_ordered_in_its_length() -> None:
    """Twice as long takes twice as many steps, where asking a list took four times as many."""
    names = [Listed(f"N{n}", parent=f"N{n - 1}" if n else "") for n in range(100_000)]
    found = parents_first(names[::-1])
    assert [n.name for n in found] == [n.name for n in names]
