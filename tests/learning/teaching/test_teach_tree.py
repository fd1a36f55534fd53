"""Teaching below a name that the model knows: the new name is found, and nothing else moves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biosight.errors import BadRequest
from biosight.inference.classifier import Classifier, Floats
from biosight.inference.model_files.card import read_card, write_card
from biosight.learning.teaching.candidate import Assignment, Example
from biosight.learning.teaching.leaves import allows, grown, place_in
from biosight.learning.teaching.teach import teach
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
    with pytest.raises(BadRequest, match="needs 10"):
        teach(Assignment(folder, ("Pink",), "mine", "1"), few, tmp_path / "taught")


def silenced(folder: Path, *names: str) -> Path:
    """The same model, whose card says that it may not answer with these names."""
    card = read_card(folder)
    taxa = tuple(t.model_copy(update={"threshold": 0.0}) if t.id in names else t for t in card.taxa)
    write_card(card.model_copy(update={"taxa": taxa}), folder)
    return folder


def test_a_leaf_that_the_model_never_said_is_said_once_taught(folder: Path, tmp_path: Path) -> None:
    """It was a leaf already, so teaching called it new and changed nothing (N4)."""
    base = silenced(folder, "Crimson")
    assert set(said(base, "Crimson")) == {"Red"}
    found = examples(base, "Crimson", (*LINE[:3], "Crimson"), "Crimson")
    found += examples(base, "Green", ("Colour", "Cold", "Green"), "Green")
    report = teach(Assignment(base, ("Crimson",), "mine", "1"), found, tmp_path / "taught")
    line = report.new_labels[0]
    assert (line.label, line.known, line.before, line.pictures) == ("Crimson", True, 0, 24)
    assert line.after >= 22
    assert line.precision[0] >= 0.9
    assert report.reasons[0] == line.in_words
    card = read_card(tmp_path / "taught")
    assert card.leaves == read_card(base).leaves
    assert {t.id: t.threshold for t in card.taxa}["Crimson"] == line.threshold > 0
    assert set(said(tmp_path / "taught", "Crimson")) == {"Crimson"}
    assert set(said(tmp_path / "taught", "Scarlet")) == {"Scarlet"}


def test_ten_pictures_make_a_guess_and_twenty_an_answer(folder: Path, tmp_path: Path) -> None:
    every = examples(folder, "Pink", LINE, "Pink")
    others = examples(folder, "Green", ("Colour", "Cold", "Green"), "Green")
    report = teach(
        Assignment(folder, ("Pink",), "m", "1"), [*every[:12], *others], tmp_path / "few"
    )
    line = report.new_labels[0]
    assert (line.threshold, line.more, line.after) == (0.0, 8, 0)
    assert "8 more pictures" in report.reasons[0]
    assert "Pink" not in said(tmp_path / "few", "Pink")
    classifier = Classifier(tmp_path / "few", 1)
    verdict = classifier.judge(vectors(folder, "Pink", 1, seed=500))[0]
    assert classifier.finer(verdict)[0].label == "Pink"
    teach(Assignment(folder, ("Pink",), "m", "1"), [*every, *others], tmp_path / "enough")
    assert set(said(tmp_path / "enough", "Pink")) == {"Pink"}


def test_a_name_that_the_pictures_do_not_support_stays_a_guess(
    folder: Path, tmp_path: Path
) -> None:
    """Half of the pictures that are called Pink show something else."""
    lies = [replace(e, label="Pink", line=LINE) for e in examples(folder, "x", LINE, "Green")]
    found = examples(folder, "Pink", LINE, "Pink") + [
        replace(e, image=f"lie{n}") for n, e in enumerate(lies)
    ]
    truth = examples(folder, "Green", ("Colour", "Cold", "Green"), "Green")
    report = teach(
        Assignment(folder, ("Pink",), "m", "1"), [*found, *truth, *truth], tmp_path / "t"
    )
    line = report.new_labels[0]
    assert line.threshold == 0.0 or line.precision[0] >= 0.9


def test_one_upload_is_judged_picture_by_picture_and_says_so(folder: Path, tmp_path: Path) -> None:
    found = [replace(e, group="one") for e in examples(folder, "Pink", LINE, "Pink")]
    report = teach(Assignment(folder, ("Pink",), "m", "1"), found, tmp_path / "taught")
    assert report.new_labels[0].after >= 20
    assert any("expect less of new uploads" in reason for reason in report.reasons)
