"""What a collection's pictures are: suggested by the cameras that took them, and chosen by people.

Not here: how each kind is looked at (intake/looking.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from biosight.collection import changed_collection
from biosight.gallery.facets import facet
from biosight.storage.records import Insert, Records, Replace, Where, Write
from biosight.subjects.picture_kind import PictureKind, is_trail_camera, suggested_kind
from biosight.work.jobs import Job
from biosight.workflows.models import reclassification
from biosight.workflows.serving_version import serving_version_of
from biosight.workflows.task import Task


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What pictures are by their cameras, "" for unknown; the cameras that say so, and how many
    pictures these took."""

    kind: PictureKind
    cameras: tuple[str, ...]
    images: int


def suggestion(records: Records, where: Sequence[Where]) -> Suggestion:
    """Return what the matching pictures are by the cameras that took them."""
    taken_by = {value.value: value.images for value in facet(records, where, "camera")}
    kind = suggested_kind(taken_by)
    saying = [c for c in taken_by if kind and is_trail_camera(c)]
    return Suggestion(kind, tuple(saying), sum(taken_by[c] for c in saying))


def choose_kind(task: Task, kind: PictureKind, *, again: bool) -> Job | None:
    """Say what the pictures are. With `again`, return the job that also looks at those that are
    there; labels of people stay. Raises Conflict while such a job is under way, or Stale."""
    records, collection = task.records, task.collection
    changes: list[Write] = [
        Replace(changed_collection(collection, picture_kind=kind), collection.version)
    ]
    made = None
    if again:
        version = serving_version_of(records, task.catalogue, collection.model)
        made = reclassification.new(records, collection.id, version, task.by, anew=True)
        changes.append(Insert(made))
    records.write(*changes)
    return made
