"""biosight import: a folder of pictures, or a zip of one, from the shell.

Not here: sorting a folder without a store (cli/pictures/sort.py), or the names that folders bring
(cli/pictures/sorted_folders.py).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from biosight import membership
from biosight.bootstrap import (
    BioSight,
    open_archive,
    open_biosight,
    open_catalogue,
)
from biosight.cli.pictures.camera_option import CAMERA_TRAPS
from biosight.cli.pictures.sorted_folders import (
    meanings_of,
    say_meanings,
    take_folder_names,
    take_keywords,
    take_own_table,
)
from biosight.collection import Collection
from biosight.errors import BioSightError
from biosight.images import Image
from biosight.images.file_types import MEGABYTE, too_large
from biosight.images.folders import (
    FoundFile,
    card_name,
    every_file,
    is_card_folder,
    printable,
)
from biosight.images.record import folder_of
from biosight.images.sidecars import sidecars_of
from biosight.intake import (
    Destination,
    Duplicate,
    Outcome,
    Rejected,
    Stored,
    session_key,
)
from biosight.process import cores
from biosight.publishing.file_names import OWN_TABLE
from biosight.settings import Settings
from biosight.storage.records import new_id
from biosight.subjects.picture_kind import PictureKind, is_trail_camera, suggested_kind
from biosight.workflows.exchange.camtrap_package import unpack_package
from biosight.workflows.parcels.kept import room_for_parcel
from biosight.workflows.pictures.destinations import destination, find_collection
from biosight.workflows.pictures.file_import import image_of, import_file
from biosight.workflows.places.deployment_acts import put_folders
from biosight.workflows.results.folder_labels import FolderMeaning
from biosight.workflows.results.results_file import folder_of_table
from biosight.workflows.task import Task

FOLDER_OR_ZIP = click.Path(exists=True, path_type=Path)


def look_through(folder: Path) -> tuple[list[FoundFile], list[FoundFile]]:
    """Return a folder's pictures, and its other files but for sidecars of pictures. Raises
    BioSightError where it can't be read."""
    try:
        found = list(every_file(folder))
    except OSError as error:
        raise BioSightError(f"{printable(folder)} can't be read: {error.strerror}.") from error
    table = folder_of_table(folder) / OWN_TABLE
    files = [e for e in found if not e.reason]
    known = sidecars_of(e.path for e in files) | {table}
    return files, [e for e in found if e.reason and e.path not in known]


@click.command("import")
@click.argument("folder", type=FOLDER_OR_ZIP)
@click.option("--user", "email", help="E-mail of the account; optional if there is only one.")
@click.option("--collection", help="Collection's name; by default the account's first.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported; import nothing.")
@click.option(
    "--deployment-per-folder",
    "per_folder",
    is_flag=True,
    help="Put the pictures of each top-level folder into a deployment with the folder's name.",
)
@click.option(
    "--labels-from-folders",
    "named",
    is_flag=True,
    help="Folder names are labels: show which are known, new, or none, and give them.",
)
@click.option(
    "--labels-from-keywords",
    "keywords",
    is_flag=True,
    help="Keywords in the files (Lightroom, digiKam, darktable) are labels: show and give them.",
)
@click.option("--yes", is_flag=True, help="Give these names without asking for confirmation.")
@CAMERA_TRAPS
@click.pass_obj
def import_folder(
    settings: Settings,
    folder: Path,
    email: str | None,
    collection: str | None,
    dry_run: bool,
    per_folder: bool,
    named: bool,
    keywords: bool,
    yes: bool,
    camera_traps: bool,
) -> None:
    """Import a folder of pictures, in the same way as an upload in the browser.

    FOLDER may also be a zip. If it holds the biosight.csv of a download, the labels of people,
    notes, counts and deployments in it come in too. With --camera-traps, the collection is one of
    camera traps from then on.
    """
    with unzipped(folder, settings) as inside:
        files, others = look_through(inside)
        if dry_run:
            preview(files, others, inside, settings.max_file_mb)
            if named:
                preview_names(settings, email, collection, relative_paths(files, inside))
            return
        cores.multiply_on_one()
        biosight = open_biosight(settings)
        try:
            c, user = find_collection(biosight.archive.records, email, collection)
            if camera_traps and c.picture_kind != "camera traps":
                kind: PictureKind = "camera traps"
                c = membership.change_collection(biosight.archive.records, c, picture_kind=kind)
            task = Task(biosight.archive.records, biosight.catalogue, c, user.id)
            meanings = ask_names(task, relative_paths(files, inside), yes=yes) if named else []
            target = destination(biosight.archive.records, biosight.catalogue, c, user)
            session = session_key(user.id, new_id())
            click.echo(f"Into {c.name}, named by {target.model}:", err=True)
            receipt = take_all(biosight, target, files, inside, session)
            if per_folder:
                place_folders(biosight, c.id, user.id, receipt, folder.resolve())
            left_out = [(printable(e.path.relative_to(inside)), Rejected(e.reason)) for e in others]
            say_receipt([*receipt, *left_out])
            say_kind(c, receipt)
            take_own_table(task, inside)
            if named:
                take_folder_names(task, meanings, folders_in(receipt))
            if keywords:
                take_keywords(task, images_of(receipt), yes=yes)
        finally:
            biosight.close()


