"""biosight publish: a collection as a Darwin Core Archive or a Camtrap DP package.

Not here: the formats (gallery/standards).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from biosight import accounts
from biosight.bootstrap import open_archive, open_catalogue
from biosight.errands.placing import find_collection
from biosight.errands.publishing import scope_of
from biosight.errors import BioSightError
from biosight.gallery.standards import (
    LICENSES,
    Credits,
    Scope,
    camtrap_dp,
    darwin_core,
    left_out_words,
    survey_of,
)
from biosight.gallery.standards.facts import NOBODY
from biosight.settings import Settings
from biosight.storage.records import Records

Written = tuple[Iterator[bytes], str]


def darwin(records: Records, scope: Scope) -> Written:
    """A Darwin Core Archive, of which nothing is to be said."""
    return darwin_core(records, scope), ""


def camtrap(records: Records, scope: Scope) -> Written:
    """A Camtrap DP package, and how many pictures are in it."""
    survey = survey_of(records, scope)
    words = f" {survey.fitting} pictures go in.{left_out_words(survey.left_out)}"
    return camtrap_dp(records, scope, survey), words


FORMATS: dict[str, Callable[[Records, Scope], Written]] = {
    "darwin-core": darwin,
    "camtrap-dp": camtrap,
}


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--user", "email", help="Whose collection; may be left out with one account.")
@click.option("--collection", help="A collection's name; the person's first when left out.")
@click.option(
    "--coarse",
    type=click.FloatRange(0, 10),
    default=0.0,
    help="Coordinates as the middle of cells of this many degrees, to protect places.",
)
@click.option(
    "--utc-offset",
    type=click.IntRange(-840, 840),
    help="The cameras' clocks against UTC, in minutes, for pictures whose file doesn't say.",
)
@click.option("--license", "licence", type=click.Choice(sorted(LICENSES)), default=None)
@click.pass_obj
def publish(
    settings: Settings,
    form: str,
    file: Path,
    email: str | None,
    collection: str | None,
    coarse: float,
    utc_offset: int | None,
    licence: str | None,
) -> None:
    """Write a collection as darwin-core or camtrap-dp, a zip without the pictures."""
    archive = open_archive(settings)
    records = archive.records
    part = file.with_name(f"{file.name}.part")
    try:
        catalogue = open_catalogue(settings, archive)
        c, user = find_collection(records, email, collection)
        maker = records.get(accounts.User, user)
        credit = Credits(maker.name, maker.email, licence or "") if maker else NOBODY
        scope = scope_of(records, catalogue, c, credit, coarse, utc_offset)
        chunks, words = FORMATS[form](records, scope)
        with part.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
        part.replace(file)
    except OSError as error:
        raise BioSightError(f"{file} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
        archive.close()
    click.echo(f"{file}: {c.name} as {form}.{words}")
