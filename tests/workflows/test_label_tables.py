"""Tables of other programs, and one's own biosight.csv, give pictures their names (use.md N9)."""

import gzip
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from biosight.bootstrap import open_archive
from biosight.errors import BadRequest
from biosight.images import Image
from biosight.labels import Annotation, Prediction
from biosight.places import Deployment, Site
from biosight.review.acts import Act
from biosight.settings import Settings
from biosight.storage.records import Replace, Where
from biosight.workflows.results.results_file import read_results
from tests import tiny
from tests.conftest import Run, add_ada
from tests.workflows.conftest import Take


def images(folder: Path) -> dict[str, Image]:
    archive = open_archive(Settings(data_dir=folder / "data"))
    found = {i.path: i for i in archive.records.find(Image)}
    archive.close()
    return found


def sayings(folder: Path) -> list[tuple[str, str]]:
    """What people said, each as label and source."""
    archive = open_archive(Settings(data_dir=folder / "data"))
    found = sorted((a.label, a.source) for a in archive.records.find(Annotation))
    archive.close()
    return found


def test_ecotaxa_tells_people_and_machines_apart(take: Take, run: Run, tmp_path: Path) -> None:
    take("scan/a_1.jpg", "scan/a_2.jpg", "scan/a_3.jpg")
    (tmp_path / "eco.tsv").write_text(
        "object_id\timg_file_name\tobject_annotation_category\tobject_annotation_status\t"
        "object_annotation_person_name\tobject_annotation_date\n"
        "[t]\t[t]\t[t]\t[t]\t[t]\t[t]\n"
        "a1\ta_1.jpg\tCopepoda<Maxillopoda\tvalidated\tMarie\t20240503\n"
        "a2\ta_2.jpg\tliving>Rotifera\tpredicted\t\t\n"
        "a3\ta_3.jpg\t\tunclassified\t\t\n"
    )
    said = run("import-table", tmp_path / "eco.tsv").output
    assert "1 named by a person" in said
    now = images(tmp_path)
    assert (now["scan/a_1.jpg"].label, now["scan/a_1.jpg"].who) == ("Copepoda", "person")
    assert (now["scan/a_2.jpg"].label, now["scan/a_2.jpg"].who) == ("Rotifera", "machine")
    assert now["scan/a_3.jpg"].label == "Red"
    assert sayings(tmp_path) == [("Copepoda", "Marie")]


def test_inaturalist_is_found_by_photograph_or_observation(
    take: Take, run: Run, tmp_path: Path
) -> None:
    take("777.jpg", "12.jpeg", "13.jpg")
    (tmp_path / "inat.csv").write_text(
        "id,user_login,quality_grade,image_url,description,scientific_name,common_name\n"
        "11,eva,research,https://x.org/photos/777/medium.jpg,by the pond,Rana temporaria,Frog\n"
        "12,eva,casual,https://x.org/photos/778/medium.jpg,,Bufo bufo,Toad\n"
        "99,eva,casual,https://x.org/photos/999/medium.jpg,,Bufo bufo,Toad\n"
    )
    said = run("import-table", tmp_path / "inat.csv").output
    assert "2 named by a person" in said
    assert "1 not in the collection" in said
    now = images(tmp_path)
    assert (now["777.jpg"].label, now["777.jpg"].note) == ("Rana temporaria", "by the pond")
    assert now["12.jpeg"].label == "Bufo bufo"
    assert now["13.jpg"].label == "Red"


def test_timelapse_gives_names_counts_and_notes(take: Take, run: Run, tmp_path: Path) -> None:
    take("S1/C1/a.jpg", "S1/C2/a.jpg", "S1/C2/b.jpg", "S1/C2/c.jpg")
    (tmp_path / "tl.csv").write_text(
        "RootFolder,RelativePath,File,DateTime,DeleteFlag,Species,Count0,Note0,Empty\n"
        "x,S1\\C1,a.jpg,2024-05-01 10:00:00,false,Capreolus capreolus,2,at dusk,false\n"
        "x,S1\\C2,a.jpg,2024-05-01 10:00:00,false,Sus scrofa,5.0,,false\n"
        "x,S1\\C2,a.jpg,2024-05-01 10:00:00,false,Meles meles,1,,false\n"
        "x,S1\\C2,b.jpg,2024-05-01 10:00:00,false,,,,true\n"
        "x,S1\\C2,c.jpg,2024-05-01 10:00:00,false,NA,,,false\n"
    )
    said = run("import-table", tmp_path / "tl.csv").output
    assert "1 with several subjects" in said
    now = {p: (i.label, i.individuals, i.note) for p, i in images(tmp_path).items()}
    assert now["S1/C1/a.jpg"] == ("Capreolus capreolus", 2, "at dusk")
    assert now["S1/C2/a.jpg"] == ("Sus scrofa", 5, "")
    others = images(tmp_path)["S1/C2/a.jpg"].others
    assert [(o.label, o.details.count) for o in others] == [("Meles meles", 1)]
    assert now["S1/C2/b.jpg"] == ("Empty", 0, "")
    assert now["S1/C2/c.jpg"][0] == "Red"


