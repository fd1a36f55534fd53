"""Trap nights and rates: by hand on small surveys, and as pages and the API show them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BadRequest
from biosight.field.effort import effort_of, efforts_of, nights_by_month, silences
from biosight.field.gaps import Gaps
from biosight.field.rates import CLUSTERED, POISSON, poisson_ends, rate_of, rates_of, ratio_ends
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.places.days_off import clean_days_off
from biosight.storage.records import Insert, Records, find_all
from tests.conftest import first_collection
from tests.publishing.test_table import IMAGE

FOX = "/Animalia/Vulpes/"


def seen(id: str, deployment: str, taken: str, **more: object) -> Image:
    made = replace(
        IMAGE,
        id=id,
        sha256=id,
        collection="c",
        deployment=deployment,
        taken=taken,
        taken_file=taken,
        label="Vulpes",
        label_path=FOX,
        who="person",
    )
    return replace(made, **more).in_step  # type: ignore[arg-type]


def lasting(id: str, site: str, start: str, end: str, collection: str = "c") -> Deployment:
    return Deployment(id, collection, id.upper(), site, start=start, end=end)


@pytest.fixture
def survey(records: Records) -> Records:
    """Two cameras with dates, one that its pictures date, and one that nothing dates."""
    records.write(
        Insert(
            Deployment("a", "c", "A", "s1", start="2026-04-29T12:00:00", end="2026-05-03T08:00:00")
        ),
        Insert(
            Deployment("b", "c", "B", "s2", start="2026-05-01T00:00:00", end="2026-05-11T00:00:00")
        ),
        Insert(Deployment("p", "c", "P", "s2")),
        Insert(Deployment("u", "c", "U", "s1")),
    )
    times = {
        "a1": ("a", "2026-04-30T01:00:00"),
        "a2": ("a", "2026-04-30T01:00:30"),  # the same visit
        "a3": ("a", "2026-05-02T01:00:00"),
        "b1": ("b", "2026-05-05T01:00:00"),
        "p1": ("p", "2026-05-20T22:00:00"),
        "p2": ("p", "2026-05-23T02:00:00"),
        "n1": ("", "2026-05-02T01:00:00"),
    }
    records.write(*(Insert(seen(id, d, taken)) for id, (d, taken) in times.items()))
    return records


def test_nights_are_changes_of_the_date() -> None:
    assert nights_by_month(date(2026, 4, 29), date(2026, 5, 3)) == {"2026-04": 2, "2026-05": 2}
    assert nights_by_month(date(2026, 5, 3), date(2026, 5, 3)) == {"2026-05": 1}
    backwards = Deployment("x", "c", "X", start="2026-05-03T00:00:00", end="2026-05-01T00:00:00")
    assert effort_of(backwards, ("", "")) is None
    wrong_clock = Deployment("x", "c", "X", end="2099-05-01T00:00:00")
    assert effort_of(wrong_clock, ("1970-01-01", "1970-01-02")) is None


def test_effort_is_what_people_said_else_what_pictures_show(survey: Records) -> None:
    found = {e.deployment: e for e in efforts_of(survey, "c", find_all(survey, Deployment))}
    assert {id: e.nights() for id, e in found.items()} == {"a": 4, "b": 10, "p": 3}
    assert (found["p"].first, found["p"].last) == ("2026-05-20", "2026-05-23")
    assert sum(e.nights("2026-04") for e in found.values()) == 2


def test_a_reset_clock_is_no_effort_and_the_last_morning_counts(records: Records) -> None:
    reset = Deployment("r", "c", "R")
    assert effort_of(reset, ("2000-01-01", "2026-05-30")) is None
    records.write(
        Insert(lasting("a", "s1", "2026-05-02T00:00:00", "2026-06-01T09:00:00")),
        Insert(seen("a1", "a", "2026-05-20T01:00:00")),
        Insert(seen("a2", "a", "2026-06-01T03:00:00")),
    )
    found = rates_of(
        records, "c", FOX, Gaps(60), efforts_of(records, "c", find_all(records, Deployment))
    )
    assert (found.whole.events, found.whole.nights) == (2, 30)
    assert {m: r.events for m, r in found.months.items()} == {"2026-05": 1}


def test_rates_count_events_with_effort(survey: Records) -> None:
    efforts = efforts_of(survey, "c", find_all(survey, Deployment))
    found = rates_of(survey, "c", FOX, Gaps(60), efforts)
    assert (found.whole.events, found.whole.nights) == (5, 17)
    assert found.whole.rate == pytest.approx(100 * 5 / 17)
    assert {s: (r.events, r.nights) for s, r in found.sites.items()} == {
        "s1": (2, 4),
        "s2": (3, 13),
    }
    months = {m: (r.events, r.nights) for m, r in found.months.items()}
    assert months == {"2026-04": (1, 2), "2026-05": (4, 15)}
    assert found.outside == 1, "a picture without a deployment"
    none = rates_of(survey, "c", "/Animalia/Meles/", Gaps(60), efforts)
    assert (none.whole.events, none.whole.low) == (0, 0.0)
    assert none.whole.high == pytest.approx(100 * 3.689 / 17, rel=1e-3)  # Garwood's for no event


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.689), (1, 0.025, 5.572), (10, 4.795, 18.390)]
)
def test_a_counts_interval_is_garwoods(events: int, low: float, high: float) -> None:
    found = poisson_ends(events, 1)
    assert found == pytest.approx((low, high), abs=1e-3)


def test_clusters_widen_an_interval() -> None:
    even = rate_of(zip([4] * 12, [30] * 12, strict=True))
    clustered = rate_of(zip([0] * 10 + [24, 24], [30] * 12, strict=True))
    assert even.by == clustered.by == CLUSTERED
    assert even.rate == clustered.rate
    assert (even.low, even.high) == pytest.approx([100 * x for x in poisson_ends(48, 360)])
    assert even.high - even.low < 10 < 20 < clustered.high - clustered.low
    assert rate_of(zip([4] * 4, [30] * 4, strict=True)).by == POISSON
    assert rate_of(zip([1, 0, 0, 0, 0, 0], [30] * 6, strict=True)).by == POISSON
    assert rate_of(zip([3, 2], [0, 0], strict=True)).nights == 0
    low, high = ratio_ends([(3, 30), (5, 30), (2, 20), (8, 40), (1, 30)])
    assert low < 19 / 150 < high
    assert low * high == pytest.approx((19 / 150) ** 2), "even on the logarithm"


def test_intervals_cover_what_is_true() -> None:
    """A small form of bench.rates, with a fixed seed: clustered visits at 30 cameras."""
    dice = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        nights = dice.integers(20, 60, 30)
        events = dice.poisson(0.1 * nights * dice.gamma(1.0, 1.0, 30))
        found = rate_of(zip(events.tolist(), nights.tolist(), strict=True))
        covered += found.low <= 10 <= found.high
    assert 0.91 <= covered / 300 <= 0.98


def test_rates_are_shown_and_hide_sites_where_places_are_hidden(
    ada: TestClient, biosight: BioSight, another: Callable[[str], TestClient]
) -> None:
    chosen = first_collection(ada)
    records = biosight.archive.records
    records.write(
        Insert(Site("s1", chosen, "Nest", 47.1, 8.5)),
        Insert(
            Deployment(
                "a", chosen, "A", "s1", start="2026-05-01T00:00:00", end="2026-05-11T00:00:00"
            )
        ),
        Insert(Deployment("u", chosen, "U")),
        Insert(seen("a1", "a", "2026-05-02T01:00:00", collection=chosen, site="s1")),
    )
    found = ada.get(f"/api/v1/collections/{chosen}/rates").json()
    assert (found["nights"], found["deployments"], found["undated"]) == (10, 1, 1)
    [name] = found["names"]
    assert (name["label"], name["whole"]["rate"]) == ("Vulpes", 10.0)
    assert [(s["name"], s["events"]) for s in name["sites"]] == [("Nest", 1)]
    assert [m["month"] for m in name["months"]] == ["2026-05"]
    asked = ada.get(f"/api/v1/collections/{chosen}/rates", params={"under": "/Animalia/"}).json()
    assert asked["names"][0]["whole"]["events"] == 1
    collection = records.get(Collection, chosen)
    assert collection is not None
    assert ada.patch(
        f"/api/v1/collections/{chosen}", json={"sensitive": ["Vulpes"], "coarse": 0.1}
    ).is_success
    bob = another("bob@example.org")
    link = ada.post(f"/api/v1/collections/{chosen}/invitations", json={"role": "viewer"}).json()
    joined = bob.post("/api/v1/join", json={"secret": link["path"].split("#")[1]})
    assert joined.is_success, joined.text
    hidden = bob.get(f"/api/v1/collections/{chosen}/rates").json()
    assert hidden["sites_hidden"]
    assert hidden["names"][0]["sites"] == []
    assert hidden["names"][0]["whole"]["events"] == 1
    assert bob.get("/api/v1/collections/nothing/rates").status_code == 404


def test_days_off_are_no_trap_nights(records: Records) -> None:
    """Ten nights, of which the camera missed three in May and one in June."""
    off = (("2026-05-28", "2026-05-30"), ("2026-05-31", "2026-06-02"))
    dated = Deployment("d", "c", "D", start="2026-05-25T12:00:00", end="2026-06-04T08:00:00")
    found = effort_of(replace(dated, off=off), ("", ""))
    assert found
    assert found.months == {"2026-05": 4, "2026-06": 2}
    assert found.nights() == 6


def test_the_longest_silence_is_told(records: Records) -> None:
    days = ("01", "02", "09", "20", "21")
    for n, day in enumerate(days):
        records.write(Insert(seen(f"s{n}", "d", f"2026-05-{day}T04:00:00")))
    records.write(Insert(seen("t", "e", "2026-05-01T04:00:00")))
    assert silences(records, "c") == {"d": ("2026-05-09", "2026-05-20")}
    assert silences(records, "c", 12) == {}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], ()),
        ([("2026-05-09", "2026-05-10")], (("2026-05-09", "2026-05-10"),)),
        (
            [
                ("2026-06-01", "2026-06-03"),
                ("2026-05-01", "2026-05-05"),
                ("2026-05-04", "2026-05-09"),
            ],
            (("2026-05-01", "2026-05-09"), ("2026-06-01", "2026-06-03")),
        ),
    ],
)
def test_days_off_are_put_in_order(
    given: list[tuple[str, str]], kept: tuple[tuple[str, str], ...]
) -> None:
    assert clean_days_off(given) == kept


@pytest.mark.parametrize(
    "pair",
    [("2026-05-09", "2026-05-09"), ("2026-05-09", "2026-05-01"), ("2026-5-9", ""), ("", "")],
)
def test_what_are_no_days_off_is_refused_in_words(pair: tuple[str, str]) -> None:
    with pytest.raises(BadRequest, match=r"such as 2026-05-03|after the day"):
        clean_days_off([pair])


def test_days_off_are_kept_changed_and_undone(ada: TestClient) -> None:
    path = f"/api/v1/collections/{first_collection(ada)}"
    made = {"name": "Cam", "start": "2026-05-01T12:00", "end": "2026-05-11T12:00"}
    off = [["2026-05-03", "2026-05-05"]]
    id = ada.post(f"{path}/deployments", json=made | {"off": off}).json()["id"]

    def nights() -> int:
        counted: int = ada.get(f"{path}/rates").json()["nights"]
        return counted

    assert ada.get(f"{path}/deployments").json()[0]["off"] == off
    assert nights() == 8
    act = ada.patch(f"{path}/deployments/{id}", json={"off": []}).json()["act"]
    assert nights() == 10
    assert ada.post(f"/api/v1/acts/{act}/undo").status_code == 200
    assert nights() == 8
    assert ada.get(f"{path}/deployments").json()[0]["off"] == off
    wrong = ada.patch(f"{path}/deployments/{id}", json={"off": [["May", "June"]]})
    assert (wrong.status_code, "two days" in wrong.json()["detail"]) == (400, True)
