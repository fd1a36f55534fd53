"""What commands that import a file into a collection ask: the file, the collection, and a yes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
F = TypeVar("F", bound=Callable[..., Any])


def with_import_options(command: F) -> F:
    """Give a command FILE, --user (as `email`), --collection (as `name`) and --yes, in this
    order."""
    asked = (
        click.argument("file", type=FILE),
        click.option(
            "--user", "email", help="Whose collection; not needed while there is one account."
        ),
        click.option("--collection", "name", help="Its name; the first one if left out."),
        click.option("--yes", is_flag=True, help="Don't ask."),
    )
    for ask in reversed(asked):
        command = ask(command)
    return command
