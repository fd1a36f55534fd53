"""The list of a collection's names: which of them people have verified, and which they looked at in
vain.

A name is present once a person has given or confirmed it, or a name below it, for one picture.
Machines alone prove nothing: their false positives make rare names seem present (Miller et al.
2011, Ecology 92: 1422-1428). LOOKS pictures that a machine gave a name and a person did not leave
it unproved. Not here: answers (acts.py), or events of each name (field/events.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from biosight.images import Image
from biosight.labels import IN_BULK
from biosight.review.queue import Drawn, not_reserved
from biosight.storage.conditions import living_images, named_by_people
from biosight.storage.records import Order, Records, Value, Where
from biosight.taxa.kinds import thing_of
from biosight.taxa.naming import Naming
from biosight.taxa.paths import line_of, paths_down_to

LOOKS = 3
VIA = "names"
MACHINES = ("machine", IN_BULK)  # nobody looked at what these say
SUREST = Order("confidence", descending=True)
NameStanding = Literal["verified", "to look at", "not proved"]


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of the list, at one site or (`site` "") in the whole collection.

    `images` show it, `verified` of these because a person says so. `looks` counts pictures that a
    machine gave this name and a person did not. A name with something verified below it is
    verified too.
    """

    label: str
    path: str
    site: str
    images: int
    verified: int
    looks: int
    standing: NameStanding


@dataclass(slots=True)
class Sums:
    """Pictures by site and label: all, those said by people, and looks in vain; and the path of
    each label."""

    images: Counter[tuple[str, str]] = field(default_factory=Counter)
    verified: Counter[tuple[str, str]] = field(default_factory=Counter)
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    paths: dict[str, str] = field(default_factory=dict)


def listed_names(
    records: Records,
    collection: str,
    naming: Naming,
    accepted: Callable[[str], str],
    *,
    by_site: bool = False,
) -> list[ListedName]:
    """Return the names of a collection in the order of its tree; with `by_site` a row for each site
    of each name. `accepted` gives the label that a name of a model has here."""
    sums = Sums()
    add_own(records, collection, sums, by_site=by_site)
    add_subjects(records, collection, naming, sums, by_site=by_site)
    add_looks(records, collection, naming, accepted, sums, by_site=by_site)
    proved = {
        (site, above)
        for (site, label), n in sums.verified.items()
        if n
        for above in paths_down_to(sums.paths[label])
    }
    found = [name_row(sums, key, proved) for key in {*sums.images, *sums.looks}]
    return sorted(found, key=lambda one: (one.path, one.site))


def name_row(sums: Sums, key: tuple[str, str], proved: set[tuple[str, str]]) -> ListedName:
    """Return the row of a site and a label; `proved` are sites with the paths of what is there."""
    site, label = key
    path, images, verified, looks = (
        sums.paths[label],
        sums.images[key],
        sums.verified[key],
        sums.looks[key],
    )
    standing: NameStanding = "to look at"
    if (site, path) in proved:
        standing = "verified"
    elif looks >= LOOKS or not images:
        standing = "not proved"
    return ListedName(label, path, site, images, verified, looks, standing)


def add_own(records: Records, collection: str, sums: Sums, *, by_site: bool) -> None:
    """Add the pictures whose own label each name is."""
    fields = ("label_path", "who", *(("site",) if by_site else ()))
    for values, n in records.tally(Image, living_images(collection), fields).items():
        path, who, *site = (str(v) for v in values)
        label = (line_of(path) or ("",))[-1]
        if not label or thing_of(label):
            continue
        key = site[0] if site else "", label
        sums.paths.setdefault(label, path)
        sums.images[key] += n
        sums.verified[key] += n * (who == "person")


def add_subjects(
    records: Records, collection: str, naming: Naming, sums: Sums, *, by_site: bool
) -> None:
    """Add the pictures that show a name on a further subject: people alone say so."""
    where = living_images(collection)
    counts = records.count_by(Image, where, "also_labels")
    for label in (str(value) for value in counts if not thing_of(str(value))):
        shown: dict[Value, int] = {"": counts[label]}
        if by_site:
            shown = records.count_by(Image, [*where, Where("also_labels", "has", label)], "site")
        sums.paths.setdefault(label, naming.path(label))
        for site, n in shown.items():
            sums.images[str(site), label] += n
            sums.verified[str(site), label] += n


def add_looks(
    records: Records,
    collection: str,
    naming: Naming,
    accepted: Callable[[str], str],
    sums: Sums,
    *,
    by_site: bool,
) -> None:
    """Add the pictures of a machine's name for which a person said something else, or something
    above it."""
    fields = ("machine_label", "label_path", *(("site",) if by_site else ()))
    for values, n in records.tally(Image, named_by_people(collection), fields).items():
        machine, said, *site = (str(v) for v in values)
        label = accepted(naming.shown(machine))
        path = naming.path(label)
        if not label or thing_of(label) or said.startswith(path):
            continue
        sums.paths.setdefault(label, path)
        sums.looks[site[0] if site else "", label] += n


def shown_pictures(
    records: Records, collection: str, found: Sequence[ListedName], *, by_site: bool = False
) -> dict[ListedName, Image]:
    """Return the picture to show of each row: the surest of those whose label people gave, else the
    surest of machines."""
    fields = ("label", "site") if by_site else ("label",)
    shown: dict[ListedName, Image] = {}
    for who in (("person",), MACHINES):
        left: dict[tuple[Value, ...], ListedName] = {
            (one.label, one.site)[: len(fields)]: one for one in found if one not in shown
        }
        where = [*living_images(collection), Where("who", "in", who)]
        first = records.firsts(Image, where, fields, list(left), SUREST)
        shown |= {left[key]: image for key, image in first.items()}
    return shown


def pictures_to_look_at(
    records: Records, collection: str, found: Sequence[ListedName]
) -> list[Drawn]:
    """Return the likeliest picture of each name of a whole collection that nobody has verified, the
    surest first. A name waits until the unverified names below it are looked at, since each of them
    would prove it. A picture that is kept for the random half is taken where there is no other."""
    drawn: dict[tuple[Value, ...], Image] = {}
    where = [*living_images(collection), Where("who", "in", MACHINES)]
    for chosen in ([*where, *not_reserved()], where):
        left = [(one.label,) for one in without_waiting_above(found) if (one.label,) not in drawn]
        drawn |= records.firsts(Image, chosen, ["label"], left, SUREST)
    images = sorted(drawn.values(), key=lambda i: (-i.confidence, i.id))
    return [Drawn(image, VIA) for image in images]


def without_waiting_above(found: Sequence[ListedName]) -> Iterator[ListedName]:
    """Yield the names to look at that have none to look at below them, given them in the order of
    the tree."""
    waiting = [one for one in found if one.standing == "to look at"]
    for one, following in zip_longest(waiting, waiting[1:]):
        if following is None or not following.path.startswith(one.path):
            yield one
