"""Darwin Core Archive: occurrences, what was said of each, and their pictures' names.

Source: Darwin Core Text Guide, dwc.tdwg.org/text (meta.xml), and the term list, dwc.tdwg.org/terms;
GBIF's Simple Multimedia extension. Not here: what the facts are (facts.py).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from stream_zip import ZIP_64, stream_zip

from biosight.gallery.standards.facts import (
    LICENSES,
    Facts,
    Identification,
    Scope,
    coordinates,
    every,
    lines,
    local_time,
    moment,
)
from biosight.images import Image
from biosight.labels import LabelNames
from biosight.storage.records import Records
from biosight.taxa.kinds import label_kind
from biosight.taxa.ranks import HIGHER

DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"
OCCURRENCE = (
    "occurrenceID",
    "basisOfRecord",
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
    "decimalLatitude",
    "decimalLongitude",
    "geodeticDatum",
    "coordinateUncertaintyInMeters",
    "dataGeneralizations",
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
HUMAN, MACHINE = "verified by human", "unverified, by machine"
Member = tuple[str, datetime, int, object, Iterable[bytes]]


def darwin_core(records: Records, scope: Scope) -> Iterator[bytes]:
    """The archive as a zip in pieces; memory stays flat."""

    def members() -> Iterator[Member]:
        now = datetime.now()
        for name, content in files(records, scope).items():
            yield name, now, 0o644, ZIP_64, content

    chunks: Iterator[bytes] = stream_zip(members(), chunk_size=1 << 16)
    return chunks


def files(records: Records, scope: Scope) -> dict[str, Iterable[bytes]]:
    """The archive's files by name."""
    return {
        "meta.xml": [meta().encode()],
        "eml.xml": [eml(scope).encode()],
        "occurrence.csv": lines(OCCURRENCE, (occurrence(f, scope) for f in every(records, scope))),
        "identification.csv": lines(
            ("coreid", *IDENTIFICATION),
            ((f.image.id, s.id, *said(s, scope)) for f in every(records, scope) for s in f.said),
        ),
        "multimedia.csv": lines(("coreid", *MEDIA), (media(f) for f in every(records, scope))),
    }


def occurrence(facts: Facts, scope: Scope) -> tuple[str, ...]:
    """A picture as an occurrence, by what counts now."""
    image, now = facts.image, facts.current
    latitude, longitude, metres = coordinates(image, scope)
    coarse = f"Coordinates are the middle of a cell of {scope.coarse:g} degrees."
    name = name_terms(now, scope)
    return (
        image.id,
        "MachineObservation",
        local_time(image, scope),
        name.scientific,
        name.rank,
        vernacular(image, scope),
        *(said(now, scope)[2:] if now else ("", "", "", "")),
        *classification(image, scope),
        latitude,
        longitude,
        "EPSG:4326" if latitude else "",
        metres,
        coarse if scope.coarse and latitude else "",
        image.note,
    )


def vernacular(image: Image, scope: Scope) -> str:
    """The common name of a picture's label."""
    taxon = scope.naming.published(image.label)
    return taxon.vernacular_name if taxon else ""


def classification(image: Image, scope: Scope) -> tuple[str, ...]:
    """Higher classification, the ranks that have terms, the label word for word where it is no
    scientific name, and a qualifier where a person stepped up from a finer answer."""
    naming = scope.naming
    line = [naming.tree.taxa[n].scientific_name for n in naming.tree.line(image.label)]
    higher = naming.higher(image.label)
    taxon = naming.published(image.label)
    word = image.label if taxon is None or taxon.scientific_name != image.label else ""
    finer = naming.path(naming.shown(image.machine_label))
    up = image.who == "person" and finer != image.label_path and image.label_path
    qualifier = "indet." if up and finer.startswith(image.label_path) else ""
    above = " | ".join(n for n in line[:-1] if n)
    return above, *(higher.get(rank, "") for rank in HIGHER), word, qualifier


def name_terms(said: Identification | None, scope: Scope) -> LabelNames:
    """The scientific name and rank of a label; both "" for what is no taxon."""
    if said is None or label_kind(said.label, scope.naming) in {"empty", "human", "vehicle"}:
        return LabelNames("", "")
    if taxon := scope.naming.published(said.label):
        return LabelNames(taxon.scientific_name, taxon.taxon_rank)
    return scope.names.get(said.label, LabelNames("", ""))


def said(one: Identification, scope: Scope) -> tuple[str, ...]:
    """An identification: name, rank, by, when, status, remarks."""
    name = name_terms(one, scope)
    remarks = f"confidence {one.probability:.4f}" if one.probability is not None else ""
    status = MACHINE if one.machine else HUMAN
    return name.scientific, name.rank, one.by, moment(one.at), status, remarks


def media(facts: Facts) -> tuple[str, ...]:
    """A picture's file; its name in BioSight's own zip has the label before it."""
    image = facts.image
    return image.id, image.name, "StillImage", image.media_type, image.name, image.taken_at


def meta() -> str:
    """meta.xml: which column is which term."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">\n'
        + part("core", DWC + "Occurrence", "occurrence.csv", OCCURRENCE)
        + part("extension", DWC + "Identification", "identification.csv", IDENTIFICATION)
        + part("extension", "http://rs.gbif.org/terms/1.0/Multimedia", "multimedia.csv", MEDIA)
        + "</archive>\n"
    )


def part(tag: str, kind: str, file: str, terms: tuple[str, ...]) -> str:
    """One file of meta.xml; an extension's first column is the core's id."""
    first = 0 if tag == "core" else 1
    space = DC if file == "multimedia.csv" else DWC
    fields = "".join(
        f'    <field index="{n + first}" term="{space}{term}"/>\n' for n, term in enumerate(terms)
    )
    id = "id" if tag == "core" else "coreid"
    return (
        f'  <{tag} encoding="UTF-8" fieldsTerminatedBy="," linesTerminatedBy="\\n" '
        f'fieldsEnclosedBy="&quot;" ignoreHeaderLines="1" rowType="{kind}">\n'
        f"    <files><location>{file}</location></files>\n"
        f'    <{id} index="0"/>\n{fields}  </{tag}>\n'
    )


def eml(scope: Scope) -> str:
    """eml.xml: what EML 2.2.0 and GBIF ask for; who answers is the credits' creator, else the
    collection itself."""
    name, day = escape(scope.name), datetime.now(UTC).date().isoformat()
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
    """A responsible party: a person's surname and address, or the collection as an
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
    """The licence, where one is given."""
    name = scope.credits.license
    if not name:
        return ""
    link = f'<ulink url="{LICENSES[name]}"><citetitle>{name}</citetitle></ulink>'
    words = f"This work is licensed under {link}."
    return f"    <intellectualRights><para>{words}</para></intellectualRights>\n"
