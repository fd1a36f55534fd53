"""Export of pictures: a streamed zip by label with a CSV inside, and a folder that follows the
labels.

Not here: the rows' form (table.py) and safe names (file_names.py).
"""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import crc32

from biosight.errors import BadPicture, NotFound
from biosight.images import Image
from biosight.images.placeless import JPEG, placeless_type
from biosight.labels import PEOPLE, Annotation, Prediction, speaker_of
from biosight.publishing import table
from biosight.publishing.file_names import UniqueNames, file_name
from biosight.publishing.table import Telling
from biosight.publishing.zips import BATCH, ZipEntry, zip_of
from biosight.storage.blobs import keys
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Order, Records, Where, pages, parts
from biosight.taxa.paths import line_of

log = logging.getLogger(__name__)
PAGE = 200
STATE = ".biosight-export.json"
LONGEST_FOLDERS = 2_000  # bytes; a file name follows them, and Linux takes 4,096
# For a picture: a function that reads what is given in its place, from the start at each call.
Rebuild = Callable[[Image], Callable[[], Iterator[bytes]]]


def rebuilds_nothing(image: Image) -> Callable[[], Iterator[bytes]]:
    """Refuse to rebuild a picture, for exports that hide no place. Raises NotFound."""
    raise NotFound(f"{image.name} can't be given without its place here.")


@dataclass(frozen=True, slots=True)
class Synced:
    """Result of one run of `export_folder`."""

    written: int
    moved: int
    unchanged: int
    removed: int


def all_images(records: Records, where: Sequence[Where]) -> Iterator[list[Image]]:
    """Yield everything that matches, by id, a page at a time."""
    return pages(records, Image, where, size=PAGE)


def chosen_images(records: Records, ids: Sequence[str]) -> Iterator[list[Image]]:
    """Yield images by id, a page at a time; absent ones are left out."""
    for part in parts(ids, PAGE):
        yield records.find(Image, [Where("id", "in", part)], limit=PAGE)


def rows(records: Records, images: Sequence[tuple[Image, str]], telling: Telling) -> Iterator[str]:
    """Yield CSV lines for a page of (image, file), with what models and people said."""
    named = Where("image", "in", tuple(image.id for image, _ in images))
    predictions = {
        p.image: p for p in records.find(Prediction, [named], order=Order("id"), limit=PAGE * 50)
    }
    annotations = {
        a.image: a for a in records.find(Annotation, [named], order=Order("id"), limit=PAGE * 50)
    }
    for image, file in images:
        said = annotations.get(image.id) if image.who in PEOPLE else None
        by = (speaker_of(said, telling.person), said.at) if said else None
        yield table.picture_row(image, file, predictions.get(image.id), by, telling)


def csv_lines(records: Records, pages: Iterable[list[Image]], telling: Telling) -> Iterator[bytes]:
    """Yield the CSV alone, with the paths that the zip would use."""
    names = UniqueNames()
    yield table.header().encode()
    for images in pages:
        placed = [(i, path_in_zip(names, i, telling)) for i in images]
        yield "".join(rows(records, placed, telling)).encode()


def path_in_zip(names: UniqueNames, image: Image, telling: Telling) -> str:
    """Return the path of a picture: in its label's folder, which may be nested in those above
    it."""
    if not image.label and image.who == "person":
        folder = names.folder("undecided")
    elif telling.nested and image.label:
        folder = lowest_folders([names.folder(label) for label in line_of(image.label_path)])
    else:
        folder = names.folder(image.label)
    if telling.blurred(image):
        return names.take(folder, file_name(Path(image.name).stem, JPEG))
    return names.take(folder, exported_name(image, placeless=telling.placeless(image)))


def lowest_folders(folders: Sequence[str]) -> str:
    """Return nested folders as a path, without the uppermost where it would be longer than disks
    and zips allow."""
    length = 0
    for kept, folder in enumerate(reversed(folders)):
        length += len(folder.encode()) + 1
        if length > LONGEST_FOLDERS and kept:
            return "/".join(folders[-kept:])
    return "/".join(folders)


def exported_name(image: Image, *, placeless: bool) -> str:
    """Return the file name of a picture; one that is drawn anew to hide its place is a JPEG."""
    drawn = placeless_type(image.media_type)
    if placeless and drawn != image.media_type:
        return file_name(Path(image.name).stem, drawn)
    return file_name(image.name, image.media_type)


def zip_chunks(
    records: Records,
    blobs: Blobs,
    pages: Iterable[list[Image]],
    telling: Telling,
    rebuild: Rebuild = rebuilds_nothing,
) -> Iterator[bytes]:
    """Yield a zip of originals by label, stored not deflated, with biosight.csv last.

    Memory use stays constant. `rebuild` gives the files of pictures whose place is hidden or in
    which people are blurred. Each original is opened before its header is written. A picture that
    was removed for good meanwhile is left out, also of the CSV. So is one whose bytes are lost,
    which the server's log and `doctor` report. Raises Unavailable, midway too, when the store can't
    be reached.
    """
    lines = [table.header()]

    def members() -> Iterator[ZipEntry]:
        names = UniqueNames()
        for images in pages:
            kept = []
            for image in images:
                changed = telling.changes(image)
                file = exported_file(records, blobs, image, rebuild if changed else None)
                if file is None:
                    continue
                kept.append((image, path_in_zip(names, image, telling)))
                yield zip_entry(image, kept[-1][1], file)
            lines.append("".join(rows(records, kept, telling)))
        yield text_entry("biosight.csv", lines)

    return zip_of(members())


