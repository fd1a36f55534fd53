"""Coarse places: how a collection's rule hides where sensitive names were seen.

A coarse place is the middle of its cell in a grid of degrees (Chapman 2020, Current best practices
for generalizing sensitive species occurrence data, GBIF). A site or a deployment where something
sensitive was seen is coarse for all its pictures, those in the trash too; otherwise its other
pictures would reveal the place. Not here: who is shown coarse places (web), or how exports state
them (publishing/standards).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from biosight.collection import Collection
from biosight.field.grid import ShownPlace, shown_place
from biosight.images import Image
from biosight.images.words import sought
from biosight.labels import Annotation, Identifications
from biosight.places import Site
from biosight.storage.records import Records, Where, among, pages, parts
from biosight.taxa.naming import Naming, alike
from biosight.taxa.paths import line_of

# States in which two readers' answers are not settled yet.
OPEN_STATES = ("one", "differ")
Accepted = Callable[[str], str]


@dataclass(frozen=True)
class SensitiveNames:
    """Names that a rule is about. `labels` are as people wrote them, also those from before a
    rename. `naming` says what hangs below what today, `accepted` which name a synonym stands
    for."""

    labels: tuple[str, ...] = ()
    naming: Naming = field(default_factory=Naming)
    accepted: Accepted = str

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the names without case and accents, together with the names that they stand
        for."""
        said = {name for label in self.labels for name in (label, self.accepted(label))}
        return frozenset(alike(name) for name in said)

    @cached_property
    def known(self) -> dict[str, bool]:
        """Return what was found for labels so far."""
        return {"": False}

    @cached_property
    def written(self) -> re.Pattern[str]:
        """Return a pattern for any of the names as a word of a text."""
        names = sorted(map(re.escape, self.keys), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)")

    def cover(self, label: str) -> bool:
        """Return whether a label is one of the names, written in any way, or hangs below one
        today."""
        if label not in self.known:
            meant = self.accepted(label)
            line = {label, meant, *self.naming.tree.line(meant)}
            self.known[label] = any(alike(name) in self.keys for name in line)
        return self.known[label]

    def cover_path(self, path: str) -> bool:
        """Return whether a label hung below one of the names when its path was written."""
        return any(alike(name) in self.keys for name in line_of(path)) if path else False

    def are_in(self, text: str) -> bool:
        """Return whether a text contains one of the names."""
        return bool(text and self.keys and self.written.search(alike(text)))


@dataclass(frozen=True)
class Coarsening:
    """Rule of a collection: its sensitive names, the ids of sites and deployments where one was
    seen, and the grid in degrees. `said` are the ids of pictures that somebody called by such a
    name although their label says otherwise."""

    names: SensitiveNames = field(default_factory=SensitiveNames)
    sites: frozenset[str] = frozenset()
    deployments: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    degrees: float = 0.0

    def of(self, image: Image) -> float:
        """Return the grid in degrees for a picture's place, 0 for none."""
        return self.degrees if self.degrees and self.is_met(image) else 0.0

    def is_met(self, image: Image) -> bool:
        """Return whether a picture has a sensitive name, or was taken where one was seen."""
        return (
            any(self.names.cover(label) for label in image.labels)
            or any(self.names.cover_path(p) for p in (image.label_path, *image.also_paths))
            or image.id in self.said
            or image.site in self.sites
            or image.deployment in self.deployments
            or self.names.are_in(image.note)
            or self.names.are_in(image.remarks)
        )

    def hides(self, image: Image) -> bool:
        """Return whether a picture's place is coarse."""
        return self.of(image) > 0

    def of_site(self, site: str) -> float:
        """Return the grid in degrees for a site, 0 for none."""
        return self.degrees if site in self.sites else 0.0

    def place_of_site(self, site: Site) -> ShownPlace:
        """Return where a site is, as it may be shown."""
        return shown_place(site.latitude, site.longitude, self.of_site(site.id))

    def tells(self, image: Image, text: str) -> bool:
        """Return whether a label or a sentence would reveal what was seen at a place that is shown
        exactly."""
        if not self.degrees or not text or self.hides(image):
            return False
        return self.names.cover(text) or self.names.are_in(text)


EXACT = Coarsening()


