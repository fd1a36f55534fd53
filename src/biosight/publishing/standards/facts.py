"""Facts of a picture that Darwin Core, Camtrap DP and COCO all state: who said what, where and
when, as coarse as was asked.

Not here: the formats themselves.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from biosight.field.coarse_places import EXACT, Coarsening
from biosight.field.events import with_event_starts
from biosight.field.gaps import Gaps
from biosight.field.grid import coarsen_twice, decimals_of, uncertainty
from biosight.images import Image
from biosight.labels import IN_BULK, UNDECIDED, Annotation, LabelNames, Prediction, speaker_of
from biosight.places import Deployment, Site
from biosight.places.clocks import instant, offset_in, written_offset
from biosight.publishing.export import PAGE
from biosight.publishing.table import DANGEROUS
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Position, Records, Where, pages
from biosight.subjects import Region, Subject
from biosight.subjects.box import Box, surest
from biosight.taxa.naming import Naming

LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/legalcode",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/legalcode",
}


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits of a collection: who made it and can be asked, its licence (one of LICENSES), the
    title of the export and the rights holder; "" where nobody said."""

    creator: str
    email: str
    license: str = ""
    title: str = ""
    rights_holder: str = ""


NOBODY = Credits("", "")


@dataclass(frozen=True, slots=True)
class Scope:
    """What to export and how.

    `collection` and `name` are the collection's, `person` gives people's names by id, `names` holds
    what models say of their labels, and `naming` is the collection's tree of names. `coarse` is a
    grid for coordinates in degrees, 0 for exact ones. `utc_offset` is the offset from UTC in
    minutes to assume where neither file nor deployment gives one (None: unknown). `sites` and
    `deployments` are the collection's, by id. `credits` says who is responsible for it. `rule` says
    what is coarse whatever was asked, `gaps` what is one event, `address` where people reach the
    server.
    """

    collection: str
    name: str
    person: Callable[[str], str]
    names: Mapping[str, LabelNames]
    naming: Naming
    coarse: float = 0.0
    utc_offset: int | None = None
    sites: Mapping[str, Site] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    credits: Credits = field(default_factory=lambda: NOBODY)
    rule: Coarsening = EXACT
    gaps: Gaps = field(default_factory=lambda: Gaps(60))
    address: str = ""

    @property
    def title(self) -> str:
        """Return the title of the export."""
        return self.credits.title or self.name

    def grid(self, image: Image) -> float:
        """Return the grid in degrees for a picture's place, 0 for an exact one."""
        return max(self.coarse, self.rule.of(image))

    def placeless(self, image: Image) -> bool:
        """Return whether a picture's file is exported without its place."""
        return self.grid(image) > 0

    def hides(self, image: Image) -> bool:
        """Return whether the rule hides a picture's place, whatever grid was asked for."""
        return self.rule.hides(image)

    def named_site(self, image: Image) -> Site | None:
        """Return the site of a picture, where its name and habitat may be told."""
        return None if self.hides(image) else self.site(image)

    def deployment_name(self, image: Image) -> str:
        """Return the name of a picture's deployment; its id where a name would tell the place, ""
        for none."""
        found = self.deployment(image)
        if found is None:
            return ""
        return found.id if self.hides(image) else found.name

    def deployment(self, image: Image) -> Deployment | None:
        """Return the deployment that a picture belongs to."""
        return self.deployments.get(image.deployment)

    def site(self, image: Image) -> Site | None:
        """Return the site that a picture was taken at."""
        return self.sites.get(image.site)


