"""Event-based observations of Camtrap DP: kept, shown, published again, and used where nothing else
is said of an event's pictures."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight, Catalogue, open_archive
from biosight.collection import Collection
from biosight.field.coarse_places import Coarsening
from biosight.field.event_observations import counting, digest_of, observations_about
from biosight.images import Image
from biosight.places import Deployment, EventObservation
from biosight.publishing.standards.camtrap_rules import is_sound_cell
from biosight.review.acts import change_of
from biosight.review.perform_acts import perform
from biosight.review.undo_acts import get_act
from biosight.settings import Settings
from biosight.storage.records import Insert, Records, Replace, Where
from biosight.subjects import Details, Subject
from biosight.web.schemas.picture_detail import said_of_event
from biosight.workflows.exchange.camtrap_events import events_in
from biosight.workflows.jobs.undo_act import take_back
from biosight.workflows.task import Task
from tests import tiny
from tests.conftest import Run, add_ada, first_collection
from tests.publishing.test_table import IMAGE
from tests.stores import open_empty

DEPLOYMENTS = (
    "deploymentID,locationID,locationName,latitude,longitude,deploymentStart,deploymentEnd,"
    "setupBy,cameraHeading,featureType,deploymentTags\n"
    "d1,L1,North,52.1,5.1,2024-05-01T00:00:00Z,2024-06-01T00:00:00Z,"
    "Danny,285,nowhere,season:spring\n"
)
MEDIA = """mediaID,deploymentID,timestamp,filePath,fileName,mediaComments
m1,d1,2024-05-02T04:00:00Z,media/p1.jpg,p1.jpg,for the poster
m2,d1,2024-05-02T04:00:10Z,media/p2.jpg,p2.jpg,
"""
OBSERVATIONS = (
    "observationID,deploymentID,mediaID,eventID,eventStart,eventEnd,observationLevel,"
    "observationType,scientificName,count,sex,behavior,classificationMethod,classifiedBy,"
    "classificationTimestamp,observationTags,observationComments\n"
)
OF_PICTURES = (
    "o1,d1,m1,e1,2024-05-02T04:00:00Z,2024-05-02T04:00:00Z,media,"
    "animal,Vulpes vulpes,1,female,,human,Danny,,,eclipse\n"
    "o2,d1,m2,e1,2024-05-02T04:00:10Z,2024-05-02T04:00:10Z,media,"
    "animal,Vulpes vulpes,2,female,,human,Danny,,,\n"
)
OF_EVENT = (
    "o3,d1,,e1,2024-05-02T04:00:00Z,2024-05-02T04:00:10Z,event,"
    "animal,Vulpes vulpes,5,female,foraging,human,Danny,"
    "2024-06-01T10:00:00Z,swims:across,a family\n"
)


def seen_at(taken: str, id: str) -> Image:
    """A picture of the deployment d1."""
    return replace(IMAGE, id=f"i{id}", sha256=id, deployment="d1", taken=taken)


def package(folder: Path, observations: str, media: str = MEDIA) -> Path:
    """A package with two pictures of one deployment."""
    (folder / "media").mkdir(parents=True)
    for number in (1, 2):
        (folder / "media" / f"p{number}.jpg").write_bytes(tiny.picture("Red", 700 + number))
    tables = {
        "deployments": DEPLOYMENTS,
        "media": media,
        "observations": OBSERVATIONS + observations,
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    resources = [{"name": n, "path": f"{n}.csv"} for n in tables]
    described = {"profile": "camtrap-dp", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(described))
    return folder


def published(run: Run, tmp_path: Path, table: str = "observations") -> list[dict[str, str]]:
    """The rows of a table of what BioSight publishes."""
    run("publish", "camtrap-dp", "--to", tmp_path / "out.zip", "--license", "CC0-1.0")
    text = zipfile.ZipFile(tmp_path / "out.zip").read(f"{table}.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


def of_events(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["observationLevel"] == "event"]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    yield archive.records
    archive.close()


def test_a_row_of_an_event_comes_out_as_it_came_in(run: Run, tmp_path: Path) -> None:
    """A count that no picture shows, a behaviour and comments were lost."""
    add_ada(run)
    told = run("import-camtrap", package(tmp_path / "p", OF_PICTURES + OF_EVENT)).output
    assert "1  observations of events" in told
    rows = published(run, tmp_path)
    assert len(rows) == 3
    [event] = of_events(rows)
    said = {name: event[name] for name in ("count", "sex", "behavior", "observationComments")}
    assert said == {
        "count": "5",
        "sex": "female",
        "behavior": "foraging",
        "observationComments": "a family",
    }
    assert (event["eventStart"], event["eventEnd"]) == (
        "2024-05-02T04:00:00Z",
        "2024-05-02T04:00:10Z",
    )
    assert event["classifiedBy"] == "imported: Danny"
    assert event["observationTags"] == "swims:across"
    assert {row["eventID"] for row in rows} == {event["eventID"]}
    assert len({row["observationID"] for row in rows}) == 3


def test_the_same_package_twice_keeps_each_row_once(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    there = package(tmp_path / "p", OF_PICTURES + OF_EVENT)
    run("import-camtrap", there)
    run("import-camtrap", there)
    assert len(records.find(EventObservation)) == 1


def test_a_package_of_our_own_comes_in_again_without_more_rows(
    run: Run, tmp_path: Path, records: Records
) -> None:
    """Each way out and in gave the rows of events new ids, and BioSight's own rows stayed."""
    add_ada(run)
    other = OF_PICTURES.replace("o2,d1,m2,e1", "o2,d1,m2,e2")
    run(
        "import-camtrap",
        package(tmp_path / "p", other + OF_EVENT.replace("00:10Z,ev", "00:00Z,ev")),
    )
    for number in (1, 2):
        run("publish", "camtrap-dp", "--to", tmp_path / f"{number}.zip", "--license", "CC0-1.0")
        run("import-camtrap", tmp_path / f"{number}.zip")
        assert len(records.find(EventObservation)) == 1


