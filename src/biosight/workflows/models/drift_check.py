"""The drift check of a collection against the version that serves it.

Not here: the check itself (drift), or the weekly watch (drift/weekly.py).
"""

from biosight import drift
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.drift import DriftReport
from biosight.inference.reference import read_reference
from biosight.storage.records import Records
from biosight.workflows.serving_version import serving_version_of
from biosight.workflows.task import Task


def check_collection(
    records: Records, catalogue: Catalogue, collection: Collection, since: float = 0.0
) -> DriftReport:
    """Check the pictures from `since` (seconds since 1970) on for drift, from stored embeddings,
    and keep the report. Raises NotFound while no model serves."""
    version = serving_version_of(records, catalogue, collection.model)
    reference = read_reference(catalogue.locate(version.id))
    space = version.card.space
    return drift.check(records, collection.id, version.id, space, reference, since=since)


def accept(task: Task) -> int:
    """Make the pictures of the last check the new normal; return how many sessions that is.

    Raises BadRequest for too few.
    """
    space = serving_version_of(task.records, task.catalogue, task.collection.model).card.space
    return drift.accept_latest(task.records, task.id, space, task.by)
