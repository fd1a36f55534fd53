"""Sun time: sunrise is 6 and sunset 18 at every place and season; what has none is left out."""

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.field.sun_hours import Standpoint, SunClock, by_the_sun
from biosight.places import Deployment
from tests.conftest import first_collection, upload_ids
from tests.web.test_places import dated

ZURICH = Standpoint(47.367, 8.545, "Europe/Zurich")
# Sunrise and sunset of 2025 in local clock time: longest, shortest and even days.
SUNS = (
    (ZURICH, "2025-06-21", "05:29", "21:26"),
    (ZURICH, "2025-12-21", "08:10", "16:38"),
    (Standpoint(-33.857, 151.215, "Australia/Sydney"), "2025-06-21", "07:00", "16:54"),
    (Standpoint(0.31, 32.58, "Africa/Kampala"), "2025-03-20", "06:54", "19:00"),
)


@pytest.mark.parametrize(("at", "day", "rises", "sets"), SUNS)
def test_sunrise_is_six_and_sunset_18(at: Standpoint, day: str, rises: str, sets: str) -> None:
    sun = SunClock({"cam": at})
    for clock, wanted in ((rises, 6), (sets, 18)):
        assert sun.hour("cam", f"{day}T{clock}:00") == pytest.approx(wanted, abs=0.06)


def test_day_and_night_are_stretched_apart() -> None:
    """A summer's day: light from 5 to 21."""
    by_clock = {5: 6, 13: 12, 21: 18, 1: 0, 3: 3, 23: 21, 4.999: 5.9993}
    for clock, sun in by_clock.items():
        assert by_the_sun(clock, 5, 16) == pytest.approx(sun, abs=1e-3)


def test_what_has_no_sun_time() -> None:
    north = Standpoint(78.2, 15.6, "Arctic/Longyearbyen")
    sun = SunClock({"cam": ZURICH, "north": north, "lost": Standpoint(1, 2, "Mars/Olympus")})
    assert sun.hour("cam", "2025-06-21") is None
    assert sun.hour("elsewhere", "2025-06-21T10:00:00") is None
    assert sun.hour("lost", "2025-06-21T10:00:00") is None
    for polar in ("2025-06-21T12:00:00", "2025-12-21T12:00:00"):
        assert sun.hour("north", polar) is None
    assert sun.hour("cam", "2025-06-21T13:27:30") == pytest.approx(12, abs=0.05)


def test_pictures_and_events_are_counted_by_the_sun(ada: TestClient, biosight: BioSight) -> None:
    """Winter evenings and summer nights of one fox: an hour after sunset both."""
    collection = first_collection(ada)
    ids = upload_ids(ada, collection, "Red", "Red", "Red", "Red")
    times = ("2025-12-21T17:40:00", "2025-12-21T17:40:20", "2025-06-21T22:00:00", "2025-06-20")
    dated(biosight, ids, *times)
    here = f"/api/v1/collections/{collection}"
    site = {"name": "Park", "latitude": "47.367", "longitude": "8.545"}
    place = ada.post(f"{here}/sites", json=site).json()["id"]
    camera = {"name": "Cam", "site": place, "zone": "Europe/Zurich"}
    made = ada.post(f"{here}/deployments", json=camera)
    assert made.status_code == 201, made.text
    body = {"kind": "deploy", "deployment": made.json()["id"], "images": ids}
    assert ada.post(f"{here}/acts", json=body).status_code == 201
    red = ada.get(f"{here}/activity", params={"under": "/Red/"}).json()[0]
    assert (red["hours"][17], red["hours"][22]) == (2, 1)
    assert (red["sun_hours"][18], sum(red["sun_hours"])) == (3, 3)
    assert (red["event_sun_hours"][18], sum(red["event_sun_hours"])) == (2, 2)
    # Without a time zone, nobody knows when the sun rose on that clock.
    deployment = biosight.archive.records.find(Deployment)[0]
    path = f"{here}/deployments/{deployment.id}"
    assert ada.patch(path, json={"zone": ""}).status_code == 200
    bare = ada.get(f"{here}/activity", params={"under": "/Red/"}).json()[0]
    assert (sum(bare["hours"]), sum(bare["sun_hours"])) == (3, 0)
