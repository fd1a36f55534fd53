"""Which spellings are one name: case and form do not count, marks of other scripts do (F2)."""

import unicodedata

import pytest
from starlette.testclient import TestClient

from biosight.taxa.naming import alike, are_alike
from tests.conftest import first_collection, upload_ids

ONE = [
    ("K\u00e4fer", "kafer"),
    ("K\u00c4FER", "k\u00e4fer"),
    ("\u00c9tourneau", "etourneau"),
    ("\uff26ox", "fox"),
    ("\ufb01nch", "finch"),
    ("Stra\u00dfe", "STRASSE"),
    ("\u30ac", unicodedata.normalize("NFD", "\u30ac")),
    ("\u03ba\u03cd\u03ba\u03bd\u03bf\u03c2", "\u03ba\u03c5\u03ba\u03bd\u03bf\u03c2"),
]
TWO = [
    ("\u30ab", "\u30ac"),  # a mosquito, a moth
    ("\u30ad\u30b9", "\u30ae\u30b9"),
    ("c\u00f2", "c\u1ecf"),  # an egret, grass
    ("d\u00ea", "d\u1ebf"),  # a goat, a cricket
    ("b\u00f2", "b\u1ecd"),
    ("H\u2082O", "H2O"),
    ("x\u00b2", "x2"),
    ("\u0e1b\u0e25\u0e32", "\u0e1b\u0e25\u0e48\u0e32"),  # a Thai tone
    ("\u0915\u093f", "\u0915\u0940"),  # vowels of Devanagari
    ("\u0915\u094d", "\u0915"),  # a virama
    ("\u0438", "\u0439"),  # two letters of Russian
    ("fox", "cat"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_these_are_one_name(one: str, other: str) -> None:
    assert are_alike(one, other)
    assert are_alike(other, one)
    assert alike(one) == alike(other), "what is typed without accents finds it"


@pytest.mark.parametrize(("one", "other"), TWO)
def test_these_are_two(one: str, other: str) -> None:
    assert not are_alike(one, other)
    assert not are_alike(other, one)


@pytest.mark.parametrize(("one", "other"), TWO[:5])
def test_a_label_is_not_replaced_by_another_word(ada: TestClient, one: str, other: str) -> None:
    collection = first_collection(ada)
    for label in (one, other):
        body = {"label": label, "parent": ""}
        made = ada.post(f"/api/v1/collections/{collection}/names", json=body)
        assert made.status_code == 201, made.text
    ids = upload_ids(ada, collection, "Red", "Green")
    for image, label in zip(ids, (one, other), strict=True):
        seen = ada.patch(f"/api/v1/images/{image}", json={"label": label}).json()
        assert seen["label"] == label


def test_what_is_typed_without_accents_is_the_known_name(ada: TestClient) -> None:
    collection = first_collection(ada)
    body = {"label": "K\u00e4fer", "parent": ""}
    ada.post(f"/api/v1/collections/{collection}/names", json=body)
    [image] = upload_ids(ada, collection, "Red")
    seen = ada.patch(f"/api/v1/images/{image}", json={"label": "kafer"}).json()
    assert seen["label"] == "K\u00e4fer"