def coarsening_for(
    records: Records, collection: Collection, naming: Naming, accepted: Accepted
) -> Coarsening:
    """Return a collection's rule, with today's names and pictures."""
    if not collection.hiding:
        return EXACT
    names = SensitiveNames(collection.hiding, naming, accepted)
    said = said_otherwise(records, collection.id, names)
    places: dict[str, set[str]] = {"site": set(), "deployment": set()}
    for place, found in places.items():
        for where in conditions_on_names(records, collection.id, names):
            found |= {str(key) for key in records.count_by(Image, where, place) if key}
        found |= {getattr(image, place) for image in among(records, Image, list(said))} - {""}
    sites, deployments = (frozenset(found) for found in places.values())
    return Coarsening(names, sites, deployments, said, collection.coarse)


def conditions_on_names(
    records: Records, collection: str, names: SensitiveNames
) -> Iterator[list[Where]]:
    """Yield conditions on all pictures that have a sensitive name, those in the trash too; a
    picture may meet several."""
    for trashed in (False, True):
        here = [Where("collection", "=", collection), Where("trashed", "=", trashed)]
        yield from ([*here, met] for met in sensitive_values(records, here, names))


def sensitive_values(
    records: Records, where: Sequence[Where], names: SensitiveNames
) -> Iterator[Where]:
    """Yield conditions on the sensitive names and paths of the matching pictures, of all that they
    show."""
    fields = (
        ("label", names.cover),
        ("also_labels", names.cover),
        ("label_path", names.cover_path),
        ("also_paths", names.cover_path),
    )
    for field_name, cover in fields:
        met = [v for v in map(str, records.count_by(Image, where, field_name)) if cover(v)]
        if field_name.startswith("also_"):
            yield from (Where(field_name, "has", value) for value in met)
        else:
            yield from (Where(field_name, "in", part) for part in parts(met))


def said_otherwise(records: Records, collection: str, names: SensitiveNames) -> frozenset[str]:
    """Return pictures without a label, or on which readers differ, that somebody or the machine
    called by a sensitive name, and pictures whose note says one."""
    found = set(read_as(records, collection, names))
    unnamed = [Where("collection", "=", collection), Where("label", "=", "")]
    for page in pages(records, Image, [*unnamed, Where("model", "!=", "")]):
        found |= {i.id for i in page if names.cover(names.naming.shown(i.machine_label))}
        found |= {i.id for i in page if names.cover(i.machine_label)}
    for page in pages(records, Image, [*unnamed, Where("who", "!=", "nobody")]):
        found |= annotated_as(records, [i.id for i in page], names)
    return frozenset(found | set(noted_as(records, collection, names)))


def noted_as(records: Records, collection: str, names: SensitiveNames) -> Iterator[str]:
    """Yield pictures whose note, or what is written of a subject, says a sensitive name; they are
    found by its words."""
    for field_name, name in product(("note", "remarks"), names.keys):
        with_text = [Where("collection", "=", collection), Where(field_name, "!=", "")]
        words = [Where("words", "begins", word) for word in sought(name)]
        for page in pages(records, Image, [*with_text, *words]) if words else ():
            yield from (i.id for i in page if names.are_in(getattr(i, field_name)))


def read_as(records: Records, collection: str, names: SensitiveNames) -> Iterator[str]:
    """Yield pictures that one of two readers called by a sensitive name, until both agree or an
    editor chose."""
    where = [Where("collection", "=", collection), Where("state", "in", OPEN_STATES)]
    for page in pages(records, Identifications, where):
        yield from (r.id for r in page if names.cover(r.first) or names.cover(r.second))


def annotated_as(records: Records, images: Sequence[str], names: SensitiveNames) -> set[str]:
    """Return those of some pictures that somebody has ever called by a sensitive name."""
    where = [Where("image", "in", tuple(images))]
    found: Iterable[list[Annotation]] = pages(records, Annotation, where) if images else ()
    return {a.image for page in found for a in page if names.cover(a.label)}


def hidden_groups(records: Records, where: Sequence[Where], rule: Coarsening) -> list[Where]:
    """Return a condition for those of the matching pictures that a rule hides; none where nothing
    is hidden."""
    met = [("deployment", sorted(rule.deployments)), ("id", sorted(rule.said))]
    groups = [[Where(name, "in", part)] for name, values in met for part in parts(values)]
    groups += [[value] for value in sensitive_values(records, where, rule.names)]
    return [Where.any(*groups)] if groups else []
