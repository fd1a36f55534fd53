"""The names of a collection with what its model brings; the same for every part of the program.

Not here: the tree (taxa), or what people changed in it (own_names).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from biosight import registry
from biosight.bootstrap import DEFAULT_MODEL, Catalogue
from biosight.collection import Collection, NamePairs
from biosight.errors import NotFound
from biosight.images import Image
from biosight.inference.model_files.card import read_card
from biosight.own_names.collected import Collected, Names, collect_names
from biosight.review.acts import Change
from biosight.storage.conditions import living_images
from biosight.storage.records import Records
from biosight.taxa.kinds import USUAL, thing_of
from biosight.taxa.naming import Naming, alike
from biosight.taxa.tree import Taxon
from biosight.workflows.serving_version import serving_key

KEPT = Collected()


def names_in(records: Records, catalogue: Catalogue, collection: Collection) -> Names:
    """A collection's tree and synonyms, as its version says."""
    return names_by(records, collection, model_of(records, catalogue, collection))


def names_by(records: Records, collection: Collection, model: str) -> Names:
    """The same, where the version that serves is known."""
    return KEPT.get(records, collection, model, lambda: base_taxa(records, model))


def naming_of(records: Records, catalogue: Catalogue, collection: Collection) -> Naming:
    """What a model's names are called in a collection, and where labels hang."""
    return names_in(records, catalogue, collection).naming


def former_naming(
    records: Records, catalogue: Catalogue, collection: Collection, renamed: NamePairs
) -> Naming:
    """The same as if a collection's names for its model's labels were `renamed`."""
    base = base_taxa(records, model_of(records, catalogue, collection))
    return collect_names(records, replace(collection, renamed=renamed), base).naming


def model_of(records: Records, catalogue: Catalogue, collection: Collection) -> str:
    """The version that serves a collection, "" while none does."""
    try:
        return serving_key(records, catalogue, collection.model)
    except NotFound:
        return ""


def base_taxa(records: Records, model: str) -> tuple[Taxon, ...]:
    """The taxa of a version's card, and behind them those that come with BioSight: a collection
    whose model knows cells only keeps its birds below the vertebrates."""
    found = records.get(registry.ModelVersion, model) if model else None
    own = tuple(t.taxon for t in found.card.taxa) if found else ()
    there = {t.id for t in own}
    return own + tuple(t for t in bundled_taxa() if t.id not in there)


@lru_cache(maxsize=1)
def bundled_taxa() -> tuple[Taxon, ...]:
    """The taxa of the model that is the default where no setting names another."""
    return tuple(t.taxon for t in read_card(DEFAULT_MODEL).taxa)


def with_path(
    records: Records, catalogue: Catalogue, collection: Collection, change: Change
) -> Change:
    """A change that says a label, with the label as the collection writes it and its path."""
    if not change.label:
        return change
    names = names_in(records, catalogue, collection)
    label = names.accepted(change.label)
    if label not in names.tree:
        label = twin_in_use(records, collection.id, label)
    return replace(change, label=label, path=names.naming.path(label))


def twins(names: Names, used: Mapping[str, int]) -> dict[str, str]:
    """Labels of an archive from before twins were one -> the one that each is to join: as the tree
    writes it, else the one that most pictures bear. `used` is how many bear each."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for label in sorted(used, key=lambda x: (-used[x], x)):
        same = names.accepted(label)
        if same == label and label in names.tree:
            continue
        kept = same if alike(same) == alike(label) and same in names.tree else ""
        kept = kept or first.setdefault(alike(label), label)
        if kept != label:
            found[label] = kept
    return found


def twin_in_use(records: Records, collection: str, label: str) -> str:
    """The label of some picture that differs by case, accents or Unicode form only, and for Empty,
    Human and Vehicle what the collection calls them; else itself."""
    used = [str(u) for u in records.count_by(Image, living_images(collection), "label")]
    if label in used:
        return label
    twins = [u for u in used if alike(u) == alike(label)]
    if not twins and label in USUAL:
        twins = [u for u in used if thing_of(u) == thing_of(label)]
    return twins[0] if twins else label