def test_what_somebody_changed_stays_when_the_package_comes_again(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    there = package(tmp_path / "p", OF_PICTURES + OF_EVENT)
    run("import-camtrap", there)
    [row] = records.find(EventObservation)
    [first] = [i for i in records.find(Image) if i.name == "p1.jpg"]
    perform(records, "ada", first.collection, change_of("note", note="a new note"), [first])
    perform(records, "ada", first.collection, change_of("count", individuals=7), [first])
    run("import-camtrap", there)
    [again] = records.find(EventObservation)
    assert (again.id, again.said, again.images) == (row.id, row.said, row.images)


def test_labels_and_counts_given_here_stay_when_the_package_comes_again(
    run: Run, tmp_path: Path, records: Records
) -> None:
    """The preview promised that, and the import wrote the package's names over them."""
    add_ada(run)
    there = package(tmp_path / "p", OF_PICTURES + OF_EVENT)
    run("import-camtrap", there)
    here = {i.name: i for i in records.find(Image)}
    badger, unsure = change_of("relabel", label="Badger"), change_of("undecided")
    for name, change in (("p1.jpg", badger), ("p2.jpg", unsure)):
        perform(records, "ada", here[name].collection, change, [here[name]])
    seen = records.find(Image)
    perform(records, "ada", seen[0].collection, change_of("count", individuals=7), seen)
    told = run("import-camtrap", there).output
    assert {i.name: (i.label, i.individuals) for i in records.find(Image)} == {
        "p1.jpg": ("Badger", 7),
        "p2.jpg": ("", 7),
    }
    assert "2  named by a person here, and left so" in told
    assert "named by people" not in told


def test_an_empty_frame_gets_no_animals_and_what_was_described_stays(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    there = package(tmp_path / "p", OF_PICTURES.replace(",female,", ",,"))
    run("import-camtrap", there)
    here = {i.name: i for i in records.find(Image)}
    first, second = here["p1.jpg"], here["p2.jpg"]
    perform(records, "ada", first.collection, change_of("relabel", label="Empty"), [first])
    young = Details(life_stage="juvenile")
    said = (Subject("Vulpes vulpes", young), Subject("Meles meles", by="ada"))
    change = change_of("subjects", subjects=said)
    perform(records, "ada", second.collection, change, [second])
    run("import-camtrap", there)
    now = {i.name: i for i in records.find(Image)}
    assert (now["p1.jpg"].label, now["p1.jpg"].individuals) == ("Empty", 0)
    assert [s.label for s in now["p2.jpg"].subjects] == ["Vulpes vulpes", "Meles meles"]
    assert now["p2.jpg"].details.life_stage == "juvenile"


def test_a_count_given_here_stays_when_people_of_a_package_name_the_picture(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    run("import-camtrap", package(tmp_path / "p", OF_PICTURES.replace(",human,", ",machine,")))
    seen = records.find(Image)
    perform(records, "ada", seen[0].collection, change_of("count", individuals=7), seen)
    run("import-camtrap", package(tmp_path / "q", OF_PICTURES))
    assert {(i.label, i.who, i.individuals) for i in records.find(Image)} == {
        ("Vulpes vulpes", "person", 7)
    }


def test_an_answer_that_came_in_follows_its_package(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    plain = OF_PICTURES.replace(",female,", ",,")
    run("import-camtrap", package(tmp_path / "p", plain))
    again = plain.replace("Vulpes vulpes,1", "Meles meles,3")
    again = again.replace("Vulpes vulpes,2", "Meles meles,3")
    told = run("import-camtrap", package(tmp_path / "q", again)).output
    assert "2  named by people" in told
    assert {(i.label, i.individuals) for i in records.find(Image)} == {("Meles meles", 3)}


def test_what_somebody_changes_counts_instead(run: Run, tmp_path: Path, records: Records) -> None:
    add_ada(run)
    run("import-camtrap", package(tmp_path / "p", OF_PICTURES + OF_EVENT))
    [first] = [i for i in records.find(Image) if i.name == "p1.jpg"]
    act = perform(records, "ada", first.collection, change_of("relabel", label="Badger"), [first])
    events = of_events(published(run, tmp_path))
    assert sorted((e["observationComments"], e["count"]) for e in events) == [
        ("", "2"),
        ("Badger", "1"),
    ]
    collection = records.get(Collection, first.collection)
    assert collection is not None
    take_back(
        Task(records, Catalogue("tiny", {}, Path), collection, "ada"), get_act(records, act.act)
    )
    assert [e["count"] for e in of_events(published(run, tmp_path))] == ["5"]


def test_rows_of_an_event_are_said_of_pictures_without_any(
    run: Run, tmp_path: Path, records: Records
) -> None:
    """Packages that hold event-based observations alone left all pictures without a name."""
    add_ada(run)
    told = run("import-camtrap", package(tmp_path / "p", OF_EVENT)).output
    assert "2  named as their event" in told
    assert {i.label for i in records.find(Image)} == {"Vulpes vulpes"}
    assert [e["behavior"] for e in of_events(published(run, tmp_path))] == ["foraging"]


def test_an_event_without_its_pictures_is_named(run: Run, tmp_path: Path, records: Records) -> None:
    add_ada(run)
    media = MEDIA + "m3,d1,2024-05-02T04:00:12Z,media/p3.jpg,p3.jpg,\n"
    of_third = "o4,d1,m3,e1,,,media,animal,Vulpes vulpes,1,,,human,Danny,,,\n"
    elsewhere = OF_EVENT.replace("o3,d1,,e1,2024-05-02T04:00:00Z", "o5,d1,,e9,2025-01-01T00:00:00Z")
    there = package(tmp_path / "p", OF_PICTURES + of_third + OF_EVENT + elsewhere, media)
    told = run("import-camtrap", there, "--fail", code=3).output
    assert "observations, row 5: some of the event's pictures are not here" in told
    assert "observations, row 6: none of the event's pictures is here" in told
    assert records.find(EventObservation) == []


def test_cells_that_break_the_standards_rules_are_named(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    wrong = OF_EVENT.replace(",animal,", ",beast,").replace("2024-06-01T10:00:00Z", "June")
    told = run("import-camtrap", package(tmp_path / "p", OF_PICTURES + wrong)).output
    assert "observationType “beast” is left out" in told
    assert "classificationTimestamp “June” is left out" in told
    [kept] = records.find(EventObservation)
    assert dict(kept.terms)["behavior"] == "foraging"


@pytest.mark.parametrize(
    ("name", "text", "sound"),
    [
        ("cameraTilt", "-15", True),
        ("cameraTilt", "-15.5", False),
        ("cameraHeading", "361", False),
        ("detectionDistance", "3.20", True),
        ("detectionDistance", "far", False),
        ("featureType", "trailGame", True),
        ("timestampIssues", "maybe", False),
        ("eventStart", "2024-05-02T04:00:00", False),
        ("setupBy", "anybody", True),
        ("individualSpeed", "", True),
    ],
)
def test_rules_of_cells(name: str, text: str, *, sound: bool) -> None:
    assert is_sound_cell(name, text) is sound


def test_columns_of_deployments_and_comments_are_kept(
    run: Run, tmp_path: Path, records: Records
) -> None:
    """Who set a camera up and where it looked was lost, and the comments on pictures."""
    add_ada(run)
    told = run("import-camtrap", package(tmp_path / "p", OF_PICTURES + OF_EVENT)).output
    assert "columns that are not kept" not in told
    [row] = published(run, tmp_path, "deployments")
    assert (row["setupBy"], row["cameraHeading"]) == ("Danny", "285")
    assert row["featureType"] == ""  # "nowhere" is no word of the standard's
    assert row["deploymentTags"].startswith("season:spring")
    [deployment] = records.find(Deployment)
    assert dict(deployment.terms)["featureType"] == "nowhere"
    notes = {i.name: i.note for i in records.find(Image)}
    assert notes == {"p1.jpg": "for the poster | eclipse", "p2.jpg": ""}
    table = run("places", "export").output
    assert "season:spring" in table
    assert "Danny" in table


def test_columns_without_a_place_here_are_named(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    media = MEDIA.replace("mediaComments", "favorite").replace("for the poster", "true")
    told = run("import-camtrap", package(tmp_path / "p", OF_PICTURES, media)).output
    assert "media: columns that are not kept: favorite" in told


def test_a_table_leaves_other_texts_of_a_deployment(
    run: Run, tmp_path: Path, records: Records
) -> None:
    add_ada(run)
    run("import-camtrap", package(tmp_path / "p", OF_PICTURES))
    (tmp_path / "d.csv").write_text("deploymentID,cameraHeading\nd1,90\n")
    run("places", "import", tmp_path / "d.csv", "--yes")
    [deployment] = records.find(Deployment)
    assert dict(deployment.terms) == {
        "deploymentTags": "season:spring",
        "setupBy": "Danny",
        "cameraHeading": "90",
        "featureType": "nowhere",
    }


def test_an_event_is_found_by_its_times_where_rows_share_no_id() -> None:
    media = [
        {"mediaID": "m1", "deploymentID": "d1", "timestamp": "2024-05-02T06:00:00+02:00"},
        {"mediaID": "m2", "deploymentID": "d1", "timestamp": "2024-05-02T04:00:11Z"},
        {"mediaID": "m3", "deploymentID": "d2", "timestamp": "2024-05-02T04:00:00Z"},
    ]
    row = {
        "deploymentID": "d1",
        "eventStart": "2024-05-02T04:00:00Z",
        "eventEnd": "2024-05-02T04:00:10Z",
        "observationLevel": "event",
    }
    [event] = events_in([(2, row), (3, dict(row))], media)
    assert (event.media, [n for n, _ in event.rows]) == (["m1"], [2, 3])
    assert events_in([(2, {**row, "deploymentID": "d9"})], media)[0].media == []


def test_each_row_of_an_event_comes_once_whatever_their_ids(tmp_path: Path) -> None:
    """Rows are read by id and looked at by event: the one order may not disturb the other."""
    records = open_empty("sqlite", tmp_path)
    images = [seen_at(f"2024-05-02T0{n}:00:00", str(n)) for n in range(1, 6)]
    for image in images:
        said, times = digest_of([image]), (image.taken,) * 2
        id = f"o{9 - int(image.sha256)}"
        row = EventObservation(id, image.collection, "d1", (image.id,), times, said, ())
        records.write(Insert(image), Insert(row))
    found = counting(records, images[0].collection, Where("deployment", "=", "d1"), size=2)
    assert sorted(c.observation.id for c in found) == ["o4", "o5", "o6", "o7", "o8"]
    records.close()


@pytest.mark.parametrize("of_machines", [False, True])
def test_a_row_counts_whatever_machines_answer_anew(tmp_path: Path, *, of_machines: bool) -> None:
    """Each new answer of a model ended the rows of its event. Rows of the first archives that kept
    them have a digest with the machines' labels, and count while these are the same."""
    records = open_empty("sqlite", tmp_path)
    image = replace(seen_at("2024-05-02T04:00:01", "1"), who="machine", label="Red")
    said = digest_of([image], of_machines=of_machines)
    row = EventObservation("o", image.collection, "d1", ("i1",), (image.taken,) * 2, said, ())
    records.write(Insert(image), Insert(row), Insert(replace(row, id="p")))
    assert [c.observation.id for c in observations_about(records, image)] == ["o", "p"]
    changed = replace(image, label="Heron", version=image.version + 1)
    records.write(Replace(changed, image.version))
    assert len(observations_about(records, changed)) == (0 if of_machines else 2)
    confirmed = replace(changed, who="person", version=changed.version + 1)
    records.write(Replace(confirmed, changed.version))
    assert observations_about(records, confirmed) == []
    records.close()


@pytest.mark.parametrize("store", ["sqlite", "mongomock"])
def test_a_row_counts_until_a_picture_of_its_event_changes(store: str, tmp_path: Path) -> None:
    records = open_empty(store, tmp_path)
    images = [replace(seen_at(f"2024-05-02T04:00:0{n}", str(n)), who="person") for n in (1, 2)]
    terms = (("scientificName", "Vulpes vulpes"), ("count", "5"))
    taken = (images[0].taken, images[1].taken)
    collection, ids = images[0].collection, tuple(i.id for i in images)
    row = EventObservation("o", collection, "d1", ids, taken, digest_of(images), terms)
    records.write(*(Insert(i) for i in images), Insert(row))
    for image in images:
        [found] = observations_about(records, image)
        assert (found.first.id, found.last.id, found.has_moved) == ("i1", "i2", False)

    def stored(image: Image) -> Image:
        now = records.get(Image, image.id)
        assert now is not None
        records.write(Replace(replace(image, version=now.version + 1), now.version))
        return image

    stored(replace(images[0], taken="2024-05-02T05:00:01"))
    [found] = observations_about(records, images[1])
    assert (found.first.id, found.has_moved) == ("i2", True)
    for changed in (
        replace(images[1], label="Badger"),
        replace(images[1], trashed=True),
        replace(images[1], deployment="d2"),
        replace(images[1], individuals=3),
    ):
        stored(changed)
        assert observations_about(records, images[0]) == [], changed
        stored(images[1])
        assert len(observations_about(records, images[0])) == 1
    records.close()


def test_who_looks_at_a_picture_reads_what_is_said_of_its_event(
    ada: TestClient, biosight: BioSight
) -> None:
    """Comments are left out where the place is hidden, as people write there where it was."""
    chosen = first_collection(ada)
    records = biosight.archive.records
    collection = records.get(Collection, chosen)
    assert collection is not None
    deployment = Deployment("d1", chosen, "d1", zone="Europe/Brussels")
    images = [replace(seen_at(f"2024-05-02T04:00:0{n}", str(n)), collection=chosen) for n in (1, 2)]
    said = {"scientificName": "Vulpes vulpes", "count": "5", "observationComments": "by the oak"}
    times = (images[0].taken, images[1].taken)
    row = EventObservation(
        "o", chosen, "d1", ("i1", "i2"), times, digest_of(images), tuple(said.items())
    )
    records.write(Insert(deployment), *(Insert(i) for i in images), Insert(row))
    event = ada.get("/api/v1/images/i1").json()["event"]
    assert event["images"] == 2
    assert [(s["name"], s["count"], s["comments"]) for s in event["said"]] == [
        ("Vulpes vulpes", 5, "by the oak")
    ]
    hidden = Coarsening(said=frozenset({"i1"}), degrees=0.1)
    assert [s.comments for s in said_of_event(records, images[0], hidden)] == [""]
