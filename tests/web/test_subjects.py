"""Several subjects in one picture: described, found, undone, renamed, private as the first is."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.labels import Annotation
from biosight.storage.records import Where
from tests.conftest import first_collection, upload_ids
from tests.field.test_sensitivity import Fen
from tests.web.test_sharing import Another, share

API = "/api/v1"
BOX = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4}
Said = dict[str, Any]


def put(client: TestClient, image: str, *subjects: Said, **headers: str) -> Said:
    answer = client.put(
        f"{API}/images/{image}/subjects", json={"subjects": list(subjects)}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(client: TestClient, collection: str) -> dict[str, int]:
    labels = client.get(f"{API}/collections/{collection}/labels").json()
    return {x["label"]: x["images"] for x in labels}


@pytest.fixture
def pond(ada: TestClient) -> tuple[str, str]:
    """A collection and a picture in it that the machine calls Red."""
    collection = first_collection(ada)
    return collection, upload_ids(ada, collection, "Red")[0]


def test_a_picture_without_subjects_has_the_one_of_its_label(
    ada: TestClient, pond: tuple[str, str]
) -> None:
    [only] = ada.get(f"{API}/images/{pond[1]}").json()["subjects"]
    assert (only["label"], only["count"], only["region"]) == ("Red", 0, None)


def test_everything_that_is_said_comes_back(ada: TestClient, pond: tuple[str, str]) -> None:
    collection, image = pond
    first = {"label": "Red", "count": 2, "sex": "female", "life_stage": "adult", "region": BOX}
    second = {"label": "Heron", "behaviour": "fishing | standing", "individual": " H  7 "}
    now = put(ada, image, first, second)
    assert now["subjects"][0] == {**first, "behaviour": "", "individual": "", "machine": ""}
    assert now["subjects"][1]["behaviour"] == "fishing | standing"
    assert now["subjects"][1]["individual"] == "H 7"
    assert (now["label"], now["who"], now["also_labels"]) == ("Red", "machine", ["Heron"])
    assert counts(ada, collection) == {"Red": 1, "Heron": 1}
    found = ada.get(f"{API}/collections/{collection}/images?text=H+7").json()["images"]
    assert [i["id"] for i in found] == [image]


def test_details_alone_say_nothing_about_the_label(
    ada: TestClient, pond: tuple[str, str], biosight: BioSight
) -> None:
    """The machine's label stays the machine's, and no answer of a person is counted."""
    put(ada, pond[1], {"label": "Red", "count": 3})
    assert biosight.archive.records.find(Annotation, [Where("image", "=", pond[1])]) == []
    now = put(ada, pond[1], {"label": "Fox", "count": 3})
    assert (now["label"], now["who"]) == ("Fox", "person")
    [said] = biosight.archive.records.find(Annotation, [Where("image", "=", pond[1])])
    assert (said.label, said.kind) == ("Fox", "corrected")


def test_an_undo_brings_subjects_back(ada: TestClient, pond: tuple[str, str]) -> None:
    collection, image = pond
    put(ada, image, {"label": "Red", "count": 2}, {"label": "Heron"})
    act = put(ada, image, {"label": "Heron", "sex": "male"})["act"]
    assert counts(ada, collection) == {"Heron": 1}
    assert ada.post(f"{API}/acts/{act}/undo").status_code == 200
    now = ada.get(f"{API}/images/{image}").json()
    assert [(s["label"], s["count"]) for s in now["subjects"]] == [("Red", 2), ("Heron", 0)]
    assert now["who"] == "machine"
    lines = ada.get(f"{API}/collections/{collection}/acts").json()
    assert lines[0]["summary"] == "Described what it shows: Heron"


def test_an_undo_leaves_what_somebody_changed_since(ada: TestClient, pond: tuple[str, str]) -> None:
    _, image = pond
    act = put(ada, image, {"label": "Red"}, {"label": "Heron"})["act"]
    put(ada, image, {"label": "Red"}, {"label": "Heron", "count": 4})
    done = ada.post(f"{API}/acts/{act}/undo").json()
    assert (done["changed"], done["left_alone"]) == ([], 1)


def test_two_at_once_do_not_overwrite_each_other(ada: TestClient, pond: tuple[str, str]) -> None:
    _, image = pond
    etag = ada.get(f"{API}/images/{image}").headers["ETag"]
    put(ada, image, {"label": "Red"}, {"label": "Heron"}, **{"If-Match": etag})
    body = {"subjects": [{"label": "Red"}, {"label": "Owl"}]}
    late = ada.put(f"{API}/images/{image}/subjects", json=body, headers={"If-Match": etag})
    assert late.status_code == 412
    assert ada.get(f"{API}/images/{image}").json()["also_labels"] == ["Heron"]


@pytest.mark.parametrize(
    ("subjects", "status", "words"),
    [
        ([], 422, "subjects"),
        ([{"label": "Red"}] * 51, 422, "subjects"),
        ([{"label": "Red"}, {"label": "  "}], 400, "at least one letter"),
        ([{"label": "Red", "sex": "both"}], 422, "sex"),
        ([{"label": "Red", "individual": "x" * 101}], 400, "100 characters"),
        ([{"label": "Red", "region": {"x": 0.9, "y": 0, "w": 0.2, "h": 0.1}}], 400, "within"),
        ([{"label": "Red", "region": {"x": 0, "y": 0, "w": 0, "h": 0.1}}], 422, "region"),
    ],
)
def test_what_can_not_be_is_refused(
    ada: TestClient, pond: tuple[str, str], subjects: list[Said], status: int, words: str
) -> None:
    answer = ada.put(f"{API}/images/{pond[1]}/subjects", json={"subjects": subjects})
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_a_rename_and_its_undo_reach_every_subject(ada: TestClient, pond: tuple[str, str]) -> None:
    collection, image = pond
    put(ada, image, {"label": "Red"}, {"label": "Heron", "count": 2}, {"label": "Owl"})
    path = f"{API}/collections/{collection}/labels/rename"
    done = ada.post(path, json={"old": "Heron", "new": "Ardea"}).json()
    assert ada.get(f"{API}/images/{image}").json()["also_labels"] == ["Ardea", "Owl"]
    assert ada.get(f"{API}/images/{image}").json()["who"] == "machine"
    ada.post(f"{API}/acts/{done['act']}/undo")
    assert ada.get(f"{API}/images/{image}").json()["also_labels"] == ["Heron", "Owl"]
    ada.post(path, json={"old": "Owl", "new": ""})
    now = ada.get(f"{API}/images/{image}").json()
    assert [s["label"] for s in now["subjects"]] == ["Red", "Heron"]


def test_a_move_in_the_tree_moves_further_subjects(
    ada: TestClient, pond: tuple[str, str], biosight: BioSight
) -> None:
    collection, image = pond
    names = f"{API}/collections/{collection}/names"
    for label, parent in (("Silva", ""), ("Kerfa", ""), ("Faltera", "Kerfa")):
        assert ada.post(names, json={"label": label, "parent": parent}).status_code == 201
    put(ada, image, {"label": "Red"}, {"label": "faltera"})
    kept = biosight.archive.records.get(Image, image)
    assert kept is not None
    assert kept.also_paths == ("/Kerfa/", "/Kerfa/Faltera/")
    moved = ada.post(f"{names}/move", json={"label": "Kerfa", "parent": "Silva"})
    assert moved.status_code == 200, moved.text
    kept = biosight.archive.records.get(Image, image)
    assert kept is not None
    assert kept.also_paths == ("/Silva/", "/Silva/Kerfa/", "/Silva/Kerfa/Faltera/")
    found = ada.get(f"{API}/collections/{collection}/count?under=/Silva/").json()
    assert found == {"images": 1}


def test_a_sensitive_second_subject_hides_the_place(
    ada: TestClient, another: Another, biosight: BioSight
) -> None:
    fen = Fen(ada, another("bob@example.org"), biosight)
    assert not fen.is_hidden(fen.green)
    put(ada, fen.green, {"label": "Green"}, {"label": "Red"})
    assert fen.is_hidden(fen.green)
    found = {i["id"]: i for i in fen.bob.get(f"{fen.path}/images?label=Red").json()["images"]}
    assert set(found) == {fen.red, fen.green}
    assert found[fen.green]["sha256"] == ""
    put(ada, fen.green, {"label": "Green"})
    assert not fen.is_hidden(fen.green)


@pytest.mark.parametrize("said", [{"individual": "Red 12"}, {"behaviour": "hunting a red"}])
def test_a_sensitive_name_in_words_about_a_subject_hides_the_place(
    ada: TestClient, another: Another, biosight: BioSight, said: Said
) -> None:
    fen = Fen(ada, another("bob@example.org"), biosight)
    put(ada, fen.green, {"label": "Green"}, {"label": "Owl", **said})
    assert fen.is_hidden(fen.green)


def test_an_empty_picture_shows_nothing_else(ada: TestClient, pond: tuple[str, str]) -> None:
    """It stayed a male with a heron."""
    _, image = pond
    put(ada, image, {"label": "Red", "count": 2, "sex": "male"}, {"label": "Heron"})
    now = ada.patch(f"{API}/images/{image}", json={"label": "Empty"}).json()
    assert [(s["label"], s["count"], s["sex"]) for s in now["subjects"]] == [("Empty", 0, "")]
    assert ada.post(f"{API}/acts/{now['act']}/undo").status_code == 200
    now = ada.get(f"{API}/images/{image}").json()
    assert [(s["label"], s["count"]) for s in now["subjects"]] == [("Red", 2), ("Heron", 0)]


def test_a_count_goes_with_the_subject_that_it_was_about(
    ada: TestClient, pond: tuple[str, str]
) -> None:
    collection, image = pond
    count = {"kind": "count", "individuals": 5, "images": [image]}
    assert ada.post(f"{API}/collections/{collection}/acts", json=count).status_code == 201
    put(ada, image, {"label": "Red"}, {"label": "Heron"})
    assert put(ada, image, {"label": "Heron"})["individuals"] == 0


def test_who_looks_may_not_describe(
    ada: TestClient, another: Another, pond: tuple[str, str]
) -> None:
    bob, collection = another("bob@example.org"), pond[0]
    body = {"subjects": [{"label": "Owl"}]}
    path = f"{API}/images/{pond[1]}/subjects"
    assert bob.put(path, json=body).status_code == 404
    share(ada, bob, collection, "viewer")
    assert bob.put(path, json=body).status_code == 403
    assert [s["label"] for s in bob.get(f"{API}/images/{pond[1]}").json()["subjects"]] == ["Red"]


@pytest.mark.parametrize("kind", ["move", "copy"])
def test_names_hang_in_the_tree_of_the_collection_that_pictures_go_to(
    ada: TestClient, pond: tuple[str, str], biosight: BioSight, kind: str
) -> None:
    """A false branch appeared there."""
    collection, image = pond
    other = ada.post(f"{API}/collections", json={"name": "Wood"}).json()["id"]
    for where, parent in ((collection, "Silva"), (other, "Kerfa")):
        for label, above in ((parent, ""), ("Faltera", parent), ("Owlet", parent)):
            body = {"label": label, "parent": above}
            assert ada.post(f"{API}/collections/{where}/names", json=body).status_code == 201
    put(ada, image, {"label": "Owlet"}, {"label": "Faltera"})
    going: Said = {"kind": kind, "target": other, "images": [image]}
    act = ada.post(f"{API}/collections/{collection}/acts", json=going).json()["act"]
    [there] = ada.get(f"{API}/collections/{other}/images").json()["images"]
    assert (there["label_path"], there["also_paths"]) == ("/Kerfa/Owlet/", ["/Kerfa/Faltera/"])
    ada.post(f"{API}/acts/{act}/undo")
    kept = biosight.archive.records.get(Image, image)
    assert kept is not None
    assert (kept.label_path, kept.also_paths) == ("/Silva/Owlet/", ("/Silva/Faltera/",))
