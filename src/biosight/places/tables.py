"""Tables of places and pictures as people and programs save them: CSV, in UTF-8 or as Excel saves
it.

They are read in a separate process (untrusted/child_process.py), within limits. Not here: what the
rows mean (workflows/places/deployment_tables.py, workflows/exchange/camtrap_import.py).
"""

import csv
import gzip
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import cast

from biosight.errors import BadRequest
from biosight.untrusted.child_process import Limits, run_in_child

SITE, PLACE = ("locationName", "locationID"), {"latitude", "longitude"}
MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 20_000_000, 20_000, 2_000
GZIP = b"\x1f\x8b"
LONGEST_CELL = 131_000  # characters
# For other programs' packages, in which each picture of a season has a row.
MOST_PACKAGE_BYTES, MOST_PACKAGE_ROWS = 200_000_000, 2_000_000
LIMITS = Limits(memory=2_000_000_000, cpu=120, wall=300.0)
Row = dict[str, str]
# Columns of Camtrap DP that are kept as texts, since no field of a Deployment holds them.
KEPT_AS_TEXTS = (
    "setupBy",
    "cameraModel",
    "cameraDelay",
    "cameraDepth",
    "cameraTilt",
    "cameraHeading",
    "detectionDistance",
    "timestampIssues",
    "featureType",
    "deploymentGroups",
)
COLUMNS = (
    "deploymentID",
    "locationID",
    "locationName",
    "latitude",
    "longitude",
    "coordinateUncertainty",
    "deploymentStart",
    "deploymentEnd",
    "cameraID",
    "cameraHeight",
    "baitUse",
    "habitat",
    "deploymentTags",
    "deploymentComments",
    *KEPT_AS_TEXTS,
)
# Headings of other programs (camtrapR, Camelot, Wildlife Insights, Agouti, TRAPPER), without blanks
# and signs -> Camtrap DP's.
OTHER_HEADINGS = {
    "deployment": "deploymentID",
    "deploymentname": "deploymentID",
    "station": "deploymentID",
    "stationid": "deploymentID",
    "trapstation": "deploymentID",
    "trapstationname": "deploymentID",
    "cameratrap": "deploymentID",
    "cameratrapid": "deploymentID",
    "placename": "locationName",
    "placeid": "locationID",
    "location": "locationName",
    "locality": "locationName",
    "site": "locationName",
    "sitename": "locationName",
    "siteid": "locationID",
    "lat": "latitude",
    "gpslatitude": "latitude",
    "decimallatitude": "latitude",
    "camelotgpslatitude": "latitude",
    "trapstationlatitude": "latitude",
    "lon": "longitude",
    "lng": "longitude",
    "long": "longitude",
    "gpslongitude": "longitude",
    "decimallongitude": "longitude",
    "camelotgpslongitude": "longitude",
    "trapstationlongitude": "longitude",
    "coordinateuncertaintyinmeters": "coordinateUncertainty",
    "start": "deploymentStart",
    "startdate": "deploymentStart",
    "setupdate": "deploymentStart",
    "trapstationsessionstartdate": "deploymentStart",
    "end": "deploymentEnd",
    "enddate": "deploymentEnd",
    "retrievaldate": "deploymentEnd",
    "trapstationsessionenddate": "deploymentEnd",
    "camera": "cameraID",
    "cameraname": "cameraID",
    "sensorheight": "cameraHeight",
    "baittype": "baitUse",
    "bait": "baitUse",
    "comments": "deploymentComments",
    "remarks": "deploymentComments",
}
BY_NAME = OTHER_HEADINGS | {c.casefold(): c for c in COLUMNS}


