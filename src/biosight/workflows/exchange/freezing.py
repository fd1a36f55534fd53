"""Freeze a collection: its figures with the pictures, models and methods behind them, as a report
that can be opened and checked years later.

Places follow the collection's rule, whoever asks: a report is made to be handed on. Not here: the
zip and its check (publishing/frozen.py), or the command (cli/pictures/freeze.py).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from biosight import __version__
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import BadPicture, BioSightError, NotFound
from biosight.field.activity import activity
from biosight.field.effort import efforts_of
from biosight.field.event_counts import events_by_name
from biosight.field.gaps import all_gaps
from biosight.field.rates import Rate, rates_of
from biosight.field.sun_hours import SunClock, standpoints
from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.own_names.collected import Names
from biosight.places import Deployment, Site
from biosight.publishing.export import Rebuild, all_images, csv_lines
from biosight.publishing.frozen import ABOUT, FORM, PICTURES
from biosight.publishing.frozen_methods import methods_text
from biosight.publishing.table import Telling, line, safe_cell
from biosight.review.likely_counts import likely_count
from biosight.review.verified_names import ListedName, listed_names
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where, find_all
from biosight.taxa.paths import line_of
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.publication import telling_of
from biosight.workflows.names.likely_names import likely_names
from biosight.workflows.pictures.people import is_drawn, people_in

MOST_NAMES = 100  # whose rates and hours are reckoned: the names with most pictures
NAME_COLUMNS = (
    "name",
    "scientific_name",
    "rank",
    "common_name",
    "standing",
    "pictures",
    "verified",
    "looked_at_in_vain",
    "events",
)
LIKELY_COLUMNS = (
    "name",
    "path",
    "named_by_machine",
    "looked_at",
    "of_these_right",
    "others_looked_at",
    "of_these_missed",
    "taught_the_model",
    "estimate",
    "low_95",
    "high_95",
)
Files = Iterator[tuple[str, Iterable[bytes]]]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a report is made from: a collection as it is now, its names, how its pictures are told,
    and `rebuild` for the files of pictures whose place or people are hidden. `written` counts the
    pictures of the report by who named them."""

    records: Records
    catalogue: Catalogue
    collection: Collection
    names: Names
    telling: Telling
    rebuild: Rebuild
    written: Counter[str] = field(default_factory=Counter)

    @property
    def where(self) -> list[Where]:
        return living_images(self.collection.id)


def frozen(
    records: Records, catalogue: Catalogue, collection: Collection, rebuild: Rebuild, address: str
) -> Frozen:
    """Return what the report of a collection is made from."""
    names = names_in(records, catalogue, collection)
    told = telling_of(records, collection, names, False, address)
    told = replace(told, placeless=told.rule.hides)
    if collection.blur_people:
        told = replace(told, blurred=lambda image: is_drawn(image, people_in(records, image)))
    return Frozen(records, catalogue, collection, names, told, rebuild)


def files_of(made: Frozen) -> Files:
    """Yield the files of a report, each written while it is read; the last one says what the others
    had."""
    listed = listed_names(made.records, made.collection.id, made.names.naming, made.names.accepted)
    busiest = sorted(listed, key=lambda one: -one.images)[:MOST_NAMES]
    yield "names.csv", as_csv(name_rows(made, listed))
    yield "rates.csv", as_csv(rate_rows(made, busiest))
    yield "hours.csv", as_csv(hour_rows(made, busiest))
    yield "likely_counts.csv", as_csv(likely_rows(made))
    yield PICTURES, csv_lines(made.records, counted_pages(made), made.telling)
    yield "hidden_pictures.csv", as_csv(hidden_rows(made))
    hidden, gap = made.telling.rule.degrees, made.collection.event_gap
    yield "methods.md", one_text(methods_text(citation(made), hidden, gap, MOST_NAMES))
    models = models_of(made)
    for number, card in enumerate(models.values(), 1):
        yield f"models/{number}.json", one_text(card)
    yield ABOUT, about_text(made, listed, models)


def counted_pages(made: Frozen) -> Iterator[list[Image]]:
    """Yield the pictures of a report, and count them."""
    for page in all_images(made.records, made.where):
        made.written.update(image.who for image in page)
        yield page


