"""What both formats say of a picture: who said what, where and when, as coarse as was asked.

Not here: either format.
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
from biosight.labels import IN_BULK, Annotation, LabelNames, Prediction
from biosight.places import Deployment, Site
from biosight.places.clocks import instant, offset_in, written_offset
from biosight.publishing.export import PAGE
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Position, Records, Where, pages
from biosight.taxa.naming import Naming

LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/legalcode",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/legalcode",
}


@dataclass(frozen=True, slots=True)
class Credits:
    """Who made a collection and can be asked, under which of LICENSES it is given, the title it is
    given under and who holds the rights; "" for not said."""

    creator: str
    email: str
    license: str = ""
    title: str = ""
    rights_holder: str = ""


NOBODY = Credits("", "")


@dataclass(frozen=True, slots=True)
class Scope:
    """What to export and how: a collection's id and name, people by id, what models say of their
    labels, the collection's tree of names, a grid for coordinates in degrees (0 for exact ones),
    and the offset from UTC in minutes of clocks of which neither file nor deployment says one
    (None: unknown). `sites` and `deployments` are the collection's, by id; `credits` says who
    answers for it. `rule` says what is coarse whatever was asked, `gaps` what is one event,
    `address` where people reach the server."""

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
        """What the export is called."""
        return self.credits.title or self.name

    def grid(self, image: Image) -> float:
        """The grid in degrees for a picture's place, 0 for an exact one."""
        return max(self.coarse, self.rule.of(image))

    def placeless(self, image: Image) -> bool:
        """Does a picture's file go out without its place?"""
        return self.grid(image) > 0

    def hides(self, image: Image) -> bool:
        """Does the rule hide a picture's place, whatever grid was asked for?"""
        return self.rule.hides(image)

    def named_site(self, image: Image) -> Site | None:
        """The site of a picture, where its name and habitat may be told."""
        return None if self.hides(image) else self.site(image)

    def deployment_name(self, image: Image) -> str:
        """What a picture's deployment is called: by its id where a name would tell the place, ""
        for none."""
        found = self.deployment(image)
        if found is None:
            return ""
        return found.id if self.hides(image) else found.name

    def deployment(self, image: Image) -> Deployment | None:
        """The deployment that a picture belongs to."""
        return self.deployments.get(image.deployment)

    def site(self, image: Image) -> Site | None:
        """The site that a picture was taken at."""
        return self.sites.get(image.site)


