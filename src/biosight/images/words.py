"""Words by which a picture is found, and words of a search: one rule for both.

A word is a run of letters and digits, case-folded, so that `IMG_0123.JPG` has three. It is found by
its beginning, from where digits begin in it, and from where zeros end ("DSC01234" by "dsc", "01234"
and "1234"). Text in scripts without spaces between words is found from each of its characters. Not
here: the stores' indexes of words (storage).
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
    """Return text as it is compared: without case, and in one Unicode form before and after
    folding, so that decomposed text from a Mac is found."""
    return normalize("NFC", normalize("NFC", text).casefold())


def words_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words, each once, in order: at most 200 of at most 32 characters."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(words_of_one(text)))
        if len(found) >= MOST:
            break
    return tuple(found)[:MOST]


@lru_cache(maxsize=1024)
def words_of_one(text: str) -> tuple[str, ...]:
    """Return the words of one text, up to the limit. They are cached: every change of a picture
    asks for them, and many pictures share cameras and labels."""
    found: dict[str, None] = {}
    for run in RUN.findall(fold_text(text)):
        found.update(dict.fromkeys(run[start : start + LONGEST] for start in edges(run)))
        if len(found) >= MOST:
            break
    return tuple(found)


def edges(run: str) -> Iterator[int]:
    """Yield the positions in a run from which a search may find it."""
    yield 0
    for number in NUMBER.finditer(run):
        yield from (number.start(), number.start(1))
        if number.end() < len(run):
            yield number.end()
    yield from (sign.start() for sign in UNSPACED.finditer(run))


def sought(text: str) -> tuple[str, ...]:
    """Return the beginnings of words that a search asks for."""
    return tuple(dict.fromkeys(run[:LONGEST] for run in RUN.findall(fold_text(text))))
