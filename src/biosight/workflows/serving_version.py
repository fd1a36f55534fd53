"""The version that serves a collection, and promotion of another one.

Not here: the registry's own acts (registry), or opening a version (inference).
"""

from biosight import registry
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import BadRequest, Conflict
from biosight.registry import ModelVersion
from biosight.storage.records import Records, Where


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


def collections_using(records: Records, family: str) -> list[Collection]:
    """Return the collections that chose a family, those in the trash too, which may come back."""
    return records.find(Collection, [Where("model", "=", family)])


def where_it_serves(records: Records, catalogue: Catalogue, version: ModelVersion) -> str:
    """Return in words which new pictures a promoted version names, or looks at."""
    if version.card.detector:
        return "all collections that look for animals."
    if version.card.under:
        return f"beside other models, for what is below {version.card.under}."
    if version.name == catalogue.default:
        return "all collections that chose no other model."
    if chosen := [c.name for c in collections_using(records, version.name)]:
        return f"the collections that chose {version.name}: {', '.join(sorted(chosen))}."
    return (
        f"no collection yet: none chose {version.name}. To choose it, press Try on on a "
        f"collection's Model page, or run biosight collection use-model NAME {version.name}."
    )


def retire_version(
    records: Records, catalogue: Catalogue, version: ModelVersion, by: str, reason: str = ""
) -> ModelVersion:
    """Call `registry.retire`; a family that no collection uses may lose its serving version. Raises
    BadRequest for any other model that serves."""
    serves = version.state == "champion" and not version.card.detector and not version.card.under
    if serves and version.name == catalogue.default:
        raise BadRequest("This is the server's default model; it retires when you promote another.")
    if serves and version.bundled:
        raise BadRequest("It came with BioSight and stays; it names nothing until it is chosen.")
    free = serves and not collections_using(records, version.name)
    return registry.retire(records, version, by, reason, is_used=not free)
