"""Teaching below a name that the model knows: the new name is found, and nothing else moves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biosight.errors import BadRequest
from biosight.inference.classifier import Classifier, Floats
from biosight.inference.model_files.card import read_card
from biosight.learning.taught_model import Assignment, Example
from biosight.learning.teach import teach
from biosight.learning.teach_tree import allows, grown, place_in
from biosight.taxa.naming import Naming
from tests import tiny

LINE = ("Colour", "Warm", "Red", "Pink")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.make_tree_model(tmp_path / "base")
    return tmp_path / "base"


def vectors(folder: Path, label: str, count: int, seed: int = 0) -> Floats:
    """Embeddings of noisy pictures of one colour."""
    import io

    from PIL import Image as Pillow

    from biosight.inference.preprocess import to_pixels

    classifier = Classifier(folder, 1)
    shown = [
        Pillow.open(io.BytesIO(tiny.picture(label, seed + n))).convert("RGB") for n in range(count)
    ]
    pixels = np.stack([to_pixels(p, classifier.card.framing) for p in shown])
    return classifier.logits(pixels)[1]


def examples(folder: Path, label: str, line: tuple[str, ...], colour: str) -> list[Example]:
    return [
        Example(f"{label}{n}", label, f"session {n % 6}", vector, line)
        for n, vector in enumerate(vectors(folder, colour, 24))
    ]


def said(folder: Path, colour: str) -> list[str]:
    classifier = Classifier(folder, 1)
    verdicts = classifier.judge(vectors(folder, colour, 10, seed=500))
    return [classifier.answer(v).label for v in verdicts]


def test_answers_go_as_deep_as_they_are_sure(folder: Path) -> None:
    assert set(said(folder, "Crimson")) == {"Crimson"}
    assert set(said(folder, "Scarlet")) == {"Scarlet"}
    assert set(said(folder, "Green")) == {"Green"}
    classifier = Classifier(folder, 1)
    verdict = classifier.judge(vectors(folder, "Crimson", 1))[0]
    assert classifier.path("Crimson") == "/Colour/Warm/Red/Crimson/"
    assert classifier.finer(verdict)[0].label == "Crimson"
    assert classifier.answer(verdict, least=0.9999).label == "Red"
    assert (
        classifier.at_depth(classifier.answer(verdict), classifier.top(verdict)[0], "group").label
        == "Red"
    )


def test_a_taught_name_below_a_group_makes_nothing_worse(folder: Path, tmp_path: Path) -> None:
    lesson = Assignment(folder, ("Pink",), "mine", "1", Naming())
    found = examples(folder, "Pink", LINE, "Pink")
    report = teach(lesson, found, tmp_path / "taught")
    assert [x.label for x in report.new_labels] == ["Pink"]
    assert report.new_labels[0].recall[0] > 0.9
    assert report.candidate_accuracy >= report.champion_accuracy - 0.005
    card = read_card(tmp_path / "taught")
    assert card.leaves[-1] == "Pink"
    assert card.label_names == tuple(tiny.COLOURS), "it is no group of its own"
    assert set(said(tmp_path / "taught", "Pink")) == {"Pink"}
    for colour in ("Crimson", "Scarlet", "Green", "Blue"):
        before, after = said(folder, colour), said(tmp_path / "taught", colour)
        assert before == after, colour
    taught = json.loads((tmp_path / "taught" / "training.json").read_text())
    assert len(taught) == 24


def test_a_name_that_hangs_nowhere_is_a_label_of_its_own(folder: Path, tmp_path: Path) -> None:
    found = examples(folder, "Yellow", ("Yellow",), "Yellow")
    teach(Assignment(folder, ("Yellow",), "mine", "1"), found, tmp_path / "taught")
    card = read_card(tmp_path / "taught")
    assert card.label_names[-1] == "Yellow"
    assert set(said(tmp_path / "taught", "Yellow")) == {"Yellow"}
    assert set(said(tmp_path / "taught", "Green")) == {"Green"}


def test_what_is_known_finer_than_the_model_teaches_what_is_above(folder: Path) -> None:
    card = read_card(folder)
    made = grown(card, [], {})
    assert place_in(made, (*LINE[:3], "Crimson", "Ruby")) == ("Red", "Crimson")
    assert place_in(made, ("Sound",)) is None
    rows = allows(made, ["Red", "Crimson", ""], ["Red", "Red", "Green"])
    assert rows.tolist() == [
        [True, True, False, False],
        [True, False, False, False],
        [False, False, True, False],
    ]


def test_locked_pictures_count_but_never_teach(folder: Path, tmp_path: Path) -> None:
    found = examples(folder, "Pink", LINE, "Pink")
    found = [replace(e, locked=n < 5) for n, e in enumerate(found)]
    teach(Assignment(folder, ("Pink",), "mine", "1"), found, tmp_path / "taught")
    learnt = json.loads((tmp_path / "taught" / "training.json").read_text())
    assert {image for image, _ in learnt} == {e.image for e in found[5:]}


def test_too_few_examples_are_refused(folder: Path, tmp_path: Path) -> None:
    few = examples(folder, "Pink", LINE, "Pink")[:5]
    with pytest.raises(BadRequest, match="needs 20"):
        teach(Assignment(folder, ("Pink",), "mine", "1"), few, tmp_path / "taught")
