"""Only names of a list may be answered: what lives at a place, or what a survey looks for.

Probability outside the list is set to 0, and the rest is divided by its sum (Bayes' rule with a
prior of 0 there). Names that the model can't tell stand at the nearest name above that it can. Not
here: reading a list (taxa/checklist.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from biosight.errors import BadRequest
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.model_files.card import ModelCard, card_rollup
from biosight.inference.rollup import Rollup
from biosight.taxa.naming import Answerable, Naming, alike
from biosight.taxa.tree import Tree

# With less probability than this on the list, a picture shows nothing that is on it.
FITS = 1e-6


@dataclass(frozen=True)
class NameList:
    """The leaves (leaves,) that a list allows, and the nodes that may be the answer: names of the
    list, and what lies above or below them. `told` are names that the model can tell, `above` those
    that it can't, with the name that stands for each; `unknown` have no place in its tree."""

    rollup: Rollup
    leaves: npt.NDArray[np.bool_]
    nodes: npt.NDArray[np.bool_]
    told: tuple[str, ...]
    above: Mapping[str, str]
    unknown: tuple[str, ...]

    def limited(self, verdict: Verdict) -> Verdict | None:
        """Return a verdict under which nothing outside the list has a probability; None where the
        picture fits nothing on it."""
        rollup = self.rollup
        assert verdict.leaves is not None, "a model with a tree"
        kept = np.where(self.leaves, verdict.leaves, np.float32(0))
        total = float(kept.sum())
        if total < FITS:
            return None
        kept = (kept / np.float32(total)).astype(np.float32)
        nodes = np.where(self.nodes, kept @ rollup.incidence, np.float32(0))
        own = self.nodes[[rollup.number[x] for x in rollup.leaves]]
        leaves = np.where(own, kept, np.float32(0))  # others count for the names above them alone
        return replace(verdict, confidences=kept @ rollup.member, leaves=leaves, nodes=nodes)

    def in_words(self) -> str:
        """Return what the model can tell of the list, in a sentence."""
        total = len(self.told) + len(self.above) + len(self.unknown)
        words = f"Of the {total:,} names on the list, this model can tell {len(self.told):,}"
        if self.above:
            words += f"; {len(self.above):,} are answered by a name above them"
        if self.unknown:
            words += f"; {len(self.unknown):,} have no place in its tree and are left out"
        return f"{words}."


def name_list(card: ModelCard, wanted: Mapping[str, Sequence[str]]) -> NameList:
    """Return the list for the model of a card: `wanted` are its names, each with the names above
    it, from the top of the tree down. Raises BadRequest where the model has no tree, or knows
    nothing of the list."""
    if not card.leaves:
        raise BadRequest(f"{card.name} has no tree of names, so it can't use a list.")
    rollup = card_rollup(card)
    known = written_names(rollup)
    told: dict[str, str] = {}
    above: dict[str, str] = {}
    unknown: list[str] = []
    for name, line in wanted.items():
        own = known.get(alike(name), "")
        upper = next((known[alike(x)] for x in reversed(line) if alike(x) in known), "")
        if own:
            told[name] = own
        elif upper:
            above[name] = upper
        else:
            unknown.append(name)
    if not told and not above:
        raise BadRequest("This model knows none of the names on the list.")
    leaves, nodes = allowed(rollup, set(told.values()), set(above.values()))
    return NameList(rollup, leaves, nodes, tuple(told), above, tuple(unknown))


def limited_by(classifier: Classifier, naming: Naming, verdict: Verdict) -> Verdict | None:
    """Return a verdict under which only what a collection allows has a probability; None where the
    picture fits nothing of it. A model that knows none of the names is not limited."""
    if naming.answerable is None:
        return verdict
    limit = list_of(classifier.card, naming.answerable)
    return limit.limited(verdict) if limit else verdict


def list_of(card: ModelCard, answerable: Answerable) -> NameList | None:
    """Return a collection's list for the model of a card; None for a model that can't use it."""
    return kept_list(KeyedCard(card), answerable)


class KeyedCard:
    """A card that is compared by the version and the file it describes."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.key = (card.key, card.sha256)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyedCard) and self.key == other.key


@lru_cache(maxsize=32)
def kept_list(keyed: KeyedCard, answerable: Answerable) -> NameList | None:
    """Return a list that was made before, since every upload asks for it."""
    try:
        return name_list(keyed.card, answerable.lines)
    except BadRequest:
        return None


def written_names(rollup: Rollup) -> dict[str, str]:
    """Return the model's nodes by the ways in which people write them."""
    found: dict[str, str] = {}
    for node in rollup.nodes:
        taxon = rollup.tree.taxa[node]
        for name in (node, taxon.scientific_name, taxon.vernacular_name):
            if name:
                found.setdefault(alike(name), node)
    return found


def allowed(
    rollup: Rollup, told: Iterable[str], above: Iterable[str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the leaves and the nodes that may have a probability.

    Of a name that the model can tell: itself and all below. Of one that stands for names that it
    can't: the leaf for "another one of this name" if there is one, else all leaves below it, of
    which none is answered for it.
    """
    tree, leaves = rollup.tree, np.zeros(len(rollup.leaves), dtype=bool)
    nodes = np.zeros(len(rollup.nodes), dtype=bool)
    for name in told:
        leaves |= rollup.incidence[:, rollup.number[name]] > 0
        nodes |= lines_through(tree, rollup.nodes, name)
    for name in above:
        others = np.array([x == name for x in rollup.leaves])
        leaves |= others if others.any() else rollup.incidence[:, rollup.number[name]] > 0
        nodes |= np.array([tree.is_below(name, n) for n in rollup.nodes])
    return leaves, nodes


def lines_through(tree: Tree, nodes: Sequence[str], name: str) -> npt.NDArray[np.bool_]:
    """Return which nodes lie on a line through a name: above it, itself, or below."""
    return np.array([tree.is_below(n, name) or tree.is_below(name, n) for n in nodes])