def opened_original(records: Records, blobs: Blobs, image: Image) -> Iterator[bytes] | None:
    """Open a picture's bytes; None where they are gone, which is logged where the picture still
    exists."""
    try:
        return blobs.stream(keys.original(image.sha256), BATCH)
    except NotFound:
        if records.get(Image, image.id):
            log.warning("an original is missing; run biosight doctor", extra={"image": image.id})
        return None


@dataclass(frozen=True, slots=True)
class PictureFile:
    """Bytes of a picture for an export, with what a zip states before them."""

    pieces: Iterator[bytes]
    size: int
    crc32: int


def exported_file(
    records: Records, blobs: Blobs, image: Image, rebuild: "Rebuild | None" = None
) -> PictureFile | None:
    """Return the original of a picture, or what `rebuild` makes of it. None where the bytes
    are gone or can't be rebuilt, which is logged. Raises Unavailable."""
    if rebuild is None:
        pieces = opened_original(records, blobs, image)
        return None if pieces is None else PictureFile(pieces, image.size, image.crc32)
    try:
        read = rebuild(image)
        size = crc = 0
        for piece in read():
            size, crc = size + len(piece), crc32(piece, crc)
        return PictureFile(read(), size, crc)
    except (NotFound, BadPicture) as error:
        words = {"image": image.id, "code": error.code}
        log.warning("a picture can't be made in the form that this person sees", extra=words)
        return None


def zip_entry(image: Image, path: str, file: PictureFile) -> ZipEntry:
    """Return one stored file of the zip, whose size and CRC are known beforehand."""
    when = datetime.fromtimestamp(image.created_at)
    return ZipEntry(path, when, file.pieces, file.size, file.crc32)


def text_entry(name: str, lines: Iterable[str]) -> ZipEntry:
    """Return a text file of the zip; the lines are read when it is written."""
    return ZipEntry(name, datetime.now(), (line.encode() for line in lines))


def export_folder(
    records: Records,
    blobs: Blobs,
    pages: Iterable[list[Image]],
    target: Path,
    telling: Telling,
    progress: Callable[[int], object] = lambda n: None,
) -> Synced:
    """Update the folder `target` to the labels, with hard links where possible, else copies.

    A second run moves only what changed, and removes files that it wrote itself for pictures that
    are gone. It never touches files that it didn't write.
    """
    target.mkdir(parents=True, exist_ok=True)
    old = read_state(target)
    new: dict[str, str] = {}
    counts = {"written": 0, "moved": 0, "unchanged": 0}
    names = UniqueNames()
    with (target / "biosight.csv.part").open("w", encoding="utf-8", newline="") as csv_file:
        csv_file.write(table.header())
        for images in pages:
            placed = []
            for image in images:
                path = free_place(names, image, telling, target, old)
                counts[bring_file(blobs, image, target, old.get(image.id), path)] += 1
                new[image.id] = path
                placed.append((image, path))
                progress(1)
            csv_file.writelines(rows(records, placed, telling))
            write_state(target, old | new)
    (target / "biosight.csv.part").replace(target / "biosight.csv")
    gone = [old[key] for key in old.keys() - new.keys()]
    for path in gone:
        (target / path).unlink(missing_ok=True)
    write_state(target, new)
    remove_empty_folders(target, {parent for p in old.values() for parent in Path(p).parents})
    return Synced(**counts, removed=len(gone))


def free_place(
    names: UniqueNames, image: Image, telling: Telling, target: Path, old: dict[str, str]
) -> str:
    """Return a path for an image where no foreign file is; the old path if it still fits."""
    ours = set(old.values())
    while True:
        path = path_in_zip(names, image, telling)
        if path == old.get(image.id) or path in ours or not (target / path).exists():
            return path


def bring_file(blobs: Blobs, image: Image, target: Path, old: str | None, path: str) -> str:
    """Put one picture at `path`; return "unchanged", "moved" or "written". Raises NotFound."""
    where = target / path
    if old == path and where.exists():
        return "unchanged"
    where.parent.mkdir(parents=True, exist_ok=True)
    if old is not None and (target / old).exists() and not where.exists():
        (target / old).rename(where)
        return "moved"
    try:
        with blobs.local(keys.original(image.sha256)) as source:
            link_or_copy(source, where)
    except NotFound as error:
        words = f"The bytes of {image.name} are missing; run biosight doctor."
        raise NotFound(words) from error
    return "written"


def link_or_copy(source: Path, target: Path) -> None:
    """Make a hard link where the file system allows it, else a copy, by rename."""
    part = target.with_name(f".{target.name}.part"[:200])
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:
        shutil.copyfile(source, part)
    part.replace(target)


def read_state(target: Path) -> dict[str, str]:
    """Return image id -> path, of what an earlier run wrote."""
    try:
        found = json.loads((target / STATE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    inside = {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
    return {k: v for k, v in inside.items() if ".." not in Path(v).parts and v[:1] != "/"}


def was_nested(target: Path) -> bool:
    """Return whether the folders of an earlier run were nested; False where there was none."""
    return any(len(Path(path).parts) > 2 for path in read_state(target).values())


def write_state(target: Path, state: dict[str, str]) -> None:
    """Remember what was written, by rename."""
    part = target / f"{STATE}.part"
    part.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    part.replace(target / STATE)


def remove_empty_folders(target: Path, folders: Iterable[Path]) -> None:
    """Remove label folders that are now empty, the innermost first."""
    for folder in sorted((f for f in folders if f.parts), key=lambda f: -len(f.parts)):
        try:
            (target / folder).rmdir()
        except OSError:
            continue  # not empty, or gone
