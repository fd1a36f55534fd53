"""The command line: each command opens what it needs, calls the verbs, and closes everything.

Not here: the work of the commands.
"""

import os
import signal
from importlib import import_module

import click
from pydantic import ValidationError

from biosight import __version__, logs
from biosight.errors import BioSightError
from biosight.settings import Settings
from biosight.storage.causes import with_cause

# Command -> its module in biosight.cli and its name there. A command is loaded when it is used:
# loading all of them takes longer than most commands take to run.
COMMANDS = {
    "serve": ("server.serve", "serve"),
    "worker": ("server.worker", "worker"),
    "teach": ("server.worker", "teach"),
    "sort": ("pictures.sort", "sort"),
    "import": ("pictures.import_folder", "import_folder"),
    "export": ("pictures.export", "export"),
    "backup": ("server.archive", "backup"),
    "restore": ("server.archive", "restore"),
    "doctor": ("server.archive", "doctor"),
    "config": ("server.config", "config"),
    "store": ("server.store", "store"),
    "user": ("server.people", "user"),
    "train": ("models.learn", "train"),
    "evaluate": ("models.learn", "evaluate"),
    "model": ("models.versions", "model"),
    "collection": ("models.collections", "collection"),
    "drift": ("models.drift", "drift"),
    "retrain": ("models.retrain", "retrain"),
    "pipeline": ("models.pipeline", "pipeline"),
    "classify": ("pictures.classify", "classify"),
    "import-table": ("pictures.classify", "import_table"),
    "publish": ("pictures.publish", "publish"),
    "freeze": ("pictures.freeze", "freeze"),
    "verify": ("pictures.freeze", "verify"),
    "taxa": ("pictures.taxa", "taxa"),
    "places": ("pictures.places", "places"),
    "import-camtrap": ("pictures.camtrap", "import_camtrap"),
    "migrate": ("server.migrate", "migrate"),
    "migrate-blobs": ("server.migrate", "migrate_blobs"),
}


class Words(click.Group):
    """Loads a command when it is used, and turns BioSight's errors into one line and an exit
    code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found = getattr(import_module(f"biosight.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a BioSightError, or a file that can't be used, ends it with status 1."""
        try:
            return super().invoke(ctx)
        except BioSightError as error:
            raise click.ClickException(with_cause(error, error.detail)) from error
        except OSError as error:
            if error.filename is None:  # not about a file that a setting or an argument names
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}.") from error


def run() -> None:
    """Run the command line as a program of its own, which ends cleanly when it is asked to: the
    first process of a container ignores every signal that it has no handler for."""
    signal.signal(signal.SIGTERM, end_cleanly)
    main()


def end_cleanly(number: int, frame: object) -> None:
    """End this process as after an error, so that everything is closed and half files go. A second
    signal does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


@click.group(cls=Words, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """BioSight sorts biological pictures into labelled folders."""
    os.umask(0o077)  # only BioSight's own user may read its files
    try:
        settings = Settings()
    except ValidationError as error:
        from biosight.cli.server import config

        raise click.ClickException(config.mistakes(error)) from error
    logs.set_up(settings.log_format, settings.log_level)
    context.obj = settings