def column_of(heading: str) -> str:
    """Return Camtrap DP's name for a heading, "" for one that means nothing here."""
    return BY_NAME.get("".join(c for c in heading.casefold() if c.isalnum()), "")


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table of deployments by Camtrap DP's column names. Raises BadRequest in
    words, and Unavailable while others are read."""
    return [cast("Row", row) for row in run_in_child(named_by_deployment, [str(path)], LIMITS)]


def read_package_table(path: Path, mark: str = ",") -> list[Row]:
    """Return the rows of a table of a package, with every column; raises as `read_table`. `mark`
    stands between its cells."""
    return [cast("Row", row) for row in run_in_child(package_rows, [str(path), mark], LIMITS)]


def named_by_deployment(path: str) -> Iterator[Row]:
    """Yield the rows of a table of deployments; for a separate process. Raises BadRequest."""
    text = table_text(Path(path), MOST_BYTES)
    mark, columns = head_of(text)
    found = {column_of(cell) for cell in columns} - {""}
    if "deploymentID" not in found and not (found >= PLACE and found & set(SITE)):
        raise BadRequest(not_found(found))
    rows = [named_cells(row) for row in bounded_rows(text, mark, MOST_ROWS)]
    if not rows:
        raise BadRequest("This table of deployments has no rows.")
    yield from rows


def package_rows(path: str, mark: str) -> Iterator[Row]:
    """Yield the rows of a CSV as Camtrap DP has it; for a separate process. Raises BadRequest."""
    text = table_text(Path(path), MOST_PACKAGE_BYTES)
    if mark not in text.partition("\n")[0]:
        mark = head_of(text)[0]
    for row in bounded_rows(text, mark, MOST_PACKAGE_ROWS):
        yield {k: v for k, v in row.items() if k and isinstance(v, str)}


def not_found(found: set[str]) -> str:
    """Return what a table lacks, with all that would be read, in a sentence."""
    known = f" It has {', '.join(sorted(found))}." if found else ""
    return (
        "This is not a table of deployments: it needs a column deploymentID, or sites with"
        f" locationName, latitude and longitude.{known} These columns are read: "
        f"{', '.join(COLUMNS)}; also the headings of camtrapR, Camelot and Wildlife Insights."
    )


def head_of(text: str) -> tuple[str, list[str]]:
    """Return the mark between the cells of a table, and the names in its first line."""
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    return mark, next(csv.reader([first[:LONGEST_CELL]], delimiter=mark), [])


def bounded_rows(text: str, mark: str, most: int) -> Iterator[dict[str, str]]:
    """Yield rows by column name; cells that a short row lacks are "" or no text. Raises
    BadRequest."""
    csv.field_size_limit(LONGEST_CELL)  # global to the process, and libraries change it
    reader = csv.DictReader(io.StringIO(text, ""), delimiter=mark)
    try:
        if len(reader.fieldnames or ()) > MOST_COLUMNS:
            raise BadRequest(f"A table can have up to {MOST_COLUMNS:,} columns.")
        yield from islice(reader, most)
        if next(reader, None) is not None:
            raise BadRequest(f"This table has more than {most:,} rows; split it.")
    except csv.Error as error:
        line = reader.line_num + 1
        raise BadRequest(f"Line {line} of the table can't be read: {error}.") from error


def table_text(path: Path, most: int) -> str:
    """Return a table's text. Raises BadRequest for one that is too large."""
    large = BadRequest(f"A table can be up to {most // 1_000_000} MB.")
    if path.stat().st_size > most:
        raise large
    content = path.read_bytes()
    if content.startswith(b"PK"):
        raise BadRequest("This table is packed as a zip; unpack it first.")
    if content.startswith(GZIP):
        try:
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(most + 1)
        except (OSError, EOFError) as error:
            raise BadRequest("This gzip file is damaged or cut off.") from error
        if len(content) > most:
            raise large
    return decode_text(content)


def named_cells(row: dict[str, str]) -> Row:
    """Return a row's cells by Camtrap DP's column names; cells of other columns are left out."""
    named: Row = {}
    for heading, value in row.items():
        column = column_of(heading or "")
        if column and isinstance(value, str) and not named.get(column):
            named[column] = value.strip()
    return named


def decode_text(content: bytes) -> str:
    """Decode a table's text: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
