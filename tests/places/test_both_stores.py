"""Sites, deployments, their acts and what is derived at opening, on SQLite and on mongomock."""

from dataclasses import replace

import pytest

from biosight.errors import Conflict
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.review.perform_acts import perform
from biosight.review.undo_acts import undo
from biosight.storage.records import Insert, Order, Records, Where
from biosight.taxa.naming import Naming
from biosight.workflows.places import deployment_acts
from tests.publishing.test_table import IMAGE


def test_places_are_kept_changed_and_put_back(records: Records) -> None:
    pond, _ = deployment_acts.add_place(records, "ada", Site("", "c", " Pond ", 52.5, 13.4, 30))
    assert records.get(Site, pond.id) == replace(pond, name="Pond")
    camera, _ = deployment_acts.add_place(
        records, "ada", Deployment("", "c", "Cam", pond.id, height=0.5, bait=False)
    )
    image = replace(IMAGE, id="i1", taken_file="2025-12-31T23:30:00").in_step
    records.write(Insert(image))
    perform(records, "ada", "c", deployment_acts.put_into(camera), [image])
    changed, act = deployment_acts.change_place(records, "ada", camera, replace(camera, shift=3600))
    assert deployment_acts.follow(records, "ada", act, [changed.id]) == 1
    here = [Where("collection", "=", "c"), Where("trashed", "=", False)]
    where = [*here, Where("deployment", "=", camera.id)]
    found = records.find(Image, where, order=Order("taken"))
    assert [(i.taken, i.day, i.site) for i in found] == [
        ("2026-01-01T00:30:00", "2026-01-01", pond.id)
    ]
    assert records.count_by(Image, here, "deployment") == {camera.id: 1}
    assert records.get(Deployment, camera.id) == changed
    now = records.get(type(act), act.id)
    assert now is not None
    undo(
        records,
        now,
        "ada",
        Naming(),
        along=lambda: deployment_acts.places_back(records, now.places_before),
    )
    back = records.get(Image, image.id)
    assert back is not None
    assert (back.taken, back.deployment) == ("2025-12-31T23:30:00", camera.id)
    kept = records.get(Deployment, camera.id)
    assert kept is not None
    assert (kept.shift, kept.height, kept.bait) == (0, 0.5, False)


def test_a_name_is_given_once_in_a_collection(records: Records) -> None:
    deployment_acts.add_place(records, "ada", Site("", "c", "Pond", 52.5, 13.4))
    with pytest.raises(Conflict, match="already"):
        deployment_acts.add_place(records, "ada", Site("", "c", "Pond", 1, 2))
    deployment_acts.add_place(records, "ada", Site("", "d", "Pond", 1, 2))
    assert [s.name for s in deployment_acts.sites_of(records, "c")] == ["Pond"]
