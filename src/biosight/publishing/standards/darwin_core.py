"""Darwin Core Archive: occurrences, what was said of each, and their pictures' names.

Source: Darwin Core Text Guide, dwc.tdwg.org/text (meta.xml), and the term list, dwc.tdwg.org/terms;
GBIF's Simple Multimedia extension. Not here: what the facts are (facts.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from xml.sax.saxutils import escape

from biosight.images import Image
from biosight.labels import LabelNames
from biosight.publishing.standards.facts import (
    LICENSES,
    Facts,
    Identification,
    Scope,
    all_facts,
    by_subject,
    coordinates,
    in_order,
    largest_count,
    lines,
    local_time,
    moment,
)
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.storage.conditions import living_images
from biosight.storage.label_use import pictures_by_label
from biosight.storage.records import Records, Where
from biosight.taxa.kinds import label_kind
from biosight.taxa.ranks import HIGHER

Row = dict[str, str]
DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"
OCCURRENCE = (
    "occurrenceID",
    "basisOfRecord",
    "eventID",
    "eventDate",
    "scientificName",
    "taxonRank",
    "vernacularName",
    "identifiedBy",
    "dateIdentified",
    "identificationVerificationStatus",
    "identificationRemarks",
    "higherClassification",
    *HIGHER,
    "verbatimIdentification",
    "identificationQualifier",
    "individualCount",
    "organismID",
    "sex",
    "lifeStage",
    "behavior",
    "locationID",
    "locality",
    "habitat",
    "samplingProtocol",
    "decimalLatitude",
    "decimalLongitude",
    "geodeticDatum",
    "coordinateUncertaintyInMeters",
    "footprintWKT",
    "dataGeneralizations",
    "license",
    "rightsHolder",
    "occurrenceRemarks",
)
IDENTIFICATION = (
    "identificationID",
    "scientificName",
    "taxonRank",
    "identifiedBy",
    "dateIdentified",
    "identificationVerificationStatus",
    "identificationRemarks",
)
MEDIA = ("identifier", "type", "format", "title", "created")
NOT_NAMED = "whose labels are no names of organisms"
NO_ORGANISM = {"empty": "nothing", "human": "people", "vehicle": "vehicles"}
HUMAN, MACHINE = "verified by human", "unverified, by machine"
ACCEPTED = "unverified, accepted in bulk"


def darwin_core(records: Records, scope: Scope) -> Iterator[bytes]:
    """Yield the archive as a zip in pieces; memory use stays constant."""

    now = datetime.now()
    return zip_of(ZipEntry(name, now, content) for name, content in files(records, scope).items())


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An organism at a place and a time: the subjects of one event that have one label, sex, life
    stage and individual, by time, or those of a picture outside of any event. Its id is the first
    subject's."""

    pictures: tuple[Facts, ...]

    @property
    def id(self) -> str:
        """Return its id, which stays while its first picture does."""
        return self.pictures[0].key

    @property
    def count(self) -> int:
        """Return the most individuals of a picture, 0 where nobody counted."""
        return largest_count((facts.image.id, facts.count) for facts in self.pictures)

    @property
    def best(self) -> Facts:
        """Return the picture whose answer counts: a person's before a machine's surest."""
        return max(self.pictures, key=lambda f: (f.image.who == "person", f.image.confidence))


def occurrences(records: Records, scope: Scope) -> Iterator[Occurrence]:
    """Yield all occurrences; counts and names are not repeated for each frame of an event. Pictures
    without a label count only where nothing in their event has one."""
    if not has_organisms(records, scope):
        return
    every = (one for f in all_facts(records, scope) for one in by_subject(f, scope))
    usable = (f for f in every if is_occurrence(f.image, scope))
    for _, event in groupby(usable, lambda f: event_id(f, scope) or f.image.id):
        alike: dict[tuple[str, ...], list[Facts]] = {}
        for facts in event:
            said = facts.image.details
            key = (facts.image.label, said.sex, said.life_stage, said.individual)
            alike.setdefault(key, []).append(facts)
        named = {key: found for key, found in alike.items() if key[0]}
        yield from (Occurrence(tuple(found)) for found in (named or alike).values())


