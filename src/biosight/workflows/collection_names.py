"""The names of a collection together with those of its model; the same for every part of the
program.

Not here: the tree (taxa), or people's changes to it (own_names).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from biosight import registry
from biosight.bootstrap import DEFAULT_MODEL, Catalogue
from biosight.collection import Collection, NamePairs
from biosight.errors import NotFound
from biosight.inference.model_files.card import read_card
from biosight.own_names.collected import Collected, Names, collect_names
from biosight.review.acts import Change
from biosight.storage.conditions import living_images
from biosight.storage.label_use import pictures_by_label
from biosight.storage.records import Records
from biosight.taxa.kinds import USUAL, thing_of
from biosight.taxa.naming import Naming, are_alike
from biosight.taxa.tree import Taxon
from biosight.workflows.serving_version import serving_key

KEPT = Collected()


def names_in(records: Records, catalogue: Catalogue, collection: Collection) -> Names:
    """Return a collection's tree and synonyms, based on the version that serves it."""
    return names_by(records, collection, model_of(records, catalogue, collection))


def names_by(records: Records, collection: Collection, model: str) -> Names:
    """Return the same where the version that serves is known."""
    return KEPT.get(records, collection, model, lambda: base_taxa(records, model))


def naming_of(records: Records, catalogue: Catalogue, collection: Collection) -> Naming:
    """Return how a collection calls its model's names, and where labels hang in its tree."""
    return names_in(records, catalogue, collection).naming


def former_naming(
    records: Records, catalogue: Catalogue, collection: Collection, renamed: NamePairs
) -> Naming:
    """Return the same as if the collection had the former names `renamed` for its model's
    labels."""
    base = base_taxa(records, model_of(records, catalogue, collection))
    return collect_names(records, replace(collection, renamed=renamed), base).naming


def model_of(records: Records, catalogue: Catalogue, collection: Collection) -> str:
    """Return the key of the version that serves a collection, "" while none does."""
    try:
        return serving_key(records, catalogue, collection.model)
    except NotFound:
        return ""


def base_taxa(records: Records, model: str) -> tuple[Taxon, ...]:
    """Return the taxa of a version's card, followed by those that come with BioSight. So a
    collection whose model knows only cells still keeps its birds below the vertebrates."""
    found = records.get(registry.ModelVersion, model) if model else None
    own = tuple(t.taxon for t in found.card.taxa) if found else ()
    there = {t.id for t in own}
    return own + tuple(t for t in bundled_taxa() if t.id not in there)


@lru_cache(maxsize=1)
def bundled_taxa() -> tuple[Taxon, ...]:
    """Return the taxa of the bundled default model."""
    return tuple(t.taxon for t in read_card(DEFAULT_MODEL).taxa)


def with_path(
    records: Records, catalogue: Catalogue, collection: Collection, change: Change
) -> Change:
    """Return a change with its label as the collection writes it, and with the label's path."""
    if not change.label:
        return change
    [(label, path)] = accepted_labels(records, catalogue, collection, [change.label])
    return replace(change, label=label, path=path)


def accepted_labels(
    records: Records, catalogue: Catalogue, collection: Collection, labels: Sequence[str]
) -> list[tuple[str, str]]:
    """Return each label as the collection writes it, and its path in the collection's tree; "" for
    none stays."""
    names = names_in(records, catalogue, collection)
    found = []
    for said in labels:
        label = names.accepted(said) if said else ""
        if label and label not in names.tree:
            label = twin_in_use(records, collection.id, label)
        found.append((label, names.naming.path(label)))
    return found


def twins(names: Names, used: Mapping[str, int]) -> dict[str, str]:
    """Return, for labels that differ only in spelling, the label that each one joins.

    They occur in archives from before such twins were merged. The tree's own spelling wins, else
    the label that most pictures have. `used` is the number of pictures per label.
    """
    found: dict[str, str] = {}
    first: list[str] = []
    for label in sorted(used, key=lambda x: (-used[x], x)):
        same = names.accepted(label)
        if same == label and label in names.tree:
            continue
        kept = same if are_alike(same, label) and same in names.tree else ""
        kept = kept or next((x for x in first if are_alike(x, label)), "")
        if not kept:
            first.append(label)
            kept = label
        if kept != label:
            found[label] = kept
    return found


def twin_in_use(records: Records, collection: str, label: str) -> str:
    """Return the label in use that differs only by case, accents or Unicode form, else the label
    itself. For Empty, Human and Vehicle, return what the collection calls them."""
    used = list(pictures_by_label(records, living_images(collection)))
    if label in used:
        return label
    twins = [u for u in used if are_alike(u, label)]
    if not twins and label in USUAL:
        twins = [u for u in used if thing_of(u) == thing_of(label)]
    return twins[0] if twins else label
