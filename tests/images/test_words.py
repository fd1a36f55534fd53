"""The words that pictures are found by."""

import pytest

from biosight.images.words import LONGEST, MOST, sought, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("IMG_0123.JPG", ("img", "0123", "123", "jpg")),
        ("DSC01234", ("dsc01234", "01234", "1234")),
        ("cam3b", ("cam3b", "3b", "b")),
        ("2024-07-03 000", ("2024", "07", "7", "03", "3", "000", "0")),
        ("Café Straße", ("café", "strasse")),
        ("Cafe\N{COMBINING ACUTE ACCENT}", ("café",)),
        ("大熊猫", ("大熊猫", "熊猫", "猫")),
        ("-- / ...", ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert words_of([text]) == words


def test_each_word_once_and_not_without_end() -> None:
    assert words_of(["Fox fox", "FOX den"]) == ("fox", "den")
    assert words_of(["x" * 500]) == ("x" * LONGEST,)
    assert len(words_of([" ".join(f"w{n}w" for n in range(500))])) == MOST


@pytest.mark.parametrize("text", ["IMG_0123", "0123", "123", "熊", "FOX  den", "x" * 500])
def test_what_is_sought_is_found_by_the_same_rule(text: str) -> None:
    there = words_of(["IMG_0123.JPG", "大熊猫", "fox den", "x" * 500])
    assert sought(text)
    assert all(any(word.startswith(s) for word in there) for s in sought(text))


def test_what_is_sought_is_not_cut_into_parts() -> None:
    assert sought("DSC012 a/b a") == ("dsc012", "a", "b")
