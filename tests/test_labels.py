import pytest

from biosight.errors import BadRequest
from biosight.labels import Annotation, Guess, Prediction, clean_label, current_label

PREDICTION = Prediction("p", "i", "m@1", (Guess("Fungi", 0.7), Guess("Plantae", 0.2)), 1.0)


def said(label: str, kind: str = "corrected") -> Annotation:
    return Annotation("a", "i", label, kind, "u", 2.0)


def test_nobody_spoke() -> None:
    assert current_label(None, []).who == "nobody"


def test_the_machine_speaks_until_a_person_does() -> None:
    assert current_label(PREDICTION, []).label == "Fungi"
    now = current_label(PREDICTION, [said("Plantae"), said("Lichen")])
    assert (now.label, now.who, now.confidence) == ("Lichen", "person", 0.7)


def test_a_withdrawal_brings_back_what_was_there_before() -> None:
    assert current_label(PREDICTION, [said("Lichen"), said("", "withdrawn")]).who == "machine"
    back = current_label(PREDICTION, [said("Lichen"), said("Moss"), said("Lichen", "withdrawn")])
    assert (back.label, back.who) == ("Lichen", "person")


def test_margin() -> None:
    assert PREDICTION.margin == pytest.approx(0.5)
    assert Prediction("p", "i", "m@1", (Guess("Fungi", 0.7),), 1.0).margin == 1.0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Red   fox ", "Red fox"), ("e\u0301", "é"), ("a\u200bb", "ab"), ("a\nb", "a b")],
)
def test_clean_label(typed: str, kept: str) -> None:
    assert clean_label(typed) == kept


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "x" * 81, "\ud800"])
def test_no_label(typed: str) -> None:
    with pytest.raises(BadRequest):
        clean_label(typed)
