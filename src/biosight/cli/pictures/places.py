"""biosight places ...: import and export a collection's sites and deployments as a table."""

import csv
import sys
from pathlib import Path
from typing import TextIO

import click

from biosight.bootstrap import open_archive
from biosight.cli.pictures.import_options import with_import_options
from biosight.places import tables
from biosight.settings import Settings
from biosight.workflows.pictures.destinations import find_collection
from biosight.workflows.places import deployment_acts, deployment_tables


@click.group()
def places() -> None:
    """Import or export a collection's sites and deployments."""


@places.command("import")
@with_import_options
@click.pass_obj
def import_table(
    settings: Settings, file: Path, email: str | None, name: str | None, yes: bool
) -> None:
    """Import deployments from FILE, a CSV with Camtrap DP's columns."""
    rows = tables.read_table(file)
    archive = open_archive(settings)
    records = archive.records
    try:
        c, user = find_collection(records, email, name)
        seen = deployment_tables.outlook(records, c.id, rows)
        for doubt in seen.doubts:
            click.echo(f"left out  {doubt}", err=True)
        many = len(seen.new_sites) + len(seen.new_deployments) + len(seen.changed)
        click.echo(
            f"{len(seen.new_deployments)} new deployments, {len(seen.new_sites)} new sites, "
            f"{len(seen.changed)} changes, {seen.known} known already."
        )
        if not many or not (yes or click.confirm(f"Import them into {c.name}?")):
            return
        act = deployment_tables.take_table(records, user.id, c.id, rows, file.name)
        changed = deployment_tables.to_follow(act)
        moved = deployment_acts.follow(records, user.id, act, changed) if act else 0
    finally:
        archive.close()
    click.echo(f"Imported; {moved} pictures changed. You can undo it in the history of {c.name}.")


@places.command("export")
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; by default standard output.",
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", "name", help="Collection's name; by default the account's first.")
@click.pass_obj
def export_table(
    settings: Settings, target: Path | None, email: str | None, name: str | None
) -> None:
    """Write the deployments as a CSV with Camtrap DP's columns, which places import can read."""
    archive = open_archive(settings)
    try:
        c, _ = find_collection(archive.records, email, name)
        rows = deployment_tables.write_table(archive.records, c.id)
    finally:
        archive.close()
    if target is None:
        write(sys.stdout, rows)
        return
    with target.open("w", encoding="utf-8", newline="") as file:
        write(file, rows)
    click.echo(f"{target}: {len(rows)} deployments.")


def write(file: TextIO, rows: list[list[str]]) -> None:
    """Write a CSV of deployments: the header, then one row each."""
    out = csv.writer(file, lineterminator="\n")
    out.writerow(tables.COLUMNS)
    out.writerows(rows)
