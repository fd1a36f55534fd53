"""Finding names while somebody types: by scientific or common name, without case and accents.

All names are folded in one text, one on each line, so that a search is a scan at the speed of
memory: a few milliseconds for 100,000 names (bench/taxa.py). Not here: which names there are.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from biosight.taxa.naming import alike

LINE = "\n"
MOST_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Findable:
    """Name that can be found, and the label it leads to: itself, or another one for a common name
    or a synonym."""

    name: str
    label: str


def closest_first(sought: str) -> Iterator[str]:
    """Yield what a name may hold of a sought text, the closest first."""
    for start in (LINE, " "):
        for end in (LINE, "s" + LINE, " "):
            yield start + sought + end
    yield from (LINE + sought, " " + sought, sought)


class Finder:
    """Search for names by typed text. Names that are it come first (or its plural: "cat", "cats"),
    then those with it as a word, as the start of the name, as the start of a word, and anywhere;
    shorter before longer."""

    def __init__(self, entries: Iterable[Findable]) -> None:
        self.entries = tuple(entries)
        lines = [alike(entry.name) for entry in self.entries]
        self.text = LINE + LINE.join(lines) + LINE
        self.starts: list[int] = []
        at = 1
        for line in lines:
            self.starts.append(at)
            at += len(line) + 1

    def find(self, typed: str, limit: int = 20) -> list[Findable]:
        """Return the best `limit` entries for the typed text, each label once; none for blanks."""
        sought = alike(typed)
        if not sought:
            return []
        found: dict[str, Findable] = {}
        for part in closest_first(sought):
            rows = sorted(self.rows(part), key=lambda n: (self.length(n), n))
            for number in rows:
                entry = self.entries[number]
                found.setdefault(entry.label, entry)
                if len(found) == limit:
                    return list(found.values())
        return list(found.values())

    def rows(self, sought: str) -> Iterator[int]:
        """Yield the numbers of entries that hold a text, at most MOST_LOOKED_AT of them."""
        at = self.text.find(sought)
        for _ in range(MOST_LOOKED_AT):
            if at < 0:
                return
            number = bisect_right(self.starts, at + 1) - 1
            if number >= 0:
                yield number
                at = self.text.find(sought, self.starts[number] + self.length(number))
            else:
                at = self.text.find(sought, at + 1)

    def length(self, number: int) -> int:
        """Return the length of an entry's folded name."""
        following = self.starts[number + 1 : number + 2] or [len(self.text)]
        return following[0] - 1 - self.starts[number]
