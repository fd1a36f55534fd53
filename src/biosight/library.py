"""BioSight in Python programs: open a model, classify files or arrays, embed them, read downloads.

    import biosight

    with biosight.open_model() as model:
        for answer in model.classify(["a.jpg", "b.jpg"]):
            print(answer.label, answer.confidence)

Nothing is stored, and no server is needed. Not here: collections and people, which the HTTP API
serves (docs/reference/api.md), or tables of many pictures (biosight classify).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from biosight.bootstrap import BUNDLED, DEFAULT_MODEL
from biosight.errors import BadPicture, BadRequest, NotFound
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.model_files.card import ModelCard
from biosight.inference.preprocess import Pixels, to_pixels
from biosight.inference.sandbox.decoding import Decoders
from biosight.labels import Guess
from biosight.publishing.file_names import OWN_TABLE

BATCH = 8
Picture = str | Path | Pixels  # a file, or RGB as uint8 (height, width, 3), upright
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureAnswer:
    """What a model says of one picture.

    `label` is the answer with its `rank` and its `path` in the model's tree ("/Animalia/…/"), and
    `confidence` its calibrated probability, 0 to 1. `group` is the likeliest of the model's labels.
    `guesses` are the likeliest names without anything below them, best first. `novelty` is the
    distance from what the model learnt; `unfamiliar` means that it is beyond that. For a file that
    can't be read `error` says why, and `label` is "".
    """

    label: str
    confidence: float = 0.0
    group: str = ""
    rank: str = ""
    path: str = ""
    guesses: tuple[Guess, ...] = ()
    novelty: float = 0.0
    unfamiliar: bool = False
    error: str = ""


class OpenModel:
    """A model folder, opened. Use it in a `with` statement, or call `close()`. One thread at a
    time may use it."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.classifier = Classifier(folder, threads)
        self.decoders = Decoders(1)

    @property
    def card(self) -> ModelCard:
        """The model's card: what it learnt from, its figures and its terms."""
        return self.classifier.card

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels, in the order of its outputs; finer names are in `card.taxa`."""
        return tuple(self.card.label_names)

    def classify(self, pictures: Iterable[Picture]) -> Iterator[PictureAnswer]:
        """Yield an answer for each picture, in order. A file that can't be read yields an answer
        with its `error`."""
        for read in self.read_batches(pictures):
            verdicts = iter(self.verdicts([r for r in read if not isinstance(r, str)]))
            for one in read:
                yield (
                    PictureAnswer("", error=one)
                    if isinstance(one, str)
                    else self.said(next(verdicts))
                )

    def embed(self, pictures: Iterable[Picture]) -> Floats:
        """Return the embeddings (n, d) of pictures, as the network gives them: not of length 1.
        Raises BadPicture for a file that can't be read."""
        found: list[Floats] = []
        for read in self.read_batches(pictures):
            pixels = [one for one in read if not isinstance(one, str)]
            if len(pixels) < len(read):
                raise BadPicture(next(one for one in read if isinstance(one, str)))
            found += [verdict.embedding for verdict in self.verdicts(pixels)]
        width = self.card.embedding_size
        return np.stack(found) if found else np.zeros((0, width), np.float32)

    def verdicts(self, read: Sequence[Pixels]) -> list[Verdict]:
        """Return the network's verdicts on pictures (side, side, 3)."""
        return self.classifier.predict(np.stack(read)) if read else []

    def said(self, verdict: Verdict) -> PictureAnswer:
        """Return a verdict as an answer."""
        c = self.classifier
        answer, top = c.answer(verdict), c.top(verdict)
        return PictureAnswer(
            label=answer.label,
            confidence=answer.confidence,
            group=top[0].label,
            rank=c.rank(answer.label),
            path=c.path(answer.label),
            guesses=c.finer(verdict) or top,
            novelty=verdict.novelty,
            unfamiliar=c.unfamiliar(verdict),
        )

    def read_batches(self, pictures: Iterable[Picture]) -> Iterator[list[Pixels | str]]:
        """Yield pictures as the network sees them (side, side, 3), or why they can't be read."""
        waiting = iter(pictures)
        while batch := list(islice(waiting, BATCH)):
            yield [self.read(picture) for picture in batch]

    def read(self, picture: Picture) -> Pixels | str:
        """Return one picture as the network sees it, or why it can't be read. Raises BadRequest for
        an array of another shape or kind."""
        if isinstance(picture, np.ndarray):
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise BadRequest("An array must be RGB as uint8, of the shape (height, width, 3).")
            return to_pixels(Pillow.fromarray(picture), self.card.framing)
        path = Path(picture)
        try:
            return self.decoders.pixels(path.absolute(), self.card.framing)[1]
        except BadPicture as error:
            return error.detail
        except OSError as error:
            return f"It can't be read: {error.strerror}."

    def close(self) -> None:
        """End the process that reads files."""
        self.decoders.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_model(model: str | Path = "", *, threads: int | None = None) -> OpenModel:
    """Open a model: "" for the default one, the name of another that came with BioSight ("cells"),
    or a folder that `biosight train` or `biosight model export` wrote.

    `threads` of the network are one per granted core by default. Raises NotFound or BadModel.
    """
    if not model:
        return OpenModel(DEFAULT_MODEL, threads)
    for folder in (Path(model), BUNDLED / str(model)):
        if (folder / "card.json").is_file():
            return OpenModel(folder, threads)
    names = ", ".join(sorted(p.parent.name for p in BUNDLED.glob("*/card.json")))
    raise NotFound(f"There is no model {model}. With BioSight came {names}.")


def read_export(file: str | Path) -> list[dict[str, str]]:
    """Return the rows of a download: a zip, an unpacked folder, or biosight.csv itself. The columns
    are those of docs/guide/sorting.md. Raises NotFound."""
    path = Path(file)
    if path.is_dir():
        path = path / OWN_TABLE
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                text = packed.read(OWN_TABLE).decode("utf-8-sig")
        else:
            text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, KeyError) as error:
        raise NotFound(f"There is no {OWN_TABLE} in {file}.") from error
    return list(csv.DictReader(io.StringIO(text, newline="")))
