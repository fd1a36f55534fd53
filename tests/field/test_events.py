"""Events: what follows within a gap, on both sides of a picture, in the grid, acts and counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.field.events import event_starts
from biosight.field.gaps import Gaps
from biosight.images import Image
from tests.conftest import first_collection, upload_ids
from tests.web.test_places import dated

TIMES = (
    "2026-05-03T23:59:30",
    "2026-05-03T23:59:59.5",
    "2026-05-04T00:00:59",
    "2026-05-04T00:02:00",
)


def starts(pictures: list[tuple[str, str]], gaps: Gaps) -> list[str]:
    """The first time of each event."""
    return [start for _, start in event_starts(pictures, gaps)]


@pytest.fixture
def card(ada: TestClient, biosight: BioSight) -> tuple[TestClient, str, list[str]]:
    """A deployment with three pictures of one event over midnight and one later."""
    chosen = first_collection(ada)
    ids = upload_ids(ada, chosen, "Red", "Red", "Green", "Blue")
    dated(biosight, ids, *TIMES)
    path = f"/api/v1/collections/{chosen}"
    made = ada.post(f"{path}/deployments", json={"name": "Cam 1"}).json()["id"]
    body = {"kind": "deploy", "deployment": made, "images": ids}
    assert ada.post(f"{path}/acts", json=body).status_code == 201
    return ada, path, ids


def test_an_event_goes_over_midnight_and_ends_with_the_gap(
    card: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = card
    page = client.get(f"{path}/images?sort=taken&events=true").json()
    spans = {id: (e["start"], e["end"], e["images"]) for id, e in page["events"].items()}
    assert spans == {
        **dict.fromkeys(ids[:3], (TIMES[0], TIMES[2], 3)),
        ids[3]: (TIMES[3], TIMES[3], 1),
    }
    assert client.get(f"/api/v1/images/{ids[1]}").json()["event"]["images"] == 3
    assert client.patch(path, json={"event_gap": 61}).json()["event_gap"] == 61
    assert client.get(f"/api/v1/images/{ids[1]}").json()["event"]["images"] == 4
    assert client.patch(path, json={"event_gap": 0}).status_code == 200
    assert client.get(f"/api/v1/images/{ids[1]}").json()["event"]["images"] == 1
    assert client.patch(path, json={"event_gap": 601}).status_code == 422


def test_an_event_is_a_filter_to_act_on(card: tuple[TestClient, str, list[str]]) -> None:
    client, path, ids = card
    event = client.get(f"/api/v1/images/{ids[0]}").json()
    span = {"taken_from": event["event"]["start"], "taken_to": event["event"]["end"]}
    asked = {"deployment": event["deployment"], **span}
    assert client.get(f"{path}/count", params=asked).json() == {"images": 3}
    body = {"kind": "count", "individuals": 2, "matching": asked}
    done = client.post(f"{path}/acts", json=body).json()
    assert {i["id"]: i["individuals"] for i in done["changed"]} == dict.fromkeys(ids[:3], 2)
    assert client.post(f"{path}/acts", json={**body, "individuals": -1}).status_code == 422
    assert client.post(f"/api/v1/acts/{done['act']}/undo", json={}).status_code == 200
    assert client.get(f"/api/v1/images/{ids[0]}").json()["individuals"] == 0


def test_pictures_without_a_deployment_or_an_hour_are_in_no_event(
    card: tuple[TestClient, str, list[str]],
) -> None:
    client, path, ids = card
    act = {"kind": "date", "when": "2026-05-03", "images": ids[:1]}
    said = client.post(f"{path}/acts", json=act).json()["changed"][0]
    assert (said["taken"], said["day"], said["dated"]) == ("2026-05-03", "2026-05-03", "2026-05-03")
    assert said["taken_file"] == TIMES[0]
    assert client.get(f"/api/v1/images/{ids[0]}").json()["event"] is None
    out = {"kind": "deploy", "deployment": "", "images": ids[3:]}
    assert client.post(f"{path}/acts", json=out).status_code == 201
    assert ids[3] not in client.get(f"{path}/images?events=true").json()["events"]
    activity = client.get(f"{path}/activity", params={"under": "/Blue/"}).json()[0]
    assert (activity["images"], activity["events"]) == (1, 1)
    for wrong in ("yesterday", "2026-02-30", "2026-05-03T10:00:00+02:00"):
        refused = client.post(f"{path}/acts", json={**act, "when": wrong})
        assert refused.status_code == 400, wrong
    back = client.post(f"{path}/acts", json={**act, "when": ""}).json()["changed"][0]
    assert back["taken"] == TIMES[0][:19]


def test_activity_counts_events_beside_pictures(card: tuple[TestClient, str, list[str]]) -> None:
    client, path, _ = card
    red = client.get(f"{path}/activity", params={"under": "/Red/"}).json()[0]
    assert (red["images"], red["events"]) == (2, 1)
    assert (red["hours"][23], red["event_hours"][23]) == (2, 1)


def test_days_show_a_deployments_gaps(card: tuple[TestClient, str, list[str]]) -> None:
    client, path, _ = card
    [row] = client.get(f"{path}/days").json()
    assert (row["name"], row["days"]) == ("Cam 1", {"2026-05-03": 2, "2026-05-04": 2})
    assert client.get(f"{path}/days?label=Blue").json()[0]["days"] == {"2026-05-04": 1}


@given(st.lists(st.integers(0, 86_399), max_size=30), st.integers(0, 600))
def test_events_part_where_the_gap_is_wider(seconds: list[int], gap: int) -> None:
    """Neighbours within an event are no further apart than the gap, neighbouring events are."""
    ordered = sorted(set(seconds))
    clock = [f"2026-05-03T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in ordered]
    wider = [0, *(n for n in range(1, len(ordered)) if ordered[n] - ordered[n - 1] > gap)]
    wanted = [clock[n] for n in wider if clock]
    assert starts([("a", t) for t in reversed(clock)], Gaps(gap)) == wanted
    both = [(camera, t) for t in clock for camera in "ba"]
    assert sorted(starts(both, Gaps(gap))) == sorted(wanted * 2)


def test_a_deployment_with_a_gap_of_its_own_parts_its_events_by_it() -> None:
    times = [f"2026-05-03T10:0{n}:00" for n in range(4)]
    pictures = [(camera, t) for camera in ("fast", "slow") for t in times]
    found = starts(pictures, Gaps(30, {"slow": 60}))
    assert sorted(found) == sorted([*times, times[0]])


def test_a_gap_of_its_own_counts_everywhere(
    card: tuple[TestClient, str, list[str]], biosight: BioSight
) -> None:
    """In a picture's page, in lists, in the activity and in exports."""
    client, path, _ = card
    [cam] = client.get(f"{path}/deployments").json()
    assert cam["event_gap"] is None
    before = list(client.get(f"{path}/images?events=true").json()["events"].values())
    client.patch(f"{path}/deployments/{cam['id']}", json={"event_gap": 0})
    page = client.get(f"{path}/images?events=true").json()
    assert {e["images"] for e in page["events"].values()} == {1}
    assert len({e["start"] for e in page["events"].values()}) > len({e["start"] for e in before})
    one = client.get(f"/api/v1/images/{page['images'][0]['id']}").json()
    assert one["event"]["images"] == 1
    top = client.get(f"{path}/activity").json()
    assert sum(a["events"] for a in top) == sum(a["images"] for a in top)
    client.patch(f"{path}/deployments/{cam['id']}", json={"name": "Cam one"})
    assert client.get(f"{path}/deployments").json()[0]["event_gap"] == 0
    client.patch(f"{path}/deployments/{cam['id']}", json={"event_gap": None})
    again = client.get(f"{path}/images?events=true").json()["events"]
    assert list(again.values()) == before


