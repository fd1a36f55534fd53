"""biosight sort: sort a folder of pictures into one folder per label, without server or account.

Not here: importing pictures into a collection (cli/pictures/import_folder.py).
"""

import errno
import json
import os
import shutil
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from tqdm import tqdm

from biosight.bootstrap import SUBJECTS, Catalogue, Model, open_catalogue, open_serving
from biosight.cli.pictures.camera_option import CAMERA_TRAPS, SeenFile, detector_folder, seen_in
from biosight.cli.pictures.import_folder import look_through
from biosight.cli.pictures.import_options import LIST, read_list
from biosight.errors import BadPicture, BadRequest, NoSpace, NotFound, Unavailable
from biosight.images.folders import printable
from biosight.inference.classifier import Classifier
from biosight.inference.detection.detector import Detector
from biosight.inference.name_list import NameList, name_list
from biosight.inference.sandbox.decoding import WAITS, patiently
from biosight.labels import Guess
from biosight.process import cores
from biosight.publishing.file_names import UniqueNames, file_name
from biosight.publishing.table import line, safe_cell
from biosight.settings import Settings
from biosight.subjects import Box
from biosight.taxa.paths import line_of

T = TypeVar("T")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
SORT_COLUMNS = ("file", "label", "confidence", "model", "top_5", "original", "path", "boxes")
UNSURE = "unsure"
NOT_LISTED = "not on the list"


@click.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for the label folders; created if it does not exist.",
)
@click.option("--link", is_flag=True, help="Make hard links instead of copies where possible.")
@click.option(
    "--threshold",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help=f"Pictures below this confidence (in percent) go to '{UNSURE}'.",
)
@click.option(
    "--model",
    "family",
    default="",
    help="Name of a bundled model, such as cells; by default the default model.",
)
@click.option(
    "--depth",
    type=click.Choice(["group", "order", "family", "deepest"]),
    default="deepest",
    show_default=True,
    help="Deepest level of the tree of names for a label, if the model is sure enough.",
)
@LIST
@CAMERA_TRAPS
@click.pass_obj
def sort(
    settings: Settings,
    folder: Path,
    into: Path,
    link: bool,
    threshold: int,
    family: str,
    depth: str,
    names: Path | None,
    camera_traps: bool,
) -> None:
    """Sort a folder of pictures into label folders, without server or account."""
    if into.resolve().is_relative_to(folder.resolve()):
        raise BadRequest("The target lies inside the folder that is sorted; choose another place.")
    files, others = look_through(folder)
    cores.multiply_on_one()
    catalogue = open_catalogue(settings)
    key = chosen_key(catalogue, family)
    model = open_serving(settings, catalogue)
    shelf = Shelf(folder, into, model.classifiers.get(key), threshold, depth, link)
    if names:
        shelf.limit = name_list(shelf.classifier.card, read_list(names))
        click.echo(shelf.limit.in_words())
    into.mkdir(parents=True, exist_ok=True)
    problems = [f"{shelf.called(e.path)}: {e.reason}" for e in others]
    try:
        with (into / "biosight.csv").open("w", encoding="utf-8", newline="") as table:
            table.write("\ufeff" + line(SORT_COLUMNS))
            found_by = detector_folder(asked=camera_traps)
            detector = Detector(found_by, settings.threads or None) if found_by else None
            look = partial(answer_for, model, shelf.classifier, detector)
            paths = tqdm([e.path for e in files], "sorting", unit="picture", disable=None)
            for path, found in a_few_ahead(look, paths, 2 * model.decoders.count):
                try:
                    table.write(shelf.take(path, found.result()))
                except (BadPicture, Unavailable) as error:
                    problems.append(f"{shelf.called(path)}: {error.detail}")
                except OSError as error:
                    if error.errno in NO_ROOM:
                        raise NoSpace(f"{into} can't be written: {error.strerror}.") from error
                    problems.append(f"{shelf.called(path)}: {error.strerror}.")
    finally:
        model.close()
    report(shelf.counts, problems)


