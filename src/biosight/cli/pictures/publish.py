"""biosight publish: write a collection as a Darwin Core Archive, Camtrap DP package or COCO JSON.

Not here: the formats (publishing/standards).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from biosight.bootstrap import Archive, open_archive, open_catalogue
from biosight.collection import GRIDS
from biosight.errors import BadRequest, BioSightError
from biosight.inference.sandbox.decoding import Decoders
from biosight.publishing.standards import (
    LICENSES,
    Credits,
    Scope,
    Survey,
    camtrap_dp,
    coco,
    darwin_core,
    left_out_words,
    megadetector,
    occurring,
    survey_of,
)
from biosight.settings import Settings
from biosight.workflows.exchange.publication import scope_of
from biosight.workflows.pictures.derived import placeless_pieces
from biosight.workflows.pictures.destinations import find_collection

Written = tuple[Iterator[bytes], str]


def darwin(archive: Archive, scope: Scope, *, media: bool) -> Written:
    """Return a Darwin Core Archive, and in words how many pictures are in it."""
    only_camtrap(media=media)
    shown, left = occurring(archive.records, scope)
    words = f" {shown} pictures go in.{left_out_words(Counter(left))}"
    return darwin_core(archive.records, scope), words


def camtrap(archive: Archive, scope: Scope, *, media: bool) -> Written:
    """Return a Camtrap DP package, and in words how many pictures are in it."""
    survey = survey_of(archive.records, scope)
    words = f" {survey.fitting} pictures go in.{left_out_words(survey.left_out)}"
    chunks = with_pictures(archive, scope, survey) if media else None
    return chunks or camtrap_dp(archive.records, scope, survey), words


def with_pictures(archive: Archive, scope: Scope, survey: Survey) -> Iterator[bytes]:
    """Yield a Camtrap DP package that contains the files; those of coarse places have no place in
    them."""
    with closing(Decoders(1)) as decoders:
        rebuild = partial(placeless_pieces, archive.blobs, decoders)
        yield from camtrap_dp(archive.records, scope, survey, archive.blobs, rebuild)


def coco_json(archive: Archive, scope: Scope, *, media: bool) -> Written:
    """Return COCO Camera Traps JSON, and no words."""
    only_camtrap(media=media)
    return coco(archive.records, scope), ""


def megadetector_json(archive: Archive, scope: Scope, *, media: bool) -> Written:
    """Return MegaDetector's JSON, and no words."""
    only_camtrap(media=media)
    return megadetector(archive.records, scope), ""


def only_camtrap(*, media: bool) -> None:
    """Raise BadRequest where pictures are requested in a format that can't contain them."""
    if media:
        raise BadRequest("Pictures go into a Camtrap DP package only; export writes them as files.")


FORMATS: dict[str, Callable[..., Written]] = {
    "darwin-core": darwin,
    "camtrap-dp": camtrap,
    "coco": coco_json,
    "megadetector": megadetector_json,
}


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write.",
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option(
    "--coarse",
    type=click.Choice([f"{grid:g}" for grid in (0, *GRIDS)]),
    help="To protect places, give coordinates as the middle of cells of this many degrees; 0 for "
    "exact ones.",
)
@click.option(
    "--utc-offset",
    type=click.IntRange(-840, 840),
    help="Offset of the cameras' clocks from UTC, in minutes, for pictures whose file gives none.",
)
@click.option(
    "--license",
    "licence",
    type=click.Choice(sorted(LICENSES)),
    default=None,
    help="Licence of the export.",
)
@click.option("--title", help="Title of the export; by default the collection's name.")
@click.option("--rights-holder", "holder", help="Person or institution that holds the rights.")
@click.option("--media", is_flag=True, help="Include the pictures (Camtrap DP only).")
@click.pass_obj
def publish(
    settings: Settings,
    form: str,
    file: Path,
    email: str | None,
    collection: str | None,
    coarse: str | None,
    utc_offset: int | None,
    licence: str | None,
    title: str | None,
    holder: str | None,
    media: bool,
) -> None:
    """Write a collection as darwin-core, camtrap-dp, coco or megadetector.

    Options that you leave out keep the values of the last export in the browser.
    """
    asked = {
        "title": title,
        "license": licence,
        "rights_holder": holder,
        "coarse": coarse,
        "utc_offset": utc_offset,
    }
    said = {name: str(value) for name, value in asked.items() if value is not None}
    archive = open_archive(settings)
    records = archive.records
    part = file.with_name(f"{file.name}.part")
    try:
        catalogue = open_catalogue(settings, archive)
        c, maker = find_collection(records, email, collection)
        who = Credits(maker.name, maker.email)
        scope = scope_of(records, catalogue, c, who, said, settings.public_url)
        chunks, words = FORMATS[form](archive, scope, media=media)
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
