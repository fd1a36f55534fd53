"""A model version as the API shows it.

Not here: the routes (web/api/models).
"""

from pydantic import BaseModel

from biosight import registry
from biosight.bootstrap import BioSight
from biosight.registry import ModelVersion
from biosight.web.access.deps import Person
from biosight.web.access.rights import may_change


class VersionOut(BaseModel):
    """A model version.

    - `serves`: whether it is the champion of its family.
    - `default`: whether collections that chose no family use its family.
    - `there`: whether its files are there; false if it came with another release of BioSight.
    - `collection`: where it was taught, or "".
    - `under`: for an expert, the name whose branch it knows.
    - `detects`: whether it finds things instead of naming them; `labels` are then their kinds.
    - `bundled`: whether it came with BioSight.
    """

    id: str
    name: str
    version: str
    state: str
    serves: bool
    default: bool
    may_change: bool
    there: bool
    arch: str
    labels: list[str]
    base: str
    under: str
    detects: bool
    bundled: bool
    collection: str
    added_at: float
    promoted_at: float
    measured: dict[str, float]


def version_out(biosight: BioSight, person: Person, version: ModelVersion) -> VersionOut:
    """Return a version as the API shows it."""
    card, records = version.card, biosight.archive.records
    serves = version.state == "champion"
    if card.detector and serves:  # of several, the one that was promoted last looks at pictures
        looking = registry.detector(records)
        serves = looking is not None and looking.id == version.id
    return VersionOut(
        id=version.id,
        name=version.name,
        version=card.version,
        state=version.state if serves or version.state != "champion" else "candidate",
        serves=serves,
        default=version.name == biosight.catalogue.default,
        may_change=may_change(records, person, version),
        there=registry.is_there(version, biosight.catalogue.bundled),
        arch=card.arch,
        labels=list(card.label_names),
        base=card.base,
        under=card.under,
        detects=card.detector is not None,
        bundled=version.bundled,
        collection=version.collection,
        added_at=version.added_at,
        promoted_at=version.promoted_at,
        measured=card.measured,
    )