def test_a_table_of_files_and_names_is_read_whoever_wrote_it(
    take: Take, run: Run, tmp_path: Path
) -> None:
    take("StA/one.jpg", "StB/one.jpg", "StB/two.jpg")
    (tmp_path / "records.csv").write_text(
        "Station;Directory;FileName;Species;n_individuals\n"
        "StA;D:\\cards\\StA;one.jpg;Lynx lynx;1\n"
        "StB;D:\\cards\\StB;one.jpg;Vulpes vulpes;3\n"
    )
    seen = run("import-table", "--dry-run", tmp_path / "records.csv").output
    assert "2 pictures with a person's label from there" in seen
    assert images(tmp_path)["StA/one.jpg"].label == "Red"
    run("import-table", tmp_path / "records.csv")
    now = images(tmp_path)
    assert now["StA/one.jpg"].label == "Lynx lynx"
    assert (now["StB/one.jpg"].label, now["StB/one.jpg"].individuals) == ("Vulpes vulpes", 3)
    again = run("import-table", tmp_path / "records.csv").output
    assert "2 known already" in again


def test_a_label_given_here_stays(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    (tmp_path / "one.csv").write_text("file,species\na.jpg,Lynx lynx\n")
    (tmp_path / "two.csv").write_text("file,species\na.jpg,Vulpes vulpes\n")
    run("import-table", tmp_path / "one.csv")
    assert "named by a person here" in run("import-table", tmp_path / "two.csv").output
    assert images(tmp_path)["a.jpg"].label == "Lynx lynx"


def test_machines_of_any_table_give_predictions(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    (tmp_path / "m.csv").write_text("filename,label,confidence,model\na.jpg,Aves,0.83,bird-net\n")
    run("import-table", tmp_path / "m.csv")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    (image,) = archive.records.find(Image)
    said = archive.records.find(Prediction, [Where("model", "=", "bird-net")])
    archive.close()
    assert (image.who, image.label, image.percent) == ("machine", "Aves", 83)
    assert len(said) == 1


def test_other_tables_are_refused_with_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("plot,height\n1,2\n")
    with pytest.raises(BadRequest, match="EcoTaxa, iNaturalist, Timelapse and camtrapR"):
        read_results(tmp_path / "t.csv")


OWN = (
    "file,label,said_by,annotated_by,annotated_at,sha256,original_name,original_path,note,"
    "individuals,deployment,site,latitude,longitude\r\n"
)


def own_zip(folder: Path) -> Path:
    """A download as BioSight makes it: label folders and their table."""
    path = folder / "cells.zip"
    rows = (
        "Scarlet/a.jpg,Scarlet,person,Ada,2024-05-01T10:00:00+00:00,,a.jpg,SD/a.jpg,"
        "'=not a formula,2,Oak ridge,Ridge,47.5,9.25\r\n"
        "unlabelled/b.jpg,,person,imported: Bo,,,b.jpg,SD/b.jpg,,,Oak ridge,Ridge,47.5,9.25\r\n"
        "Red/c.jpg,Green,machine,,,,c.jpg,SD/c.jpg,,,,,,\r\n"
    )
    with zipfile.ZipFile(path, "w") as file:
        for seed, name in enumerate(("Scarlet/a.jpg", "unlabelled/b.jpg", "Red/c.jpg")):
            file.writestr(name, tiny.picture("Red", seed))
        file.writestr("biosight.csv", "\ufeff" + OWN + rows)
    return path


def test_ones_own_zip_comes_in_with_its_table(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    said = run("import", own_zip(tmp_path)).output
    assert "3 stored" in said
    assert "refused  biosight.csv" not in said
    now = {i.name: i for i in images(tmp_path).values()}
    assert (now["a.jpg"].label, now["a.jpg"].who) == ("Scarlet", "person")
    assert (now["a.jpg"].note, now["a.jpg"].individuals) == ("=not a formula", 2)
    assert (now["b.jpg"].label, now["b.jpg"].who) == ("", "person")
    assert (now["c.jpg"].label, now["c.jpg"].who) == ("Red", "machine")
    assert sayings(tmp_path) == [("", "Bo"), ("Scarlet", "Ada")]
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    (deployment,), (site,) = archive.records.find(Deployment), archive.records.find(Site)
    archive.close()
    assert (deployment.name, site.name, site.latitude) == ("Oak ridge", "Ridge", 47.5)
    assert {now[n].deployment for n in ("a.jpg", "b.jpg")} == {deployment.id}


def test_a_packed_folder_comes_in_with_its_table(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        file.writestr("export/Scarlet/a.jpg", tiny.picture("Red", 1))
        file.writestr("export/biosight.csv", OWN + "Scarlet/a.jpg,Scarlet,person,Ada,,,,,,,,,,\r\n")
    said = run("import", tmp_path / "export.zip").output
    assert "0 refused" in said
    assert [i.label for i in images(tmp_path).values()] == ["Scarlet"]


def test_who_said_it_stays_a_text(run: Run, tmp_path: Path) -> None:
    """An account of the same name is another person's; it is never bound."""
    add_ada(run)
    run("import", own_zip(tmp_path))
    run("export", "--to", tmp_path / "out")
    table = (tmp_path / "out" / "biosight.csv").read_text()
    assert "imported: Ada" in table
    assert "imported: imported" not in table


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("Path,Filename,Species\nD:/photos/s1,IMG_1.JPG,Fox\n", ["D:/photos/s1/IMG_1.JPG"]),
        ("RelativePath,File,Species\ns1,IMG_1.JPG,Fox\n", ["s1/IMG_1.JPG"]),
        ("path,species\ns1/IMG_1.JPG,Fox\n", ["s1/IMG_1.JPG"]),
        ("Directory,FileName,Species\ns1,IMG_1.JPG,Fox\n", ["s1/IMG_1.JPG"]),
    ],
)
def test_a_folder_column_is_no_file(tmp_path: Path, text: str, files: list[str]) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert [r.file for r in read_results(tmp_path / "t.csv")[1]] == files


@pytest.mark.parametrize(
    ("said", "count"),
    [("2", 2), ("2.0", 2), ("1,000", 1000), ("1.000", 0), ("many", 0), ("", 0)],
)
def test_counts_are_whole_numbers(tmp_path: Path, said: str, count: int) -> None:
    (tmp_path / "t.csv").write_text(f'number,file,species,count\n37,a.jpg,Fox,"{said}"\n')
    (result,) = read_results(tmp_path / "t.csv")[1]
    assert result.individuals == count


def test_a_packed_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"file,species\na.jpg,Fox\n"))
    assert [r.label for r in read_results(tmp_path / "t.csv.gz")[1]] == ["Fox"]


