"""Acts on more pictures than one call does: jobs that can be stopped, taken back and taken up."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.review import acts, perform_acts
from biosight.storage import batches
from biosight.storage.records import Where
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.work.progress import Progress
from biosight.workflows.jobs import all_kinds, undo_act
from biosight.workflows.pictures import long_acts
from tests.conftest import first_collection, upload_ids

API = "/api/v1"
MANY = 7


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures are many, and make a piece."""
    import biosight.web.api.collections.places as places
    import biosight.web.api.pictures.acts as api
    from biosight.gallery import trash
    from biosight.workflows.names import rename

    for module in (acts, api, places, rename, undo_act):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    for module in (batches, long_acts, undo_act, jobs):
        monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(trash, "PAGE", 2)


@pytest.fixture
def pond(ada: TestClient) -> tuple[str, list[str]]:
    """A collection with seven red pictures."""
    collection = first_collection(ada)
    return collection, sorted(upload_ids(ada, collection, *["Red"] * MANY))


def asked(client: TestClient, collection: str, **body: object) -> dict[str, Any]:
    """A long act: its job as the API shows it."""
    answer = client.post(f"{API}/collections/{collection}/acts", json=body)
    assert answer.status_code == 201, answer.text
    job = answer.json()["job"]
    assert isinstance(job, dict), answer.json()
    return job


def do_all(biosight: BioSight) -> list[Job]:
    """What a worker does: every job that waits."""
    done = []
    while (job := jobs.claim(biosight.archive.records, all_kinds.LIGHT)) is not None:
        all_kinds.run(biosight, job)
        done.append(jobs.get_job(biosight.archive.records, job.id))
    return done


class Broken(BaseException):
    """The worker is gone: nothing is tidied up."""


def up_to(
    biosight: BioSight, monkeypatch: pytest.MonkeyPatch, steps: int, then: Callable[[], object]
) -> None:
    """Do a job, and `then` something when it has noted `steps` pieces."""
    notes: Iterator[int] = iter(range(100))
    note = Progress.note

    def counted(self: Progress, *args: Any, **kwargs: Any) -> None:
        note(self, *args, **kwargs)
        if next(notes) == steps:
            then()

    job = jobs.claim(biosight.archive.records, all_kinds.LIGHT)
    assert job is not None
    with monkeypatch.context() as patched:
        patched.setattr(Progress, "note", counted)
        try:
            all_kinds.run(biosight, job)
        except Broken:
            pass


def labels_of(biosight: BioSight, ids: list[str]) -> list[str]:
    found = {i.id: i for i in biosight.archive.records.find(Image, limit=1000)}
    return [found[id].label for id in ids]


def history(client: TestClient, collection: str) -> list[tuple[str, int, bool]]:
    acts = client.get(f"{API}/collections/{collection}/acts").json()
    return [(a["summary"], a["count"], a["undone"]) for a in acts]


@pytest.mark.parametrize("named", [False, True])
def test_an_act_on_many_is_one_job_and_one_line(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]], named: bool
) -> None:
    collection, ids = pond
    which = {"images": ids} if named else {"matching": {"label": "Red"}}
    job = asked(ada, collection, kind="relabel", label="Fox", **which)
    assert (job["title"], job["state"]) == ("Relabelling as Fox", "waiting")
    assert [j["id"] for j in ada.get(f"{API}/jobs").json()] == [job["id"]]
    (done,) = do_all(biosight)
    assert (done.state, done.words) == ("done", "7 pictures relabelled as Fox")
    assert (done.done, done.total) == (MANY, MANY)
    assert labels_of(biosight, ids) == ["Fox"] * MANY
    assert history(ada, collection) == [("Relabelled as Fox", MANY, False)]
    assert not list(jobs.picks(biosight.archive.records, job["id"]))
    undone = ada.post(f"{API}/acts/{job['act']}/undo").json()
    assert undone["job"]["title"] == "Undoing: Relabelled as Fox"
    (back,) = do_all(biosight)
    assert back.words == "Undone for 7 pictures: Relabelled as Fox"
    assert labels_of(biosight, ids) == ["Red"] * MANY
    assert history(ada, collection) == [("Relabelled as Fox", MANY, True)]
    assert ada.post(f"{API}/acts/{job['act']}/undo").status_code == 409


