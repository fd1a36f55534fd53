"""Cameras that need a visit: looked at when pictures come in, listed, drawn, told, and settled."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.places import CameraCheck
from biosight.storage.records import Insert, Replace, Where, new_id
from biosight.workflows.notices.happened import happened_since
from biosight.workflows.places import camera_checks
from biosight.workflows.places.camera_checks import check_all
from biosight.workflows.upkeep.housekeeping import keep_house
from tests.conftest import first_collection, upload_ids
from tests.web.test_sharing import Another, share

A_DAY = 4
USUAL = (0.4, 0.2, 0.02, 0.01, 0.2, 0.0, -0.05, -2.0, 0.01)
FOGGED = (0.5, 0.1, 0.02, 0.01, 0.15, 0.0, -0.05, -3.2, 0.004)


class Trap:
    """A collection with a camera at a pond, whose pictures a test makes."""

    def __init__(self, client: TestClient, biosight: BioSight) -> None:
        self.client, self.records = client, biosight.archive.records
        collection = first_collection(client)
        self.here = f"/api/v1/collections/{collection}"
        self.file = upload_ids(client, collection, "Red")[0]
        site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
        self.site = self.post("/sites", **site)["id"]
        camera = {"name": "Cam 1", "site": self.site, "camera": "SN 7"}
        self.deployment = self.post("/deployments", **camera)["id"]
        self.taken = 0

    def post(self, path: str, **body: object) -> dict[str, Any]:
        answer = self.client.post(self.here + path, json=body)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def take(self, many: int, statistics: tuple[float, ...], *, ends: datetime) -> list[str]:
        """Let the camera take pictures up to a moment, as if they had been sent one by one."""
        first = self.records.get(Image, self.file)
        assert first is not None
        ids = [new_id() for _ in range(many)]
        for n, id in enumerate(ids):
            at = ends - timedelta(days=(many - 1 - n) / A_DAY)
            made = replace(
                first,
                id=id,
                sha256=f"{self.taken + n:064x}",
                deployment=self.deployment,
                site=self.site,
                taken_file=at.isoformat(timespec="seconds"),
                created_at=time.time(),
                statistics=statistics,
            )
            self.records.write(Insert(made.in_step))
        self.taken += many
        return ids

    def cameras(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{self.here}/cameras").json()
        return found


@pytest.fixture
def trap(ada: TestClient, biosight: BioSight) -> Trap:
    return Trap(ada, biosight)


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def fogged(trap: Trap) -> tuple[list[str], list[str]]:
    """Forty good pictures, then twenty fogged ones, up to today."""
    good = trap.take(40, USUAL, ends=now() - timedelta(days=20 / A_DAY))
    return good, trap.take(20, FOGGED, ends=now())


def test_a_fogged_lens_is_listed_with_the_picture_before_and_after(trap: Trap) -> None:
    good, bad = fogged(trap)
    assert trap.cameras() == {"checked": 0, "waiting": 1, "cameras": []}
    assert trap.post("/cameras/check") == {"waiting": 0}
    found = trap.cameras()
    assert (found["checked"], found["waiting"]) == (1, 0)
    [camera] = found["cameras"]
    assert (camera["name"], camera["pictures"]) == ("Cam 1", 60)
    [sign] = camera["signs"]
    assert (sign["fault"], sign["open"], sign["first"], sign["before"]) == (
        "lens",
        True,
        bad[0],
        good[-1],
    )
    [pond] = trap.client.get(f"{trap.here}/map").json()
    assert (pond["name"], pond["faults"]) == ("Pond", 1)
    trap.client.post(f"{trap.here}/acts", json={"kind": "trash", "images": [good[-1]]})
    [camera] = trap.cameras()["cameras"]
    assert camera["signs"][0]["before"] == "", "it can't be shown any more"


def test_new_pictures_and_another_clock_are_looked_at_again(trap: Trap) -> None:
    trap.take(40, USUAL, ends=now())
    trap.post("/cameras/check")
    assert trap.cameras()["waiting"] == 0
    trap.take(1, USUAL, ends=now())
    assert trap.cameras()["waiting"] == 1
    trap.post("/cameras/check")
    change = {"name": "Cam 1", "site": trap.site, "comments": "at the oak"}
    trap.client.patch(f"{trap.here}/deployments/{trap.deployment}", json=change)
    assert trap.cameras()["waiting"] == 1


def test_once_somebody_says_that_all_is_fine_later_pictures_are_compared(trap: Trap) -> None:
    fogged(trap)
    trap.post("/cameras/check")
    trap.post(f"/cameras/{trap.deployment}/fine")
    assert trap.cameras()["cameras"] == []
    trap.take(5, FOGGED, ends=now() + timedelta(days=2))
    trap.post("/cameras/check")
    assert trap.cameras()["cameras"] == [], "that is how it looks now"
    gone = trap.client.post(f"{trap.here}/cameras/unknown/fine")
    assert gone.status_code == 404


def test_housekeeping_looks_and_a_new_fault_is_told_once(trap: Trap, biosight: BioSight) -> None:
    fogged(trap)
    before = time.time()
    keep_house(biosight)
    [told] = [h for h in happened_since(trap.records, before) if h.kind == "camera"]
    assert told.title == "Cam 1 seems to need a visit"
    assert told.words == "the lens is fogged or dirty."
    after = time.time()
    trap.take(3, FOGGED, ends=now() + timedelta(days=1))
    keep_house(biosight)
    assert [h for h in happened_since(trap.records, after) if h.kind == "camera"] == []


def test_old_cards_are_no_news_and_checks_go_with_their_deployment(trap: Trap) -> None:
    long_ago = now() - timedelta(days=400)
    trap.take(40, USUAL, ends=long_ago - timedelta(days=20 / A_DAY))
    ids = trap.take(20, FOGGED, ends=long_ago)
    assert check_all(trap.records) == 0, "none is left"
    [check] = trap.records.find(CameraCheck)
    assert (check.found_at, [s.fault for s in check.signs]) == (0.0, ["lens"])
    rest = [i.id for i in trap.records.find(Image, [Where("deployment", "=", trap.deployment)])]
    assert set(ids) <= set(rest)
    trap.client.post(f"{trap.here}/acts", json={"kind": "deploy", "images": rest})
    trap.client.delete(f"{trap.here}/deployments/{trap.deployment}")
    check_all(trap.records)
    assert trap.records.find(CameraCheck) == []


def test_only_editors_look_or_settle(trap: Trap, another: Another) -> None:
    eve = another("eve@example.org")
    assert eve.get(f"{trap.here}/cameras").status_code == 404
    share(trap.client, eve, trap.here.rsplit("/", 1)[-1], "viewer")
    assert eve.get(f"{trap.here}/cameras").status_code == 200
    assert eve.post(f"{trap.here}/cameras/check").status_code == 403
    assert eve.post(f"{trap.here}/cameras/{trap.deployment}/fine").status_code == 403


def signs(trap: Trap) -> list[tuple[str, bool]]:
    """The faults of the camera, once it was looked at."""
    trap.post("/cameras/check")
    return [(s["fault"], s["open"]) for c in trap.cameras()["cameras"] for s in c["signs"]]


def look_at(trap: Trap, at: float) -> None:
    """Write the check of the camera again, as if it had been looked at in that moment."""
    [check] = trap.records.find(CameraCheck)
    trap.records.write(Replace(replace(check, at=at, version=check.version + 1), check.version))


def test_a_live_camera_that_falls_silent_is_noticed_without_any_news(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap.take(120, USUAL, ends=now())
    for image in trap.records.find(Image, [Where("deployment", "!=", "")], limit=200):
        at = datetime.fromisoformat(image.taken).replace(tzinfo=UTC).timestamp()
        trap.records.write(Replace(replace(image, created_at=at, version=2), 1))
    assert signs(trap) == []
    later = datetime.now(UTC) + timedelta(days=12)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return later

    monkeypatch.setattr(camera_checks, "datetime", Later)
    assert trap.cameras()["waiting"] == 0
    look_at(trap, time.time() - 2 * 86_400)
    assert trap.cameras()["waiting"] == 1, "a day has gone"
    assert signs(trap) == [("silent", True)]


@pytest.mark.parametrize(
    ("end", "off", "found"),
    [
        (-3, [], [("silent", True)]),
        (200, [], []),
        (-3, [(-21, -3)], []),
    ],
)
def test_silence_counts_up_to_an_end_that_has_passed_without_days_off(
    trap: Trap, end: int, off: list[tuple[int, int]], found: list[tuple[str, bool]]
) -> None:
    trap.take(80, USUAL, ends=now() - timedelta(days=20))  # from a card, so not live

    def day(n: int) -> str:
        return (now() + timedelta(days=n)).date().isoformat()

    body: dict[str, Any] = {"name": "Cam 1", "end": f"{day(end)}T12:00:00"}
    body["off"] = [[day(a), day(b)] for a, b in off]
    answer = trap.client.patch(f"{trap.here}/deployments/{trap.deployment}", json=body)
    assert answer.status_code == 200, answer.text
    assert signs(trap) == found


def test_older_pictures_that_come_later_and_pictures_that_go_are_seen(trap: Trap) -> None:
    _, bad = fogged(trap)
    assert signs(trap) == [("lens", True)]
    rest = [i.id for i in trap.records.find(Image, [Where("deployment", "!=", "")])]
    trap.post("/acts", kind="trash", images=bad)
    assert trap.cameras()["waiting"] == 1
    assert signs(trap) == []
    trap.post("/acts", kind="restore", images=bad)
    assert signs(trap) == [("lens", True)]
    trap.post("/acts", kind="trash", images=rest)
    assert signs(trap) == []
    assert trap.records.find(CameraCheck) == [], "nothing is left to look at"
    assert [p["faults"] for p in trap.client.get(f"{trap.here}/map").json()] == [0]


def test_a_picture_dated_ahead_does_not_switch_a_camera_off(trap: Trap) -> None:
    trap.take(1, USUAL, ends=now() + timedelta(days=30 * 365))
    fogged(trap)
    trap.post("/cameras/check")
    trap.post(f"/cameras/{trap.deployment}/fine")
    [check] = trap.records.find(CameraCheck)
    assert check.fine_until <= (now() + timedelta(days=1)).isoformat()


def test_all_is_fine_is_not_lost_to_a_check_at_the_same_time(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    fogged(trap)
    trap.post("/cameras/check")
    kind = type(trap.records)
    write, times = kind.write, []

    def another_first(self: Any, *changes: Any) -> None:
        if isinstance(changes[0], Replace) and isinstance(changes[0].record, CameraCheck):
            times.append(1)
            if len(times) == 1:
                look_at(trap, time.time())
        write(self, *changes)

    monkeypatch.setattr(kind, "write", another_first)
    trap.post(f"/cameras/{trap.deployment}/fine")
    monkeypatch.undo()
    assert len(times) == 3, "it was written again"
    assert trap.cameras()["cameras"] == []


def test_a_card_with_one_date_ahead_and_a_collection_in_the_trash_are_no_news(trap: Trap) -> None:
    long_ago = now() - timedelta(days=400)
    trap.take(40, USUAL, ends=long_ago - timedelta(days=20 / A_DAY))
    trap.take(20, FOGGED, ends=long_ago)
    trap.take(1, FOGGED, ends=now() + timedelta(days=3000))
    trap.post("/cameras/check")
    [check] = trap.records.find(CameraCheck)
    assert check.found_at == 0.0
    trap.take(1, FOGGED, ends=long_ago)
    before = check.version
    assert trap.client.delete(trap.here).status_code < 300
    check_all(trap.records)
    assert [c.version for c in trap.records.find(CameraCheck)] == [before]


def test_one_camera_that_fails_keeps_none_of_the_others(
    trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    fogged(trap)
    other = trap.post("/deployments", name="Cam 0", site=trap.site)["id"]
    ids = trap.take(3, USUAL, ends=now())
    trap.post("/acts", kind="deploy", deployment=other, images=ids)
    look = camera_checks.check_camera

    def failing(records: Any, deployment: Any, seen: str) -> None:
        if deployment.id == other:
            raise ValueError("odd")
        look(records, deployment, seen)

    monkeypatch.setattr(camera_checks, "check_camera", failing)
    assert check_all(trap.records) == 0
    assert [c.id for c in trap.records.find(CameraCheck)] == [trap.deployment]
