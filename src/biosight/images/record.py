"""Image: the record of one picture in one collection, and the part that acts change.

Not here: its bytes (storage/blobs/port.py), or who may see it (membership).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from biosight.images.words import words_of
from biosight.places.clocks import shift_time
from biosight.subjects import NO_DETAILS, Details, Subject
from biosight.taxa.kinds import thing_of
from biosight.taxa.paths import first_path, paths_down_to

# Raise it when the same file is read differently than before: other dates, places or colours.
# biosight doctor --reread then updates older records.
READING = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """The part of an Image that people change, as the history keeps it before and after.

    Every field has a default, so that histories from before that field can be read.
    """

    collection: str = ""
    label: str = ""
    label_path: str = ""
    who: str = "nobody"
    trashed_at: float = 0.0
    note: str = ""
    deployment: str = ""
    site: str = ""
    shift: int = 0
    dated: str = ""
    individuals: int = 0
    details: Details = NO_DETAILS
    others: tuple[Subject, ...] = ()

    @property
    def read(self) -> "Standing":
        """Return it in today's form: pictures that nobody could name once had a label of their
        own."""
        return replace(self, label="", label_path="") if self.label == "Not sure" else self

    def changed(self, after: "Standing") -> dict[str, Any]:
        """Return the fields that an act changed which left `after`, with their values here. Fields
        that belong together (a label and who said it) come together."""
        return {
            name: getattr(self, name)
            for names in TOGETHER
            if any(getattr(self, n) != getattr(after, n) for n in names)
            for name in names
        }


@dataclass(frozen=True, slots=True)
class ActItem:
    """Standing of one image before and after an act (review/acts.py): the image's part of the
    history.

    When an image is removed for good, only this remains, with both standings empty. So an undo can
    tell that the image is gone.
    """

    table: ClassVar[str] = "act_items"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("act", "id"), ("image", "id"))

    id: str
    act: str
    image: str
    before: Standing
    after: Standing

    @property
    def emptied(self) -> "ActItem":
        return replace(self, before=Standing(), after=Standing())


@dataclass(frozen=True, slots=True)
class Capture:
    """How a picture was taken, as its file says; absent values are None or empty.

    `offset` is the clock's offset from UTC (+hh:mm) and `taken_from` the field of the file that
    held the date. Altitude is in metres, exposure in seconds, focal length in mm, temperature in
    degrees Celsius; `flash` is whether it fired.
    """

    offset: str = ""
    taken_from: str = ""
    altitude: float | None = None
    make: str = ""
    model: str = ""
    serial: str = ""
    lens: str = ""
    exposure: float | None = None
    aperture: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    flash: bool | None = None
    temperature: float | None = None


NO_CAPTURE = Capture()


TOGETHER = (
    ("collection",),
    ("label", "label_path", "who"),
    ("trashed_at",),
    ("note",),
    ("deployment", "site", "shift"),
    ("dated",),
    ("individuals",),
    ("details",),
    ("others",),
)


def folder_of(path: str) -> str:
    """Return the folder that a file came from, as a path of the tree of folders, such as "/SD
    1/100EK113/"; "/" for none."""
    above = [part for part in path.replace("\\", "/").split("/")[:-1] if part not in {"", "."}]
    return "".join(f"/{part}" for part in above) + "/"


def remarks_on(details: Details, others: Iterable[Subject]) -> str:
    """Return what people wrote of a picture's subjects in words of their own, as one text."""
    every = (details, *(o.details for o in others))
    texts = (text for said in every for text in (said.behaviour, said.individual))
    return " | ".join(filter(None, texts))


def further_paths(path: str, others: Iterable[Subject]) -> tuple[str, ...]:
    """Return the paths of further subjects' labels and of all above them, without those through
    which the path of the first one's label goes: a picture counts once for each."""
    found = {p for o in others for p in paths_down_to(o.label_path)}
    return tuple(sorted(p for p in found if not path.startswith(p)))


def found_by(*texts: str) -> tuple[str, ...]:
    """Return the words by which a picture's texts are found."""
    return words_of(texts)


def cell_of(latitude: float | None, longitude: float | None) -> str:
    """Return where on the map a picture's own coordinates are, to a hundredth of a degree, which is
    drawn as one point; "" for no coordinates."""
    if latitude is None or longitude is None:
        return ""
    return f"{latitude:.2f} {longitude:.2f}"


def hour_taken(taken: str) -> str:
    """Return the hour of the day of a local time, such as "05"; "" for a day alone."""
    return taken[11:13]


def month_taken(taken: str) -> str:
    """Return the month of a local time or a day, such as "05"; "" for an unknown one."""
    return taken[5:7]


