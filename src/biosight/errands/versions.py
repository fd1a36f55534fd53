"""Which version serves a collection, what it learnt from, and how it does there.

Not here: the registry's own acts (registry), or opening a version (inference).
"""

from biosight import registry
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import Conflict
from biosight.inference.card import learnt_from
from biosight.registry import ModelVersion
from biosight.review.audit import Audited, audited
from biosight.storage.records import Records


def serving(records: Records, catalogue: Catalogue, family: str) -> ModelVersion:
    """The version that serves a family, "" for the default one. Raises NotFound."""
    return registry.champion(records, family or catalogue.default)


def serving_key(records: Records, catalogue: Catalogue, family: str) -> str:
    """The key of the version that serves a family, "" for the default one. Raises NotFound."""
    return serving(records, catalogue, family).id


def check_there(catalogue: Catalogue, version: ModelVersion) -> None:
    """Raise Conflict for a version whose files can't be had."""
    if not registry.is_there(version, catalogue.bundled):
        raise Conflict(f"{version.id} came with another version of BioSight; it isn't here now.")


def promote_version(
    records: Records, catalogue: Catalogue, version: ModelVersion, by: str, reason: str = ""
) -> ModelVersion:
    """`registry.promote` for a version whose files can be had. Raises Conflict for another."""
    check_there(catalogue, version)
    return registry.promote(records, version, by, reason)


def audited_here(
    records: Records, catalogue: Catalogue, collection: Collection
) -> tuple[str, list[Audited]]:
    """The key of what serves a collection, and the pictures that measure it there."""
    key = serving_key(records, catalogue, collection.model)
    taught = learnt_from(catalogue.locate(key))
    return key, audited(records, collection.id, key, dict(collection.renamed), taught)
