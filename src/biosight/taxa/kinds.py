"""What kind of thing a label is: a taxon, or one of the things on pictures that are none.

A camera trap's pictures are empty, or show people and cars (Camtrap DP observationType); the rest
is a word of one's own ("egg mass", "scat"). Not here: how each is published (publishing/standards).
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
    """Which of the usual things that are no taxon a label is, "" for all others."""
    return WORDS.get(alike(label), "")


def label_kind(label: str, naming: Naming) -> Kind:
    """What a label is in a collection."""
    if thing := thing_of(label):
        return thing
    return "taxon" if naming.published(label) else "other"
