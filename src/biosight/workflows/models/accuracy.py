"""The accuracy of the version that serves a collection, measured on the random half of review.

Not here: which pictures measure it (review/audit.py), or the measures (inference/quality.py).
"""

from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.inference.model_files.card import learnt_from
from biosight.review.audit import Audited, audited_images
from biosight.storage.records import Records
from biosight.workflows.collection_names import naming_of
from biosight.workflows.serving_version import serving_key


def audited_here(
    records: Records, catalogue: Catalogue, collection: Collection
) -> tuple[str, list[Audited]]:
    """Return the key of the version that serves a collection, and the pictures that measure it
    there."""
    key = serving_key(records, catalogue, collection.model)
    taught = learnt_from(catalogue.locate(key))
    naming = naming_of(records, catalogue, collection)
    return key, audited_images(records, collection.id, key, naming, taught)