@contextmanager
def unzipped(source: Path, settings: Settings) -> Iterator[Path]:
    """Yield a folder as it is, a zip unpacked for as long as it is imported. Raises BadRequest."""
    if source.is_dir():
        yield source
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with room_for_parcel(settings.data_dir) as folder:
        unpack_package(source, folder, settings.max_file_mb, click.echo)
        yield folder


def relative_paths(files: list[FoundFile], folder: Path) -> list[str]:
    """Return the paths of files inside their folder, as images keep them."""
    return [printable(e.path.relative_to(folder)) for e in files]


def preview_names(
    settings: Settings, email: str | None, collection: str | None, paths: list[str]
) -> None:
    """Print what the folders' names mean in a collection."""
    archive = open_archive(settings)
    try:
        c, user = find_collection(archive.records, email, collection)
        catalogue = open_catalogue(settings, archive)
        say_meanings(meanings_of(Task(archive.records, catalogue, c, user.id), paths))
    finally:
        archive.close()


def ask_names(task: Task, paths: list[str], *, yes: bool) -> list[FolderMeaning]:
    """Show what the folders' names mean, and return it; stop the command unless it is
    confirmed."""
    meanings = meanings_of(task, paths)
    say_meanings(meanings)
    if not yes:
        click.confirm("Import, and give the known and new names?", abort=True, err=True)
    return meanings


def images_of(receipt: list[tuple[str, Outcome]]) -> list[Image]:
    """Return the pictures of a receipt, as they were when it was written."""
    return [image for _, outcome in receipt if (image := image_of(outcome))]


def folders_in(receipt: list[tuple[str, Outcome]]) -> dict[str, str]:
    """Return the folder that each picture came in now, by its id: one that was here before may lie
    in another."""
    return {image.id: folder_of(path) for path, o in receipt if (image := image_of(o))}


def place_folders(
    biosight: BioSight,
    collection: str,
    user: str,
    receipt: list[tuple[str, Outcome]],
    whole: Path,
) -> None:
    """Put the imported and known pictures into the deployments of their top-level folders; a card
    imported alone is called after the folder that holds it."""
    folders: dict[str, list[Image]] = {}
    for path, outcome in receipt:
        top, slash, _ = path.partition("/")
        image = image_of(outcome)
        if slash and image and not (image.trashed or image.deployment):
            name = card_name(whole.parts[1:]) if is_card_folder(top) else top
            folders.setdefault(name or top, []).append(image)
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
        return relative, import_file(biosight, target, entry.path, relative, session)

    with ThreadPoolExecutor(2 * biosight.model.decoders.count) as pool:
        return list(tqdm(pool.map(take, files), "importing", len(files), disable=None))


def say_kind(collection: Collection, receipt: list[tuple[str, Outcome]]) -> None:
    """Print what the cameras of the new pictures suggest, unless somebody has said what the
    collection's pictures are."""
    cameras = Counter(o.image.camera for _, o in receipt if isinstance(o, Stored))
    if not collection.picture_kind and suggested_kind(cameras):
        named = ", ".join(sorted(filter(is_trail_camera, cameras)))
        click.echo(
            f"These pictures are from camera traps ({named}). Say so on the collection's Settings"
            " page, and BioSight finds the animals in them; next time add --camera-traps."
        )


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
