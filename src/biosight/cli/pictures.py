"""biosight sort, import and export: folders of pictures from the shell."""

import errno
import os
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from biosight import gallery
from biosight.bootstrap import (
    BioSight,
    Catalogue,
    Model,
    open_archive,
    open_biosight,
    open_catalogue,
    open_model,
)
from biosight.errands.locating import put_folders
from biosight.errands.names import naming_of
from biosight.errands.placing import destination, find_collection
from biosight.errands.publishing import telling_of
from biosight.errors import (
    BadPicture,
    BadRequest,
    BioSightError,
    NoSpace,
    NotFound,
    TooLarge,
    Unavailable,
)
from biosight.gallery.export import all_images, export_folder, was_nested
from biosight.gallery.naming import UniqueNames, file_name
from biosight.gallery.table import line, safe_cell
from biosight.images import Image
from biosight.images.folders import FoundFile, every_file, printable
from biosight.images.limits import MEGABYTE, check_size, too_large
from biosight.inference.classifier import Classifier
from biosight.inference.decoding import patiently
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
from biosight.labels import Guess
from biosight.settings import Settings
from biosight.storage.records import new_id
from biosight.taxa.paths import line_of

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
# Seconds between the tries to read a picture while the machine is busy with others.
WAITS = (1, 2, 4, 8, 16, 32)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
SORT_COLUMNS = ("file", "label", "confidence", "model", "top_5", "original", "path")
UNSURE = "unsure"


def look_through(folder: Path) -> tuple[list[FoundFile], list[FoundFile]]:
    """A folder's pictures, and what else is in it. Raises BioSightError where it can't be read."""
    try:
        found = list(every_file(folder))
    except OSError as error:
        raise BioSightError(f"{printable(folder)} can't be read: {error.strerror}.") from error
    return [e for e in found if not e.reason], [e for e in found if e.reason]


@click.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where the label folders go; made when absent.",
)
@click.option("--link", is_flag=True, help="Hard links instead of copies, where possible.")
@click.option(
    "--threshold",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help=f"Below this confidence (in percent) a picture goes to '{UNSURE}'.",
)
@click.option("--model", "family", default="", help="A bundled model's name, such as cells.")
@click.option(
    "--depth",
    type=click.Choice(["group", "order", "family", "deepest"]),
    default="deepest",
    show_default=True,
    help="How far down the tree of names an answer goes, where it is sure.",
)
@click.pass_obj
def sort(
    settings: Settings,
    folder: Path,
    into: Path,
    link: bool,
    threshold: int,
    family: str,
    depth: str,
) -> None:
    """Sort a folder of pictures into label folders, without server or account."""
    if into.resolve().is_relative_to(folder.resolve()):
        raise BadRequest("The target lies inside the folder that is sorted; choose another place.")
    files, others = look_through(folder)
    catalogue = open_catalogue(settings)
    key = chosen_key(catalogue, family)
    model = open_model(settings, catalogue)
    classifier = model.classifiers.get(key)
    into.mkdir(parents=True, exist_ok=True)
    names, counts = UniqueNames(), Counter[str]()
    problems = [f"{printable(e.path.relative_to(folder))}: {e.reason}" for e in others]
    try:
        with (into / "biosight.csv").open("w", encoding="utf-8", newline="") as table:
            table.write("\ufeff" + line(SORT_COLUMNS))
            for path in tqdm([e.path for e in files], "sorting", unit="picture", disable=None):
                one = partial(
                    sort_one,
                    model,
                    classifier,
                    path,
                    folder,
                    into,
                    names,
                    threshold,
                    depth=depth,
                    link=link,
                )
                try:
                    label, row = patiently(one, WAITS)
                except (BadPicture, Unavailable) as error:
                    problems.append(f"{printable(path.relative_to(folder))}: {error.detail}")
                    continue
                except OSError as error:
                    if error.errno in NO_ROOM:
                        raise NoSpace(f"{into} can't be written: {error.strerror}.") from error
                    problems.append(f"{printable(path.relative_to(folder))}: {error.strerror}.")
                    continue
                table.write(row)
                counts[label] += 1
    finally:
        model.close()
    report(counts, problems)


def chosen_key(catalogue: Catalogue, family: str) -> str:
    """The key of the bundled model of this name, "" for the default. Raises NotFound."""
    wanted = family or catalogue.default
    found = [key for key in catalogue.bundled if key.split("@")[0] == wanted]
    if not found:
        names = ", ".join(sorted({key.split("@")[0] for key in catalogue.bundled}))
        raise NotFound(f"No model named {wanted} came with BioSight; there is {names}.")
    return found[-1]


