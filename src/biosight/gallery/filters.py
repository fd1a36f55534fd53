"""Filter: which pictures to show. Each part is one row here, with everything that is known of it.

Addresses and bodies (web/schemas/filters.py), the sheet of the page and its chips (collection.html,
grid/filters.js) and the store's conditions are made from these rows. Not here: pages and counts
(browse.py), or who may see the collection (membership).
"""

import calendar
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from biosight.images.words import sought
from biosight.labels import IN_BULK
from biosight.storage.conditions import at_or_below
from biosight.storage.records import Op, Value, Where

PartKind = Literal[
    "label", "many", "path", "choice", "flag", "percent", "day", "moment", "box", "text", "key"
]
Meaning = Callable[[Any, int], list[Where]]


@dataclass(frozen=True, slots=True)
class FilterPart:
    """One part of a filter.

    `kind` says which values it takes. "label" takes any label and "many" several values of a field;
    both take "" too. "path" takes a path of the tree of names or of folders, and "choice" one of
    `choices`. "flag" takes yes, "percent" a whole percentage, "day" a day (YYYY-MM-DD), "moment" a
    local time, "box" a box on the map, "text" words, and "key" an id.

    An image matches where its `field` is `op` the value, or where the list `also`, of what it shows
    on further subjects, has it; unless `meaning` makes other conditions of
    value and threshold. With `always` the part applies even where nothing was asked; it does not
    apply where the part `unless` was asked. `title` heads its control in the sheet, `side` its half
    of a pair, and `anything` is what the control says while it is empty. Parts without a title are
    set elsewhere on the page. `facet` names the existing values to choose from (gallery/facets.py).
    `chip` is shown while the part applies, with {} for the value.
    """

    kind: PartKind
    field: str = ""
    op: Op = "="
    choices: tuple[tuple[str, str], ...] = ()
    also: str = ""
    meaning: Meaning | None = None
    always: bool = False
    unless: str = ""
    title: str = ""
    side: str = ""
    anything: str = ""
    chip: str = ""
    facet: str = ""

    def conditions(self, value: Value | tuple[Value, ...], threshold: int) -> list[Where]:
        """Return what an image must be; `threshold` is the collection's in whole percent."""
        if self.meaning is not None:
            return self.meaning(value, threshold)
        first = self.of_field(value)
        beside = value if isinstance(value, tuple) else (value,)
        further = [[Where(self.also, "has", one)] for one in beside if one and self.also]
        return [Where.any(first, *further)] if further else first

    def of_field(self, value: Value | tuple[Value, ...]) -> list[Where]:
        """Return what the field must be."""
        if self.kind == "path":
            return at_or_below(self.field, str(value))
        if isinstance(value, tuple):
            return [one_of(self.field, value)]
        return [Where(self.field, self.op, value)]


def row(default: Any, kind: PartKind, field: str = "", op: Op = "=", **words: Any) -> Any:
    """Return a field of Filter with its FilterPart."""
    part = FilterPart(kind, field, op, **words)
    return dataclasses.field(default=default, metadata={"part": part})


def one_of(field: str, values: tuple[Value, ...]) -> Where:
    """Return a condition for any of several values of a field; a single value is sought by its
    index."""
    return Where(field, "=", values[0]) if len(values) == 1 else Where(field, "in", values)


def below_threshold(_: Value, threshold: int) -> list[Where]:
    """Return conditions for labels that only the machine said, and not surely."""
    return [Where("who", "=", "machine"), Where("percent", "<", threshold)]


def in_box(said: str, _: int) -> list[Where]:
    """Return conditions for pictures without a site whose own coordinates lie in a box: south,
    west, north, east in degrees. A box whose west lies east of its east goes over the 180th
    meridian (RFC 7946, 5.2)."""
    south, west, north, east = (float(edge) for edge in said.split(","))
    eastward, westward = Where("longitude", ">=", west), Where("longitude", "<=", east)
    return [
        Where("site", "=", ""),
        Where("latitude", ">=", south),
        Where("latitude", "<=", north),
        *([eastward, westward] if west <= east else [Where.any([eastward], [westward])]),
    ]


def with_place(value: str, _: int) -> list[Where]:
    """Return conditions for pictures at a site or with coordinates of their own, or for those with
    neither."""
    if value == "true":
        return [Where.any([Where("site", "!=", "")], [Where("cell", "!=", "")])]
    return [Where("site", "=", ""), Where("cell", "=", "")]