def files(records: Records, scope: Scope) -> dict[str, Iterable[bytes]]:
    """Return the archive's files by name."""
    return {
        "meta.xml": [meta().encode()],
        "eml.xml": [eml(scope).encode()],
        "occurrence.csv": lines(
            OCCURRENCE,
            (in_order(OCCURRENCE, occurrence(o, scope)) for o in occurrences(records, scope)),
        ),
        "identification.csv": lines(
            ("coreid", *IDENTIFICATION),
            (
                (o.id, *in_order(IDENTIFICATION, identification(one, scope)))
                for o in occurrences(records, scope)
                for f in o.pictures
                for one in f.said
            ),
        ),
        "multimedia.csv": lines(
            ("coreid", *MEDIA),
            (
                (o.id, *in_order(MEDIA, media(f, scope)))
                for o in occurrences(records, scope)
                for f in {f.image.id: f for f in o.pictures}.values()
            ),
        ),
    }


def is_occurrence(image: Image, scope: Scope) -> bool:
    """Return whether a picture shows an organism, as far as is known. Empty pictures, people and
    vehicles are no occurrences."""
    return label_kind(image.label, scope.naming) not in NO_ORGANISM


def occurring(records: Records, scope: Scope) -> tuple[int, dict[str, int]]:
    """Return how many pictures show organisms, and how many do not, by what they show."""
    here = living_images(scope.collection)
    counts = records.count_by(Image, here, "label")
    shown, left = 0, dict[str, int]()
    organisms = has_organisms(records, scope)
    beside = organism_beside(records, here, scope) if organisms else {}
    for label, total in counts.items():
        kind = label_kind(str(label), scope.naming)
        if kind not in NO_ORGANISM and organisms:
            shown += total
            continue
        also = beside.get(str(label), 0)
        shown, n = shown + also, total - also
        if not n:
            continue
        words = f"that show {NO_ORGANISM[kind]}" if kind in NO_ORGANISM else NOT_NAMED
        left[words] = left.get(words, 0) + n
    return shown, left


def organism_beside(records: Records, here: list[Where], scope: Scope) -> dict[str, int]:
    """Return how many pictures whose label is no organism show one on a further subject, by
    label."""
    also = map(str, records.count_by(Image, here, "also_labels"))
    organisms = [x for x in also if label_kind(x, scope.naming) not in NO_ORGANISM]
    if not organisms:
        return {}
    shows = Where.any(*([Where("also_labels", "has", x)] for x in organisms))
    counts = records.count_by(Image, [*here, Where("thing", "!=", ""), shows], "label")
    return {str(label): n for label, n in counts.items()}


def has_organisms(records: Records, scope: Scope) -> bool:
    """Return whether a collection is one of organisms: at least one label names one, or nothing has
    a label yet."""
    labels = set(pictures_by_label(records, living_images(scope.collection)))
    said = [x for x in labels - {""} if label_kind(x, scope.naming) not in NO_ORGANISM]
    return not said or any(names_organism(x, scope) for x in said)


def names_organism(label: str, scope: Scope) -> bool:
    """Return whether a label names an organism: it is a taxon of the tree, or its model gives it a
    rank or a scientific name. A model's mere words, such as those for cells, name none."""
    if scope.naming.published(label):
        return True
    known = scope.names.get(label)
    return known is not None and bool(known.rank or known.scientific not in {"", label})


def no_names(records: Records, scope: Scope) -> dict[str, int]:
    """Return the labels that have no scientific name, with their number of pictures."""
    return {
        label: n
        for label, n in pictures_by_label(records, living_images(scope.collection)).items()
        if label
        and label_kind(label, scope.naming) not in NO_ORGANISM
        and not scientific_name(label, scope).scientific
    }


