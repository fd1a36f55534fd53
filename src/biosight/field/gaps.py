"""Event gaps: the longest time between two pictures of a deployment that are still one event.

A collection has one; a deployment may have its own, for a camera that waits longer between
pictures. Not here: what an event is (events.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from biosight.collection import Collection
from biosight.places import Deployment
from biosight.storage.records import Records, Where, among, find_all


def gap_of(collection: Collection, deployment: Deployment | None) -> int:
    """Return the event gap of a deployment in seconds: its own, else the collection's."""
    own = deployment.event_gap if deployment else None
    return collection.event_gap if own is None else own


@dataclass(frozen=True, slots=True)
class Gaps:
    """Event gaps of several deployments in seconds: `common`, and by id those that have their
    own. `zones` are the time zones of deployments, by id, as far as they are known: in the night in
    which clocks go forward, an hour is only a moment."""

    common: int
    own: Mapping[str, int] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)

    def of(self, deployment: str) -> int:
        """Return the gap of a deployment by its id."""
        return self.own.get(deployment, self.common)

    def zone(self, deployment: str) -> str:
        """Return the time zone of a deployment by its id, "" for unknown."""
        return self.zones.get(deployment, "")


def gaps_among(collection: Collection, deployments: Iterable[Deployment]) -> Gaps:
    """Return the gaps of some deployments of a collection."""
    there = list(deployments)
    own = {d.id: d.event_gap for d in there if d.event_gap is not None}
    return Gaps(collection.event_gap, own, {d.id: d.zone for d in there if d.zone})


def all_gaps(records: Records, collection: Collection) -> Gaps:
    """Return the gaps of all deployments of a collection."""
    here = [Where("collection", "=", collection.id)]
    return gaps_among(collection, find_all(records, Deployment, here))


def gaps_of(records: Records, collection: Collection, deployments: Iterable[str]) -> Gaps:
    """Return the gaps of deployments by their ids; "" and deployments that no longer exist have the
    collection's."""
    ids = sorted(set(deployments) - {""})
    return gaps_among(collection, among(records, Deployment, ids))
