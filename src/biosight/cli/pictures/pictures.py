"""biosight import and export: folders of pictures from the shell.

Not here: sorting a folder without a store (sort.py).
"""

from collections import Counter
from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from biosight import gallery, membership
from biosight.bootstrap import (
    BioSight,
    open_archive,
    open_biosight,
    open_catalogue,
)
from biosight.cli.pictures.camera_option import CAMERA_TRAPS
from biosight.errors import (
    BioSightError,
    TooLarge,
    Unavailable,
)
from biosight.images import Image
from biosight.images.file_types import MEGABYTE, check_size, too_large
from biosight.images.folders import FoundFile, every_file, printable
from biosight.inference.sandbox.decoding import patiently
from biosight.intake import (
    Destination,
    Duplicate,
    Outcome,
    Rejected,
    Stored,
    Upload,
    session_key,
    take_in,
)
from biosight.process import cores
from biosight.publishing.export import all_images, export_folder, was_nested
from biosight.settings import Settings
from biosight.storage.records import new_id
from biosight.workflows.collection_names import names_in
from biosight.workflows.exchange.publication import telling_of
from biosight.workflows.pictures.destinations import destination, find_collection
from biosight.workflows.places.deployment_acts import put_folders

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
# Seconds between attempts to read a picture while the machine is busy with others.
WAITS = (1, 2, 4, 8, 16, 32)


def look_through(folder: Path) -> tuple[list[FoundFile], list[FoundFile]]:
    """Return a folder's pictures, and its other files. Raises BioSightError where it can't be
    read."""
    try:
        found = list(every_file(folder))
    except OSError as error:
        raise BioSightError(f"{printable(folder)} can't be read: {error.strerror}.") from error
    return [e for e in found if not e.reason], [e for e in found if e.reason]


@click.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported; import nothing.")
@click.option(
    "--deployment-per-folder",
    "per_folder",
    is_flag=True,
    help="Put the pictures of each top-level folder into a deployment with the folder's name.",
)
@CAMERA_TRAPS
@click.pass_obj
def import_folder(
    settings: Settings,
    folder: Path,
    email: str | None,
    collection: str | None,
    dry_run: bool,
    per_folder: bool,
    camera_traps: bool,
) -> None:
    """Import a folder of pictures, in the same way as an upload in the browser.

    With --camera-traps, the collection is one of camera traps from then on.
    """
    files, others = look_through(folder)
    if dry_run:
        preview(files, others, folder, settings.max_file_mb)
        return
    cores.multiply_on_one()
    biosight = open_biosight(settings)
    try:
        c, user = find_collection(biosight.archive.records, email, collection)
        if camera_traps and not c.camera_traps:
            c = membership.change_collection(biosight.archive.records, c, camera_traps=True)
        target = destination(biosight.archive.records, biosight.catalogue, c, user)
        session = session_key(user.id, new_id())
        click.echo(f"Into {c.name}, named by {target.model}:", err=True)
        receipt = take_all(biosight, target, files, folder, session)
        if per_folder:
            place_folders(biosight, c.id, user.id, receipt)
    finally:
        biosight.close()
    left_out = [(printable(e.path.relative_to(folder)), Rejected(e.reason)) for e in others]
    say_receipt([*receipt, *left_out])


def place_folders(
    biosight: BioSight, collection: str, user: str, receipt: list[tuple[str, Outcome]]
) -> None:
    """Put the imported and known pictures into the deployments of their top-level folders."""
    folders: dict[str, list[Image]] = {}
    for path, outcome in receipt:
        top, slash, _ = path.partition("/")
        if not slash or isinstance(outcome, Rejected):
            continue
        image = outcome.of if isinstance(outcome, Duplicate) else outcome.image
        if not (image.trashed or image.deployment):
            folders.setdefault(top, []).append(image)
    placed = put_folders(biosight.archive.records, user, collection, folders)
    for name, n in placed.items():
        click.echo(f"{n:>7}  into the deployment {name}")


def preview(files: list[FoundFile], others: list[FoundFile], folder: Path, most_mb: int) -> None:
    """Print what an import would send."""
    large = [FoundFile(e.path, too_large(most_mb)) for e in files if e.size > most_mb * MEGABYTE]
    for entry in sorted([*others, *large], key=lambda e: e.path):
        click.echo(f"not imported: {printable(entry.path.relative_to(folder))}: {entry.reason}")
    fine = [e for e in files if e.size <= most_mb * MEGABYTE]
    every, size = len(files) + len(others), sum(e.size for e in fine)
    click.echo(f"{len(fine)} of {every} files would be imported ({size / 1e6:.1f} MB).")


def take_all(
    biosight: BioSight, target: Destination, files: list[FoundFile], folder: Path, session: str
) -> list[tuple[str, Outcome]]:
    """Import the files, several at once, with a progress bar. A file that can't be imported does
    not stop the others; an error of the store does."""
    from concurrent.futures import ThreadPoolExecutor

    def take(entry: FoundFile) -> tuple[str, Outcome]:
        relative = printable(entry.path.relative_to(folder))
        try:
            return relative, patiently(partial(send, entry.path, relative), WAITS)
        except (TooLarge, Unavailable) as error:
            return relative, Rejected(error.detail)
        except OSError as error:
            return relative, Rejected(f"it can't be read: {error.strerror}")

    def send(path: Path, relative: str) -> Outcome:
        check_size(path.stat().st_size, biosight.settings.max_file_mb)
        with path.open("rb") as file:
            upload = Upload(file, relative.rpartition("/")[2], relative, session)
            return take_in(biosight.intake, target, upload)

    with ThreadPoolExecutor(2 * biosight.model.decoders.count) as pool:
        return list(tqdm(pool.map(take, files), "importing", len(files), disable=None))


def say_receipt(receipt: list[tuple[str, Outcome]]) -> None:
    """Print the numbers of stored, duplicate and refused pictures, and the reason of each
    refusal."""
    for path, outcome in receipt:
        if isinstance(outcome, Rejected):
            click.echo(f"refused  {path}: {outcome.reason}", err=True)
    count = Counter(type(outcome) for _, outcome in receipt)
    mended = sum(isinstance(o, Duplicate) and o.mended for _, o in receipt)
    again = f" ({mended} mended)" if mended else ""
    click.echo(
        f"{count[Stored]} stored, {count[Duplicate]} duplicates{again}, {count[Rejected]} refused."
    )


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    help="Folder that receives the pictures.",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option(
    "--nested/--flat",
    default=None,
    help="Nest label folders as in the tree of names, or keep them side by side; by default as in "
    "the last export.",
)
@click.pass_obj
def export(
    settings: Settings,
    target: Path,
    email: str | None,
    collection: str | None,
    nested: bool | None,
) -> None:
    """Write a collection's pictures into label folders. Another run moves only what changed."""
    archive = open_archive(settings)
    records = archive.records
    try:
        catalogue = open_catalogue(settings, archive)
        found, _ = find_collection(records, email, collection)
        where = gallery.conditions(found.id, 0, gallery.Filter())
        deep = was_nested(target) if nested is None else nested
        names = names_in(records, catalogue, found)
        with tqdm(desc="exporting", unit="picture", disable=None) as bar:
            done = export_folder(
                records,
                archive.blobs,
                all_images(records, where),
                target,
                telling_of(records, found, names, deep, settings.public_url),
                bar.update,
            )
    except OSError as error:
        raise BioSightError(f"The folder can't be written: {error.strerror}.") from error
    finally:
        archive.close()
    click.echo(
        f"{done.written} written, {done.moved} moved, {done.removed} removed, "
        f"{done.unchanged} unchanged."
    )
