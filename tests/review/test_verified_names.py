"""The list of names: verified by people, to look at, or not proved; and the queue that fills it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from biosight.field.event_counts import events_by_name
from biosight.field.gaps import Gaps
from biosight.review.verified_names import listed_names, pictures_to_look_at, shown_pictures
from biosight.storage.records import Insert, Records
from biosight.subjects import Subject
from biosight.taxa.naming import Naming
from biosight.taxa.tree import Taxon, Tree
from tests.conftest import first_collection, upload_ids
from tests.field.test_privacy import hidden
from tests.publishing.test_table import IMAGE
from tests.stores import open_empty

TREE = Tree(
    [
        Taxon("Aves", "Aves", "class", vernacular_name="birds"),
        Taxon("Parus", "Parus", "genus", "Aves"),
        Taxon("Sitta", "Sitta", "genus", "Aves"),
    ]
)
NAMING = Naming({"tits": "Parus"}, TREE)
API = "/api/v1"


@pytest.fixture(params=["sqlite", "mongomock"])
def records(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Records]:
    opened = open_empty(request.param, tmp_path)
    yield opened
    opened.close()


def put(
    records: Records,
    number: int,
    label: str,
    said: str = "",
    *,
    undecided: bool = False,
    **more: Any,
) -> None:
    """A picture that the machine called `label` and, with `said`, a person called so."""
    image = replace(
        IMAGE,
        id=f"i{number:02}",
        sha256=f"{number:064x}",
        machine_label=label,
        label="" if undecided else said or NAMING.shown(label),
        who="person" if said or undecided else "machine",
        confidence=number / 100,
        **more,
    )
    records.write(Insert(replace(image, label_path=NAMING.path(image.label)).in_step))


def rows(records: Records, **how: bool) -> dict[tuple[str, str], tuple[int, int, int, str]]:
    found = listed_names(records, "c", NAMING, str, **how)
    return {(n.label, n.site): (n.images, n.verified, n.looks, n.standing) for n in found}


def test_one_confirmation_proves_a_name_and_all_above_it(records: Records) -> None:
    put(records, 1, "tits", "Parus")
    put(records, 2, "tits")
    put(records, 3, "Aves")
    put(records, 4, "Sitta")
    put(records, 5, "Empty")
    put(records, 6, "Empty", "Empty")
    assert rows(records) == {
        ("Aves", ""): (1, 0, 0, "verified"),
        ("Parus", ""): (2, 1, 0, "verified"),
        ("Sitta", ""): (1, 0, 0, "to look at"),
    }


def test_three_looks_in_vain_leave_a_name_unproved(records: Records) -> None:
    """A person who names what is above it could not prove it either."""
    for number, said in enumerate(("Parus", "Aves"), start=1):
        put(records, number, "Sitta", said)
    put(records, 3, "Sitta")
    put(records, 4, "Sitta")
    assert rows(records)["Sitta", ""] == (2, 0, 2, "to look at")
    put(records, 5, "Sitta", "Parus")
    assert rows(records)["Sitta", ""] == (2, 0, 3, "not proved")


def test_a_name_outside_the_tree_contradicts_nothing(records: Records) -> None:
    for number in range(1, 4):
        put(records, number, "Aves", f"Bird {number}")
    put(records, 4, "Aves")
    put(records, 5, "Aves", "")
    assert rows(records)["Aves", ""][2:] == (0, "to look at")


def test_an_undecided_picture_is_a_look_in_vain(records: Records) -> None:
    put(records, 1, "Sitta", undecided=True)
    put(records, 2, "Sitta")
    assert rows(records)["Sitta", ""] == (1, 0, 1, "to look at")


def test_a_name_of_which_no_picture_is_left_is_not_proved(records: Records) -> None:
    put(records, 1, "Sitta", "Parus")
    assert rows(records)["Sitta", ""] == (0, 0, 1, "not proved")
    assert pictures_to_look_at(records, "c", listed_names(records, "c", NAMING, str)) == []


def test_names_that_only_a_further_subject_has(records: Records) -> None:
    others = (Subject("Sitta", label_path="/Aves/Sitta/"),)
    put(records, 1, "tits", "Parus", others=others, site="s")
    assert rows(records)["Sitta", ""] == (1, 1, 0, "verified")
    assert rows(records, by_site=True)["Sitta", "s"] == (1, 1, 0, "verified")
    put(records, 2, "Sitta", "Parus", others=others, site="s")  # found, though not as the first
    assert rows(records)["Sitta", ""] == (2, 2, 0, "verified")
    assert rows(records, by_site=True)["Sitta", "s"] == (2, 2, 0, "verified")


def test_what_one_site_proves_another_does_not(records: Records) -> None:
    put(records, 1, "tits", "Parus", site="pond")
    put(records, 2, "tits", site="wood")
    put(records, 3, "Sitta", "Parus", site="wood")
    assert rows(records, by_site=True) == {
        ("Parus", "pond"): (1, 1, 0, "verified"),
        ("Parus", "wood"): (2, 1, 0, "verified"),
        ("Sitta", "wood"): (0, 0, 1, "not proved"),
    }


def test_the_queue_asks_for_the_likeliest_picture_of_the_lowest_names(records: Records) -> None:
    put(records, 1, "Aves")
    put(records, 2, "Sitta")
    put(records, 3, "Sitta")
    put(records, 4, "tits", lottery=0.01)  # kept for the random half, and the only one
    put(records, 5, "Sitta", lottery=0.01)
    found = listed_names(records, "c", NAMING, str)
    drawn = pictures_to_look_at(records, "c", found)
    assert [(d.image.id, d.via) for d in drawn] == [("i04", "names"), ("i03", "names")]


def test_a_row_shows_what_people_named_first(records: Records) -> None:
    put(records, 1, "tits", "Parus", site="pond")
    put(records, 2, "tits", site="pond")
    put(records, 3, "tits", site="wood")
    shown = shown_pictures(records, "c", listed_names(records, "c", NAMING, str))
    assert {n.label: i.id for n, i in shown.items()} == {"Parus": "i01"}
    found = listed_names(records, "c", NAMING, str, by_site=True)
    shown = shown_pictures(records, "c", found, by_site=True)
    assert {n.site: i.id for n, i in shown.items()} == {"pond": "i01", "wood": "i03"}


def test_a_name_verified_below_shows_the_picture_that_proves_it(records: Records) -> None:
    put(records, 9, "Aves")
    put(records, 2, "tits", "Parus")
    found = listed_names(records, "c", NAMING, NAMING.shown)
    birds = next(one for one in found if one.label == "Aves")
    assert (birds.standing, birds.verified) == ("verified", 0)
    assert shown_pictures(records, "c", found)[birds].label == "Parus"


def test_events_of_each_name(records: Records) -> None:
    for number, (deployment, taken) in enumerate(
        (
            ("d", "2026-05-03T14:00:00"),
            ("d", "2026-05-03T14:00:20"),
            ("d", "2026-05-03T18:00:00"),
            ("", "2026-05-03T14:00:00"),
            ("", ""),
        )
    ):
        put(records, number, "tits", deployment=deployment, taken_file=taken, site="pond")
    gaps = Gaps(120)
    assert events_by_name(records, "c", gaps) == {("Parus", ""): 3}
    assert events_by_name(records, "c", gaps, by_site=True) == {("Parus", "pond"): 3}


def test_the_list_over_the_api(ada: TestClient, another: Any) -> None:
    collection = first_collection(ada)
    here = f"{API}/collections/{collection}"
    ids = upload_ids(ada, collection, "Red", "Red")
    [row] = ada.get(f"{here}/verified-names").json()["names"]
    assert (row["label"], row["images"], row["standing"], row["by"]) == ("Red", 2, "to look at", "")
    queue = ada.get(f"{here}/verified-names/queue").json()
    assert queue["waiting"] == 1
    [drawn] = queue["images"]
    assert drawn["image"]["id"] in ids
    said = {"confirm": True, "via": drawn["via"]}
    assert ada.patch(f"{API}/images/{drawn['image']['id']}", json=said).status_code == 200
    [row] = ada.get(f"{here}/verified-names").json()["names"]
    assert (row["standing"], row["verified"], row["image"]["id"]) == (
        "verified",
        1,
        drawn["image"]["id"],
    )
    assert row["by"] == "ada"
    assert ada.get(f"{here}/verified-names/queue").json() == {"images": [], "waiting": 0}
    assert another("bob@example.org").get(f"{here}/verified-names").status_code == 404


def test_who_may_not_see_places_gets_no_rows_by_site(ada: TestClient, another: Any) -> None:
    bob = another("bob@example.org")
    path, *_ = hidden(ada, bob)
    site = {"name": "Pond", "latitude": "52.5", "longitude": "13.4"}
    made = ada.post(f"{path}/sites", json=site).json()["id"]
    deployment = {"name": "Cam 1", "site": made, "zone": "UTC"}
    put_into = ada.post(f"{path}/deployments", json=deployment).json()["id"]
    ids = [i["id"] for i in ada.get(f"{path}/images").json()["images"]]
    act = {"kind": "deploy", "deployment": put_into, "images": ids}
    assert ada.post(f"{path}/acts", json=act).status_code == 201
    for client, sites, hides in ((ada, 1, False), (bob, 0, True)):
        found = client.get(f"{path}/verified-names?by_site=true").json()
        assert (found["sites"], found["sites_hidden"]) == (sites, hides)
        assert {bool(n["site"]) for n in found["names"]} == {not hides}
        counted = client.get(f"{path}/verified-names/events?by_site=true").json()
        assert not hides or not any(row["site"] for row in counted)
