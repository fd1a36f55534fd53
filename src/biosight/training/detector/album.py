"""The album of scenes for a detector, from folders of pictures with manifests.

`camera-traps/MANIFEST.csv` says of each frame what is in it (truth), its source and split; the
photographs' manifests say the group. Boxes come from detectors that are there (teacher.py). Not
here: the scenes made of them (scenes.py).
"""

import csv
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random as Dice

import numpy as np
from PIL import Image as Pillow

from biosight.images.reading import open_picture
from biosight.inference.preprocess import Pixels
from biosight.subjects.box import KINDS, Box, SubjectKind, distinct, surest
from biosight.training.detector.scenes import Album, Scene
from biosight.training.detector.teacher import Looks, boxes_by

READ_AT = 390  # px on the short side at least, from which scenes are cut
SURE, POSSIBLE, NOTHING = 0.35, 0.12, 0.08
# How many photographs with a box to take from each group. Plants and fungi are grounds.
WANTED = {
    "Mammalia": 900,
    "Aves": 700,
    "Reptilia": 250,
    "Amphibia": 120,
    "Insecta": 120,
    "Arachnida": 60,
    "Mollusca": 40,
}
GROUNDS, SHORTEST, SHORTEST_GROUND = 500, 110, 140
EMPTY_FRAMES_COUNT = 4  # how often an empty frame stands among the grounds


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a camera trap, and what its source says of it."""

    picture: Pixels
    source: str
    truth: str
    boxes: tuple[Box, ...]


def frames(root: Path, split: str, without: Collection[str] = ()) -> Iterator[Frame]:
    """Yield the frames of a split, but for those of some sources."""
    for row in rows_of(root):
        if row["split"] != split or row["source"] in without:
            continue
        picture = np.asarray(open_picture(root / row["file"], READ_AT).picture)
        said = json.loads(row["boxes"]) if row["boxes"] else []
        boxes = tuple(Box(b["x"], b["y"], b["w"], b["h"], "animal", 1.0) for b in said)
        yield Frame(picture, row["source"], row["truth"], boxes)


def rows_of(root: Path) -> list[dict[str, str]]:
    with (root / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scene_of(frame: Frame, teachers: Sequence[Looks]) -> Scene | None:
    """Return a frame with boxes: the teachers' surest of what is in it. None where they find
    nothing of it."""
    if frame.truth == "empty":
        return Scene(frame.picture, settled=True)
    kind: SubjectKind = next(k for k in KINDS if k == frame.truth)
    found = boxes_by(teachers, frame.picture)
    own = [b for b in found if b.kind == kind]
    good = [b for b in own if b.score >= SURE]
    best = surest(own, kind)
    if not good and best and best.score >= POSSIBLE:
        good = [best]
    good = [*frame.boxes] or good
    unknown = [b for b in found if b.kind == "animal" and b not in good and b.score >= NOTHING]
    return Scene(frame.picture, tuple(good), tuple(unknown)) if good else None


def photographs(roots: Sequence[Path], teachers: Sequence[Looks], dice: Dice) -> "Photographs":
    """Return photographs with boxes, and grounds without an animal, by chance."""
    found = Photographs([], [], dict(WANTED))
    paths = [
        (root / row["file"], row["group"], min(int(row["width"]), int(row["height"])))
        for root in roots
        for row in rows_of(root)
        if row["split"] == "train"
    ]
    dice.shuffle(paths)
    for path, group, short in paths:
        if short >= SHORTEST:
            found.take(path, group, short, teachers)
    return found


@dataclass(slots=True)
class Photographs:
    """Photographs with a box, grounds, and how many of each group are still wanted."""

    scenes: list[Scene]
    grounds: list[Pixels]
    wanted: dict[str, int]

    def take(self, path: Path, group: str, short: int, teachers: Sequence[Looks]) -> None:
        """Add a photograph if it is wanted and a teacher is sure where its animal is."""
        if group in {"Plantae", "Fungi"}:
            if short >= SHORTEST_GROUND and len(self.grounds) < GROUNDS:
                self.grounds.append(np.asarray(Pillow.open(path).convert("RGB")))
            return
        if self.wanted.get(group, 0) <= 0:
            return
        picture = np.asarray(Pillow.open(path).convert("RGB"))
        boxes = distinct(b for t in teachers for b in t.detect(picture) if b.kind == "animal")
        sure = tuple(b for b in boxes if b.score >= 0.5)
        if sure and sure[0].score >= 0.55 and sure[0].area >= 0.08:
            self.wanted[group] -= 1
            unknown = tuple(b for b in boxes if NOTHING <= b.score < 0.5)
            self.scenes.append(Scene(picture, sure, unknown))


def album(data: Path, teachers: Sequence[Looks], without: Collection[str], seed: int) -> Album:
    """Return the album of a data folder: split `train` of camera-traps, but for some sources, and
    the training pictures of organisms and organisms-2."""
    scenes = [scene_of(f, teachers) for f in frames(data / "camera-traps", "train", without)]
    kept = [s for s in scenes if s is not None]
    roots = [data / "organisms-2", data / "organisms"]
    shown = photographs(roots, teachers, Dice(seed))
    empty = [s.picture for s in kept if s.settled]
    return Album(kept, shown.scenes, [*shown.grounds, *empty * EMPTY_FRAMES_COUNT])