def occurrence(found: Occurrence, scope: Scope) -> Row:
    """Return an occurrence by what counts now; the largest count of its pictures is its own."""
    image, now = found.best.image, found.best.current
    credit = scope.credits
    identified = identification(now, scope) if now else {}
    identified.pop("identificationID", "")
    behaviours = dict.fromkeys(
        f.image.details.behaviour for f in found.pictures if f.image.details.behaviour
    )
    notes = dict.fromkeys(f.image.note for f in found.pictures if f.image.note)
    return identified | {
        "occurrenceID": found.id,
        "basisOfRecord": basis(image, scope),
        "eventID": event_id(found.best, scope),
        "eventDate": when_seen(found, scope),
        "vernacularName": vernacular(image, scope),
        **classification(image, scope),
        "individualCount": str(found.count or ""),
        "organismID": image.details.individual,
        "sex": image.details.sex,
        "lifeStage": image.details.life_stage,
        "behavior": " | ".join(behaviours),
        "samplingProtocol": "camera trap" if by_camera(image, scope) else "",
        **location(image, scope),
        "license": LICENSES.get(credit.license, ""),
        "rightsHolder": credit.rights_holder,
        "occurrenceRemarks": " | ".join(notes),
    }


def when_seen(found: Occurrence, scope: Scope) -> str:
    """Return when an occurrence was, as one time or as an interval (ISO 8601)."""
    times = [local_time(f.image, scope) for f in found.pictures]
    return times[0] if times[0] == times[-1] else f"{times[0]}/{times[-1]}"


def location(image: Image, scope: Scope) -> Row:
    """Return where a picture was taken, as coarse as it has to be."""
    latitude, longitude, metres = coordinates(image, scope)
    grid, site, told = scope.grid(image), scope.site(image), scope.named_site(image)
    coarse = f"Coordinates are the middle of a cell of {grid:g} degrees."
    return {
        "locationID": site.id if site else "",
        "locality": told.name if told else "",
        "habitat": told.habitat if told else "",
        "decimalLatitude": latitude,
        "decimalLongitude": longitude,
        "geodeticDatum": "EPSG:4326" if latitude else "",
        "coordinateUncertaintyInMeters": metres,
        "footprintWKT": f"POINT ({longitude} {latitude})" if site else "",
        "dataGeneralizations": coarse if grid and latitude else "",
    }


def by_camera(image: Image, scope: Scope) -> bool:
    """Return whether the picture was taken by a camera that nobody held."""
    deployment = scope.deployment(image)
    return bool(deployment and deployment.camera)


def basis(image: Image, scope: Scope) -> str:
    """Return the basis of record. A picture by a camera that nobody held is a machine's
    observation; any other picture of a deployment is a person's. Outside of any deployment it
    depends on who says what the picture shows."""
    person = image.who == "person" if scope.deployment(image) is None else True
    return "HumanObservation" if person and not by_camera(image, scope) else "MachineObservation"


def event_id(facts: Facts, scope: Scope) -> str:
    """Return the event of a deployment that a picture is part of, "" for none."""
    name = scope.deployment_name(facts.image)
    return f"{name} {facts.event[:19]}" if name and facts.event else ""


def vernacular(image: Image, scope: Scope) -> str:
    """Return the common name of a picture's label."""
    taxon = scope.naming.published(image.label)
    return taxon.vernacular_name if taxon else ""


def classification(image: Image, scope: Scope) -> Row:
    """Return the higher classification, the ranks that have terms, the label verbatim where it is
    no scientific name, and a qualifier. The qualifier says that a person chose a higher name than
    the machine's finer answer."""
    naming = scope.naming
    line = [naming.tree.taxa[n].scientific_name for n in naming.tree.line(image.label)]
    higher = naming.higher(image.label)
    taxon = naming.published(image.label)
    is_scientific = taxon is not None and taxon.scientific_name == image.label
    finer = naming.path(naming.shown(image.machine_label))
    up = image.who == "person" and finer != image.label_path and image.label_path
    return {
        "higherClassification": " | ".join(n for n in line[:-1] if n),
        **{rank: higher.get(rank, "") for rank in HIGHER},
        "verbatimIdentification": "" if is_scientific else image.label,
        "identificationQualifier": "indet." if up and finer.startswith(image.label_path) else "",
    }


def name_terms(said: Identification | None, scope: Scope) -> LabelNames:
    """Return the scientific name and rank of a label; both "" for what is no taxon."""
    if said is None or label_kind(said.label, scope.naming) in NO_ORGANISM:
        return LabelNames("", "")
    return scientific_name(said.label, scope)


def scientific_name(label: str, scope: Scope) -> LabelNames:
    """Return the published name of a label: its taxon's, else what its model says of it."""
    if taxon := scope.naming.published(label):
        return LabelNames(taxon.scientific_name, taxon.taxon_rank)
    return scope.names.get(label, LabelNames("", ""))


