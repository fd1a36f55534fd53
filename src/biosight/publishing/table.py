"""biosight.csv: one row for each picture, safe to open in a spreadsheet.

Not here: where the picture files are placed (export.py).
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from biosight.field.coarse_places import EXACT, Coarsening
from biosight.field.grid import shown_at
from biosight.images import Image
from biosight.labels import PEOPLE, Prediction
from biosight.places import Deployment, Site
from biosight.subjects.plain import subjects_text
from biosight.taxa.naming import Naming
from biosight.taxa.paths import line_of
from biosight.taxa.ranks import HIGHER

COLUMNS = (
    "file",
    "label",
    "said_by",
    "confidence",
    "machine_label",
    "model",
    "top_5",
    "annotated_by",
    "annotated_at",
    "taken",
    "uploaded",
    "size",
    "sha256",
    "original_name",
    "original_path",
    "note",
    "latitude",
    "longitude",
    "camera",
    "taken_offset",
    "altitude",
    "scientific_name",
    "taxon_rank",
    "path",
    "vernacular_name",
    *HIGHER,
    "group",
    "machine_confidence",
    "width",
    "height",
    "unsure",
    "unfamiliar",
    "uploaded_by",
    "taken_in_file",
    "deployment",
    "site",
    "individuals",
    "url",
    "subject_count",
    "other_labels",
    "subjects",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def unsafe_text(cell: str) -> str:
    """Return the text of a cell that safe_cell made."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet won't read as a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def header() -> str:
    """Return the first line, behind a byte-order mark so that spreadsheets read UTF-8."""
    return "\ufeff" + line(COLUMNS)


@dataclass(frozen=True, slots=True)
class Telling:
    """How an export describes pictures. `person` names people by id, and `naming` names taxa by the
    collection's tree; `nested` says whether folders are nested as the names are. `rule` says which
    places are coarse, `placeless` which files come without theirs, `blurred` in which
    files people are blurred. `threshold` in whole percent is
    the collection's; `sites` and `deployments` are its places by id. `address` is where people
    reach the server."""

    person: Callable[[str], str]
    naming: Naming = field(default_factory=Naming)
    nested: bool = False
    rule: Coarsening = EXACT
    placeless: Callable[[Image], bool] = lambda _: False
    blurred: Callable[[Image], bool] = lambda _: False
    threshold: int = 0
    sites: Mapping[str, Site] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    address: str = ""

    def changes(self, image: Image) -> bool:
        """Return whether a picture's file is given in another form than it was uploaded."""
        return self.placeless(image) or self.blurred(image)


def told(image: Image, text: str, rule: Coarsening) -> str:
    """Return a text, "" if it would reveal what was seen at a place that is shown exactly."""
    return "" if rule.tells(image, text) else text


def picture_row(
    image: Image,
    file: str,
    prediction: Prediction | None,
    annotated: tuple[str, float] | None,
    telling: Telling,
) -> str:
    """Return one picture's line. Numbers stay numbers; every text is made safe.

    `confidence` is that of the label, empty where a person gave it; `machine_confidence` is always
    the machine's.
    """
    naming, site = telling.naming, telling.sites.get(image.site)
    deployment = telling.deployments.get(image.deployment)
    hidden = telling.rule.hides(image)
    latitude, longitude, altitude = place_told(image, site, telling.rule)
    address = telling.address.rstrip("/")
    taxon = naming.published(image.label)
    guesses = (
        [g for g in prediction.top if not telling.rule.tells(image, g.label)] if prediction else []
    )
    top = "; ".join(f"{g.label} {g.confidence:.4f}" for g in guesses)
    sure = f"{image.confidence:.4f}" if image.model else ""
    by, at = annotated or ("", 0.0)
    texts: Mapping[str, str] = {
        "file": file,
        "label": image.label,
        "said_by": image.who,
        "machine_label": told(image, image.machine_label, telling.rule),
        "model": image.model,
        "top_5": top,
        "annotated_by": by,
        "annotated_at": moment(at),
        "taken": image.taken_at,
        "taken_offset": image.capture.offset,
        "uploaded": moment(image.created_at),
        "sha256": "" if telling.changes(image) else image.sha256,
        "original_name": image.name,
        "original_path": image.name if hidden else image.path,
        "note": told(image, image.note, telling.rule),
        "camera": image.camera,
        "scientific_name": taxon.scientific_name if taxon else "",
        "taxon_rank": taxon.taxon_rank if taxon else "",
        "path": " > ".join(line_of(image.label_path)),
        "vernacular_name": taxon.vernacular_name if taxon else "",
        "group": told(image, naming.shown(image.group), telling.rule),
        "unsure": yes(image.who == "machine" and image.percent < telling.threshold),
        "unfamiliar": yes(image.unfamiliar),
        "uploaded_by": telling.person(image.uploaded_by),
        "taken_in_file": image.taken_file[:19],
        "deployment": deployment.name if deployment and not hidden else "",
        "site": site.name if site and not hidden else "",
        "url": f"{address}/images/{image.id}" if address else "",
        "other_labels": " | ".join(image.also_labels),
        "subjects": subjects_text(image.subjects) if image.is_described else "",
        **dict.fromkeys(HIGHER, ""),
        **naming.higher(image.label),
    }
    numbers: Mapping[str, str] = {
        "confidence": sure if image.who not in PEOPLE else "",
        "machine_confidence": sure,
        "size": str(image.size),
        "width": str(image.width or ""),
        "height": str(image.height or ""),
        "individuals": str(image.individuals or ""),
        "subject_count": str(len(image.subjects)) if image.label else "",
        "latitude": "" if latitude is None else str(latitude),
        "longitude": "" if longitude is None else str(longitude),
        "altitude": "" if altitude is None else str(altitude),
    }
    return line([numbers[c] if c in numbers else safe_cell(texts[c]) for c in COLUMNS])


def yes(said: bool) -> str:
    """Return a flag as a spreadsheet shows it: yes, or nothing."""
    return "yes" if said else ""


def place_told(
    image: Image, site: Site | None, rule: Coarsening
) -> tuple[float | None, float | None, float | None]:
    """Return latitude, longitude and altitude as they may be told, the site's where there is one.
    Where the rule hides the place, they are coarse and without altitude."""
    where = (site.latitude, site.longitude) if site else (image.latitude, image.longitude)
    place = shown_at(*where, rule.of(image))
    altitude = None if place and place.degrees else image.capture.altitude
    return (place.latitude, place.longitude, altitude) if place else (*where, altitude)


def moment(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, "" for none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
