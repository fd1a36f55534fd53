"""TrainingSet: confirmed labels frozen, hashed, and split into train and a locked holdout.

Not here: training on it (retrain.py), or which labels count (labels.py).
"""

import hashlib
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image as Pillow

from biosight.errors import BadPicture, BadRequest, NotFound, Unavailable
from biosight.images import Image
from biosight.learning.locking import splits_of
from biosight.learning.teaching.examples import named_pictures
from biosight.storage.records import Records
from biosight.taxa.naming import Naming

ARCHIVE, MANIFEST = "pictures.tar", "training-set.json"
SPLITS = ("train", "holdout", "copy")


@dataclass(frozen=True, slots=True)
class Row:
    """A picture that a person named: its bytes' hash, label, upload session and split. `line` is
    the model's names from the top of the tree down to the label.

    "copy" is a picture that is similar to one of the holdout: it neither teaches nor judges.
    """

    image: str
    sha256: str
    label: str
    session: str
    phash: str
    split: str
    line: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """File name in the archive."""
        return f"{self.sha256}.jpg"


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pictures that a collection's people have named, at one moment; `champion` is the version that
    served then."""

    collection: str
    champion: str
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int = 0  # pictures that could not be read

    @property
    def hash(self) -> str:
        """Hex SHA-256 of all (picture, label, split): the same set has the same hash."""
        lines = sorted(f"{r.sha256} {r.split} {r.label}\n" for r in self.rows)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def part(self, split: str) -> list[Row]:
        """Return the rows of one split."""
        return [row for row in self.rows if row.split == split]

    def counts(self) -> dict[str, int]:
        found = Counter(row.split for row in self.rows)
        return {split: found[split] for split in SPLITS}


def freeze(
    records: Records,
    collection: str,
    champion: str,
    naming: Naming,
    picture: Callable[[Image], bytes],
    folder: Path,
    *,
    holdout: float,
    salt: str,
    step: Callable[[int], None] = lambda _: None,
) -> TrainingSet:
    """Write archive and manifest of a collection's named pictures into `folder`.

    `picture` returns an upright JPEG; pictures that it can't read are left out and counted. Rows
    have the model's names. Raises BadRequest when nobody has named a picture.
    """
    back = naming.own
    named = [i for i in named_pictures(records, collection) if i.label]
    if not named:
        raise BadRequest("Nobody has confirmed or corrected a picture here yet.")
    folder.mkdir(parents=True, exist_ok=True)
    kept = set(write_archive(folder / ARCHIVE, named, picture, step))
    images = [i for i in named if i.sha256 in kept]
    splits = splits_of(images, holdout, salt)
    rows = tuple(
        Row(
            i.id,
            i.sha256,
            back.get(i.label, i.label),
            i.session or i.id,
            i.phash,
            split,
            naming.own_line(i.label),
        )
        for i, split in zip(images, splits, strict=True)
    )
    labels = tuple(sorted({row.label for row in rows}))
    made = TrainingSet(collection, champion, labels, rows, len(named) - len(images))
    said = {**asdict(made), "hash": made.hash}
    (folder / MANIFEST).write_text(json.dumps(said, indent=1), encoding="utf-8")
    return made


def write_archive(
    path: Path,
    images: Iterable[Image],
    picture: Callable[[Image], bytes],
    step: Callable[[int], None],
) -> Iterator[str]:
    """Write a tar that depends only on the pictures. Yield the hashes of those in it."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for number, image in enumerate(sorted(images, key=lambda i: i.sha256), 1):
            step(number)
            try:
                content = picture(image)
            except (BadPicture, NotFound, Unavailable):
                continue
            entry = tarfile.TarInfo(f"{image.sha256}.jpg")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            yield image.sha256


def read_set(folder: Path) -> TrainingSet:
    """Return the TrainingSet in a folder. Raises BadRequest if it is missing or was changed."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = said.pop("hash")
        rows = tuple(Row(**{**row, "line": tuple(row.get("line", ()))}) for row in said.pop("rows"))
        found = TrainingSet(**{**said, "labels": tuple(said["labels"])}, rows=rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"{folder} holds no training set; take a snapshot first.") from error
    if found.hash != known:
        raise BadRequest(f"The training set in {folder} was changed after it was taken.")
    return found


def pictures(folder: Path, rows: Sequence[Row]) -> Iterator[tuple[Row, Pillow.Image]]:
    """Yield the archive's RGB pictures of these rows. Raises BadRequest if one is missing."""
    with tarfile.open(folder / ARCHIVE) as archive:
        for row in rows:
            try:
                file = archive.extractfile(row.file)
            except KeyError as error:
                raise BadRequest(f"{folder / ARCHIVE} lacks the picture {row.sha256}.") from error
            assert file is not None
            with Pillow.open(io.BytesIO(file.read())) as picture:
                yield row, picture.convert("RGB")


def unpack(folder: Path, rows: Sequence[Row], root: Path) -> list[tuple[Path, Row]]:
    """Write the rows' pictures as files under `root/<label number>/`. Return their paths and
    rows."""
    labels = sorted({row.label for row in rows})
    made = []
    with tarfile.open(folder / ARCHIVE) as archive:
        for row in rows:
            file = archive.extractfile(row.file)
            assert file is not None
            path = root / str(labels.index(row.label)) / row.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read())
            made.append((path, row))
    return made