def identification(one: Identification, scope: Scope) -> Row:
    """Return what was said of a picture: name, by whom, when, and how sure that is."""
    name = name_terms(one, scope)
    confidence = f"confidence {one.probability:.4f}" if one.probability is not None else ""
    return {
        "identificationID": one.id,
        "scientificName": name.scientific,
        "taxonRank": name.rank,
        "identifiedBy": one.by,
        "dateIdentified": moment(one.at),
        "identificationVerificationStatus": (
            ACCEPTED if one.in_bulk else MACHINE if one.machine else HUMAN
        ),
        "identificationRemarks": confidence,
    }


def media(facts: Facts, scope: Scope) -> Row:
    """Return a picture's file: its address where the server has one, else its name."""
    image, server = facts.image, scope.address.rstrip("/")
    return {
        "identifier": f"{server}/api/v1/images/{image.id}/original" if server else image.name,
        "type": "StillImage",
        "format": image.media_type,
        "title": image.name,
        "created": image.taken_at,
    }


def meta() -> str:
    """Return meta.xml: which column is which term."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">\n'
        + part("core", DWC + "Occurrence", "occurrence.csv", OCCURRENCE)
        + part("extension", DWC + "Identification", "identification.csv", IDENTIFICATION)
        + part("extension", "http://rs.gbif.org/terms/1.0/Multimedia", "multimedia.csv", MEDIA)
        + "</archive>\n"
    )


def part(tag: str, kind: str, file: str, terms: tuple[str, ...]) -> str:
    """Return one file's entry in meta.xml; an extension's first column is the core's id."""
    first = 0 if tag == "core" else 1
    fields = "".join(
        f'    <field index="{n + first}" term="{space(file, term)}{term}"/>\n'
        for n, term in enumerate(terms)
    )
    id = "id" if tag == "core" else "coreid"
    return (
        f'  <{tag} encoding="UTF-8" fieldsTerminatedBy="," linesTerminatedBy="\\n" '
        f'fieldsEnclosedBy="&quot;" ignoreHeaderLines="1" rowType="{kind}">\n'
        f"    <files><location>{file}</location></files>\n"
        f'    <{id} index="0"/>\n{fields}  </{tag}>\n'
    )


def space(file: str, term: str) -> str:
    """Return the namespace of a term's vocabulary."""
    return DC if file == "multimedia.csv" or term in {"license", "rightsHolder"} else DWC


def eml(scope: Scope) -> str:
    """Return eml.xml with what EML 2.2.0 and GBIF require. The responsible party is the credits'
    creator, else the collection itself."""
    name, day = escape(scope.title), datetime.now(UTC).date().isoformat()
    who = party(scope)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" '
        f'packageId="{scope.collection}/{day}" system="BioSight">\n'
        f"  <dataset>\n    <title>{name}</title>\n    <creator>{who}</creator>\n"
        f"    <metadataProvider>{who}</metadataProvider>\n    <pubDate>{day}</pubDate>\n"
        f"    <abstract><para>Pictures of the BioSight collection {name}; labels by people and by "
        f"models, told apart.</para></abstract>\n{rights(scope)}"
        f"    <contact>{who}</contact>\n  </dataset>\n</eml:eml>\n"
    )


def party(scope: Scope) -> str:
    """Return a responsible party: a person's surname and address, or the collection as an
    organisation."""
    credit = scope.credits
    if not credit.creator:
        return f"<organizationName>BioSight collection {escape(scope.name)}</organizationName>"
    email = credit.email and (
        f"<electronicMailAddress>{escape(credit.email)}</electronicMailAddress>"
    )
    surname = escape(credit.creator)
    return f"<individualName><surName>{surname}</surName></individualName>{email}"


def rights(scope: Scope) -> str:
    """Return the licence, where one is given."""
    name = scope.credits.license
    if not name:
        return ""
    link = f'<ulink url="{LICENSES[name]}"><citetitle>{name}</citetitle></ulink>'
    words = f"This work is licensed under {link}."
    return f"    <intellectualRights><para>{words}</para></intellectualRights>\n"