@dataclass(frozen=True, slots=True)
class Embedding:
    """The vector before a model's head, kept in half precision; the id is the image's.

    `space` names the network that made it (ModelCard.space): vectors of different spaces are never
    compared.
    """

    table: ClassVar[str] = "embeddings"
    formerly: ClassVar[dict[str, str]] = {"space": "model"}

    id: str
    space: str
    vector: bytes

    @staticmethod
    def of(image: str, space: str, vector: npt.NDArray[np.floating]) -> "Embedding":
        """Return an image's vector (d,), rounded to half precision."""
        return Embedding(image, space, vector.astype(np.float16).tobytes())

    def floats(self) -> npt.NDArray[np.float32]:
        """Return the vector (d,) in single precision."""
        return np.frombuffer(self.vector, np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Image:
    """One picture in one collection; unique on (collection, sha256).

    `label_path` is where the label hangs in the collection's tree of names (taxa/paths.py); it is
    stored so that "this and below" is a range. `thing` says which of the usual things that are no
    taxon the label is (taxa/kinds.py). `machine_label` is the model's answer by its own name, and
    `group` the model's label that the answer lies in. `who` says whose label counts: "machine",
    "person", "bulk" or "nobody".

    `confidence` (0 to 1) and `margin` are the machine's, even where a person has named the picture;
    `percent` is confidence in whole percent. `novelty` is the distance from what the model knows,
    and `unfamiliar` is whether that is beyond the model's limit. `drift_checked_at` is 0 until a
    drift check drew the picture. `drift_score` is the share of that check's baseline pictures that
    were nearer to what the model knows.

    Times are seconds since 1970 UTC, except these local ones: `taken_file` is the file's time, with
    a fraction of a second where it has one, "" if unknown. `taken` is that time corrected by
    `shift` seconds, or `dated`, what a person said: a local time, or a day alone. `hour` and
    `month` are those of `taken`. `day` is the date taken, else the date uploaded (YYYY-MM-DD).

    `details` is what people say of the first subject, the one that the label is about. `others` are
    the further subjects. By `also_labels` and `also_paths` the picture is found under their names
    too: the labels without the picture's own, and the paths of labels and of all above them through
    which the picture's own path does not go. `also_things` are their things.
    `remarks` are behaviours and individuals of all subjects as one text.

    `deployment` and `site` are ids (places), "" for none. `folder` is where the file came from
    (`folder_of`), `cell` where its own coordinates are on the map (`cell_of`). `individuals` is how
    many a person counted in the picture's event, 0 where nobody did. `lottery` is drawn once, so
    that a random review queue is stable. `reading` is the READING of the code that read the file.
    `keywords` are those that people gave it in other programs (metadata/keywords.py); only who may
    change the picture learns them. `planes`, `channels` and `microns` are those of a Stack
    (stack.py). `trashed_at` is 0 outside the trash.
    """

    table: ClassVar[str] = "images"
    precious: ClassVar[bool] = True
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "sha256"),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "trashed", "created_at", "id"),
        ("collection", "trashed", "day", "id"),
        ("collection", "trashed", "taken", "id"),
        ("collection", "trashed", "name", "id"),
        ("collection", "trashed", "confidence", "id"),
        ("collection", "trashed", "label", "created_at", "id"),
        ("collection", "trashed", "label_path", "created_at", "id"),
        ("collection", "trashed", "label_path", "confidence", "id"),
        ("collection", "trashed", "label_path", "taken", "id"),
        ("collection", "trashed", "label_path", "deployment", "taken"),
        ("collection", "trashed", "thing", "created_at", "id"),
        ("collection", "trashed", "deployment", "taken", "id"),
        ("collection", "trashed", "deployment", "created_at", "id"),
        ("collection", "trashed", "site", "taken", "id"),
        ("collection", "trashed", "site", "created_at", "id"),
        ("collection", "trashed", "folder", "created_at", "id"),
        ("collection", "trashed", "camera", "id"),
        ("collection", "trashed", "uploaded_by", "id"),
        ("collection", "trashed", "deployment", "id"),
        ("collection", "trashed", "site", "id"),
        ("collection", "trashed", "label", "confidence", "id"),
        ("collection", "trashed", "label", "taken", "id"),
        ("collection", "trashed", "label", "name", "id"),
        ("collection", "trashed", "who", "lottery", "id"),
        ("collection", "trashed", "who", "margin", "id"),
        ("collection", "trashed", "unfamiliar", "created_at", "id"),
        ("collection", "trashed", "novelty", "id"),
        ("collection", "trashed", "id"),
        ("sha256",),
        ("session",),
        ("trashed", "trashed_at", "id"),
        ("who", "id"),
    )
    counters: ClassVar[tuple[tuple[str, ...], ...]] = (
        # Small ones first: a query uses the first counter that covers all its fields.
        ("collection", "trashed", "label", "label_path", "who"),
        ("collection", "trashed", "who", "unfamiliar", "percent"),
        ("collection", "trashed", "who", "percent", "label", "label_path"),
        ("uploaded_by",),
        ("collection", "trashed", "site", "cell"),
        ("collection", "trashed", "folder"),
        ("collection", "trashed", "camera"),
        ("collection", "trashed", "uploaded_by"),
        ("collection", "trashed", "deployment", "site", "label", "label_path", "who"),
        ("collection", "trashed", "who", "percent/10", "label_path"),
    )
    sharded_by: ClassVar[tuple[str, ...]] = ("collection", "sha256")
    totalled: ClassVar[str] = "size"
    telling: ClassVar[tuple[str, ...]] = ("deployment", "site", "session", "sha256")
    rewritten: ClassVar[tuple[tuple[int, tuple[str, str], dict[str, str]], ...]] = (
        (5, ("label", "Not sure"), {"label": "", "label_path": ""}),
    )
    derived: ClassVar[dict[str, tuple[tuple[str, ...], Callable[..., Any]]]] = {
        "label_path": (("label",), first_path),
        "group": (("machine_label",), str),
        "thing": (("label",), thing_of),
        "taken_file": (("taken",), str),
        "folder": (("path",), folder_of),
        "cell": (("latitude", "longitude"), cell_of),
        "hour": (("taken",), hour_taken),
        "month": (("taken",), month_taken),
        "words": (("name", "path", "label", "note", "camera"), found_by),
    }
    worded: ClassVar[tuple[str, ...]] = ("collection", "words")
    listed: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "trashed", "also_labels"),
        ("collection", "trashed", "also_paths"),
        ("collection", "trashed", "also_things"),
    )

    id: str
    collection: str
    sha256: str
    crc32: int
    size: int
    media_type: str
    width: int
    height: int
    name: str
    path: str
    session: str
    uploaded_by: str
    created_at: float
    taken: str
    day: str
    camera: str
    latitude: float | None
    longitude: float | None
    phash: str
    statistics: tuple[float, ...]
    model: str
    machine_label: str
    confidence: float
    percent: int
    margin: float
    label: str
    who: str
    lottery: float
    label_path: str = ""
    thing: str = ""
    taken_file: str = ""
    deployment: str = ""
    site: str = ""
    shift: int = 0
    dated: str = ""
    hour: str = ""
    month: str = ""
    individuals: int = 0
    details: Details = NO_DETAILS
    others: tuple[Subject, ...] = ()
    also_labels: tuple[str, ...] = ()
    also_paths: tuple[str, ...] = ()
    also_things: tuple[str, ...] = ()
    remarks: str = ""
    folder: str = "/"
    cell: str = ""
    group: str = ""
    note: str = ""
    capture: Capture = NO_CAPTURE
    words: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    planes: str = ""
    channels: tuple[str, ...] = ()
    microns: float = 0.0
    reading: int = 0
    novelty: float = 0.0
    unfamiliar: bool = False
    drift_checked_at: float = 0.0
    drift_score: float = 0.0
    trashed: bool = False
    trashed_at: float = 0.0
    version: int = 1

    @property
    def taken_at(self) -> str:
        """When it was taken to the second, "" if unknown."""
        return self.taken[:19]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All that it shows; the first is what its label is about."""
        return Subject(self.label, self.details, self.label_path), *self.others

    @property
    def is_described(self) -> bool:
        """Whether people said more of what it shows than one label."""
        return bool(self.others) or self.details != NO_DETAILS

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all its subjects, each once."""
        return self.label, *self.also_labels

    @property
    def standing(self) -> Standing:
        """The part that acts change."""
        return Standing(**{name: getattr(self, name) for name in Standing.__slots__})

    def put(self, standing: Standing) -> "Image":
        """Return this image with another standing."""
        return replace(
            self,
            collection=standing.collection,
            label=standing.label,
            label_path=standing.label_path,
            who=standing.who,
            trashed_at=standing.trashed_at,
            trashed=standing.trashed_at > 0,
            note=standing.note,
            deployment=standing.deployment,
            site=standing.site,
            shift=standing.shift,
            dated=standing.dated,
            individuals=standing.individuals,
            details=standing.details,
            others=standing.others,
        ).in_step

    @property
    def in_step(self) -> "Image":
        """Return this image with the fields that follow from its others. `thing` follows from the
        label, `taken` and its parts from the shift and what the file or a person says. `folder`
        follows from the path, `cell` from the coordinates. `also_labels`, `also_paths` and
        `also_things` follow from the further subjects. `words`, by which it is found, follow from
        name, original path, label, note, camera and what its subjects are."""
        remarks = remarks_on(self.details, self.others)
        taken = self.dated or shift_time(self.taken_file, self.shift)
        sent = datetime.fromtimestamp(self.created_at, UTC).date().isoformat()
        return replace(
            self,
            thing=thing_of(self.label),
            taken=taken,
            hour=hour_taken(taken),
            month=month_taken(taken),
            day=taken[:10] or sent,
            folder=folder_of(self.path),
            cell=cell_of(self.latitude, self.longitude),
            also_labels=tuple(sorted({o.label for o in self.others} - {self.label, ""})),
            also_paths=further_paths(self.label_path, self.others),
            also_things=tuple(sorted({thing_of(o.label) for o in self.others} - {""})),
            remarks=remarks,
            words=found_by(
                self.name,
                self.path,
                self.label,
                self.note,
                self.camera,
                remarks,
                *(o.label for o in self.others),
            ),
        )
