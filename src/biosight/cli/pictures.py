"""biosight sort, import and export: folders of pictures from the shell."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from tqdm import tqdm

from biosight import accounts, gallery
from biosight.bootstrap import (
    BioSight,
    Catalogue,
    Model,
    open_archive,
    open_biosight,
    open_catalogue,
    open_model,
)
from biosight.errands.placing import destination, find_collection
from biosight.errors import BadPicture, BadRequest, BioSightError, NotFound, TooLarge
from biosight.gallery.export import all_images, export_folder
from biosight.gallery.naming import UniqueNames, file_name, folder_name
from biosight.gallery.table import line, safe_cell
from biosight.images import sniff
from biosight.images.limits import MEGABYTE, check_size
from biosight.inference.classifier import Classifier
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
from biosight.labels import NOT_SURE, Guess
from biosight.settings import Settings
from biosight.storage.records import new_id

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SORT_COLUMNS = ("file", "label", "confidence", "model", "top_5", "original")


def files_under(folder: Path) -> Iterator[Path]:
    """All files below a folder in order, hidden ones left out."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from (Path(root) / n for n in sorted(names) if not n.startswith("."))


def looks_like_picture(path: Path) -> bool:
    """Do the first bytes belong to a picture?"""
    with path.open("rb") as file:
        return sniff(file.read(32)) is not None


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
    help=f"Below this confidence (in percent) a picture goes to '{NOT_SURE}'.",
)
@click.option("--model", "family", default="", help="A bundled model's name, such as cells.")
@click.pass_obj
def sort(
    settings: Settings, folder: Path, into: Path, link: bool, threshold: int, family: str
) -> None:
    """Sort a folder of pictures into label folders, without server or account."""
    if into.resolve().is_relative_to(folder.resolve()):
        raise BadRequest("The target lies inside the folder that is sorted; choose another place.")
    files = list(files_under(folder))
    catalogue = open_catalogue(settings)
    key = chosen_key(catalogue, family)
    model = open_model(settings, catalogue)
    classifier = model.classifiers.get(key)
    into.mkdir(parents=True, exist_ok=True)
    names, counts, problems = UniqueNames(), Counter[str](), []
    try:
        with (into / "biosight.csv").open("w", encoding="utf-8", newline="") as table:
            table.write("\ufeff" + line(SORT_COLUMNS))
            for path in tqdm(files, "sorting", unit="picture", disable=None):
                try:
                    label, row = sort_one(
                        model, classifier, path, folder, into, names, threshold, link=link
                    )
                except BadPicture as error:
                    problems.append(f"{path.relative_to(folder)}: {error.detail}")
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
    link: bool,
) -> tuple[str, str]:
    """Classify one file and put it in its folder; its label and CSV line. Raises BadPicture."""
    decoded = model.decoders.decode(path, classifier.card.framing)
    top = classifier.top(model.batcher.classify(classifier, decoded.pixels))
    label = top[0].label if top[0].confidence * 100 >= threshold else NOT_SURE
    target = names.take(folder_name(label), file_name(path.name, decoded.media_type))
    while (into / target).exists():
        target = names.take(folder_name(label), file_name(path.name, decoded.media_type))
    (into / target).parent.mkdir(exist_ok=True)
    put_file(path, into / target, link=link)
    return label, sort_row(target, label, top, classifier.card.key, path.relative_to(folder))


def sort_row(target: str, label: str, top: tuple[Guess, ...], model: str, original: Path) -> str:
    """One line of the CSV."""
    guesses = "; ".join(f"{g.label} {g.confidence:.4f}" for g in top)
    texts = (target, label, f"{top[0].confidence:.4f}", model, guesses, str(original))
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
@click.pass_obj
def import_folder(
    settings: Settings, folder: Path, email: str | None, collection: str | None, dry_run: bool
) -> None:
    """Take in a folder of pictures, as an upload in the browser would."""
    files = list(files_under(folder))
    if dry_run:
        preview(files, folder, settings.max_file_mb)
        return
    biosight = open_biosight(settings)
    try:
        c, user = find_collection(biosight.archive.records, email, collection)
        target = destination(biosight.archive.records, biosight.catalogue, c, user)
        session = session_key(user, new_id())
        click.echo(f"Into {c.name}, named by {target.model}:", err=True)
        receipt = take_all(biosight, target, files, folder, session)
    finally:
        biosight.close()
    say_receipt(receipt)


def preview(files: list[Path], folder: Path, most_mb: int) -> None:
    """What an import would send."""
    most = most_mb * MEGABYTE
    fine = [p for p in files if p.stat().st_size <= most and looks_like_picture(p)]
    for path in sorted(set(files) - set(fine)):
        click.echo(f"not a picture, or too large: {path.relative_to(folder)}")
    size = sum(p.stat().st_size for p in fine)
    click.echo(f"{len(fine)} of {len(files)} files would be taken in ({size / 1e6:.1f} MB).")


def take_all(
    biosight: BioSight, target: Destination, files: list[Path], folder: Path, session: str
) -> list[tuple[Path, Outcome]]:
    """Take in file by file, several at once, with a progress bar."""
    from concurrent.futures import ThreadPoolExecutor

    def take(path: Path) -> tuple[Path, Outcome]:
        relative = path.relative_to(folder)
        try:
            check_size(path.stat().st_size, biosight.settings.max_file_mb)
        except TooLarge as error:
            return relative, Rejected(error.detail)
        with path.open("rb") as file:
            upload = Upload(file, path.name, str(relative), session)
            return relative, take_in(biosight.intake, target, upload)

    with ThreadPoolExecutor(4) as pool:
        return list(tqdm(pool.map(take, files), "importing", len(files), disable=None))


def say_receipt(receipt: list[tuple[Path, Outcome]]) -> None:
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
@click.pass_obj
def export(settings: Settings, target: Path, email: str | None, collection: str | None) -> None:
    """Keep a folder tree in step with a collection's labels; a second run moves what changed."""
    archive = open_archive(settings)
    records = archive.records
    try:
        found, _ = find_collection(records, email, collection)
        where = gallery.conditions(found.id, 0, gallery.Filter())
        with tqdm(desc="exporting", unit="picture", disable=None) as bar:
            done = export_folder(
                records,
                archive.blobs,
                all_images(records, where),
                target,
                accounts.names_of(records),
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