@dataclass(frozen=True, slots=True)
class Identification:
    """One statement about a picture; `probability` is 0 to 1 for a machine, `in_bulk` is set where
    a person accepted it unseen."""

    id: str
    machine: bool
    by: str
    at: float
    label: str
    probability: float | None
    in_bulk: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Picture with everything that was said of it, the oldest first. `event` is the first time of
    the event that it is part of. Outside of a deployment it is the picture's own time, and ""
    without a time of day. `boxes` are those of its last prediction. `number` is 0 for the facts of
    its first subject, and counts the further ones. `undecided` is the last person's who looked and
    could not name it."""

    image: Image
    said: tuple[Identification, ...]
    event: str = ""
    boxes: tuple[Box, ...] = ()
    number: int = 0
    undecided: Identification | None = None

    @property
    def found(self) -> Box | None:
        """Return the detector's box around what the label is about: the surest person for a human,
        else the surest animal. None for things without one, and where no detector looked."""
        if self.image.thing in {"empty", "vehicle"} or not self.image.label:
            return None
        return surest(self.boxes, "human" if self.image.thing == "human" else "animal")

    @property
    def region(self) -> Region | None:
        """Return where the subject is, as a person drew it or else as the detector found it."""
        return self.image.details.region or (Region.of(self.found) if self.found else None)

    @property
    def count(self) -> int:
        """Return how many individuals somebody counted, 0 where nobody did. The count of an event
        is that of a picture's first subject, unless people counted others."""
        counted = any(other.details.count for other in self.image.others)
        return self.image.details.count or (0 if counted else self.image.individuals)

    @property
    def key(self) -> str:
        """Return an id of the subject: the picture's for the first."""
        return f"{self.image.id}-{self.number}" if self.number else self.image.id

    @property
    def current(self) -> Identification | None:
        """Return what counts now: the statement of the person whose label it is, else the last
        machine's. None where nobody said anything, or a person left it undecided."""
        image = self.image
        if image.who == "nobody" or not image.label:
            return None
        found = [s for s in self.said if s.machine == (image.who != "person")]
        if image.who != "person":
            return self.unseen(found)
        same = [s for s in found if s.label == image.label] or found
        # A label that was renamed keeps who said it.
        return replace(same[-1], label=image.label) if same else None

    def unseen(self, machines: Sequence[Identification]) -> Identification | None:
        """Return what counts of a picture that nobody looked at: the last machine's statement, or,
        where somebody gave many pictures another label at once, theirs."""
        in_bulk = self.image.who == IN_BULK
        # Ids grow: an imported answer may be older than the machine's own, and count.
        last = max(machines, key=lambda s: s.id, default=None)
        given = [s for s in self.said if s.in_bulk]
        if in_bulk and given and (last is None or last.label != self.image.label):
            return replace(given[-1], label=self.image.label)  # it may have been renamed
        return replace(last, in_bulk=in_bulk) if last else None


def all_facts(records: Records, scope: Scope) -> Iterator[Facts]:
    """Yield all pictures of the collection outside the trash with their facts: those of a
    deployment together, by time. One page is read at a time, so that memory use stays constant."""
    here = living_images(scope.collection)
    deployments = sorted(map(str, records.count_by(Image, here, "deployment")))
    for deployment in deployments:
        images = in_time(records, [*here, Where("deployment", "=", deployment)])
        gap, zone = scope.gaps.of(deployment), scope.gaps.zone(deployment)
        flow = (
            with_event_starts(images, gap, zone) if deployment else ((i, i.taken) for i in images)
        )
        while page := list(islice(flow, PAGE)):
            yield from facts_of_page(records, page, scope)


def hidden_among(records: Records, scope: Scope) -> int:
    """Return how many pictures of the collection have a place that its rule hides."""
    if not scope.rule.degrees:
        return 0
    here = living_images(scope.collection)
    return sum(
        scope.hides(image) and image.latitude is not None
        for page in pages(records, Image, here)
        for image in page
    )


def formulas_among(records: Records, scope: Scope) -> int:
    """Return how many names and notes of the collection begin like a formula of a spreadsheet."""
    here, found = living_images(scope.collection), 0
    for column in ("note", "name", "label"):
        for sign in DANGEROUS:
            begins = Where(column, ">", sign), Where(column, "<", chr(ord(sign) + 1))
            found += records.count(Image, [*here, *begins])
    names = [*(s.name for s in scope.sites.values()), *(d.name for d in scope.deployments.values())]
    return found + sum(name.startswith(DANGEROUS) for name in names)


def in_time(records: Records, where: Sequence[Where]) -> Iterator[Image]:
    """Yield what matches, in order of the corrected time."""
    after = None
    while page := records.find(Image, where, order=Order("taken"), after=after, limit=PAGE):
        yield from page
        after = Position(page[-1].taken, page[-1].id)


def facts_of_page(
    records: Records, page: Sequence[tuple[Image, str]], scope: Scope
) -> Iterator[Facts]:
    """Yield a page of pictures, each with its event and what was said of it."""
    images = [image for image, _ in page]
    named = [Where("image", "in", tuple(image.id for image in images))]
    said: dict[str, list[Identification]] = {}
    limit = PAGE * 50
    boxes: dict[str, tuple[Box, ...]] = {}
    for p in records.find(Prediction, named, order=Order("id"), limit=limit):
        best = p.best
        one = Identification(
            p.id, True, p.model, p.at, scope.naming.shown(best.label), best.confidence
        )
        said.setdefault(p.image, []).append(one)
        boxes[p.image] = p.boxes
    annotations = records.find(Annotation, named, order=Order("at"), limit=limit)
    undecided: dict[str, Identification] = {}
    taken_back = {(a.image, a.act) for a in annotations if a.kind == "withdrawn"}
    for a in annotations:
        if (a.image, a.act) in taken_back or not (a.label or a.kind == UNDECIDED):
            continue
        by, in_bulk = speaker_of(a, scope.person), a.via == IN_BULK
        one = Identification(a.id, False, by, a.at, a.label, None, in_bulk)
        if a.kind == UNDECIDED:
            undecided[a.image] = one
        else:
            said.setdefault(a.image, []).append(one)
    for image, event in page:
        known = tuple(sorted(said.get(image.id, ()), key=lambda s: s.at))
        found = boxes.get(image.id, ())
        yield Facts(image, known, event, found, undecided=undecided.get(image.id))


