"""Filter: which pictures to show. Each part is one row here, with all that is known of it.

Addresses and bodies (web/filtering.py), the sheet of the page and its chips (collection.html,
filters.js) and the store's conditions are made from these rows. Not here: pages and counts
(browse.py), or who may see the collection (sharing.py).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from biosight.images import folded
from biosight.storage.records import Op, Value, Where
from biosight.taxa.paths import end_below

Kind = Literal["label", "path", "choice", "flag", "percent", "day", "text", "key"]
Meaning = Callable[[Any, int], list[Where]]


@dataclass(frozen=True, slots=True)
class FilterPart:
    """One part of a filter.

    `kind` says what may be asked: any label, "" too; a path of the tree of names; one of
    `choices`; yes; whole percent; a day (YYYY-MM-DD); words; an id. An image matches where its
    `field` is `op` the value, unless `meaning` says otherwise of value and threshold; `always`
    also where nothing was asked, `unless` another part was. `title` heads its control in the
    sheet, `side` its half of a pair, and `anything` is what the control says while it is empty;
    parts without a title are set elsewhere on the page. `chip` is what is shown while it applies,
    with {} for the value.
    """

    kind: Kind
    field: str = ""
    op: Op = "="
    choices: tuple[tuple[str, str], ...] = ()
    meaning: Meaning | None = None
    always: bool = False
    unless: str = ""
    title: str = ""
    side: str = ""
    anything: str = ""
    chip: str = ""

    def conditions(self, value: Value, threshold: int) -> list[Where]:
        """What an image must be, `threshold` being the collection's in whole percent."""
        if self.meaning is not None:
            return self.meaning(value, threshold)
        return [Where(self.field, self.op, value)]


def row(default: Any, kind: Kind, field: str = "", op: Op = "=", **words: Any) -> Any:
    """A field of Filter with its FilterPart."""
    part = FilterPart(kind, field, op, **words)
    return dataclasses.field(default=default, metadata={"part": part})


def below_threshold(_: Value, threshold: int) -> list[Where]:
    """What the machine alone said, and not surely."""
    return [Where("who", "=", "machine"), Where("percent", "<", threshold)]


def at_or_below(path: str, _: int) -> list[Where]:
    """Labels that hang at a path or below it: a range of the text."""
    return [Where("label_path", ">=", path), Where("label_path", "<", end_below(path))]


def undecided_of(_: Value, __: int) -> list[Where]:
    """What a person looked at and could not name."""
    return [Where("label", "=", ""), Where("who", "=", "person")]


def words_in(text: str, _: int) -> list[Where]:
    """Name, path, label, note or camera hold the words; nothing for blanks."""
    sought = folded(text.strip())
    return [Where("search", "contains", sought)] if sought else []


def with_date(value: str, _: int) -> list[Where]:
    """Whose file says when it was taken, or not."""
    return [Where("taken", "!=" if value == "true" else "=", "")]


CONFIDENCE, DAY = "Confidence, %", "Date taken, else uploaded"
SAID_BY = (("machine", "the machine"), ("person", "a person"), ("nobody", "nobody yet"))
THINGS = (("empty", "nothing: empty"), ("human", "people"), ("vehicle", "vehicles"))
DATED = (("true", "at a known time"), ("false", "nobody knows when"))
UNLIKE = (("true", "unlike all that the model knows"),)


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show; everything left out matches."""

    trash: bool = row(False, "flag", "trashed", always=True)
    label: str | None = row(None, "label", "label")
    under: str = row("", "path", "label_path", meaning=at_or_below, chip="{} and below")
    undecided: bool = row(False, "flag", "undecided", meaning=undecided_of, chip="undecided")
    unsure: bool = row(False, "flag", "unsure", meaning=below_threshold)
    who: str | None = row(
        None,
        "choice",
        "who",
        choices=SAID_BY,
        unless="unsure",
        title="Said by",
        anything="anyone",
        chip="said by {}",
    )
    unfamiliar: bool = row(
        False,
        "flag",
        "unfamiliar",
        choices=UNLIKE,
        title="What it shows",
        side="how familiar",
        anything="anything",
        chip="unfamiliar",
    )
    thing: str | None = row(
        None,
        "choice",
        "thing",
        choices=THINGS,
        title="What it shows",
        side="other than organisms",
        anything="anything",
        chip="{}",
    )
    above: int | None = row(
        None, "percent", "percent", ">=", title=CONFIDENCE, side="from", chip="from {} %"
    )
    below: int | None = row(
        None, "percent", "percent", "<", title=CONFIDENCE, side="to", chip="to {} %"
    )
    since: str = row("", "day", "day", ">=", title=DAY, side="from", chip="since {}")
    until: str = row("", "day", "day", "<=", title=DAY, side="to", chip="until {}")
    dated: str | None = row(
        None,
        "choice",
        meaning=with_date,
        choices=DATED,
        title="Taken",
        anything="at any time",
        chip="{}",
    )
    deployment: str | None = row(None, "label", "deployment", chip="one deployment")
    site: str | None = row(None, "label", "site", chip="one site")
    session: str = row("", "key", "session", chip="one upload")
    text: str = row("", "text", meaning=words_in, chip="“{}”")


FIELDS = {f.name: f for f in dataclasses.fields(Filter)}
PARTS: Mapping[str, FilterPart] = {name: f.metadata["part"] for name, f in FIELDS.items()}


def conditions(collection: str, threshold: int, chosen: Filter) -> list[Where]:
    """The filter as conditions on a collection's images."""
    where = [Where("collection", "=", collection)]
    for name, part in PARTS.items():
        value = getattr(chosen, name)
        asked = value != FIELDS[name].default
        if part.always or (asked and not (part.unless and getattr(chosen, part.unless))):
            where += part.conditions(value, threshold)
    return where
