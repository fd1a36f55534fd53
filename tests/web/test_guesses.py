"""One scale: label, levels and guesses of a picture say the same probability, and why they stop."""

from dataclasses import replace

import pytest

from biosight.labels import Guess, LineLevel, Prediction
from biosight.taxa.naming import Naming
from biosight.taxa.tree import Taxon, Tree
from biosight.web.schemas.guesses import finer_out, levels_out, why_no_finer

TREE = Tree(
    [
        Taxon("Animalia"),
        Taxon("Aves", parent="Animalia"),
        Taxon("Psittacidae", parent="Aves"),
        Taxon("Laridae", parent="Aves"),
    ]
)
NAMING = Naming(tree=TREE)
LEVELS = (
    LineLevel("Animalia", 0.99, None),
    LineLevel("Aves", 0.98, 0.0),
    LineLevel("Psittacidae", 0.87, 0.9),
)
PREDICTION = Prediction(
    "p",
    "i",
    "m@1",
    (Guess("Aves", 0.98), Guess("Animalia", 0.01)),
    0.0,
    answer=Guess("Aves", 0.98),
    finer=(Guess("Psittacidae", 0.87), Guess("Laridae", 0.03)),
    levels=LEVELS,
)


def test_the_line_goes_from_the_top_to_the_likeliest_name() -> None:
    shown = [(x.label, x.confidence, x.needs) for x in levels_out(PREDICTION, NAMING)]
    assert shown == [("Animalia", 0.99, None), ("Aves", 0.98, 0.0), ("Psittacidae", 0.87, 0.9)]


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (0.9, "Not named Psittacidae (87 %): that name needs 90 %."),
        (None, "Not named Psittacidae (87 %): this model does not answer with that name."),
    ],
)
def test_it_says_why_the_answer_stops(needs: float | None, words: str) -> None:
    levels = (*LEVELS[:2], LineLevel("Psittacidae", 0.87, needs))
    assert why_no_finer(replace(PREDICTION, levels=levels), NAMING) == words


def test_the_reason_speaks_of_the_first_name_that_could_be_said() -> None:
    levels = (
        *LEVELS[:2],
        LineLevel("Psittaciformes", 0.9, None),
        LineLevel("Psittacidae", 0.87, 0.95),
    )
    words = why_no_finer(replace(PREDICTION, levels=levels), NAMING)
    assert words == "Not named Psittacidae (87 %): that name needs 95 %."


def test_an_answer_at_the_end_of_the_line_needs_no_reason() -> None:
    deepest = replace(PREDICTION, answer=Guess("Psittacidae", 0.95))
    assert why_no_finer(deepest, NAMING) == ""
    assert why_no_finer(replace(PREDICTION, levels=()), NAMING) == ""


def test_a_leaf_for_other_birds_does_not_contradict_the_birds() -> None:
    """“Aves 98 %” stood above “Psittacidae 87 %, Aves 1 %” (N5), as archives still keep it."""
    kept = (Guess("Psittacidae", 0.87), Guess("Laridae", 0.03), Guess("Aves", 0.01))
    old = replace(PREDICTION, finer=kept, levels=())
    assert [g.label for g in finer_out(old, NAMING)] == ["Psittacidae", "Laridae"]


def test_names_of_the_collection_stand_in_the_line() -> None:
    """What a collection merged stands once."""
    naming = Naming(
        renamed={"Psittacidae": "Parrots", "Aves": "Birds", "Animalia": "Birds"},
        tree=Tree([Taxon("Birds"), Taxon("Parrots", parent="Birds")]),
    )
    assert [x.label for x in levels_out(PREDICTION, naming)] == ["Birds", "Parrots"]
    assert why_no_finer(PREDICTION, naming).startswith("Not named Parrots (87 %)")