def by_subject(facts: Facts, scope: Scope) -> Iterator[Facts]:
    """Yield the facts of each subject, as though the picture's label were about it."""
    yield facts
    image = facts.image
    for number, subject in enumerate(image.others, start=1):
        # The remaining subjects stay: a sensitive one makes the place coarse for all.
        rest = [s for n, s in enumerate(image.subjects) if n != number]
        about = replace(
            image,
            label=subject.label,
            label_path=subject.label_path,
            who="machine" if subject.model else "person",
            machine_label="",
            group="",
            details=subject.details,
            individuals=0,
            others=tuple(rest),
        ).in_step
        said = further_identification(f"{image.id}-{number}", subject, scope)
        yield replace(facts, image=about, said=(said,), boxes=(), number=number)


def largest_count(rows: Iterable[tuple[str, int]]) -> int:
    """Return the most individuals of one kind that a picture shows, 0 where nobody counted, given a
    picture's id and a count for each of its subjects. Several subjects of a picture add up; each of
    them is at least one individual."""
    in_picture: dict[str, list[int]] = {}
    for picture, count in rows:
        in_picture.setdefault(picture, []).append(count)
    return max(sum(n or len(c) > 1 for n in c) for c in in_picture.values())


def further_identification(id: str, subject: Subject, scope: Scope) -> Identification:
    """Return who named a further subject: a person, or a machine of another program."""
    is_machine = bool(subject.model)
    by = f"imported: {subject.source}" if subject.source else scope.person(subject.by)
    return Identification(
        id,
        is_machine,
        subject.model or by,
        subject.at,
        subject.label,
        subject.probability if is_machine else None,
    )


def coordinates(image: Image, scope: Scope) -> tuple[str, str, str]:
    """Return latitude, longitude (WGS 84, decimal degrees) and uncertainty in metres, of the
    picture's site, else its own; "" for unknown.

    With a grid, return the middle of the picture's cell, and half the cell's diagonal. The rule's
    grid is applied before the one that was asked for.
    """
    site, coarse = scope.site(image), scope.grid(image)
    latitude = site.latitude if site else image.latitude
    longitude = site.longitude if site else image.longitude
    if latitude is None or longitude is None:
        return "", "", ""
    if not coarse:
        far = str(site.uncertainty or "") if site else ""
        return f"{latitude:.6f}", f"{longitude:.6f}", far
    latitude, longitude, coarse = coarsen_twice(
        latitude, longitude, scope.rule.of(image), scope.coarse
    )
    decimals = decimals_of(coarse)
    return f"{latitude:.{decimals}f}", f"{longitude:.{decimals}f}", str(uncertainty(coarse))


def local_time(image: Image, scope: Scope) -> str:
    """Return when the picture was taken, by its deployment's clock, ISO 8601, "" for unknown; only
    the day where nobody knows more.

    The offset is that of the deployment's zone at that time, else the file's, else the scope's,
    else none: nothing is guessed.
    """
    if instant(image.taken) is None:
        return image.taken
    # Parsers refuse a leap second, so it is written as the second before.
    return image.taken_at.replace(":60", ":59") + offset_of(image, scope)


def instant_text(image: Image) -> str:
    """Return the local time to the second without any offset, or the day, "" for unknown."""
    return image.taken_at.replace("T", " ").replace(":60", ":59")


def offset_of(image: Image, scope: Scope) -> str:
    """Return the offset of a picture's local time, "" for unknown."""
    deployment = scope.deployment(image)
    offset = offset_in(deployment.zone, image.taken) if deployment else ""
    offset = offset or ("" if image.dated else image.capture.offset)
    if not offset and scope.utc_offset is not None:
        offset = written_offset(scope.utc_offset)
    return offset


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield a CSV file in pieces: UTF-8, comma, quotes where needed, LF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for number, row in enumerate(rows):
        writer.writerow(row)
        if number % PAGE == PAGE - 1:
            yield drain(buffer)
    yield drain(buffer)


def drain(buffer: io.StringIO) -> bytes:
    """Return what a buffer holds, and empty it."""
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def in_order(columns: tuple[str, ...], said: dict[str, str]) -> tuple[str, ...]:
    """Return a row in the order of the columns, empty where nothing is known. Raises KeyError for a
    column that the table does not have."""
    if strange := said.keys() - set(columns):
        raise KeyError(f"no such column: {sorted(strange)}")
    return tuple(said.get(name, "") for name in columns)
