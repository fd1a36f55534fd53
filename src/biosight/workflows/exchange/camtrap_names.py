"""Scientific names of a Camtrap DP package, added to a collection's tree with their ranks.

Source: camtrap-dp.tdwg.org, `taxonomic` of the package's description and `scientificName` of its
observations. Not here: the labels of pictures (camtrap_import.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from biosight.own_names.collected import Names
from biosight.taxa.checklist import Listed, parents_first
from biosight.taxa.ranks import HIGHER
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.camtrap_package import Package
from biosight.workflows.names.checklists import take_names
from biosight.workflows.task import Task

ANIMALS = "Animalia"


def add_names(task: Task, package: Package) -> None:
    """Add the package's scientific names below the names of their higher ranks, as one act with
    undo. Names that the tree has stay as they are."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    ranks = {str(t.get("scientificName", "")).strip(): t for t in package.taxonomic}
    listed: dict[Listed, None] = {}
    for row in package.observations:
        name = " ".join(row.get("scientificName", "").split())
        if name and not names.find(name):
            animal = row.get("observationType") == "animal"
            listed |= dict.fromkeys(line_of_name(names, name, ranks.get(name, {}), animal=animal))
    done = take_names(task, parents_first(list(listed)), "of the package")
    while done.left:
        done = take_names(task, parents_first(list(listed)), "of the package", act=done.act)


def line_of_name(
    names: Names, name: str, said: Mapping[str, Any], *, animal: bool
) -> Iterator[Listed]:
    """Yield a name after those of its higher ranks, as far as the package says them; a genus that
    is known stands above its species, and animals above what else is not placed."""
    above = ""
    for rank in HIGHER:
        higher = str(said.get(rank) or "").strip()
        if higher and higher != name:
            yield Listed(higher, rank, above)
            above = higher
    genus = name.split()[0]
    if not said.get("genus") and genus != name and names.find(genus):
        above = genus
    elif not above and animal and names.find(ANIMALS):
        above = ANIMALS
    spoken = said.get("vernacularNames")
    common = str(spoken.get("en") or spoken.get("eng") or "") if isinstance(spoken, dict) else ""
    rank = str(said.get("taxonRank") or ("species" if len(name.split()) == 2 else ""))
    yield Listed(name, rank, above, common)