def undecided_of(_: Value, __: int) -> list[Where]:
    """Return conditions for pictures that a person looked at and could not name."""
    return [Where("label", "=", ""), Where("who", "=", "person")]


def words_in(text: str, _: int) -> list[Where]:
    """Return conditions for pictures whose name, path, label, note or camera have words that begin
    like each of these. Blanks match every picture, punctuation alone matches none."""
    if not text.strip():
        return []
    words = sought(text)
    return [Where("words", "begins", word) for word in words] or [Where("id", "=", "")]


def with_date(value: str, _: int) -> list[Where]:
    """Return conditions for pictures whose time is known, or for those whose time is not."""
    return [Where("taken", "!=" if value == "true" else "=", "")]


CONFIDENCE, DAY, TAKEN = "Confidence, %", "Date taken, else uploaded", "When it was taken"
SAID_BY = (
    ("machine", "the machine"),
    ("person", "a person"),
    (IN_BULK, "a person, in bulk"),
    ("nobody", "nobody yet"),
)
THINGS = (("empty", "nothing: empty"), ("human", "people"), ("vehicle", "vehicles"))
HOURS = tuple((f"{h:02}", f"{h}:00 to {h + 1}:00") for h in range(24))
MONTHS = tuple((f"{n:02}", calendar.month_name[n]) for n in range(1, 13))
DATED = (("true", "at a known time"), ("false", "nobody knows when"))
PLACED = (("true", "at a known place"), ("false", "nobody knows where"))
PLACE = "Where and who"
UNLIKE = (("true", "unlike all that the model knows"),)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which pictures to show; a part that is left out matches every picture."""

    trash: bool = row(False, "flag", "trashed", always=True)
    label: str | None = row(None, "label", "label", also="also_labels")
    labels: tuple[str, ...] = row(
        (),
        "many",
        "label",
        also="also_labels",
        title="Labels, any of",
        facet="labels",
        chip="{}",
    )
    under: str = row("", "path", "label_path", also="also_paths", chip="{} and below")
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
        also="also_things",
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
        title=TAKEN,
        side="date",
        anything="known or not",
        chip="{}",
    )
    hour: str | None = row(
        None,
        "choice",
        "hour",
        choices=HOURS,
        title=TAKEN,
        side="hour",
        anything="any hour",
        chip="taken {}",
    )
    month: str | None = row(
        None,
        "choice",
        "month",
        choices=MONTHS,
        title=TAKEN,
        side="month",
        anything="any month",
        chip="taken in {}",
    )
    placed: str | None = row(
        None,
        "choice",
        meaning=with_place,
        choices=PLACED,
        title=PLACE,
        side="place",
        anything="anywhere",
        chip="{}",
    )
    site: tuple[str, ...] = row(
        (),
        "many",
        "site",
        title=PLACE,
        side="site",
        anything="any",
        facet="sites",
        chip="site {}",
    )
    deployment: tuple[str, ...] = row(
        (),
        "many",
        "deployment",
        title=PLACE,
        side="deployment",
        anything="any",
        facet="deployments",
        chip="deployment {}",
    )
    camera: str | None = row(
        None,
        "label",
        "camera",
        title=PLACE,
        side="camera model",
        anything="any",
        facet="cameras",
        chip="camera {}",
    )
    uploader: str = row(
        "",
        "key",
        "uploaded_by",
        title=PLACE,
        side="uploaded by",
        anything="anyone",
        facet="uploaders",
        chip="uploaded by {}",
    )
    folder: str = row("", "path", "folder", chip="folder {}")
    taken_from: str = row("", "moment", "taken", ">=", chip="from {}")
    taken_to: str = row("", "moment", "taken", "<=", chip="until {}")
    box: str = row("", "box", meaning=in_box, chip="a part of the map")
    session: str = row("", "key", "session", chip="one upload")
    text: str = row("", "text", meaning=words_in, chip="“{}”")


FIELDS = {f.name: f for f in dataclasses.fields(Filter)}
PARTS: Mapping[str, FilterPart] = {name: f.metadata["part"] for name, f in FIELDS.items()}


def conditions(collection: str, threshold: int, chosen: Filter) -> list[Where]:
    """Return the filter as conditions on a collection's images."""
    where = [Where("collection", "=", collection)]
    for name, part in PARTS.items():
        value = getattr(chosen, name)
        asked = value != FIELDS[name].default
        if part.always or (asked and not (part.unless and getattr(chosen, part.unless))):
            where += part.conditions(value, threshold)
    return where
