"""The option --list of commands that classify: a checklist whose names alone may be answered."""

from pathlib import Path

import click

from biosight.cli.pictures.import_options import FILE
from biosight.taxa.checklist import lines_listed, read_checklist

LIST = click.option(
    "--list",
    "names",
    type=FILE,
    help="Checklist (CSV or Darwin Core Archive); only its names may be answered.",
)


def read_list(names: Path | None) -> dict[str, tuple[str, ...]]:
    """Return the names of the checklist, each with the names above it; empty without one. Raises
    BadRequest."""
    return lines_listed(read_checklist(names)) if names else {}
