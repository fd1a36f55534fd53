"""A picture of a deployment has its site and its clock, whoever changes what at the same moment."""

import random
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import mongomock
import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import KINDS, BioSight, open_archive
from biosight.collection import Collection
from biosight.errors import BioSightError, Conflict, NotFound, Stale
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.review.acts import Act, Change, change_of
from biosight.review.perform_acts import perform
from biosight.review.undo_acts import get_act, undo
from biosight.settings import Settings
from biosight.storage.records import Gone, Insert, Records, Replace, Where, Write
from biosight.storage.sqlite.store import SqliteRecords
from biosight.taxa.naming import Naming
from biosight.work import jobs
from biosight.workflows.jobs import all_kinds
from biosight.workflows.pictures import long_acts
from biosight.workflows.places import deployment_acts
from tests.between import Between
from tests.conftest import Run, first_collection, upload_ids
from tests.publishing.test_table import IMAGE
from tests.stores import Mocked

API = "/api/v1/collections"


@pytest.fixture(params=["sqlite", "mongomock"])
def records(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    opened: Records
    if request.param == "sqlite":
        opened = SqliteRecords(tmp_path / "test.db", KINDS)
    else:
        opened = Mocked(mongomock.MongoClient()["test"], KINDS)
    yield opened
    opened.close()


def camera(records: Records) -> Deployment:
    """A deployment without a site, at the right time."""
    return deployment_acts.add_place(records, "ada", Deployment("", "c", "Cam"))[0]


def pictures(records: Records, many: int) -> list[Image]:
    made = [
        replace(IMAGE, id=f"i{n}", sha256=f"{n:064}", taken_file="2025-12-31T12:00:00").in_step
        for n in range(many)
    ]
    records.write(*(Insert(image) for image in made))
    return made


def set_clock(records: Records, id: str, shift: int, site: str = "") -> Act:
    """Another clock and site, and all pictures after them."""
    old = records.get(Deployment, id)
    assert old is not None
    changed, act = deployment_acts.change_place(
        records, "ada", old, replace(old, shift=shift, site=site or old.site)
    )
    deployment_acts.follow(records, "ada", act, [changed.id])
    return act


def take_back(records: Records, act: Act) -> None:
    now = get_act(records, act.id)
    undo(
        records,
        now,
        "ada",
        Naming(),
        along=lambda: deployment_acts.places_back(records, now.places_before),
    )
    deployment_acts.align(records, now.places_before)


def astray(records: Records) -> list[tuple[str, int, str]]:
    """Pictures that have another clock or site than their deployment."""
    there = {d.id: d for d in records.find(Deployment, limit=100)}
    return [
        (i.id, i.shift, i.site)
        for i in records.find(Image, [Where("deployment", "!=", "")], limit=1000)
        if i.deployment not in there
        or (i.shift, i.site) != (there[i.deployment].shift, there[i.deployment].site)
    ]


def changes_pictures(*writes: Write) -> bool:
    return any(isinstance(w, Replace) and isinstance(w.record, Image) for w in writes)


def slowed(records: Records, act: object) -> Records:
    """The same store, where somebody acts just before the first picture is written."""
    return cast(Records, Between(records, "write", act, wanted=changes_pictures))  # type: ignore[arg-type]


def test_a_picture_put_in_while_the_clock_changes_gets_the_new_one(records: Records) -> None:
    cam, images = camera(records), pictures(records, 3)
    slow = slowed(records, lambda: set_clock(records, cam.id, 3600))
    done = perform(slow, "bob", "c", deployment_acts.put_into(cam), images)
    assert len(done.changed) == 3
    assert astray(records) == []
    assert {i.shift for i in records.find(Image)} == {3600}


def test_two_who_change_the_clock_leave_one(records: Records) -> None:
    cam, images = camera(records), pictures(records, 3)
    perform(records, "bob", "c", deployment_acts.put_into(cam), images)
    slow = slowed(records, lambda: set_clock(records, cam.id, 50))
    set_clock(slow, cam.id, 7)
    assert astray(records) == []


def test_an_undo_beside_another_change_leaves_one_clock(records: Records) -> None:
    cam, images = camera(records), pictures(records, 3)
    perform(records, "bob", "c", deployment_acts.put_into(cam), images)
    act = set_clock(records, cam.id, 100)
    slow = slowed(records, lambda: set_clock(records, cam.id, 999))
    take_back(slow, act)
    assert astray(records) == []


def test_pictures_follow_whatever_else_was_done_to_them_since(
    biosight: BioSight, ada: TestClient
) -> None:
    """A job that follows leaves no picture behind because somebody named it meanwhile."""
    records, c = biosight.archive.records, first_collection(ada)
    ids = upload_ids(ada, c, "Red", "Green")
    cam = ada.post(f"{API}/{c}/deployments", json={"name": "Cam"}).json()["id"]
    body = {"kind": "deploy", "deployment": cam, "images": ids}
    assert ada.post(f"{API}/{c}/acts", json=body).status_code == 201
    old = records.get(Deployment, cam)
    assert old is not None
    me = ada.get("/api/v1/me").json()["id"]
    _, act = deployment_acts.change_place(records, me, old, replace(old, shift=60))
    job = long_acts.ask_to_follow(records, act, [cam])
    image = records.get(Image, ids[0])
    assert image is not None
    perform(records, "bob", c, change_of("relabel", label="Fox"), [image])
    all_kinds.run(biosight, jobs.take(records, job))
    assert jobs.get_job(records, job.id).state == "done"
    assert astray(records) == []
    assert {i.shift for i in records.find(Image)} == {60}


def test_an_undo_brings_back_the_present_clock_and_site(records: Records) -> None:
    """It brought back those of then (G16)."""
    cam, other = (
        camera(records),
        deployment_acts.add_place(records, "ada", Deployment("", "c", "B"))[0],
    )
    images = pictures(records, 2)
    perform(records, "ada", "c", deployment_acts.put_into(cam), images)
    now = records.find(Image)
    moved = perform(records, "ada", "c", deployment_acts.put_into(other), now)
    site = deployment_acts.add_place(records, "ada", Site("", "c", "Pond", 1, 2))[0]
    set_clock(records, cam.id, 3600, site.id)
    take_back(records, get_act(records, moved.act))
    assert {(i.deployment, i.shift, i.site) for i in records.find(Image)} == {
        (cam.id, 3600, site.id)
    }


def test_an_undo_brings_back_no_deployment_that_is_gone(records: Records) -> None:
    cam, images = camera(records), pictures(records, 2)
    perform(records, "ada", "c", deployment_acts.put_into(cam), images)
    out = perform(records, "ada", "c", deployment_acts.put_into(None), records.find(Image))
    kept = records.get(Deployment, cam.id)
    assert kept is not None
    deployment_acts.remove_place(records, "ada", kept)
    take_back(records, get_act(records, out.act))
    assert {(i.deployment, i.shift, i.site) for i in records.find(Image)} == {("", 0, "")}


def test_an_undo_brings_back_no_site_that_is_gone(records: Records) -> None:
    site = deployment_acts.add_place(records, "ada", Site("", "c", "Pond", 1, 2))[0]
    images = pictures(records, 1)
    at = Change("deploy", target_name="Put at Pond", site=site.id)
    perform(records, "ada", "c", at, images)
    out = perform(records, "ada", "c", deployment_acts.put_into(None), records.find(Image))
    deployment_acts.remove_place(records, "ada", site)
    take_back(records, get_act(records, out.act))
    assert [i.site for i in records.find(Image)] == [""]


def test_put_into_a_deployment_can_be_undone(ada: TestClient) -> None:
    """It was always 404: the deployment was taken for a collection (G7)."""
    c = first_collection(ada)
    ids = upload_ids(ada, c, "Red")
    cam = ada.post(f"{API}/{c}/deployments", json={"name": "Cam"}).json()["id"]
    body = {"kind": "deploy", "deployment": cam, "images": ids}
    act = ada.post(f"{API}/{c}/acts", json=body).json()["act"]
    undone = ada.post(f"/api/v1/acts/{act}/undo")
    assert undone.status_code == 200, undone.text
    assert [i["deployment"] for i in undone.json()["changed"]] == [""]


def test_a_deployment_that_goes_while_pictures_come_takes_none(records: Records) -> None:
    cam, images = camera(records), pictures(records, 1)
    rests = long_acts.required_records(deployment_acts.put_into(cam))

    def gone() -> None:
        found = records.get(Deployment, cam.id)
        assert found is not None
        deployment_acts.remove_place(records, "ada", found)

    slow = slowed(records, gone)
    with pytest.raises(Gone, match="deployments"):
        perform(slow, "bob", "c", deployment_acts.put_into(cam), images, rests_on=rests)
    assert astray(records) == []


@pytest.mark.parametrize("servers", [1, 2])
def test_contention_ends_with_one_clock(tmp_path: Path, servers: int) -> None:
    """Clocks changed, acts undone and pictures put in by several at once, on one server and on two
    over one store (repro/r1_clock.py)."""
    stores = [SqliteRecords(tmp_path / "test.db", KINDS) for _ in range(servers)]
    records = stores[0]
    cam, images = camera(records), pictures(records, 60)
    [made] = records.find(Act)  # it stays: without the camera there is no clock
    perform(records, "ada", "c", deployment_acts.put_into(cam), images)
    dice, rounds = random.Random(4), 8

    def clock(store: Records) -> None:
        set_clock(store, cam.id, dice.randrange(1, 9000))

    def put(store: Records) -> None:
        found = store.get(Deployment, cam.id)
        some = dice.sample(store.find(Image, limit=100), 20)
        perform(store, "ada", "c", deployment_acts.put_into(dice.choice([found, None])), some)

    def back(store: Records) -> None:
        acts = store.find(Act, [Where("undone_at", "=", 0.0), Where("id", ">", made.id)], limit=500)
        if acts:
            take_back(store, acts[-1])

    def sail(store: Records, what: object) -> None:
        done = tries = 0
        while done < rounds and tries < 50 * rounds:
            tries += 1
            try:
                what(store)  # type: ignore[operator]
            except (Stale, Conflict, NotFound, BioSightError):
                continue
            done += 1

    whats = [clock, clock, put, put, back, back]
    threads = [
        threading.Thread(target=sail, args=(stores[n % servers], what))
        for n, what in enumerate(whats)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert astray(records) == []
    assert records.count(Act) > rounds  # an act that was stopped before it did anything is none
    for store in stores:
        store.close()


def test_doctor_finds_and_mends_what_an_earlier_biosight_left(run: Run, settings: Settings) -> None:
    with closing(open_archive(settings)) as archive:
        run("user", "add", "ada@example.org", "--password", "seven quiet herons")
        records = archive.records
        (c,) = records.ids(Collection)
        cam, _ = deployment_acts.add_place(records, "ada", Deployment("", c, "Cam", shift=7))
        for n, (deployment, shift) in enumerate([(cam.id, 3), (cam.id, 7), ("gone", 5)]):
            image = replace(IMAGE, id=f"i{n}", sha256=f"{n:064}", collection=c)
            records.write(Insert(replace(image, deployment=deployment, shift=shift).in_step))
    said = run("doctor", code=1).output
    assert "misplaced: 1 pictures of Cam in My images" in said
    assert "misplaced: 1 pictures of a deployment that is gone" in said
    mended = run("doctor", "--repair", code=1).output
    assert "2 pictures got their deployment's site and clock" in mended
    with closing(open_archive(settings)) as archive:
        assert astray(archive.records) == []
    assert "misplaced" not in run("doctor", code=1).output  # the files of the pictures are missing
