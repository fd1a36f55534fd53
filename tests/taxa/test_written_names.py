"""Names as other programs write them in checklists and archives of taxa (F10, F11)."""

import zipfile
from pathlib import Path

import pytest

from biosight.errors import BadRequest
from biosight.taxa.checklist import Listed, parents_first, read_checklist
from biosight.taxa.written_names import sound_name, without_author

META = """<archive xmlns="http://rs.tdwg.org/dwc/text/"><core encoding="UTF-8"
fieldsTerminatedBy="\\t" fieldsEnclosedBy="" ignoreHeaderLines="1"
rowType="http://rs.tdwg.org/dwc/terms/Taxon"><files>{files}</files><id index="0"/>
<field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/>
<field index="2" term="http://rs.tdwg.org/dwc/terms/taxonRank"/>
<field index="3" term="http://rs.tdwg.org/dwc/terms/parentNameUsageID"/>{more}</core></archive>"""


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> dict[str, Listed]:
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    return {one.name: one for one in parents_first(read_checklist(tmp_path / "list.csv"))}


def line(found: dict[str, Listed], name: str) -> list[str]:
    parts = [name]
    while (above := found[parts[0]].parent) in found:
        parts.insert(0, above)
    return parts


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Canidae Fischer, 1817", "Canidae"),
        ("Zamus niger Meyer & Lang, 1801", "Zamus niger"),
        ("Pieris rapae (Linnaeus, 1758)", "Pieris rapae"),
        ("Abies alba Mill.", "Abies alba"),
        ("Abies alba Mill. var. minor Lange", "Abies alba var. minor"),
        ("Quercus \u00d7 hispanica Lam.", "Quercus \u00d7 hispanica"),
        ("Turdus merula de Filippi, 1860", "Turdus merula"),
        ("Vulpes vulpes Linnaeus", "Vulpes vulpes"),
        ("Canis lupus familiaris", "Canis lupus familiaris"),
        ("Domestic Cat", "Domestic Cat"),
        ("Red fox", "Red fox"),
    ],
)
def test_authors_are_left_away_and_nothing_else(said: str, name: str) -> None:
    assert without_author(said) == name


@pytest.mark.parametrize("said", ["NA", "n/a", "", " Incertae sedis ", "Not assigned", "nan"])
def test_gaps_are_no_names(said: str) -> None:
    assert sound_name(said) == ""


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_genus_and_epithet_make_a_name(tmp_path: Path, mark: str) -> None:
    """The epithet alone was the name, and one label of two genera."""
    rows = "class,genus,species,common_name\nMammalia,Zamus,niger,Black zam\nAves,Yamus,niger,\n"
    found = read(tmp_path, rows.replace(",", mark))
    assert "niger" not in found
    assert line(found, "Zamus niger") == ["Mammalia", "Zamus", "Zamus niger"]
    assert line(found, "Yamus niger") == ["Aves", "Yamus", "Yamus niger"]
    assert (found["Zamus niger"].rank, found["Zamus niger"].vernacular) == ("species", "Black zam")


def test_the_whole_name_counts_more_than_the_epithet(tmp_path: Path) -> None:
    found = read(tmp_path, "scientificName;genus;species\nZamus rufus;Zamus;rufus\n")
    assert set(found) == {"Zamus", "Zamus rufus"}


def test_gaps_of_r_are_nothing(tmp_path: Path) -> None:
    rows = (
        "scientificName,class,order,genus\nZamus rufus,Mammalia,NA,Zamus\nYamus niger,Aves,NA,NA\n"
    )
    found = read(tmp_path, rows)
    assert "NA" not in found
    assert line(found, "Yamus niger") == ["Aves", "Yamus niger"]


def test_gbifs_list_keeps_subspecies_and_synonyms(tmp_path: Path) -> None:
    whole, minor = "Zamus rufus (Meyer, 1801)", "Zamus rufus minor Lang, 1900"
    table = [
        ["taxonKey", "scientificName", "acceptedTaxonKey", "acceptedScientificName", "taxonRank"],
        ["1", whole, "1", whole, "SPECIES"],
        ["2", "Qamus fulvus Meyer, 1799", "1", whole, "SPECIES"],
        ["3", minor, "3", minor, "SUBSPECIES"],
    ]
    states = ("taxonomicStatus", "ACCEPTED", "SYNONYM", "ACCEPTED")
    ranks = (["genus", "species"], *[["Zamus", "Zamus rufus"]] * 3)
    lines = zip(table, states, ranks, strict=True)
    rows = "".join("\t".join([*cells, state, *more]) + "\n" for cells, state, more in lines)
    found = read(tmp_path, rows)
    assert line(found, "Zamus rufus minor") == ["Zamus", "Zamus rufus", "Zamus rufus minor"]
    assert found["Qamus fulvus"].accepted == "Zamus rufus"


