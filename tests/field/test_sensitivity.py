"""Sensitive names follow what people do to names, and to pictures of them."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import GRIDS, Collection
from biosight.field.grid import coarsen_twice, middle
from biosight.gallery import Filter
from biosight.images import Image
from biosight.labels import Identifications
from biosight.membership import Access
from biosight.review.acts import MOST_AT_ONCE
from biosight.storage.records import Insert, Records, Replace
from biosight.web.schemas.filters import matching_images
from biosight.work.jobs import get_job, take
from biosight.workflows.jobs import all_kinds
from biosight.workflows.names import label_paths, rename, tree_edits
from biosight.workflows.task import Task
from tests.conftest import first_collection, upload
from tests.field.test_privacy import hidden
from tests.publishing.test_standards import archive, in_the_field
from tests.web.test_sharing import Another, share

API = "/api/v1"
NEAR = re.compile(r"47\.12[34]\d")


class Fen:
    """A collection of Ada's at which Bob looks: `red` is sensitive, `green` is not."""

    def __init__(self, ada: TestClient, bob: TestClient, biosight: BioSight) -> None:
        self.ada, self.bob, self.biosight = ada, bob, biosight
        self.path, self.red, self.green = hidden(ada, bob)
        self.id = self.path.rpartition("/")[2]

    @property
    def records(self) -> Records:
        return self.biosight.archive.records

    @property
    def kept(self) -> Collection:
        found = self.records.get(Collection, self.id)
        assert found is not None
        return found

    def is_hidden(self, image: str = "") -> bool:
        """Is a picture's place coarse for Bob in its detail and on the map?"""
        detail = self.bob.get(f"{API}/images/{image or self.red}").json()
        points = self.bob.get(f"{self.path}/map").json()
        exact = [p for p in points if not p["coarse"] and round(p["latitude"], 2) == 47.12]
        if not image or image == self.red:
            assert bool(detail["coarse"]) == (not exact), (detail["label"], points)
        return bool(detail["coarse"])

    def rename(self, old: str, new: str, **body: Any) -> dict[str, Any]:
        answer = self.ada.post(f"{self.path}/labels/rename", json={"old": old, "new": new, **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def undo(self, act: str) -> None:
        assert self.ada.post(f"{API}/acts/{act}/undo").status_code == 200

    def act(self, **body: Any) -> str:
        answer = self.ada.post(f"{self.path}/acts", json={"images": [self.red], **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["act"])

    def say(self, label: str, image: str = "") -> None:
        answer = self.ada.patch(f"{API}/images/{image or self.red}", json={"label": label})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def fen(ada: TestClient, another: Another, biosight: BioSight) -> Fen:
    made = Fen(ada, another("bob@example.org"), biosight)
    assert made.is_hidden()
    assert not made.is_hidden(made.green)
    return made


def test_a_rename_takes_it_along_and_its_undo_back(fen: Fen) -> None:
    """It was sensitive no more, and nobody was told (G2)."""
    done = fen.rename("Red", "Scarlet")
    assert fen.kept.sensitive == ("Scarlet",)
    assert fen.is_hidden()
    fen.undo(done["act"])
    assert (fen.kept.sensitive, fen.kept.formerly_sensitive) == (("Red",), ())
    assert fen.is_hidden()


def test_it_follows_in_the_write_that_renames(fen: Fen) -> None:
    """Nobody sees the new name without its rule: the pictures come afterwards."""
    from biosight.review import names as renames

    rename.begin_rename(
        Task(fen.records, fen.biosight.catalogue, fen.kept, "somebody"),
        "Red",
        renames.checked_rename("Red", "Scarlet"),
        [],
        many=False,
        sensitive=None,
    )
    assert fen.kept.sensitive == ("Scarlet",)
    # The picture still bears the old name, as in a job that has not come to it.
    assert fen.ada.get(f"{API}/images/{fen.red}").json()["label"] == "Red"
    assert fen.is_hidden()


def test_a_merge_into_what_is_not_sensitive_asks(fen: Fen) -> None:
    body = {"old": "Red", "new": "Green"}
    asked = fen.ada.post(f"{fen.path}/labels/rename", json=body)
    assert (asked.status_code, asked.json()["error"]) == (409, "needs_answer")
    assert "Say whether Green is sensitive" in asked.json()["detail"]
    assert fen.is_hidden()
    done = fen.rename("Red", "Green", sensitive=True)
    assert fen.kept.sensitive == ("Green",)
    assert fen.is_hidden(fen.red)
    assert fen.is_hidden(fen.green)
    fen.undo(done["act"])
    assert (fen.kept.sensitive, fen.kept.formerly_sensitive) == (("Red",), ())
    assert fen.is_hidden(fen.red)
    assert not fen.is_hidden(fen.green)


def test_a_merge_may_be_answered_with_no(fen: Fen) -> None:
    fen.rename("Red", "Green", sensitive=False)
    assert fen.kept.sensitive == ()


def test_a_removed_label_stays_sensitive(fen: Fen) -> None:
    """Its pictures have no label, but the machine called them so."""
    done = fen.rename("Red", "")
    assert fen.is_hidden()
    fen.undo(done["act"])
    assert fen.is_hidden()


def test_a_name_moved_out_from_below_stays_sensitive(fen: Fen) -> None:
    for label, parent in (("Cats", ""), ("Spotted", "Cats")):
        body = {"label": label, "parent": parent}
        assert fen.ada.post(f"{fen.path}/names", json=body).status_code == 201
    fen.say("Spotted")
    wanted = fen.ada.patch(fen.path, json={"sensitive": ["Cats"]})
    assert wanted.json()["sensitive"] == ["Cats"]
    assert fen.is_hidden()
    moved = fen.ada.post(f"{fen.path}/names/move", json={"label": "Spotted", "parent": ""}).json()
    assert list(fen.kept.sensitive) == ["Cats", "Spotted"]
    assert fen.is_hidden()
    fen.undo(moved["act"])
    assert list(fen.kept.sensitive) == ["Cats"]
    assert fen.is_hidden()


@pytest.mark.parametrize("label", ["Red", "Spotted"])
def test_while_names_move_and_after_a_crash_nothing_is_exact(fen: Fen, label: str) -> None:
    """Pictures have yesterday's paths until they are settled (G11)."""
    for name, parent in (("Cats", ""), ("Spotted", "")):
        fen.ada.post(f"{fen.path}/names", json={"label": name, "parent": parent})
    fen.say(label)
    fen.ada.patch(fen.path, json={"sensitive": [label]})
    # Moved, and the server died before a single picture had its new path.
    catalogue = fen.biosight.catalogue
    tree_edits.move_name(Task(fen.records, catalogue, fen.kept, "somebody"), label, "Cats")
    assert fen.kept.unsettled
    assert fen.records.get(Image, fen.red).label_path == f"/{label}/"  # type: ignore[union-attr]
    assert fen.is_hidden()
    assert label_paths.settle(fen.records, catalogue, fen.id)
    assert fen.is_hidden()


def test_what_another_tree_moves_out_becomes_sensitive_itself(fen: Fen) -> None:
    """A picture's path says that it lay below a sensitive name; today's tree does not."""
    fen.ada.post(f"{fen.path}/names", json={"label": "Cats", "parent": ""})
    fen.ada.patch(fen.path, json={"sensitive": ["Cats"]})
    image = fen.records.get(Image, fen.red)
    assert image is not None
    old = replace(image, label_path="/Cats/Red/", version=image.version + 1)
    unsettled = replace(fen.kept, unsettled=True, version=fen.kept.version + 1)
    fen.records.write(Replace(old, image.version), Replace(unsettled, fen.kept.version))
    assert fen.is_hidden()
    while not label_paths.settle(fen.records, fen.biosight.catalogue, fen.id):
        pass
    assert fen.kept.sensitive == ("Cats", "Red")
    assert fen.is_hidden()


def test_a_synonym_is_as_sensitive_as_its_name(fen: Fen) -> None:
    """A checklist may make a word of one's own a synonym of a name that it brings."""
    fen.say("Bay lynx")
    assert fen.ada.patch(fen.path, json={"sensitive": ["Bay lynx"]}).status_code == 200
    table = b"scientificName,acceptedNameUsage\nLynx rufus,\nBay lynx,Lynx rufus\n"
    sent = {"file": ("names.csv", table)}
    assert fen.ada.post(f"{fen.path}/names/checklist", files=sent).status_code == 200
    assert fen.is_hidden()
    fen.say("Bay lynx")  # it is written down by its accepted name now
    assert fen.ada.get(f"{API}/images/{fen.red}").json()["label"] == "Lynx rufus"
    assert fen.is_hidden()


def test_the_trash_hides_as_before(fen: Fen) -> None:
    """A site was exact again while its sensitive pictures were in the trash (G12)."""
    place = {"name": "Nest", "latitude": "47.123456", "longitude": "-8.5"}
    site = fen.ada.post(f"{fen.path}/sites", json=place).json()["id"]
    fen.act(kind="deploy", site=site, images=[fen.red, fen.green])
    fen.act(kind="trash")
    assert fen.bob.get(f"{fen.path}/sites").json()[0]["coarse"] == 0.1
    assert fen.is_hidden(fen.green)
    assert fen.is_hidden(fen.red)
    fen.act(kind="restore")
    assert fen.bob.get(f"{fen.path}/sites").json()[0]["coarse"] == 0.1


def test_a_deployment_without_a_site_is_as_coarse_as_its_coarsest_picture(fen: Fen) -> None:
    """It had the exact place of its first picture (G13)."""
    beside = upload(fen.ada, fen.id, in_the_field("Green", 3), "beside.jpg")["image"]
    near = str(beside["id"])  # type: ignore[index]
    camera = {"name": "Old quarry", "zone": "Europe/Berlin", "camera": "SN"}
    deployment = fen.ada.post(f"{fen.path}/deployments", json=camera).json()["id"]
    fen.act(kind="deploy", deployment=deployment, images=[fen.red, near])
    assert fen.is_hidden(near)
    for client in (fen.ada, fen.bob):
        package = archive(client, f"{fen.path}/camtrap-dp")
        for name in package.namelist():
            text = package.read(name).decode()
            assert not NEAR.search(text), name
            assert "Old quarry" not in text, name


def read(fen: Fen, *answers: str, state: str) -> None:
    """What two readers called the red picture."""
    first, second = answers
    fen.records.write(
        Insert(Identifications(fen.red, fen.id, "a", first, 1.0, "b", second, 2.0, state=state))
    )


@pytest.mark.parametrize(
    ("first", "second", "state", "hides"),
    [
        ("Lynx lynx", "Felis", "differ", True),
        ("Felis", "Lynx lynx", "differ", True),
        ("Lynx lynx", "", "one", True),
        ("Felis", "", "one", False),
        ("Felis", "Felis", "agreed", False),
    ],
)
def test_what_one_reader_said_hides_until_it_is_settled(
    fen: Fen, first: str, second: str, state: str, hides: bool
) -> None:
    """Viewers read both answers in the conflicts, and the exact place (G28)."""
    fen.say("Lynx lynx", fen.green)
    fen.ada.patch(fen.path, json={"sensitive": ["Lynx lynx"]})
    assert not fen.is_hidden()
    read(fen, first, second, state=state)
    assert fen.is_hidden() == hides


def test_what_was_said_before_nobody_could_name_it_hides(fen: Fen) -> None:
    fen.say("Lynx lynx")
    fen.ada.patch(fen.path, json={"sensitive": ["Lynx lynx"]})
    fen.ada.patch(f"{API}/images/{fen.red}", json={"undecided": True})
    assert fen.is_hidden()
    said = [s["label"] for s in fen.bob.get(f"{API}/images/{fen.red}/history").json()]
    assert "Lynx lynx" in said  # the place is coarse, the word may be read
    # Somebody settles it otherwise: the place is exact, and the word is left out.
    fen.say("Felis silvestris")
    assert not fen.is_hidden()
    said = [s["label"] for s in fen.bob.get(f"{API}/images/{fen.red}/history").json()]
    assert "Felis silvestris" in said
    assert "Lynx lynx" not in said
    told = [s["label"] for s in fen.ada.get(f"{API}/images/{fen.red}/history").json()]
    assert "Lynx lynx" in told
    acts = {a["summary"]: a["images"] for a in fen.bob.get(f"{fen.path}/acts").json()}
    assert acts["Relabelled as Lynx lynx"] == []
    assert acts["Relabelled as Felis silvestris"] == [fen.red]


def test_the_machines_best_hides_what_nobody_decided(fen: Fen) -> None:
    fen.ada.patch(f"{API}/images/{fen.red}", json={"undecided": True})
    assert fen.is_hidden()


def test_a_former_name_in_the_history_still_hides(fen: Fen) -> None:
    fen.say("Lynx lynx")
    fen.ada.patch(fen.path, json={"sensitive": ["Lynx lynx"]})
    fen.rename("Lynx lynx", "Big cat")
    fen.ada.patch(f"{API}/images/{fen.red}", json={"undecided": True})
    assert fen.is_hidden()


def test_words_in_notes_and_comments(fen: Fen) -> None:
    fen.ada.patch(fen.path, json={"comments": True})
    fen.ada.patch(f"{API}/images/{fen.green}", json={"note": "with a RED beside it"})
    assert fen.is_hidden(fen.green)
    fen.ada.patch(f"{API}/images/{fen.green}", json={"note": "a bred one"})
    assert not fen.is_hidden(fen.green)
    comment = f"{API}/images/{fen.green}/comments"
    for text in ("This is a red, @bob", "Fine light"):
        assert fen.ada.post(comment, json={"text": text}).status_code == 201
    assert [c["text"] for c in fen.bob.get(comment).json()] == ["Fine light"]
    assert len(fen.ada.get(comment).json()) == 2
    assert fen.bob.get(f"{API}/mentions").json() == []


def test_no_choice_of_grids_tells_more_than_the_rule(fen: Fen) -> None:
    """29 exports on other grids found the place to 0.3 m (G1)."""
    for grid in (0.13, 0.1001, 5, -1, 1e-9):
        for form in ("darwin-core", "camtrap-dp", "coco"):
            answer = fen.bob.get(f"{fen.path}/{form}", params={"coarse": grid})
            assert answer.status_code in {400, 422}, (form, grid)
    seen = set()
    for grid in (0, *GRIDS):
        package = archive(fen.bob, f"{fen.path}/darwin-core?coarse={grid}")
        text = package.read(next(n for n in package.namelist() if "occurrence" in n)).decode()
        row = next(line for line in text.splitlines() if fen.red in line)
        seen |= set(re.findall(r"4[67]\.\d+", row))
    assert seen <= {"47.150", "47.50"}


@pytest.mark.parametrize("rule", GRIDS)
@pytest.mark.parametrize("asked", [0.0, *GRIDS, 0.13, 0.37])
def test_the_second_cut_sees_only_the_middle_of_the_first(rule: float, asked: float) -> None:
    """All places of one cell look alike, whatever is asked for."""
    latitude, longitude = middle(52.1234567, 13.0765432, rule)
    for by in (-0.49, -0.1, 0.2, 0.49):
        moved = coarsen_twice(latitude + by * rule, longitude - by * rule, rule, asked)
        assert moved == coarsen_twice(latitude, longitude, rule, asked)


def test_viewers_get_no_hash_of_what_is_hidden(fen: Fen) -> None:
    """Places could be tried out against it (G10)."""
    record = fen.records.get(Image, fen.red)
    assert record is not None
    for path in (f"{API}/images/{fen.red}", f"{fen.path}/images", f"{fen.path}/queue"):
        assert record.sha256 in fen.ada.get(path).text
        assert record.sha256 not in fen.bob.get(path).text
    for path in (f"{fen.path}/csv", f"{fen.path}/coco"):
        assert record.sha256 not in fen.bob.get(path).text
    for client in (fen.ada, fen.bob):
        package = archive(client, f"{fen.path}/camtrap-dp?utc_offset=60")
        assert record.sha256 not in package.read("media.csv").decode()
    zipped = zipfile.ZipFile(io.BytesIO(fen.bob.get(f"{fen.path}/zip").content))
    assert record.sha256 not in zipped.read("biosight.csv").decode()


def test_an_unknown_sensitive_name_is_refused_with_suggestions(fen: Fen) -> None:
    """A misspelt one was saved and protected nothing (N3)."""
    answer = fen.ada.patch(fen.path, json={"sensitive": ["Red", "Gren"]})
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "This collection does not know the name Gren. Did you mean Green?"
    )
    assert fen.kept.sensitive == ("Red",)
    answer = fen.ada.patch(fen.path, json={"sensitive": ["Xyzzyx"]})
    assert "Add it to the names first" in answer.json()["detail"]
    # As the collection writes it, whatever case or common name it is given by.
    saved = fen.ada.patch(fen.path, json={"sensitive": ["RED", "mammals"]}).json()["sensitive"]
    assert saved == ["Red", "Mammalia"]


def test_an_export_names_no_place_of_what_is_hidden(fen: Fen) -> None:
    place = {"name": "Old quarry", "latitude": "47.123456", "longitude": "-8.5"}
    site = fen.ada.post(f"{fen.path}/sites", json=place | {"habitat": "cliff"}).json()["id"]
    camera = {"name": "CAM03_Old_quarry", "site": site, "zone": "Europe/Berlin"}
    deployment = fen.ada.post(f"{fen.path}/deployments", json=camera).json()["id"]
    fen.act(kind="deploy", deployment=deployment)
    for client in (fen.ada, fen.bob):
        for form in ("darwin-core", "camtrap-dp"):
            package = archive(client, f"{fen.path}/{form}")
            for name in package.namelist():
                text = package.read(name).decode()
                assert "quarry" not in text, (form, name)
                assert "cliff" not in text, (form, name)
            assert client.get(f"{fen.path}/{form}/preview").json()["hidden"] == 1
        assert "quarry" not in client.get(f"{fen.path}/coco").text
        assert "quarry" not in client.get(f"{fen.path}/csv").text


def test_a_large_rename_hides_at_every_moment(
    ada: TestClient, another: Another, biosight: BioSight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a job: before it begins, half-way, and while it is undone."""
    fen = Fen(ada, another("bob@example.org"), biosight)
    monkeypatch.setattr(rename, "MOST_AT_ONCE", 0)
    monkeypatch.setattr("biosight.workflows.jobs.undo_act.MOST_AT_ONCE", 0)
    assert MOST_AT_ONCE > 0

    def moments(job: str) -> None:
        assert fen.is_hidden()
        all_kinds.run(biosight, take(fen.records, get_job(fen.records, job)))
        assert get_job(fen.records, job).state == "done"
        assert fen.is_hidden()

    done = fen.rename("Red", "Scarlet")
    moments(done["job"]["id"])
    back = ada.post(f"{API}/acts/{done['act']}/undo").json()
    moments(back["job"]["id"])
    assert (fen.kept.sensitive, fen.kept.formerly_sensitive) == (("Red",), ())


Make = Callable[[str], TestClient]


def test_two_collections_are_two_rules(fen: Fen, ada: TestClient) -> None:
    """A copy in a collection without the rule is exact: its members are told nothing new."""
    other = ada.post(f"{API}/collections", json={"name": "Open"}).json()["id"]
    share(ada, fen.bob, other, "viewer")
    body = {"kind": "copy", "target": other, "images": [fen.red]}
    assert ada.post(f"{fen.path}/acts", json=body).status_code == 201
    (copy,) = fen.bob.get(f"{API}/collections/{other}/images").json()["images"]
    assert fen.bob.get(f"{API}/images/{copy['id']}").json()["coarse"] == 0
    assert fen.is_hidden()
    assert first_collection(ada) == fen.id
    assert json.loads(json.dumps(copy))["label"] == "Red"


@pytest.mark.parametrize("hiding", [{"sensitive": ("Otis",)}, {"formerly_sensitive": ("Otis",)}])
def test_a_viewers_box_is_as_coarse_as_the_places(hiding: dict[str, tuple[str, ...]]) -> None:
    """A narrow box found an exact place where only a name of before was sensitive."""
    pond = Collection("c", "Pond", "ada", 0.0, coarse=1.0, **hiding)  # type: ignore[arg-type]
    narrow = Filter(box="52.51,13.41,52.52,13.42")
    for role, wide in (("viewer", True), ("editor", False)):
        where = matching_images(Access(pond, role), narrow)
        south = min(float(str(w.value)) for w in where if w.field == "latitude")
        assert south == (52.0 if wide else 52.51), role


def test_guesses_do_not_tell_a_sensitive_name_at_an_exact_place(fen: Fen) -> None:
    """History hid such a name, and the guesses of the same page said it."""

    def guesses(client: TestClient) -> set[str]:
        found = client.get(f"{API}/images/{fen.green}").json()
        return {g["label"] for g in (*found["top"], *found["finer"], *found["levels"])}

    assert "Red" in guesses(fen.ada)
    assert guesses(fen.bob) == guesses(fen.ada) - {"Red"}