def test_a_leap_second_is_within_the_gap_and_a_day_alone_in_no_event() -> None:
    times = ["2016-12-31T23:59:60", "2017-01-01T00:00:20", "2017-01-01"]
    assert starts([("a", t) for t in times], Gaps(30)) == ["2016-12-31T23:59:60"]
    assert starts([("a", times[2])], Gaps(30)) == []


def test_a_long_event_is_walked_to_both_ends(ada: TestClient, biosight: BioSight) -> None:
    """More pictures than are looked at at first, on both sides."""
    from dataclasses import replace

    from biosight.field.events import event_of
    from biosight.storage.records import Insert

    chosen = first_collection(ada)
    [id] = upload_ids(ada, chosen, "Red")
    records = biosight.archive.records
    first = records.get(Image, id)
    assert first is not None
    for n in range(200):
        taken = f"2026-05-03T10:{n // 60:02}:{n % 60:02}"
        made = replace(first, id=f"x{n:03}", sha256=f"{n:064}", deployment="d", taken_file=taken)
        records.write(Insert(made.in_step))
    middle = records.get(Image, "x100")
    assert middle is not None
    event = event_of(records, middle, 1)
    assert event is not None
    assert (event.images, event.start[-5:], event.end[-5:]) == (200, "00:00", "03:19")


MARCH = ("2026-03-29T01:59:50", "2026-03-29T03:00:10")
OCTOBER = ("2026-10-25T02:59:50", "2026-10-25T03:00:10")


@pytest.mark.parametrize(
    ("times", "zone", "events"),
    [
        (MARCH, "Europe/Berlin", 1),
        (MARCH, "Africa/Lagos", 2),
        (MARCH, "", 2),
        (OCTOBER, "Europe/Berlin", 1),
        (("2026-03-29T01:00:00", "2026-03-29T03:00:10"), "Europe/Berlin", 2),
        (("2026-10-04T01:59:40", "2026-10-04T02:30:10"), "Australia/Lord_Howe", 1),
    ],
)
def test_an_hour_that_clocks_skip_parts_no_event(
    times: tuple[str, str], zone: str, events: int
) -> None:
    gaps = Gaps(60, {}, {"a": zone} if zone else {})
    assert len(starts([("a", t) for t in times], gaps)) == events


def test_the_night_in_march_is_the_same_everywhere(
    card: tuple[TestClient, str, list[str]], biosight: BioSight
) -> None:
    """In a picture's page, in lists and in the activity."""
    client, path, ids = card
    dated(biosight, ids, MARCH[0], MARCH[1], "2026-03-29T05:00:00", "2026-03-29T06:00:00")
    [cam] = client.get(f"{path}/deployments").json()
    client.patch(f"{path}/deployments/{cam['id']}", json={"zone": "Europe/Berlin"})
    page = client.get(f"{path}/images?events=true").json()
    assert sorted(e["images"] for e in page["events"].values()) == [1, 1, 2, 2]
    one = client.get(f"/api/v1/images/{ids[0]}").json()
    assert (one["event"]["start"], one["event"]["end"]) == MARCH