def test_synonyms_of_synonyms_and_of_nobody(tmp_path: Path) -> None:
    rows = (
        "taxonID,scientificName,taxonomicStatus,acceptedNameUsageID,parentNameUsageID\n"
        "1,Zamus rufus,accepted,,\n2,Zamus bb,synonym,1,\n3,Zamus cc,synonym,2,\n"
        "4,Zamus dd,synonym,99,\n5,Zamus ee,synonym,,1\n"
        "6,Zamus ff,synonym,7,\n7,Zamus gg,synonym,6,\n"
    )
    found = read(tmp_path, rows)
    meant = {n: one.accepted for n, one in found.items() if one.accepted}
    assert {n: meant[n] for n in ("Zamus bb", "Zamus cc", "Zamus ee")} == dict.fromkeys(
        ("Zamus bb", "Zamus cc", "Zamus ee"), "Zamus rufus"
    )
    assert meant["Zamus dd"] == "99", "told as doubtful: nobody knows it"


def test_names_written_alike_in_two_kingdoms_stay_apart(tmp_path: Path) -> None:
    rows = (
        "taxonID,scientificName,parentNameUsageID\n1,Plantae,\n2,Zalus,1\n3,Zalus alba,2\n"
        "4,Animalia,\n5,Zalus,4\n6,Zalus bassanus,5\n"
    )
    found = read(tmp_path, rows)
    assert line(found, "Zalus alba") == ["Plantae", "Zalus", "Zalus alba"]
    assert line(found, "Zalus bassanus") == ["Animalia", "Zalus bassanus"]


def test_an_open_quote_between_tabs_swallows_no_rows(tmp_path: Path) -> None:
    rows = 'scientificName\tvernacularName\nZamus a\t"King of zams\nZamus b\t"plain"\nZamus c\t\n'
    found = read(tmp_path, rows)
    assert list(found) == ["Zamus a", "Zamus b", "Zamus c"]
    assert found["Zamus b"].vernacular == "plain"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_that_excel_writes(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "scientificName,vernacularName\nZamus rufus,K\u00e4fer\n", encoding)
    assert found["Zamus rufus"].vernacular == "K\u00e4fer"


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="genus and species"):
        read(tmp_path, "label,count\nfox,3\n")


def archive(tmp_path: Path, files: dict[str, str], more: str = "") -> dict[str, Listed]:
    places = "".join(f"<location>{name}</location>" for name in files)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr("meta.xml", META.format(files=places, more=more))
        for name, text in files.items():
            out.writestr(name, "id\tname\trank\tparent\n" + text)
    return {one.name: one for one in parents_first(read_checklist(tmp_path / "a.zip"))}


def test_defaults_and_several_files_of_an_archive(tmp_path: Path) -> None:
    kingdom = '<field term="http://rs.tdwg.org/dwc/terms/kingdom" default="Animalia"/>'
    files = {
        "a.txt": "1\tZamidae\tfamily\t\n2\tZamus\tgenus\t1\n",
        "b.txt": "3\tZamus niger\t\t2\n\n",
    }
    found = archive(tmp_path, files, kingdom)
    assert line(found, "Zamus niger") == ["Animalia", "Zamidae", "Zamus", "Zamus niger"]


def test_rows_that_end_above_the_species_keep_their_finest_rank(tmp_path: Path) -> None:
    """Wildlife Insights' list also has genera and families; the Red List writes in capitals, and
    eBird adds a common name in brackets."""
    rows = (
        "kingdomName,class,family,genus,species\nANIMALIA,MAMMALIA,Zamidae (Zams),Zamus,rufus\n"
        "ANIMALIA,MAMMALIA,Zamidae (Zams),Yamus,\nANIMALIA,AVES,,,\n"
    )
    found = read(tmp_path, rows)
    assert line(found, "Zamus rufus")[:3] == ["Animalia", "Mammalia", "Zamidae"]
    assert (found["Yamus"].rank, found["Yamus"].parent) == ("genus", "Zamidae")
    assert (found["Aves"].rank, found["Aves"].parent) == ("class", "Animalia")