@dataclass(frozen=True, slots=True)
class Identification:
    """One thing that was said of a picture; `probability` is 0 to 1 for a machine, `in_bulk` where
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
    """A picture with all that was said of it, the oldest first, and the last word that counts.
    `event` is the first time of the event that it is part of, its own outside of a deployment, ""
    without a time of day."""

    image: Image
    said: tuple[Identification, ...]
    event: str = ""

    @property
    def current(self) -> Identification | None:
        """What counts now: the person whose label it is, else the last machine; None where nobody
        said anything, or a person left it undecided."""
        image = self.image
        if image.who == "nobody" or not image.label:
            return None
        found = [s for s in self.said if s.machine == (image.who != "person")]
        if image.who != "person":
            in_bulk = image.who == IN_BULK
            return replace(found[-1], in_bulk=in_bulk) if found else None
        same = [s for s in found if s.label == image.label] or found
        # A label that was renamed keeps who said it.
        return replace(same[-1], label=image.label) if same else None


def all_facts(records: Records, scope: Scope) -> Iterator[Facts]:
    """All pictures of the collection that are not in the trash: those of a deployment together,
    by time; a page at a time, so that memory stays flat."""
    here = living_images(scope.collection)
    deployments = sorted(map(str, records.count_by(Image, here, "deployment")))
    for deployment in deployments:
        images = in_time(records, [*here, Where("deployment", "=", deployment)])
        gap = scope.gaps.of(deployment)
        flow = with_event_starts(images, gap) if deployment else ((i, i.taken) for i in images)
        while page := list(islice(flow, PAGE)):
            yield from facts_of_page(records, page, scope)


def hidden_among(records: Records, scope: Scope) -> int:
    """How many pictures of the collection have a place that its rule hides."""
    if not scope.rule.degrees:
        return 0
    here = living_images(scope.collection)
    return sum(
        scope.hides(image) and image.latitude is not None
        for page in pages(records, Image, here)
        for image in page
    )


def in_time(records: Records, where: Sequence[Where]) -> Iterator[Image]:
    """What matches, by the corrected time."""
    after = None
    while page := records.find(Image, where, order=Order("taken"), after=after, limit=PAGE):
        yield from page
        after = Position(page[-1].taken, page[-1].id)


def facts_of_page(
    records: Records, page: Sequence[tuple[Image, str]], scope: Scope
) -> Iterator[Facts]:
    """A page of pictures, each with its event, with what was said of them."""
    images = [image for image, _ in page]
    named = [Where("image", "in", tuple(image.id for image in images))]
    said: dict[str, list[Identification]] = {}
    limit = PAGE * 50
    for p in records.find(Prediction, named, order=Order("at"), limit=limit):
        best = p.best
        one = Identification(
            p.id, True, p.model, p.at, scope.naming.shown(best.label), best.confidence
        )
        said.setdefault(p.image, []).append(one)
    annotations = records.find(Annotation, named, order=Order("at"), limit=limit)
    taken_back = {(a.image, a.act) for a in annotations if a.kind == "withdrawn"}
    for a in annotations:
        if (a.image, a.act) not in taken_back and a.label:
            by, in_bulk = scope.person(a.by), a.via == IN_BULK
            one = Identification(a.id, False, by, a.at, a.label, None, in_bulk)
            said.setdefault(a.image, []).append(one)
    for image, event in page:
        yield Facts(image, tuple(sorted(said.get(image.id, ()), key=lambda s: s.at)), event)


def coordinates(image: Image, scope: Scope) -> tuple[str, str, str]:
    """Latitude, longitude (WGS 84, decimal degrees) and uncertainty in metres, "" for unknown: of
    the picture's site, else its own.

    With a grid the middle of the picture's cell is given, and half the cell's diagonal; the rule's
    cell comes before the one that was asked for.
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
    """When the picture was taken, by its deployment's clock, ISO 8601, "" for unknown; a day alone
    where nobody knows more.

    The offset is that of the deployment's zone then, else the one that its file says, else the
    scope's, else there is none: nothing is invented.
    """
    if instant(image.taken) is None:
        return image.taken
    # A leap second can be written by nobody's parser: it is the second before.
    return image.taken_at.replace(":60", ":59") + offset_of(image, scope)


def instant_text(image: Image) -> str:
    """The local time to the second without any offset, or the day, "" for unknown."""
    return image.taken_at.replace("T", " ").replace(":60", ":59")


def offset_of(image: Image, scope: Scope) -> str:
    """The offset of a picture's local time, "" for unknown."""
    deployment = scope.deployment(image)
    offset = offset_in(deployment.zone, image.taken) if deployment else ""
    offset = offset or ("" if image.dated else image.capture.offset)
    if not offset and scope.utc_offset is not None:
        offset = written_offset(scope.utc_offset)
    return offset


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A CSV file in pieces: UTF-8, comma, quotes where needed, LF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for number, row in enumerate(rows):
        writer.writerow(row)
        if number % PAGE == PAGE - 1:
            yield drain(buffer)
    yield drain(buffer)


def drain(buffer: io.StringIO) -> bytes:
    """What a buffer holds, leaving it empty."""
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def in_order(columns: tuple[str, ...], said: dict[str, str]) -> tuple[str, ...]:
    """A row in the order of the columns, empty where nothing is known. Raises KeyError for a column
    that the table does not have."""
    if strange := said.keys() - set(columns):
        raise KeyError(f"no such column: {sorted(strange)}")
    return tuple(said.get(name, "") for name in columns)
