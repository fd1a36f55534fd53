"""Options of commands that import a file into a collection: the file, the collection, and --yes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from biosight.taxa.checklist import lines_listed, read_checklist

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
F = TypeVar("F", bound=Callable[..., Any])


def with_import_options(command: F) -> F:
    """Give a command FILE, --user (as `email`), --collection (as `name`) and --yes, in this
    order."""
    asked = (
        click.argument("file", type=FILE),
        click.option(
            "--user", "email", help="E-mail of the account; optional if there is only one."
        ),
        click.option("--collection", "name", help="Collection's name; by default the first."),
        click.option("--yes", is_flag=True, help="Import without asking for confirmation."),
    )
    for ask in reversed(asked):
        command = ask(command)
    return command


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
