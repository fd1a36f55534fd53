"""The words that a picture is found by, and those that somebody seeks: one rule for both.

A word is a run of letters and digits, folded, so that `IMG_0123.JPG` has three. It is found by its
beginning, and by where digits begin in it or zeros end ("DSC01234" by "dsc", "01234" and "1234").
Writing without spaces between words is found from each of its signs. Not here: the stores' indexes
of words (storage).
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from unicodedata import normalize

LONGEST, MOST = 32, 200
RUN = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"0*(\d+)")
# Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words.
UNSPACED = re.compile(r"[฀-໿က-႟ក-៿぀-ヿ㐀-鿿豈-﫿]")


def fold_text(text: str) -> str:
    """Text as it is compared: without case, and in one Unicode form before and after folding, so
    that what a Mac takes apart is found."""
    return normalize("NFC", normalize("NFC", text).casefold())


def words_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The words, each once, in order: at most 200 of at most 32 signs."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(words_of_one(text)))
        if len(found) >= MOST:
            break
    return tuple(found)[:MOST]


@lru_cache(maxsize=1024)
def words_of_one(text: str) -> tuple[str, ...]:
    """The words of one text, as many as count; kept, since a picture's are asked for at every
    change and cameras and labels are many pictures'."""
    found: dict[str, None] = {}
    for run in RUN.findall(fold_text(text)):
        found.update(dict.fromkeys(run[start : start + LONGEST] for start in edges(run)))
        if len(found) >= MOST:
            break
    return tuple(found)


def edges(run: str) -> Iterator[int]:
    """Where in a run somebody may begin to seek it."""
    yield 0
    for number in NUMBER.finditer(run):
        yield from (number.start(), number.start(1))
        if number.end() < len(run):
            yield number.end()
    yield from (sign.start() for sign in UNSPACED.finditer(run))


def sought(text: str) -> tuple[str, ...]:
    """The beginnings of words that somebody asks for."""
    return tuple(dict.fromkeys(run[:LONGEST] for run in RUN.findall(fold_text(text))))
