"""biosight classify and import-table: classify pictures of folders or buckets into Parquet tables,
here or on a Ray cluster, and import such results.

Not here: the work (bulk), or collections (cli/pictures/import_folder.py).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from biosight.bootstrap import (
    DEFAULT_MODEL,
    BioSight,
    open_archive,
    open_biosight,
    open_catalogue,
)
from biosight.cli.pictures.camera_option import CAMERA_TRAPS, detector_folder
from biosight.cli.pictures.import_options import LIST, read_list
from biosight.cli.pictures.results import take_file
from biosight.errors import BadRequest, NotFound, TooLarge
from biosight.images.file_types import check_size
from biosight.images.folders import printable
from biosight.inference.model_files.card import read_card
from biosight.inference.name_list import name_list
from biosight.intake import (
    Destination,
    Duplicate,
    Rejected,
    Upload,
    session_key,
    take_in,
    take_in_known,
)
from biosight.settings import Settings
from biosight.storage.source import BUCKETS, Source
from biosight.workflows.pictures.destinations import destination, find_collection

if TYPE_CHECKING:
    from biosight.bulk.table import Classified

NEEDS_ARROW = "This needs pyarrow: pip install pyarrow."


@click.command()
@click.argument("source")
@click.option(
    "--to",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the Parquet tables, such as OUT.parquet.",
)
@click.option(
    "--model", "key", default="", help="Version such as organisms@4; by default the default model."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Run on this machine or on a Ray cluster.",
)
@click.option("--address", default="auto", show_default=True, help="Address of the Ray cluster.")
@click.option(
    "--workers",
    type=int,
    default=0,
    help="Number of processes (by default one per core) or Ray actors (by default 8).",
)
@click.option(
    "--chunk",
    type=click.IntRange(1, 10_000),
    default=256,
    show_default=True,
    help="Pictures per table.",
)
@LIST
@CAMERA_TRAPS
@click.option("--scores", is_flag=True, help="Also write the probability of every name.")
@click.pass_obj
def classify(
    settings: Settings,
    source: str,
    target: Path,
    key: str,
    engine: str,
    address: str,
    workers: int,
    chunk: int,
    names: Path | None,
    camera_traps: bool,
    scores: bool,
) -> None:
    """Classify and embed all pictures of SOURCE: a folder, s3://… or gs://…

    After an interruption, run the command again: existing tables are kept. An unreadable picture
    gets a row that gives the reason.
    """
    try:
        from biosight import bulk
    except ImportError as error:
        raise BadRequest(NEEDS_ARROW) from error
    if not source.startswith(BUCKETS):
        source = str(Path(source).resolve())
    folder = model_folder(settings, key)
    card, listed = read_card(folder), read_list(names)
    if names:
        click.echo(name_list(card, listed).in_words())
    manner = bulk.Manner(listed, detector_folder(asked=camera_traps), scores)
    todo = bulk.plan(source, folder, target, card.key, chunk, manner)
    done = (
        bulk.run_ray(todo, address, workers or 8)
        if engine == "ray"
        else bulk.run_local(todo, workers)
    )
    seen, errors = progress_words(done, todo.left)
    for name, reason in todo.passed:
        click.echo(f"passed over  {printable(name)}: {reason}", err=True)
    already = f", {todo.pictures - todo.left} were done before" if todo.pictures > todo.left else ""
    click.echo(
        f"{seen} pictures{already}. {errors} could not be read; their rows say why. "
        f"{len(todo.passed)} other files were passed over. {target}"
    )


def model_folder(settings: Settings, key: str) -> Path:
    """Return the folder of a version; that of the default one for "". Raises NotFound."""
    if not key:
        return settings.model_dir or DEFAULT_MODEL
    archive = open_archive(settings)
    try:
        return open_catalogue(settings, archive).locate(key)
    finally:
        archive.close()


def progress_words(done: Iterator[tuple[int, int]], total: int) -> tuple[int, int]:
    """Return the numbers of pictures and errors, and show progress."""
    seen = errors = 0
    with tqdm(desc="classifying", total=total, disable=None) as bar:
        for pictures, bad in done:
            seen, errors = seen + pictures, errors + bad
            bar.update(pictures)
    return seen, errors


@click.command("import-table")
@click.argument("table", type=click.Path(exists=True, path_type=Path))
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option("--dry-run", is_flag=True, help="Show what a file would change; change nothing.")
@click.pass_obj
def import_table(
    settings: Settings, table: Path, email: str | None, collection: str | None, dry_run: bool
) -> None:
    """Import results of earlier runs or of other programs.

    TABLE is a folder written by biosight classify: its pictures are added to the collection. Or
    TABLE is a file about pictures that are in the collection already, matched by path: JSON of
    MegaDetector, SpeciesNet or AddaxAI; a table of AddaxAI, EcoTaxa, iNaturalist, Timelapse or
    camtrapR; biosight.csv of a download; or any table with a column of files and one of names. A
    label that a person gave here does not change.
    """
    if table.is_file():
        take_file(settings, table, email, collection, dry_run=dry_run)
        return
    if dry_run:
        raise BadRequest("--dry-run is for files; a folder of results is read as it is imported.")
    try:
        from biosight.bulk.table import classified_images
    except ImportError as error:
        raise BadRequest(NEEDS_ARROW) from error
    biosight = open_biosight(settings)
    try:
        c, user = find_collection(biosight.archive.records, email, collection)
        target = destination(biosight.archive.records, biosight.catalogue, c, user)
        tally: Counter[str] = Counter()
        for one in tqdm(classified_images(table), "importing", disable=None):
            tally[take_one(biosight, target, one)] += 1
    finally:
        biosight.close()
    if not tally:
        raise BadRequest("The table has no picture that could be read.")
    click.echo(", ".join(f"{n} {word}" for word, n in tally.most_common()) + ".")


def take_one(biosight: BioSight, target: Destination, one: "Classified") -> str:
    """Import one picture; return a word for the outcome."""
    classifier = biosight.model.classifiers.get(target.model)
    with TemporaryDirectory() as folder:
        try:
            path = Source(one.source).fetch(one.name, Path(folder) / "picture")
            check_size(path.stat().st_size, biosight.settings.max_file_mb)
            with path.open("rb") as file:
                upload = Upload(
                    file,
                    Path(one.name).name,
                    one.name,
                    session_key(target.user, f"table {one.source}"),
                )
                if classifier.card.space != one.embedding.space or classifier.head is None:
                    outcome = take_in(biosight.intake, target, upload)
                else:
                    known = one.sha256, one.decoded, one.embedding.floats()
                    outcome = take_in_known(biosight.intake, target, upload, *known)
        except (OSError, NotFound):
            return "not there any more"
        except TooLarge:
            return "refused"
    if isinstance(outcome, Rejected):
        return "refused"
    return "there already" if isinstance(outcome, Duplicate) else "imported"
