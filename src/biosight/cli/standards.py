"""biosight publish: a collection as a Darwin Core Archive or a Camtrap DP package.

Not here: the formats (gallery/standards).
"""

from pathlib import Path

import click

from biosight import accounts, registry
from biosight.bootstrap import open_archive, open_catalogue
from biosight.errands.locating import places_by_id
from biosight.errands.names import naming_of
from biosight.errands.placing import find_collection
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

FORMATS = {"darwin-core": darwin_core, "camtrap-dp": camtrap_dp}


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
        names = registry.label_names(records, dict(c.renamed))
        naming = naming_of(records, catalogue, c)
        person = accounts.names_of(records)
        scope = Scope(
            c.id,
            c.name,
            person,
            names,
            naming,
            coarse,
            utc_offset,
            *places_by_id(records, c.id),
            Credits(maker.name, maker.email, licence or "") if maker else NOBODY,
        )
        with part.open("wb") as out:
            for chunk in FORMATS[form](records, scope):
                out.write(chunk)
        part.replace(file)
        words = ""
        if form == "camtrap-dp":
            survey = survey_of(records, scope)
            words = f" {survey.fitting} pictures go in.{left_out_words(survey.left_out)}"
    except OSError as error:
        raise BioSightError(f"{file} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
        archive.close()
    click.echo(f"{file}: {c.name} as {form}.{words}")
