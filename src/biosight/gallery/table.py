"""biosight.csv: one row a picture, safe to open in a spreadsheet.

Not here: where the pictures are laid out (export.py).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from biosight.images import Image
from biosight.labels import Prediction

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
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text that a spreadsheet won't take for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()


def header() -> str:
    """The first line, behind a byte-order mark so that spreadsheets read UTF-8."""
    return "\ufeff" + line(COLUMNS)


def row(
    image: Image, file: str, prediction: Prediction | None, annotated: tuple[str, float] | None
) -> str:
    """One picture's line. Numbers stay numbers; every text is made safe."""
    top = "; ".join(f"{g.label} {g.confidence:.4f}" for g in prediction.top) if prediction else ""
    by, at = annotated or ("", 0.0)
    texts: Mapping[str, str] = {
        "file": file,
        "label": image.label,
        "said_by": image.who,
        "machine_label": image.machine_label,
        "model": image.model,
        "top_5": top,
        "annotated_by": by,
        "annotated_at": moment(at),
        "taken": image.taken_at,
        "taken_offset": image.capture.offset,
        "uploaded": moment(image.created_at),
        "sha256": image.sha256,
        "original_name": image.name,
        "original_path": image.path,
        "note": image.note,
        "camera": image.camera,
    }
    numbers: Mapping[str, str] = {
        "confidence": f"{image.confidence:.4f}" if image.model else "",
        "size": str(image.size),
        "latitude": "" if image.latitude is None else str(image.latitude),
        "longitude": "" if image.longitude is None else str(image.longitude),
        "altitude": "" if image.capture.altitude is None else str(image.capture.altitude),
    }
    return line([numbers[c] if c in numbers else safe_cell(texts[c]) for c in COLUMNS])


def moment(seconds: float) -> str:
    """ISO 8601 in UTC, "" for none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