def about_text(
    made: Frozen, listed: Sequence[ListedName], models: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield what a report says of itself, once its other files are written."""
    yield json.dumps(about(made, listed, models), indent=1, ensure_ascii=False).encode()


def one_text(text: str) -> Iterator[bytes]:
    yield text.encode()


def as_csv(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield rows as CSV that a spreadsheet opens safely."""
    yield "\ufeff".encode()
    for row in rows:
        cells = [safe_cell(c) if isinstance(c, str) else str(c) for c in row]
        yield line(cells).encode()


def about(
    made: Frozen, listed: Sequence[ListedName], models: Mapping[str, str]
) -> dict[str, object]:
    """Return what a report says of itself."""
    total = made.written.total()
    return {
        "form": FORM,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "biosight": __version__,
        "collection": {"id": made.collection.id, "name": made.collection.name},
        "address": made.telling.address,
        "pictures": total,
        "named_by_people": sum(made.written[who] for who in PEOPLE),
        "changed_while_it_was_written": total != made.records.count(Image, made.where),
        "names": len(listed),
        "names_verified": sum(one.standing == "verified" for one in listed),
        "models": {f"models/{number}.json": key for number, key in enumerate(models, 1)},
        "unsure_below_percent": made.collection.threshold,
        "longest_gap_of_an_event_seconds": made.collection.event_gap,
        "hidden_places_are_coarse_to_degrees": made.telling.rule.degrees,
        "citation": citation(made),
    }


def citation(made: Frozen) -> str:
    """Return how to cite the collection as it was frozen."""
    said = dict(made.collection.published)
    now = datetime.now(UTC)
    title = said.get("title") or made.collection.name
    holder = f"{said['rights_holder']} " if said.get("rights_holder") else ""
    licence = f" {said['license']}." if said.get("license") else ""
    return (
        f"{holder}({now.year}). {title} [frozen {now.date().isoformat()} with BioSight "
        f"{__version__}].{licence}"
    )


def name_rows(made: Frozen, listed: Sequence[ListedName]) -> Iterator[Sequence[object]]:
    """Yield a row for each name: what shows it, and whether people have verified it."""
    yield NAME_COLUMNS
    gaps = all_gaps(made.records, made.collection)
    events = events_by_name(made.records, made.collection.id, gaps, by_site=False)
    for one in listed:
        taxon = made.names.tree.taxa.get(one.label)
        told = ("", "", "")
        if taxon:
            told = (taxon.scientific_name, taxon.taxon_rank, taxon.vernacular_name)
        counts = (one.images, one.verified, one.looks, events.get((one.label, ""), 0))
        yield (one.label, *told, one.standing, *counts)


def rate_rows(made: Frozen, listed: Sequence[ListedName]) -> Iterator[Sequence[object]]:
    """Yield events in 100 trap nights by name, in all, by site and by month."""
    yield "name", "by", "where_or_when", "events", "nights", "rate", "low", "high", "interval_from"
    records, c = made.records, made.collection
    here = [Where("collection", "=", c.id)]
    efforts = efforts_of(records, c.id, find_all(records, Deployment, here))
    hidden = made.telling.rule.degrees > 0
    sites = {} if hidden else {s.id: s.name for s in find_all(records, Site, here)}
    gaps = all_gaps(records, c)
    for one in listed if efforts else ():
        found = rates_of(records, c.id, one.path, gaps, efforts)
        yield (one.label, "all", "", *rate_cells(found.whole))
        for site, rate in found.sites.items():
            if site in sites:
                yield (one.label, "site", sites[site], *rate_cells(rate))
        for month, rate in found.months.items():
            yield (one.label, "month", month, *rate_cells(rate))


def rate_cells(rate: Rate) -> Sequence[object]:
    ends = (round(value, 3) for value in (rate.rate, rate.low, rate.high))
    return (rate.events, rate.nights, *ends, rate.by)


def hour_rows(made: Frozen, listed: Sequence[ListedName]) -> Iterator[Sequence[object]]:
    """Yield pictures and events by name and hour of the clock, and by hour of sun time."""
    yield "name", "clock", "hour", "pictures", "events"
    records, c = made.records, made.collection
    gaps = all_gaps(records, c)
    seen = {id: made.telling.rule.place_of_site(site) for id, site in made.telling.sites.items()}
    places = {id: (place.latitude, place.longitude) for id, place in seen.items()}
    sun = SunClock(standpoints(made.telling.deployments.values(), places))
    for one in listed:
        found = activity(records, c.id, one.path, gaps, sun)
        for clock, hours, events in (
            ("local", found.hours, found.event_hours),
            ("sun", found.sun_hours, found.event_sun_hours),
        ):
            for hour, (pictures, n) in enumerate(zip(hours, events, strict=True)):
                yield one.label, clock, hour, pictures, n


def likely_rows(made: Frozen) -> Iterator[Sequence[object]]:
    """Yield how many pictures likely show each name with all below it."""
    yield LIKELY_COLUMNS
    _, told = likely_names(made.records, made.catalogue, made.collection)
    for path, counts in told.items():
        found = likely_count(counts)
        ends = (round(n, 1) for n in (found.estimate, found.low, found.high))
        seen = (counts.looked, counts.right, counts.others, counts.missed)
        yield (line_of(path)[-1], path, counts.said, *seen, counts.taught, *ends)


def hidden_rows(made: Frozen) -> Iterator[Sequence[object]]:
    """Yield the pictures whose place or people are hidden, with the SHA-256 of the form in which
    they are given: that of the upload would tell which upload it is."""
    yield "id", "original_name", "sha256_as_given", "why_none"
    if not (made.telling.rule.degrees or made.collection.blur_people):
        return
    for page in all_images(made.records, made.where):
        for image in filter(made.telling.changes, page):
            yield (image.id, image.name, *digest_as_given(made, image))


def digest_as_given(made: Frozen, image: Image) -> tuple[str, str]:
    """Return the SHA-256 of a picture's file without what is hidden, or "" and why there is none.
    Raises Unavailable while a store is away: a report must not say that for ever."""
    told = hashlib.sha256()
    try:
        for chunk in made.rebuild(image)():
            told.update(chunk)
    except (NotFound, BadPicture) as error:
        return "", error.detail
    return told.hexdigest(), ""


def models_of(made: Frozen) -> dict[str, str]:
    """Return the card of each model that named a picture, as JSON; "{}" for one that is gone."""
    keys = sorted(str(key) for key in made.records.count_by(Image, made.where, "model") if key)
    cards: dict[str, str] = {}
    for key in keys:
        try:
            cards[key] = (made.catalogue.locate(key) / "card.json").read_text(encoding="utf-8")
        except (BioSightError, OSError):
            cards[key] = "{}"
    return cards