@pytest.mark.transactions
def test_a_stopped_act_tells_what_it_did_and_is_taken_back_as_a_whole(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    job = asked(ada, collection, kind="relabel", label="Oops", matching={"label": "Red"})
    told: list[str] = []

    def stop() -> None:
        told.append(ada.delete(f"{API}/jobs/{job['id']}").json()["words"])

    up_to(biosight, monkeypatch, 2, stop)
    assert told == ["Stopped: 4 pictures relabelled as Oops"]
    assert labels_of(biosight, ids) == ["Oops"] * 4 + ["Red"] * 3
    assert history(ada, collection) == [("Relabelled as Oops", 4, False)]
    assert ada.delete(f"{API}/jobs/{job['id']}").status_code == 409
    ada.post(f"{API}/acts/{job['act']}/undo")
    do_all(biosight)
    assert labels_of(biosight, ids) == ["Red"] * MANY


def test_one_that_did_nothing_yet_leaves_no_line_when_it_is_stopped(
    ada: TestClient, pond: tuple[str, list[str]]
) -> None:
    collection, _ = pond
    job = asked(ada, collection, kind="trash", matching={"label": "Red"})
    said = ada.delete(f"{API}/jobs/{job['id']}").json()
    assert (said["state"], said["words"]) == ("dropped", "Stopped: 0 pictures moved to the trash")
    assert history(ada, collection) == []


def test_one_taken_back_before_it_began_leaves_no_line(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    job = asked(ada, collection, kind="relabel", label="Oops", images=ids)
    done = ada.post(f"{API}/acts/{job['act']}/undo").json()
    assert (done["changed"], done["job"]) == ([], None)
    assert history(ada, collection) == []
    assert do_all(biosight) == []
    assert not list(jobs.picks(biosight.archive.records, job["id"]))


@pytest.mark.transactions
def test_undo_of_an_act_under_way_stops_it_and_takes_it_back(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    job = asked(ada, collection, kind="relabel", label="Oops", matching={"label": "Red"})
    up_to(biosight, monkeypatch, 2, lambda: ada.post(f"{API}/acts/{job['act']}/undo"))
    assert jobs.get_job(biosight.archive.records, job["id"]).state == "dropped"
    (back,) = do_all(biosight)
    assert back.words == "Undone for 4 pictures: Relabelled as Oops"
    assert labels_of(biosight, ids) == ["Red"] * MANY
    assert history(ada, collection) == [("Relabelled as Oops", 4, True)]


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_job_taken_up_again_counts_nothing_twice(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    collection, ids = pond
    job = asked(ada, collection, kind="confirm", images=ids)

    def die() -> None:
        raise Broken

    up_to(biosight, monkeypatch, steps, die)
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1.0)
    records = biosight.archive.records
    half = jobs.get_job(records, job["id"])
    jobs.amend(records, half, lease_until=0.0)
    monkeypatch.setattr(jobs, "LEASE_SECONDS", 30.0)
    (done,) = do_all(biosight)
    assert (done.words, done.done) == ("7 pictures confirmed", MANY)
    assert history(ada, collection) == [("Confirmed", MANY, False)]


def test_what_somebody_does_meanwhile_wins_and_is_counted(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    asked(ada, collection, kind="relabel", label="Fox", images=ids)

    def correct() -> None:
        ada.patch(f"{API}/images/{ids[-1]}", json={"label": "Owl"})

    up_to(biosight, monkeypatch, 1, correct)
    assert labels_of(biosight, ids) == ["Fox"] * 6 + ["Owl"]
    done = jobs.jobs_by(biosight.archive.records, one_user(biosight), all_kinds.LIGHT, 0.0)[0]
    words = "6 pictures relabelled as Fox; 1 changed by somebody else first and left alone"
    assert done.words == words


def one_user(biosight: BioSight) -> str:
    return biosight.archive.records.find(Image)[0].uploaded_by


@pytest.mark.transactions
def test_somebody_faster_within_a_piece_wins_too(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    asked(ada, collection, kind="relabel", label="Fox", images=ids)
    later = perform_acts.changed_later
    corrected: list[object] = []

    def between(*args: Any) -> set[str]:
        found = later(*args)
        if not corrected:  # after the piece was read, before it is written
            corrected.append(ada.patch(f"{API}/images/{ids[1]}", json={"label": "Owl"}))
        return found

    monkeypatch.setattr(long_acts, "changed_later", between)
    (done,) = do_all(biosight)
    assert labels_of(biosight, ids) == ["Fox", "Owl"] + ["Fox"] * 5
    assert done.words.startswith("6 pictures relabelled as Fox; 1 changed by somebody else")


def test_an_act_asked_for_later_comes_on_top(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    asked(ada, collection, kind="relabel", label="Fox", images=ids)
    asked(ada, collection, kind="relabel", label="Owl", images=ids)
    assert [j.words.split(";")[0] for j in do_all(biosight)] == [
        "7 pictures relabelled as Fox",
        "7 pictures relabelled as Owl",
    ]
    assert labels_of(biosight, ids) == ["Owl"] * MANY


def test_pictures_that_come_in_later_are_not_meant(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    asked(ada, collection, kind="relabel", label="Fox", matching={"label": "Red"})
    late = upload_ids(ada, collection, *["Red"] * (MANY + 1))[-1]
    do_all(biosight)
    assert labels_of(biosight, [*ids, late]) == ["Fox"] * MANY + ["Red"]


@pytest.mark.parametrize("kind", ["move", "copy"])
def test_many_go_to_another_collection_but_for_those_that_are_there(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]], kind: str
) -> None:
    collection, ids = pond
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    one = {"kind": "copy", "target": other, "images": [ids[2]]}
    ada.post(f"{API}/collections/{collection}/acts", json=one)
    asked(ada, collection, kind=kind, target=other, images=ids)
    (done,) = do_all(biosight)
    said = "moved" if kind == "move" else "copied"
    assert done.words == f"6 pictures {said} to Other; 1 there already"
    records = biosight.archive.records
    assert records.count(Image, [Where("collection", "=", other)]) == MANY


def test_a_target_that_goes_meanwhile_ends_the_job_in_words(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    other = ada.post(f"{API}/collections", json={"name": "Other"}).json()["id"]
    job = asked(ada, collection, kind="move", target=other, images=ids)
    up_to(biosight, monkeypatch, 1, lambda: ada.delete(f"{API}/collections/{other}"))
    ended = jobs.get_job(biosight.archive.records, job["id"])
    assert ended.state == "failed"
    assert ended.words == "The collection or deployment for these pictures no longer exists."
    assert history(ada, collection) == [("Moved to Other", 2, False)]


def test_a_rename_of_many_changes_names_at_once_and_pictures_as_a_job(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    path = f"{API}/collections/{collection}/labels/rename"
    done = ada.post(path, json={"old": "Red", "new": "Poppy"}).json()
    assert done["job"]["title"] == "Renamed Red to Poppy"
    late = upload_ids(ada, collection, *["Red"] * (MANY + 1))[-1]
    assert labels_of(biosight, [late]) == ["Poppy"]
    (ended,) = do_all(biosight)
    assert ended.words == "7 pictures renamed"
    assert labels_of(biosight, ids) == ["Poppy"] * MANY
    back = ada.post(f"{API}/acts/{done['act']}/undo").json()["job"]
    assert ada.delete(f"{API}/jobs/{back['id']}").status_code == 409  # names are back already
    do_all(biosight)
    assert labels_of(biosight, ids) == ["Red"] * MANY


def test_a_stopped_undo_can_be_gone_on_with(
    ada: TestClient,
    biosight: BioSight,
    pond: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collection, ids = pond
    job = asked(ada, collection, kind="relabel", label="Fox", images=ids)
    do_all(biosight)
    back = ada.post(f"{API}/acts/{job['act']}/undo").json()["job"]
    told: list[str] = []

    def stop() -> None:
        told.append(ada.delete(f"{API}/jobs/{back['id']}").json()["words"])

    up_to(biosight, monkeypatch, 1, stop)
    assert told == ["Stopped: 4 of 7 pictures are back."]
    assert history(ada, collection) == [("Relabelled as Fox", MANY, False)]
    ada.post(f"{API}/acts/{job['act']}/undo")
    do_all(biosight)
    assert labels_of(biosight, ids) == ["Red"] * MANY


def test_a_full_trash_is_emptied_by_a_job(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    asked(ada, collection, kind="trash", images=ids)
    do_all(biosight)
    job = ada.delete(f"{API}/collections/{collection}/trash").json()["job"]
    assert job["title"] == "Emptying the trash"
    again = ada.delete(f"{API}/collections/{collection}/trash")
    assert again.status_code == 409
    (done,) = do_all(biosight)
    assert done.words == "7 pictures removed for good"
    assert biosight.archive.records.find(Image) == []


def test_a_clock_put_right_brings_many_pictures_after_it(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    path = f"{API}/collections/{collection}/deployments"
    camera = ada.post(path, json={"name": "Cam"}).json()["id"]
    asked(ada, collection, kind="deploy", deployment=camera, images=ids)
    do_all(biosight)
    done = ada.patch(f"{path}/{camera}", json={"name": "Cam", "shift": 60}).json()
    assert done["job"]["total"] == 0
    (ended,) = do_all(biosight)
    assert ended.words == "7 pictures put into their deployment"
    assert {i.shift for i in biosight.archive.records.find(Image)} == {60}
    ada.post(f"{API}/acts/{done['act']}/undo")
    do_all(biosight)
    assert {i.shift for i in biosight.archive.records.find(Image)} == {0}


def test_confirming_all_that_match_is_accepted_in_bulk(
    ada: TestClient, biosight: BioSight, pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    ada.patch(f"{API}/images/{ids[0]}", json={"confirm": True})
    asked(ada, collection, kind="confirm", matching={"label": "Red"})
    (done,) = do_all(biosight)
    assert done.words == "6 pictures confirmed, accepted in bulk; 1 left as they were"
    who = {i.id: i.who for i in biosight.archive.records.find(Image)}
    assert [who[id] for id in ids] == ["person"] + ["bulk"] * 6
    # Somebody who looks at one says so.
    ada.patch(f"{API}/images/{ids[1]}", json={"confirm": True})
    found = biosight.archive.records.get(Image, ids[1])
    assert found is not None
    assert found.who == "person"


def test_strangers_neither_see_nor_stop_a_job(
    ada: TestClient, another: Callable[[str], TestClient], pond: tuple[str, list[str]]
) -> None:
    collection, ids = pond
    bob = another("bob@example.org")
    job = asked(ada, collection, kind="relabel", label="Fox", images=ids)
    assert bob.get(f"{API}/jobs").json() == []
    assert bob.get(f"{API}/jobs/{job['id']}").status_code == 404
    assert bob.delete(f"{API}/jobs/{job['id']}").status_code == 404
