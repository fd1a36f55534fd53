"""Only names of a list are answered."""

from pathlib import Path

import numpy as np
import pytest

from biosight.errors import BadRequest
from biosight.inference.classifier import Classifier
from biosight.inference.model_files.card import read_card
from biosight.inference.name_list import name_list
from biosight.taxa.checklist import Listed, lines_listed
from tests import tiny
from tests.learning.teaching.test_teach_tree import vectors


@pytest.fixture
def classifier(tmp_path: Path) -> Classifier:
    tiny.make_tree_model(tmp_path / "tree")
    return Classifier(tmp_path / "tree", 1)


def test_what_is_not_listed_has_no_probability(classifier: Classifier) -> None:
    limit = name_list(classifier.card, {"scarlet": (), "Blue": ("Colour", "Cold")})
    verdict = classifier.judge(vectors(classifier.folder, "Crimson", 1))[0]
    assert classifier.answer(verdict).label == "Crimson"
    fits = limit.limited(verdict)
    assert fits is not None
    assert fits.leaves is not None
    assert float(fits.leaves.sum()) == pytest.approx(1, abs=1e-5)
    assert float(fits.confidences.sum()) == pytest.approx(1, abs=1e-5)
    assert classifier.answer(fits).label == "Scarlet"
    assert {g.label for g in classifier.finer(fits) if g.confidence} <= {"Scarlet", "Blue"}


def test_a_name_that_the_model_cannot_tell_is_answered_above(classifier: Classifier) -> None:
    limit = name_list(classifier.card, {"Ruby": ("Colour", "Warm", "Red"), "Green": ()})
    assert (limit.told, dict(limit.above)) == (("Green",), {"Ruby": "Red"})
    verdict = classifier.judge(vectors(classifier.folder, "Crimson", 1))[0]
    fits = limit.limited(verdict)
    assert fits is not None
    assert classifier.answer(fits).label == "Red", "Crimson is not on the list"
    assert "Crimson" not in {g.label for g in classifier.finer(fits) if g.confidence}
    assert "can tell 1; 1 are answered by a name above them." in limit.in_words()


def test_a_picture_that_fits_nothing_says_so(classifier: Classifier) -> None:
    limit = name_list(classifier.card, {"Blue": ()})
    verdict = classifier.judge(vectors(classifier.folder, "Crimson", 1))[0]
    assert verdict.leaves is not None
    none = np.where(np.array(classifier.card.leaves) == "Blue", 1e-9, verdict.leaves)
    from dataclasses import replace

    assert limit.limited(replace(verdict, leaves=none.astype(np.float32))) is None


def test_a_list_needs_a_tree_and_a_name_that_it_knows(
    classifier: Classifier, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match="knows none"):
        name_list(classifier.card, {"Quercus robur": ()})
    tiny.make_model(tmp_path / "flat")
    with pytest.raises(BadRequest, match="no tree"):
        name_list(read_card(tmp_path / "flat"), {"Red": ()})


def test_lines_of_a_checklist() -> None:
    """Names above others give their lines; synonyms lead to what is accepted."""
    rows = [
        Listed("Aves"),
        Listed("Laridae", "family", "Aves"),
        Listed("Larus canus", "species", "Laridae"),
        Listed("Larus kamtschatschensis", "species", accepted="Larus canus"),
        Listed("Fungi"),
    ]
    assert lines_listed(rows) == {"Larus canus": ("Aves", "Laridae"), "Fungi": ()}