def test_ones_own_words_come_back_as_they_were(tmp_path: Path) -> None:
    rows = "a.jpg,Animal,person,Bo,,,,,,,,,,\r\nb.jpg,Person,person,Bo,,,,,,,,,,\r\n"
    (tmp_path / "biosight.csv").write_text(OWN + rows)
    found = read_results(tmp_path / "biosight.csv")[1]
    assert [r.label for r in found] == ["Animal", "Person"]


def test_names_of_files_are_no_templates(take: Take, run: Run, tmp_path: Path) -> None:
    take("{3F25}.jpg")
    rows = "{3F25}.jpg,Fox,1,Ada\n{3F25}.jpg,Cat,2,Bob\n"
    (tmp_path / "t.csv").write_text(f"file,species,n,observer\n{rows}")
    said = run("import-table", tmp_path / "t.csv").output
    assert "{3F25}.jpg: Fox is left out; it is called Cat here" in said


def test_a_person_wins_over_a_machine_in_one_table(take: Take, run: Run, tmp_path: Path) -> None:
    take("a.jpg")
    head = "img_file_name\tobject_annotation_category\tobject_annotation_status\n"
    rows = "a.jpg\tCopepoda\tvalidated\na.jpg\tRotifera\tpredicted\n"
    (tmp_path / "e.tsv").write_text(head + rows)
    run("import-table", tmp_path / "e.tsv")
    assert images(tmp_path)["a.jpg"].label == "Copepoda"


def test_all_labels_of_a_table_are_one_line_of_history(
    take: Take, run: Run, tmp_path: Path
) -> None:
    take("a.jpg", "b.jpg", "c.jpg")
    rows = "".join(
        f"{n}.jpg,{label},person,Bo,2024-05-01T10:00:0{i}+00:00,,,,note {n},,,,,\r\n"
        for i, (n, label) in enumerate((("a", "Fox"), ("b", "Cat"), ("c", "Owl")))
    )
    (tmp_path / "biosight.csv").write_text(OWN + rows)
    run("import-table", tmp_path / "biosight.csv")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    acts = archive.records.find(Act)
    said = {a.label: a.at for a in archive.records.find(Annotation)}
    archive.close()
    assert sorted((a.kind, a.count) for a in acts) == [("note", 3), ("relabel", 3)]
    assert {a.summary for a in acts} == {"Changed the note", "Relabelled as imported names"}
    assert said["Cat"] - said["Fox"] == 1


def test_places_that_are_here_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    """A download brings its places back; corrected ones are not moved back."""
    add_ada(run)
    run("import", own_zip(tmp_path))
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    (site,) = archive.records.find(Site)
    moved = replace(site, latitude=10.0, longitude=20.0, version=site.version + 1)
    archive.records.write(Replace(moved, site.version))
    archive.close()
    more = tmp_path / "more.zip"
    row = "x/d.jpg,Red,machine,,,,d.jpg,d.jpg,,,Other ridge,Ridge,47.5,9.25\r\n"
    with zipfile.ZipFile(more, "w") as file:
        file.writestr("x/d.jpg", tiny.picture("Red", 9))
        file.writestr("biosight.csv", OWN + row + row.replace("d.jpg", "a.jpg"))
    run("import", more)
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    (site,) = archive.records.find(Site)
    names = {d.name: d.site for d in archive.records.find(Deployment)}
    archive.close()
    assert (site.latitude, site.longitude) == (10.0, 20.0)
    assert names == {"Oak ridge": site.id, "Other ridge": site.id}
