"""The version that serves a collection, and promotion of another one.

Not here: the registry's own acts (registry), or opening a version (inference).
"""

from biosight import registry
from biosight.bootstrap import Catalogue
from biosight.errors import Conflict
from biosight.registry import ModelVersion
from biosight.storage.records import Records


def serving_version_of(records: Records, catalogue: Catalogue, family: str) -> ModelVersion:
    """Return the version that serves a family, "" for the default one. Raises NotFound."""
    return registry.champion(records, family or catalogue.default)


def serving_key(records: Records, catalogue: Catalogue, family: str) -> str:
    """Return the key of the version that serves a family, "" for the default one. Raises
    NotFound."""
    return registry.champion_key(records, family or catalogue.default)


def check_there(catalogue: Catalogue, version: ModelVersion) -> None:
    """Raise Conflict for a version whose files are not available."""
    if not registry.is_there(version, catalogue.bundled):
        raise Conflict(f"{version.id} came with another version of BioSight; it isn't here now.")


def promote_version(
    records: Records, catalogue: Catalogue, version: ModelVersion, by: str, reason: str = ""
) -> ModelVersion:
    """Call `registry.promote` for a version whose files are available. Raises Conflict for
    another."""
    check_there(catalogue, version)
    return registry.promote(records, version, by, reason)