def a_few_ahead(
    work: Callable[[Path], T], paths: Iterable[Path], threads: int
) -> Generator[tuple[Path, "Future[T]"], None, None]:
    """Yield each path with the future of `work`, in order; several run at once, and only a few are
    kept in memory."""
    waiting: deque[tuple[Path, Future[T]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for path in paths:
                waiting.append((path, pool.submit(work, path)))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft()
            yield from waiting
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def answer_for(
    model: Model, classifier: Classifier, detector: Detector | None, path: Path
) -> SeenFile:
    """Return what a file shows; wait while the machine is busy. Raises BadPicture."""
    return patiently(partial(seen_in, model, classifier, detector, path), WAITS)


def chosen_key(catalogue: Catalogue, family: str) -> str:
    """Return the key of the bundled model with this name, "" for the default. Raises NotFound."""
    wanted = family or catalogue.default
    known = {key: key.split("@")[0] for key, at in catalogue.bundled.items() if at != SUBJECTS}
    found = [key for key, name in known.items() if name == wanted]
    if not found:
        names = ", ".join(sorted(set(known.values())))
        raise NotFound(f"No model named {wanted} came with BioSight; there is {names}.")
    return found[-1]


class Shelf:
    """The label folders that files are sorted into, the file names used, and how many files are in
    each."""

    def __init__(
        self,
        folder: Path,
        into: Path,
        classifier: Classifier,
        threshold: int,
        depth: str,
        link: bool,
    ) -> None:
        self.folder = folder
        self.into = into
        self.classifier = classifier
        self.threshold = threshold
        self.depth = depth
        self.link = link
        self.limit: NameList | None = None
        self.names = UniqueNames()
        self.counts = Counter[str]()

    def called(self, path: Path) -> str:
        """Return a file's printable path inside the sorted folder."""
        return printable(path.relative_to(self.folder))

    def take(self, path: Path, seen: SeenFile) -> str:
        """Put a file into its label folder; return its line of the CSV. Raises OSError."""
        fits = self.limit.limited(seen.verdict) if self.limit else seen.verdict
        verdict = fits or seen.verdict
        top = self.classifier.top(verdict)
        answer = self.classifier.answer(verdict, self.threshold / 100)
        said = self.classifier.at_depth(answer, top[0], self.depth)
        label = said.label if said.confidence * 100 >= self.threshold else UNSURE
        if fits is None:
            label, said = NOT_LISTED, Guess("", 0.0)
        if seen.sighting and seen.sighting.proposal:
            label = seen.sighting.proposal
            said = Guess("", seen.sighting.sureness)
        target = self.free_place(label, file_name(printable(path.name), seen.media_type))
        put_file(path, self.into / target, link=self.link)
        self.counts[label] += 1
        return sort_row(
            target,
            label,
            said,
            self.classifier.path(said.label),
            self.classifier.finer(verdict) or top,
            self.classifier.card.key,
            self.called(path),
            seen.sighting.boxes if seen.sighting else (),
        )

    def free_place(self, label: str, name: str) -> str:
        """Return an unused path below `into`; create its folder."""
        place = self.names.folder(label)
        target = self.names.take(place, name)
        while (self.into / target).exists():
            target = self.names.take(place, name)
        (self.into / target).parent.mkdir(exist_ok=True)
        return target


def sort_row(
    target: str,
    label: str,
    said: Guess,
    path: str,
    top: tuple[Guess, ...],
    model: str,
    original: str,
    boxes: tuple[Box, ...],
) -> str:
    """Return one line of the CSV."""
    guesses = "; ".join(f"{g.label} {g.confidence:.4f}" for g in top)
    above = " > ".join(line_of(path))
    drawn = json.dumps([box.plain for box in boxes]) if boxes else ""
    texts = (target, label, f"{said.confidence:.4f}", model, guesses, original, above, drawn)
    return line([safe_cell(text) for text in texts])


def put_file(source: Path, target: Path, *, link: bool) -> None:
    """Copy a file with its times, or link it where the file system allows that."""
    if link:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system: copy
    shutil.copy2(source, target)


def report(counts: Counter[str], problems: list[str]) -> None:
    """Print how many files were sorted, by label, and which were refused."""
    for label, n in counts.most_common():
        click.echo(f"{n:>7}  {label}")
    for problem in problems:
        click.echo(f"refused  {problem}", err=True)
    click.echo(f"{counts.total()} sorted, {len(problems)} refused.")
