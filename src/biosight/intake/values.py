"""What an upload needs and what becomes of it: the picture, where it goes, and the outcome.

Not here: the flow (upload.py).
"""

from dataclasses import dataclass
from typing import BinaryIO

from biosight.images import Image
from biosight.inference.batching import Batcher
from biosight.inference.detection.detector import Detectors
from biosight.inference.preprocess import Framing
from biosight.inference.sandbox.decoding import Decoders
from biosight.inference.serving import Classifiers
from biosight.labels import Prediction
from biosight.storage.blobs.incoming import Incoming
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import (
    Records,
    Require,
)
from biosight.subjects.picture_kind import PictureKind
from biosight.taxa.naming import Naming

ANY_FRAMING = Framing(224, 236, "bicubic")


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that arrives: an open file, or an incoming file that is complete. `name`, `path`,
    `session` and the `keywords` of its sidecar come from the person's machine and are treated as
    data only."""

    file: BinaryIO | Incoming
    name: str
    path: str
    session: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """The collection that pictures go to, and the person who uploads them.

    `naming` says how the collection calls a model's names. `still_there` must hold at the moment of
    recording: the collection exists. `model` is the key of the version that serves there. `own` is
    the person's quota in bytes, 0 for that of the settings; `room` is the collection's, 0 for none.
    `picture_kind` says what its pictures are.
    """

    collection: str
    user: str
    naming: Naming
    still_there: Require
    model: str
    own: int = 0
    room: int = 0
    picture_kind: PictureKind = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A new image, with the model's prediction (None while unclassified)."""

    image: Image
    prediction: Prediction | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image with the same bytes that is already in this collection, perhaps in its trash.
    `mended` is true if the store had lost these bytes and has them again now (`mend_original`)."""

    of: Image
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A picture that was refused, and the reason in words for a biologist."""

    reason: str


Outcome = Stored | Duplicate | Rejected


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that an upload needs; opened once by bootstrap. `quota` in bytes, 0 for none."""

    records: Records
    blobs: Blobs
    decoders: Decoders
    classifiers: Classifiers
    batcher: Batcher
    detectors: Detectors
    quota: int = 0
