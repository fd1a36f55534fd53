"""biosight drift: compare new pictures with earlier ones, using stored data only."""

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from biosight.bootstrap import Archive, open_archive, open_catalogue
from biosight.collection import Collection
from biosight.drift import DriftReport
from biosight.drift.page import as_html
from biosight.errors import BadPicture, BioSightError, NotFound
from biosight.images import Image
from biosight.inference.sandbox.decoding import Decoders
from biosight.settings import Settings
from biosight.storage.records import Where, among, find_all
from biosight.workflows.models import drift_check
from biosight.workflows.pictures import derived
from biosight.workflows.task import Task


@click.group()
def drift() -> None:
    """Check whether incoming pictures change."""


@drift.command()
@click.option("--collection", "chosen", help="Collection's id or name; by default all collections.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only pictures from this day on.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the reports: a JSON and an HTML file per collection.",
)
@click.option("--fail", is_flag=True, help="Exit with status 3 if a verdict is red.")
@click.pass_obj
def check(
    settings: Settings, chosen: str | None, since: datetime | None, folder: Path | None, fail: bool
) -> None:
    """Check collections for drift, and keep a report of each."""
    archive = open_archive(settings)
    try:
        catalogue = open_catalogue(settings, archive)
        begin = since.timestamp() if since else 0.0
        found = [
            (c, drift_check.check_collection(archive.records, catalogue, c, begin))
            for c in collections(archive, chosen)
        ]
        for collection, report in found:
            click.echo(f"{report.verdict:<8} {collection.name}: {report.sentence}")
            if folder:
                write_files(archive, folder, collection, report)
    finally:
        archive.close()
    if fail and any(report.verdict == "red" for _, report in found):
        raise SystemExit(3)


def collections(archive: Archive, chosen: str | None) -> list[Collection]:
    """Return the collections to check. Raises NotFound."""
    every = find_all(archive.records, Collection, [Where("trashed_at", "=", 0.0)])
    found = [c for c in every if chosen in {None, c.id, c.name}]
    if chosen and not found:
        raise NotFound(f"There is no collection {chosen}.")
    return found


def write_files(
    archive: Archive, folder: Path, collection: Collection, report: DriftReport
) -> None:
    """Write the report as JSON, and as a self-contained HTML page."""
    pictures = thumbnails(archive, report.strangest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        said = asdict(report) | {"details": json.loads(report.details)}
        (folder / f"{collection.id}.json").write_text(json.dumps(said, indent=1))
        page = as_html(report, collection.name, pictures)
        (folder / f"{collection.id}.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise BioSightError(f"The report can't be written: {error.strerror}.") from error


def thumbnails(archive: Archive, ids: Sequence[str]) -> dict[str, str]:
    """Return the images' thumbnails as data URLs; images whose bytes can't be read are left out."""
    decoders, found = Decoders(1), {}
    try:
        for image in among(archive.records, Image, ids):
            with suppress(BadPicture, NotFound):
                made = derived.thumbnail(archive.blobs, decoders, image)
                content = base64.b64encode(archive.blobs.read(made.key)).decode()
                found[image.id] = f"data:{made.media_type};base64,{content}"
    finally:
        decoders.close()
    return found


@drift.command()
@click.argument("collection")
@click.pass_obj
def accept(settings: Settings, collection: str) -> None:
    """Make the pictures of COLLECTION's last check the new normal."""
    archive = open_archive(settings)
    try:
        found = collections(archive, collection)[0]
        drift_check.accept(Task(archive.records, open_catalogue(settings, archive), found, ""))
    finally:
        archive.close()
    click.echo(f"Later checks compare with the newest pictures of {found.name}.")
