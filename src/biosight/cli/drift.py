"""biosight drift: compare new pictures with those before, from what is stored."""

import base64
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from biosight import drift as drifting
from biosight import registry
from biosight.bootstrap import (
    Archive,
    bundled_folders,
    default_family,
    locator,
    open_archive,
    register,
)
from biosight.collection import Collection
from biosight.drift.page import as_html
from biosight.errors import BioSightError, NotFound
from biosight.images import Image
from biosight.inference.reference import read_reference
from biosight.settings import Settings
from biosight.storage import blobs as keys
from biosight.storage.records import Where


@click.group()
def drift() -> None:
    """Watch whether incoming pictures change."""


@drift.command()
@click.option("--collection", "chosen", help="A collection's id or name; all when left out.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only pictures from this day on.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a JSON and an HTML file a collection.",
)
@click.option("--fail", is_flag=True, help="End with status 3 when a verdict is red.")
@click.pass_obj
def check(
    settings: Settings, chosen: str | None, since: datetime | None, folder: Path | None, fail: bool
) -> None:
    """Check collections for drift; keeps a report each."""
    archive = open_archive(settings)
    try:
        register(archive, bundled_folders(settings))
        begin = since.timestamp() if since else 0.0
        found = [(c, check_one(archive, settings, c, begin)) for c in collections(archive, chosen)]
        for collection, report in found:
            click.echo(f"{report.verdict:<8} {collection.name}: {report.sentence}")
            if folder:
                write_files(archive, folder, collection, report)
    finally:
        archive.close()
    if fail and any(report.verdict == "red" for _, report in found):
        raise SystemExit(3)


def collections(archive: Archive, chosen: str | None) -> list[Collection]:
    """Those to check. Raises NotFound."""
    every = archive.records.find(Collection, [Where("trashed_at", "=", 0.0)], limit=10_000)
    found = [c for c in every if chosen in {None, c.id, c.name}]
    if chosen and not found:
        raise NotFound(f"There is no collection {chosen}.")
    return found


def check_one(
    archive: Archive, settings: Settings, collection: Collection, since: float
) -> drifting.DriftReport:
    """One collection's report, against the version that serves it."""
    family = collection.model or default_family(settings)
    version = registry.champion(archive.records, family)
    folder = locator(settings, archive, bundled_folders(settings))(version.id)
    return drifting.check(
        archive.records,
        collection.id,
        version.id,
        version.card.space,
        read_reference(folder),
        since=since,
    )


def write_files(
    archive: Archive, folder: Path, collection: Collection, report: drifting.DriftReport
) -> None:
    """The report as JSON, and as a page that needs nothing else."""
    pictures = {}
    for id in report.strangest:
        image = archive.records.get(Image, id)
        if image and archive.blobs.has(keys.thumbnail(image.sha256)):
            content = archive.blobs.read(keys.thumbnail(image.sha256))
            pictures[id] = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        said = asdict(report) | {"details": json.loads(report.details)}
        (folder / f"{collection.id}.json").write_text(json.dumps(said, indent=1))
        page = as_html(report, collection.name, pictures)
        (folder / f"{collection.id}.html").write_text(page, encoding="utf-8")
    except OSError as error:
        raise BioSightError(f"The report can't be written: {error.strerror}.") from error


@drift.command()
@click.argument("collection")
@click.pass_obj
def accept(settings: Settings, collection: str) -> None:
    """Take the pictures of COLLECTION's last check for what is normal from now on."""
    archive = open_archive(settings)
    try:
        found = collections(archive, collection)[0]
        family = found.model or default_family(settings)
        register(archive, bundled_folders(settings))
        version = registry.champion(archive.records, family)
        drifting.accept_latest(archive.records, found.id, version.card.space, "")
    finally:
        archive.close()
    click.echo(f"The newest pictures of {found.name} are what is normal now.")
