"""The tree of names through the API: finding, adding, moving, filters, checklists, undo."""

import io
import zipfile
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.images import Image
from biosight.storage.records import Replace, Where
from biosight.workflows.names.label_paths import settle_all
from tests.conftest import first_collection, upload_ids

API = "/api/v1/collections"


@pytest.fixture
def wood(ada: TestClient) -> str:
    """A collection with a small tree: Silva > Kerfa > Faltera, and pictures in it."""
    collection = first_collection(ada)
    for label, parent, more in (
        ("Silva", "", {"scientific_name": "Silva", "taxon_rank": "kingdom"}),
        ("Kerfa", "Silva", {"scientific_name": "Kerfa", "taxon_rank": "class"}),
        (
            "Faltera",
            "Kerfa",
            {
                "scientific_name": "Faltera",
                "taxon_rank": "order",
                "vernacular_name": "flutterers of dusk",
            },
        ),
    ):
        body = {"label": label, "parent": parent, **more}
        assert ada.post(f"{API}/{collection}/names", json=body).status_code == 201
    return collection


def paths(client: TestClient, collection: str, query: str = "") -> list[str]:
    images = client.get(f"{API}/{collection}/images{query}").json()["images"]
    return sorted(i["label_path"] for i in images)


def relabel(client: TestClient, collection: str, ids: list[str], label: str) -> str:
    body = {"kind": "relabel", "label": label, "images": ids}
    done = client.post(f"{API}/{collection}/acts", json=body)
    assert done.status_code == 201, done.text
    return str(done.json()["act"])


