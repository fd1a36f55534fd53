"""The list of a collection's names: which of them people have verified, and which they looked at in
vain.

A name is present once a person has given or confirmed it, or a name below it, for one picture.
Machines alone prove nothing: their false positives make rare names seem present (Miller et al.
2011, Ecology 92: 1422-1428). LOOKS pictures that a machine gave a name and a person looked at in
vain leave it unproved. Not here: answers (acts.py), or events of each name (field/events.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from biosight.images import Image
from biosight.labels import IN_BULK
from biosight.review.queue import Drawn, not_reserved
from biosight.storage.conditions import at_or_below, living_images, named_by_people
from biosight.storage.records import Order, Question, Records, Value, Where, among
from biosight.taxa.kinds import thing_of
from biosight.taxa.naming import Naming
from biosight.taxa.paths import line_of, paths_down_to

LOOKS = 3
MOST_SHOWN = 1_000  # rows with a picture
VIA = "names"
MACHINES = ("machine", IN_BULK)  # nobody looked at what these say
SUREST = Order("confidence", descending=True)
NameStanding = Literal["verified", "to look at", "not proved"]


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name of the list, at one site or (`site` "") in the whole collection.

    `images` show it, `verified` of these because a person says so. `looks` counts pictures that a
    machine gave this name and a person looked at in vain. A name with something verified below it
    is verified too.
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
    """Pictures by site and label: all, those said by people, and looks in vain; the path of each
    label, and the labels of further subjects."""

    images: Counter[tuple[str, str]] = field(default_factory=Counter)
    verified: Counter[tuple[str, str]] = field(default_factory=Counter)
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    paths: dict[str, str] = field(default_factory=dict)
    further: set[str] = field(default_factory=set)


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
    path, images = sums.paths[label], sums.images[key]
    verified, looks = sums.verified[key], sums.looks[key]
    standing: NameStanding = "to look at"
    if (site, path) in proved:
        standing = "verified"
    elif looks >= LOOKS or not images:
        standing = "not proved"
    return ListedName(label, path, site, images, verified, looks, standing)


def add_own(records: Records, collection: str, sums: Sums, *, by_site: bool) -> None:
    """Add the pictures whose own label each name is."""
    fields = "label_path", "who"
    for site, path, who, n in tally_at(records, living_images(collection), fields, by_site=by_site):
        label = (line_of(path) or ("",))[-1]
        if not label or thing_of(label):
            continue
        sums.paths.setdefault(label, path)
        sums.images[site, label] += n
        sums.verified[site, label] += n * (who == "person")


def tally_at(
    records: Records, where: Sequence[Where], fields: tuple[str, str], *, by_site: bool
) -> Iterator[tuple[str, str, str, int]]:
    """Yield how many matching pictures have each two values, after the site ("" unless `by_site`)
    and the values."""
    asked = (*fields, "site") if by_site else fields
    for (first, second, *site), n in records.tally(Image, where, asked).items():
        yield str(site[0]) if site else "", str(first), str(second), n


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
        sums.further.add(label)
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
    """Add the pictures of a machine's name that a person looked at and did not confirm: they are
    something else, undecided, or only something above it. A name that is in no tree contradicts
    nothing."""
    fields, named = ("machine_label", "label_path"), named_by_people(collection)
    for site, machine, said, n in tally_at(records, named, fields, by_site=by_site):
        label = accepted(naming.shown(machine))
        path = naming.path(label)
        if not label or thing_of(label) or said.startswith(path):
            continue
        if said and line_of(said)[-1] not in naming.tree:
            continue  # nobody knows whether it hangs below the machine's name
        sums.paths.setdefault(label, path)
        sums.looks[site, label] += n
    take_off_subjects(records, collection, naming, sums, by_site=by_site)


def take_off_subjects(
    records: Records, collection: str, naming: Naming, sums: Sums, *, by_site: bool
) -> None:
    """Take off the looks at pictures on which a person gave the name to a further subject."""
    labels = sorted({label for _, label in sums.looks} & sums.further)
    wheres = [
        [
            *named_by_people(collection),
            Where("machine_label", "=", naming.own.get(label, label)),
            Where("also_labels", "has", label),
        ]
        for label in labels
    ]
    taken: Counter[tuple[str, str]] = Counter()
    if by_site:
        for label, where in zip(labels, wheres, strict=True):
            found = records.count_by(Image, where, "site")
            taken.update({(str(site), label): n for site, n in found.items()})
    else:
        counts = records.count_each(Image, wheres)
        taken.update({("", label): n for label, n in zip(labels, counts, strict=True)})
    sums.looks -= taken  # keeps what is left above 0


def shown_pictures(
    records: Records, collection: str, found: Sequence[ListedName], *, by_site: bool = False
) -> dict[ListedName, Image]:
    """Return the picture to show of each of the first MOST_SHOWN rows: the surest of those whose
    label, or one below it, people gave, else the surest of machines. By site all pictures are
    read, and what is below a label shows nothing for it."""
    rows = found[:MOST_SHOWN]
    if by_site:
        return shown_at_sites(records, collection, rows)
    asked = []
    for row in rows:
        same = [*living_images(collection), Where("label", "=", row.label)]
        machines = row, Question([*same, Where("who", "in", MACHINES)], SUREST)
        proof = (
            same
            if row.verified
            else [*living_images(collection), *at_or_below("label_path", row.path)]
        )
        people = row, Question([*proof, Where("who", "=", "person")], SUREST)
        asked += [machines, people] if row.standing == "verified" else [machines]
    answers = records.find_each(Image, [question for _, question in asked])
    pairs = zip(asked, answers, strict=True)
    return {row: image for (row, _), images in pairs for image in images}  # people's come last


def shown_at_sites(
    records: Records, collection: str, rows: Sequence[ListedName]
) -> dict[ListedName, Image]:
    """Return the pictures of rows by site, as `shown_pictures`."""
    wanted = {(row.label, row.site): row for row in rows}
    best: dict[ListedName, tuple[bool, float, str]] = {}
    fields = "label", "site", "who", "confidence", "id"
    for values in records.tally(Image, living_images(collection), fields):
        label, site, who, confidence, id = values
        if row := wanted.get((str(label), str(site))):
            one = who == "person", float(confidence or 0), str(id)
            best[row] = max(one, best.get(row, one))
    images = {i.id: i for i in among(records, Image, [id for _, _, id in best.values()])}
    return {row: images[id] for row, (_, _, id) in best.items() if id in images}


def pictures_to_look_at(
    records: Records, collection: str, found: Sequence[ListedName]
) -> list[Drawn]:
    """Return the likeliest picture of each name of a whole collection that nobody has verified, the
    surest first. A name waits until the unverified names below it are looked at, since each of them
    would prove it. A picture that is kept for the random half is taken where there is no other."""
    drawn: dict[ListedName, Image] = {}
    where = [*living_images(collection), Where("who", "in", MACHINES)]
    for chosen in ([*where, *not_reserved()], where):
        left = [one for one in without_waiting_above(found) if one not in drawn]
        asked = [Question([*chosen, Where("label", "=", one.label)], SUREST) for one in left]
        answers = records.find_each(Image, asked)
        drawn |= {one: image for one, images in zip(left, answers, strict=True) for image in images}
    images = sorted(drawn.values(), key=lambda i: (-i.confidence, i.id))
    return [Drawn(image, VIA) for image in images]


def without_waiting_above(found: Sequence[ListedName]) -> Iterator[ListedName]:
    """Yield the names to look at that have none to look at below them, given them in the order of
    the tree."""
    waiting = [one for one in found if one.standing == "to look at"]
    for one, following in zip_longest(waiting, waiting[1:]):
        if following is None or not following.path.startswith(one.path):
            yield one
