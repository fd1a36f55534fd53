"""Import of a checklist into a collection's names: first a preview, then names are added in
batches.

A known name stays as it is. So a list can be imported twice, and an interrupted import can start
again. Not here: reading the file (taxa/checklist.py), or its act with undo
(workflows/names/checklists.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from biosight.errors import BadRequest
from biosight.labels import clean_label
from biosight.own_names.collected import Names
from biosight.own_names.known import KnownTaxon, known_from
from biosight.storage.records import Insert, InUse, Records
from biosight.taxa.checklist import MOST_LEVELS, Listed
from biosight.taxa.naming import spelt
from biosight.taxa.ranks import stands_above
from biosight.taxa.tree import Taxon

MOST_SHOWN = 20
AT_ONCE = 500


@dataclass(slots=True)
class Preview:
    """What an import would do: how many names are new, how many synonyms are, how many names are
    known already, and what is doubtful, in words, the first MOST_SHOWN."""

    new: int = 0
    synonyms: int = 0
    known: int = 0
    doubtful: int = 0
    doubts: list[str] = field(default_factory=list)

    def doubt(self, words: str) -> None:
        self.doubtful += 1
        if len(self.doubts) < MOST_SHOWN:
            self.doubts.append(words)


def looked_through(names: Names, listed: Sequence[Listed]) -> tuple[Preview, list[Listed]]:
    """Return what an import would do, and the names to add, parents first."""
    seen: dict[str, Listed] = {}
    preview, fresh = Preview(), []
    levels: dict[str, int] = {}
    for row in listed:
        try:
            one = replace(row, name=clean_label(row.name))
        except BadRequest as error:
            preview.doubt(f"{row.name[:40]}: {error.detail}")
            continue
        key, known = spelt(one.name), names.find(one.name)
        if known or key in seen:
            preview.known += 1
            check_known(names, known, one, preview)
            check_homonym(seen.get(key), one, preview)
            continue
        levels[key] = 1 + level_of(names, levels, one.parent)
        if levels[key] > MOST_LEVELS:
            preview.doubt(f"{one.name} is more than {MOST_LEVELS} levels deep; it is left out.")
            continue
        if one.accepted and not names.find(one.accepted) and spelt(one.accepted) not in seen:
            preview.doubt(f"{one.name} is a synonym of {one.accepted}, which is not listed.")
            continue
        seen[key] = one
        if one.accepted:
            preview.synonyms += 1
        else:
            preview.new += 1
            check_parent(names, seen, one, preview)
        fresh.append(one)
    return preview, fresh


def level_of(names: Names, levels: dict[str, int], name: str) -> int:
    """Return how many levels down a name hangs, 0 for an unknown one; cached in `levels`."""
    key = spelt(name)
    if key not in levels and (known := names.find(name)):
        levels[key] = len(names.tree.line(known))
    return levels.get(key, 0)


def check_known(names: Names, known: str, one: Listed, preview: Preview) -> None:
    """Note a doubt where a known name hangs elsewhere than the list says."""
    if known not in names.tree or one.accepted or not one.parent:
        return
    parent = names.find(one.parent)
    if parent and parent not in names.tree.line(known):
        preview.doubt(
            f"{known} is below {names.tree.taxa[known].parent or 'nothing'} here and below "
            f"{one.parent} in the list; it stays where it is."
        )


def check_homonym(first: Listed | None, second: Listed, preview: Preview) -> None:
    """Note a doubt where a list has one name below two others."""
    if first and first.parent and second.parent and first.parent != second.parent:
        preview.doubt(
            f"{second.name} is below {first.parent} and below {second.parent} in the list; only the"
            " first is taken, and what is below the second hangs below the name above it."
        )


def check_parent(names: Names, seen: dict[str, Listed], one: Listed, preview: Preview) -> None:
    """Note a doubt for an unknown parent, or one whose rank is lower than the name's."""
    if not one.parent:
        return
    parent = names.find(one.parent)
    if not parent and spelt(one.parent) not in seen:
        preview.doubt(f"{one.name} has the parent {one.parent}, which is not in the list.")
        return
    rank = names.tree.taxa[parent].taxon_rank if parent in names.tree else ""
    rank = rank or (seen[spelt(one.parent)].rank if spelt(one.parent) in seen else "")
    if one.rank and rank and not stands_above(rank, one.rank):
        preview.doubt(f"{one.name} ({one.rank}) can't be below {one.parent} ({rank}).")


def add_listed(
    records: Records, collection: str, names: Names, fresh: Sequence[Listed], source: str
) -> int:
    """Add names, AT_ONCE in each write; return how many were added. `source` is stored with each,
    so that they can be removed together."""
    there = {spelt(n.name): n.name for n in fresh if not n.accepted}
    done = 0
    for start in range(0, len(fresh), AT_ONCE):
        made = [
            known_taxon(collection, names, there, one, source)
            for one in fresh[start : start + AT_ONCE]
        ]
        try:
            records.write(*(Insert(taxon) for taxon in made))
            done += len(made)
        except InUse:
            done += sum(added_alone(records, taxon) for taxon in made)
    return done


def added_alone(records: Records, taxon: KnownTaxon) -> bool:
    """Add one name of a write in which another was added meanwhile; return whether it was added."""
    try:
        records.write(Insert(taxon))
        return True
    except InUse:
        return False


def known_taxon(
    collection: str, names: Names, there: dict[str, str], one: Listed, source: str
) -> KnownTaxon:
    """Return a listed name in its stored form; an unknown parent leaves it at the root."""

    def label(name: str) -> str:
        return names.find(name) or there.get(spelt(name), "")

    taxon = Taxon(
        id=one.name,
        scientific_name=one.name,
        taxon_rank=one.rank,
        parent="" if one.accepted else label(one.parent),
        vernacular_name=one.vernacular,
    )
    accepted = (label(one.accepted) or one.accepted) if one.accepted else ""
    return known_from(collection, taxon, accepted=accepted, source=source)
