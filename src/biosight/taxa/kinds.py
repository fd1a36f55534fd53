"""Kind of a label: a taxon, or one of the things on pictures that are no taxon.

A camera trap's pictures may be empty, or show people and cars (Camtrap DP observationType). Any
other label is a word of people's own ("egg mass", "scat"). Not here: how each is published
(publishing/standards).
"""

from typing import Literal

from biosight.taxa.naming import Naming, alike

Thing = Literal["", "empty", "human", "vehicle"]
Kind = Literal["taxon", "empty", "human", "vehicle", "other"]
WORDS: dict[str, Thing] = {
    "empty": "empty",
    "blank": "empty",
    "nothing": "empty",
    "human": "human",
    "humans": "human",
    "person": "human",
    "people": "human",
    "homo sapiens": "human",
    "vehicle": "vehicle",
    "car": "vehicle",
}
# Offered everywhere a label is asked for.
USUAL = ("Empty", "Human", "Vehicle")


def thing_of(label: str) -> Thing:
    """Return which of the usual things that are no taxon a label is, "" for all others."""
    return WORDS.get(alike(label), "")


def label_kind(label: str, naming: Naming) -> Kind:
    """Return the kind of a label in a collection."""
    if thing := thing_of(label):
        return thing
    return "taxon" if naming.published(label) else "other"