def sort_one(
    model: Model,
    classifier: Classifier,
    path: Path,
    folder: Path,
    into: Path,
    names: UniqueNames,
    threshold: int,
    *,
    depth: str,
    link: bool,
) -> tuple[str, str]:
    """Classify one file and put it in its folder; its label and CSV line. Raises BadPicture."""
    decoded = model.decoders.decode(path, classifier.card.framing)
    verdict = model.batcher.classify(classifier, decoded.pixels)
    top = classifier.top(verdict)
    answer = classifier.answer(verdict, threshold / 100)
    said = classifier.at_depth(answer, top[0], depth)
    label = said.label if said.confidence * 100 >= threshold else UNSURE
    place, name = names.folder(label), file_name(printable(path.name), decoded.media_type)
    target = names.take(place, name)
    while (into / target).exists():
        target = names.take(place, name)
    (into / target).parent.mkdir(exist_ok=True)
    put_file(path, into / target, link=link)
    return label, sort_row(
        target,
        label,
        said,
        classifier.path(said.label),
        classifier.finer(verdict) or top,
        classifier.card.key,
        printable(path.relative_to(folder)),
    )


def sort_row(
    target: str,
    label: str,
    said: Guess,
    path: str,
    top: tuple[Guess, ...],
    model: str,
    original: str,
) -> str:
    """One line of the CSV."""
    guesses = "; ".join(f"{g.label} {g.confidence:.4f}" for g in top)
    above = " > ".join(line_of(path))
    texts = (target, label, f"{said.confidence:.4f}", model, guesses, original, above)
    return line([safe_cell(text) for text in texts])


def put_file(source: Path, target: Path, *, link: bool) -> None:
    """Copy with times, or link where the file system allows."""
    if link:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system: copy
    shutil.copy2(source, target)


def report(counts: Counter[str], problems: list[str]) -> None:
    """What became of the files, in words."""
    for label, n in counts.most_common():
        click.echo(f"{n:>7}  {label}")
    for problem in problems:
        click.echo(f"refused  {problem}", err=True)
    click.echo(f"{counts.total()} sorted, {len(problems)} refused.")


@click.command("import")
@click.argument("folder", type=FOLDER)
@click.option("--user", "email", help="Whose pictures; may be left out with one account.")
@click.option("--collection", help="A collection's name; the person's first when left out.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--deployment-per-folder",
    "per_folder",
    is_flag=True,
    help="Put each top folder's pictures into a deployment of its name.",
)
@click.pass_obj
def import_folder(
    settings: Settings,
    folder: Path,
    email: str | None,
    collection: str | None,
    dry_run: bool,
    per_folder: bool,
) -> None:
    """Take in a folder of pictures, as an upload in the browser would."""
    files, others = look_through(folder)
    if dry_run:
        preview(files, others, folder, settings.max_file_mb)
        return
    biosight = open_biosight(settings)
    try:
        c, user = find_collection(biosight.archive.records, email, collection)
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
    """Pictures that are there now, each into the deployment of its top folder."""
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
    """What an import would send."""
    large = [FoundFile(e.path, too_large(most_mb)) for e in files if e.size > most_mb * MEGABYTE]
    for entry in sorted([*others, *large], key=lambda e: e.path):
        click.echo(f"not taken in: {printable(entry.path.relative_to(folder))}: {entry.reason}")
    fine = [e for e in files if e.size <= most_mb * MEGABYTE]
    every, size = len(files) + len(others), sum(e.size for e in fine)
    click.echo(f"{len(fine)} of {every} files would be taken in ({size / 1e6:.1f} MB).")


def take_all(
    biosight: BioSight, target: Destination, files: list[FoundFile], folder: Path, session: str
) -> list[tuple[str, Outcome]]:
    """Take in file by file, several at once, with a progress bar; no file ends it but for the
    store's own trouble."""
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

    with ThreadPoolExecutor(4) as pool:
        return list(tqdm(pool.map(take, files), "importing", len(files), disable=None))


def say_receipt(receipt: list[tuple[str, Outcome]]) -> None:
    """n stored, n duplicates, n refused with the reason each."""
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
    help="The folder to keep in step.",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--user", "email", help="Whose pictures; may be left out with one account.")
@click.option("--collection", help="A collection's name; the person's first when left out.")
@click.option(
    "--nested/--flat",
    default=None,
    help="Folders in those of the names above, or side by side; as the last time if left out.",
)
@click.pass_obj
def export(
    settings: Settings,
    target: Path,
    email: str | None,
    collection: str | None,
    nested: bool | None,
) -> None:
    """Keep a folder tree in step with a collection's labels; a second run moves what changed."""
    archive = open_archive(settings)
    records = archive.records
    try:
        catalogue = open_catalogue(settings, archive)
        found, _ = find_collection(records, email, collection)
        where = gallery.conditions(found.id, 0, gallery.Filter())
        deep = was_nested(target) if nested is None else nested
        naming = naming_of(records, catalogue, found)
        with tqdm(desc="exporting", unit="picture", disable=None) as bar:
            done = export_folder(
                records,
                archive.blobs,
                all_images(records, where),
                target,
                telling_of(records, found, naming, deep, settings.public_url),
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
