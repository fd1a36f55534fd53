"""The command line: each command opens what it needs, calls the verbs and closes.

Not here: what the commands do.
"""

import os
from collections.abc import Callable

import click
from pydantic import ValidationError

from biosight import __version__, logs
from biosight.cli import (
    archive,
    camtrap,
    classify,
    config,
    drift,
    learn,
    migrate,
    people,
    pictures,
    pipeline,
    places,
    retrain,
    serve,
    standards,
    taxa,
    versions,
    worker,
)
from biosight.errors import BioSightError
from biosight.settings import Settings


class Words(click.Group):
    """Turns BioSight's errors into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a BioSightError ends it with status 1."""
        try:
            return super().invoke(ctx)
        except BioSightError as error:
            raise click.ClickException(error.detail) from error


@click.group(cls=Words, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """BioSight sorts biological pictures into labelled folders."""
    os.umask(0o077)  # what BioSight writes is for its own user
    try:
        settings = Settings()
    except ValidationError as error:
        raise click.ClickException(config.mistakes(error)) from error
    logs.set_up(settings.log_format, settings.log_level)
    context.obj = settings


COMMANDS: tuple[Callable[..., object], ...] = (
    serve.serve,
    worker.worker,
    worker.teach,
    pictures.sort,
    pictures.import_folder,
    pictures.export,
    archive.backup,
    archive.restore,
    archive.doctor,
    config.config,
    people.user,
    learn.train,
    learn.evaluate,
    versions.model,
    drift.drift,
    retrain.retrain,
    pipeline.pipeline,
    classify.classify,
    classify.import_table,
    standards.publish,
    taxa.taxa,
    places.places,
    camtrap.import_camtrap,
    migrate.migrate,
    migrate.migrate_blobs,
)
for command in COMMANDS:
    assert isinstance(command, click.Command)
    main.add_command(command)