def test_labels_hang_in_the_tree_however_they_are_typed(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red", "Green", "Blue")
    relabel(ada, wood, ids[:1], "faltera")
    relabel(ada, wood, ids[1:2], "KERFA")
    assert paths(ada, wood) == ["/Blue/", "/Silva/Kerfa/", "/Silva/Kerfa/Faltera/"]
    assert len(paths(ada, wood, "?under=/Silva/Kerfa/")) == 2
    assert paths(ada, wood, "?label=Kerfa") == ["/Silva/Kerfa/"]
    counts = {x["label"]: x for x in ada.get(f"{API}/{wood}/labels").json()}
    assert counts["Faltera"]["taxon"]["line"] == ["Silva", "Kerfa", "Faltera"]
    assert counts["Blue"]["taxon"]["taxon_rank"] == ""
    shown = ada.get(f"/api/v1/images/{ids[0]}").json()
    assert (shown["taxon"]["taxon_rank"], shown["taxon"]["vernacular_name"]) == (
        "order",
        "flutterers of dusk",
    )


def test_the_tree_is_browsed_with_counts_and_common_names(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red", "Green")
    relabel(ada, wood, ids, "Faltera")
    top = {n["label"]: n for n in ada.get(f"{API}/{wood}/names/below").json()}
    assert (top["Silva"]["children"], top["Silva"]["images"]) == (1, 2)
    below = ada.get(f"{API}/{wood}/names/below?of=Kerfa").json()
    assert [(n["label"], n["children"], n["images"]) for n in below] == [("Faltera", 0, 2)]
    assert below[0]["vernacular_line"] == ["", "", "flutterers of dusk"]


def test_a_person_chooses_how_names_are_shown(ada: TestClient, wood: str) -> None:
    before = ada.get("/api/v1/me").json()
    changed = ada.patch("/api/v1/me", json={"names": "both"}).json()
    assert changed == before | {"names": "both"}
    assert 'data-names="both"' in ada.get(f"/collections/{wood}").text
    assert ada.patch("/api/v1/me", json={"names": "latin"}).status_code == 422


def test_names_are_found_as_people_type(ada: TestClient, wood: str) -> None:
    def found(typed: str) -> list[tuple[str, str]]:
        answer = ada.get(f"{API}/{wood}/names", params={"q": typed}).json()
        return [(n["label"], n["found"]) for n in answer]

    assert ("Faltera", "") in found("FALTE")
    assert ("Faltera", "flutterers of dusk") in found("dusk")
    ids = upload_ids(ada, wood, "Red")
    relabel(ada, wood, ids, "Öwl pellet")
    assert ("Öwl pellet", "") in found("owl p")
    assert found("zzzz") == []


def test_a_move_takes_all_below_along_and_is_undone(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red", "Green")
    relabel(ada, wood, ids, "Faltera")
    body = {"label": "Kerfa", "parent": ""}
    moved = ada.post(f"{API}/{wood}/names/move", json=body).json()
    assert moved["settled"] is True
    assert paths(ada, wood) == ["/Kerfa/Faltera/"] * 2
    ring = {"label": "Kerfa", "parent": "Faltera"}
    refused = ada.post(f"{API}/{wood}/names/move", json=ring)
    assert refused.status_code == 400
    assert "is below" in refused.json()["detail"]
    assert ada.post(f"/api/v1/acts/{moved['act']}/undo", json={}).status_code == 200
    assert ada.post(f"{API}/{wood}/names/settle", json={}).json()["settled"] is True
    assert paths(ada, wood) == ["/Silva/Kerfa/Faltera/"] * 2


def test_a_rename_keeps_the_scientific_name_and_the_old_one_leads_to_it(
    ada: TestClient, wood: str
) -> None:
    ids = upload_ids(ada, wood, "Red", "Green")
    relabel(ada, wood, ids[:1], "Kerfa")
    relabel(ada, wood, ids[1:], "Faltera")
    body = {"old": "Kerfa", "new": "Kerfe"}
    renamed = ada.post(f"{API}/{wood}/labels/rename", json=body).json()
    while not ada.post(f"{API}/{wood}/names/settle", json={}).json()["settled"]:
        pass
    assert paths(ada, wood) == ["/Silva/Kerfe/", "/Silva/Kerfe/Faltera/"]
    shown = ada.get(f"/api/v1/images/{ids[0]}").json()["taxon"]
    assert (shown["label"], shown["scientific_name"]) == ("Kerfe", "Kerfa")
    relabel(ada, wood, ids[1:], "kerfa")
    assert ada.get(f"/api/v1/images/{ids[1]}").json()["label"] == "Kerfe"
    undone = ada.post(f"/api/v1/acts/{renamed['act']}/undo", json={})
    assert undone.status_code == 200
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["label"] == "Kerfa"


def test_what_the_model_says_is_called_as_people_call_it(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red")
    ada.post(f"{API}/{wood}/labels/rename", json={"old": "Red", "new": "Poppy"})
    later = upload_ids(ada, wood, "Red")
    for image in (*ids, *later):
        shown = ada.get(f"/api/v1/images/{image}").json()
        assert shown["label"] == "Poppy"
        assert "Red" not in {g["label"] for g in shown["top"]}
        said = ada.get(f"/api/v1/images/{image}/history").json()
        assert {s["label"] for s in said} <= {"Poppy"}
    relabel(ada, wood, later, "red")
    assert ada.get(f"/api/v1/images/{later[0]}").json()["label"] == "Poppy"


def test_undecided_is_a_state_and_no_label(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red", "Green")
    shown = ada.patch(f"/api/v1/images/{ids[0]}", json={"undecided": True}).json()
    assert (shown["label"], shown["who"]) == ("", "person")
    found = ada.get(f"{API}/{wood}/images?undecided=true").json()["images"]
    assert [i["id"] for i in found] == ids[:1]
    said = ada.get(f"/api/v1/images/{ids[0]}/history").json()
    assert said[-1]["kind"] == "undecided"
    assert ada.post(f"/api/v1/acts/{shown['act']}/undo", json={}).status_code == 200
    back = ada.get(f"/api/v1/images/{ids[0]}").json()
    assert (back["label"], back["who"]) == ("Red", "machine")
    table = ada.get(f"{API}/{wood}/csv").text
    assert "undecided" not in table.lower().split("\n")[1]


LIST = """scientificName,taxonRank,parent,vernacularName,acceptedName
Kefera,order,Kerfa,beetles,
Laufa,family,Kefera,ground runners,
Faltera,order,Silva,,
Vanessa atalanta,species,Edelidae,red admiral,
Pyrameis atalanta,species,,,Vanessa atalanta
"""


def send(client: TestClient, collection: str, content: bytes, path: str = "") -> dict[str, object]:
    answer = client.post(
        f"{API}/{collection}/names/checklist{path}", files={"file": ("list.csv", content)}
    )
    assert answer.status_code == 200, answer.text
    said: dict[str, object] = answer.json()
    return said


def test_a_checklist_is_previewed_taken_in_and_undone(ada: TestClient, wood: str) -> None:
    seen = send(ada, wood, LIST.encode(), "/preview")
    assert (seen["new"], seen["synonyms"], seen["known"], seen["doubtful"]) == (3, 1, 1, 1)
    assert "Edelidae" in str(seen["doubts"])
    assert ada.get(f"{API}/{wood}/names", params={"q": "Laufa"}).json() == []
    done = send(ada, wood, LIST.encode())
    assert (done["added"], done["left"], done["settled"]) == (4, 0, True)
    found = ada.get(f"{API}/{wood}/names", params={"q": "ground run"}).json()[0]
    assert found["line"] == ["Silva", "Kerfa", "Kefera", "Laufa"]
    ids = upload_ids(ada, wood, "Red")
    relabel(ada, wood, ids, "pyrameis atalanta")
    assert ada.get(f"/api/v1/images/{ids[0]}").json()["label"] == "Vanessa atalanta"
    again = send(ada, wood, LIST.encode())
    assert (again["added"], again["left"]) == (0, 0)
    assert ada.post(f"/api/v1/acts/{done['act']}/undo", json={}).status_code == 200
    assert ada.get(f"{API}/{wood}/names", params={"q": "Laufa"}).json() == []


META = """<archive xmlns="http://rs.tdwg.org/dwc/text/"><core fieldsTerminatedBy="\\t"
 fieldsEnclosedBy="" ignoreHeaderLines="1" rowType="http://rs.tdwg.org/dwc/terms/Taxon">
 <files><location>taxon.txt</location></files><id index="0"/>
 <field index="1" term="http://rs.tdwg.org/dwc/terms/scientificName"/>
 <field index="2" term="http://rs.tdwg.org/dwc/terms/scientificNameAuthorship"/>
 <field index="3" term="http://rs.tdwg.org/dwc/terms/taxonRank"/>
 <field index="4" term="http://rs.tdwg.org/dwc/terms/parentNameUsageID"/>
 <field index="5" term="http://rs.tdwg.org/dwc/terms/acceptedNameUsageID"/>
 <field index="6" term="http://rs.tdwg.org/dwc/terms/taxonomicStatus"/></core></archive>"""
TAXA = "\n".join(
    "\t".join(cells)
    for cells in (
        ("id", "name", "author", "rank", "parent", "accepted", "status"),
        ("3", "Pieris rapae (Linnaeus, 1758)", "(Linnaeus, 1758)", "species", "2", "", "accepted"),
        ("2", "Weissa", "", "family", "1", "", "accepted"),
        ("1", "Faltera", "", "order", "", "", "accepted"),
        ("4", "Artogeia rapae", "", "species", "2", "3", "synonym"),
    )
)


def test_a_darwin_core_archive_of_taxa(ada: TestClient, wood: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("meta.xml", META)
        archive.writestr("taxon.txt", TAXA)
    done = send(ada, wood, file.getvalue())
    assert (done["added"], done["left"]) == (3, 0)
    found = ada.get(f"{API}/{wood}/names", params={"q": "artogeia"}).json()[0]
    assert (found["label"], found["found"]) == ("Pieris rapae", "Artogeia rapae")
    assert found["line"] == ["Silva", "Kerfa", "Faltera", "Weissa", "Pieris rapae"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"PK\x03\x04broken", b"label\nx\n"]
)
def test_what_is_no_checklist_is_refused_in_words(
    ada: TestClient, wood: str, content: bytes
) -> None:
    files = {"file": ("list.csv", content)}
    answer = ada.post(f"{API}/{wood}/names/checklist", files=files)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


def test_twins_by_case_are_one(ada: TestClient, wood: str) -> None:
    refused = ada.post(f"{API}/{wood}/names", json={"label": "FALTERA", "parent": "Silva"})
    assert refused.status_code == 400
    ids = upload_ids(ada, wood, "Red", "Green")
    relabel(ada, wood, ids[:1], "Scat")
    relabel(ada, wood, ids[1:], "scât")
    assert {x["label"] for x in ada.get(f"{API}/{wood}/labels").json()} == {"Scat"}


def test_twins_of_older_archives_are_offered_to_be_merged(
    ada: TestClient, wood: str, biosight: BioSight
) -> None:
    ids = upload_ids(ada, wood, "Red", "Green", "Blue")
    records = biosight.archive.records
    for id, label in zip(ids, ("faltera", "Scat", "Sca\u0302t"), strict=True):
        found = records.get(Image, id)
        assert found is not None
        made = replace(found, label=label, label_path=f"/{label}/", version=found.version + 1)
        records.write(Replace(made, found.version))
    labels = ada.get(f"{API}/{wood}/labels").json()
    offered = {x["label"]: x["twin"] for x in labels if x["twin"]}
    assert offered == {"faltera": "Faltera", "Sca\u0302t": "Scat"}
    for old, new in offered.items():
        ada.post(f"{API}/{wood}/labels/rename", json={"old": old, "new": new})
    assert paths(ada, wood) == ["/Scat/", "/Scat/", "/Silva/Kerfa/Faltera/"]
    assert not any(x["twin"] for x in ada.get(f"{API}/{wood}/labels").json())


def test_what_is_no_organism_is_filtered_by_what_it_is(ada: TestClient, wood: str) -> None:
    ids = upload_ids(ada, wood, "Red", "Green", "Blue")
    relabel(ada, wood, ids[:1], "nothing")
    relabel(ada, wood, ids[1:2], "Empty")  # what a key says; here it is called otherwise
    labels = {x["label"]: x["thing"] for x in ada.get(f"{API}/{wood}/labels").json()}
    assert labels == {"nothing": "empty", "Blue": ""}
    found = ada.get(f"{API}/{wood}/images?thing=empty").json()["images"]
    assert {i["id"] for i in found} == set(ids[:2])
    assert ada.get(f"{API}/{wood}/count?thing=human").json() == {"images": 0}
    assert ada.get(f"{API}/{wood}/images?thing=fungus").status_code == 422
    relabel(ada, wood, ids[:2], "Kerfa")
    assert ada.get(f"{API}/{wood}/count?thing=empty").json() == {"images": 0}


def test_a_settling_that_broke_off_is_finished_by_housekeeping(
    ada: TestClient, wood: str, biosight: BioSight
) -> None:
    ids = upload_ids(ada, wood, "Red")
    relabel(ada, wood, ids, "Kerfa")
    records = biosight.archive.records
    found = records.get(Image, ids[0])
    assert found is not None
    wrong = replace(found, label_path="/Kerfa/", version=found.version + 1)
    records.write(Replace(wrong, found.version))
    place = records.get(Collection, wood)
    assert place is not None
    due = replace(place, unsettled=True, version=place.version + 1)
    records.write(Replace(due, place.version))
    settle_all(records, biosight.catalogue)
    assert paths(ada, wood) == ["/Silva/Kerfa/"]
    settled = records.find(Collection, [Where("unsettled", "=", True)])
    assert settled == []
