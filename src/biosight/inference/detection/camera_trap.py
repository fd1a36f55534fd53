"""A frame of a camera trap: where the animal is, what it is when looked at closely, and whether
nothing or a person is seen.

The frame is wide and the animal small, so the classifier looks at two squares around the surest
box, and their evidence is pooled. Not here: finding boxes (detector.py), or reading the picture
(inference/sandbox/decoding.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from biosight.errors import BioSightError
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.model_files.detector_card import DetectorCard
from biosight.inference.preprocess import Framing, Pixels, pixels_in
from biosight.inference.rollup import SMALLEST, Rollup
from biosight.subjects import Box
from biosight.subjects.area import MARGINS, Area, around
from biosight.subjects.box import distinct, surest
from biosight.subjects.strip import outside_strips

Floats = npt.NDArray[np.float32]
Proposal = Literal["", "empty", "human"]
Classify = Callable[[Pixels], Verdict]
Read = Callable[[int], Pixels]

# How often the animals of camera traps are of these groups (split `train`: 250 animals of 14
# sources), as the square root, so that what is rare at some cameras can be common at others.
SEEN_BY_TRAPS = {
    "Mammalia": 0.87,
    "Aves": 0.39,
    "Reptilia": 0.17,
    "Insecta": 0.14,
    "Amphibia": 0.1,
    "Arachnida": 0.1,
    "Mollusca": 0.1,
    "Animalia": 0.1,
}
# What an animal looks like where there is none: scenery.
SCENERY = ("Plantae", "Fungi")
# Fainter boxes only say how empty a frame is; they are not kept.
KEPT_FROM, MOST_KEPT = 0.15, 30
# px: the longer side of a box from which on its area is good enough, and the short side of a frame
# beyond which it is not read for a smaller one, since decoding costs time.
SMALL_BOX, LONGEST_SHORT_SIDE = 96, 1000


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a frame shows. `boxes` are the detector's, the surest first; `verdict` is the
    classifier's on the animal in the surest, or on the whole frame where there is none (`closely`
    says which). `emptiness` is the probability that nothing is seen, 0 to 1, and `proposal` what
    may be said of the frame instead of an organism."""

    boxes: tuple[Box, ...]
    verdict: Verdict
    closely: bool
    emptiness: float
    proposal: Proposal = ""

    @property
    def sureness(self) -> float:
        """How sure the proposal is, 0 to 1."""
        if self.proposal == "human":
            return max(b.score for b in self.boxes if b.kind == "human")
        return self.emptiness


def look_at(
    reading: Pixels,
    boxes: Sequence[Box],
    card: DetectorCard,
    classifier: Classifier,
    classify: Classify,
    read: Read,
) -> Sighting:
    """Return what one upright frame (height, width, 3) shows, with the boxes that the detector of
    the card found in it; those in the strip with the date are dropped. `classify` asks the
    classifier, and `read` reads the same frame with another short side, in pixels, for an animal
    that is small in this one."""
    framing, every = classifier.card.framing, boxes
    boxes = outside_strips(every)
    whole = classify(pixels_in(reading, None, framing))
    animal = surest(boxes, "animal")
    close = large_enough(reading, animal, framing, read)
    views = [classify(pixels_in(close, a, framing)) for a in areas(close, animal)]
    verdict = (
        pooled(views, classifier.rollup, how_often(classifier.card.label_names)) if views else whole
    )
    empty = emptiness(card, animal, scenery(classifier, [whole, *views]))
    people = [b for b in every if b.kind == "human"]
    kept = kept_boxes(distinct([*boxes, *people]))
    found = Sighting(kept, verdict, bool(views), empty)
    return replace(found, proposal=proposal_of(card, boxes, empty))


def large_enough(reading: Pixels, animal: Box | None, framing: Framing, read: Read) -> Pixels:
    """Return a reading in which a small animal's area has as many pixels as the network sees, as
    far as the file has them; the same one for larger animals, without one, or where it is hardly
    one."""
    if animal is None or animal.score < KEPT_FROM:
        return reading
    height, width = reading.shape[:2]
    side = max(animal.width * width, animal.height * height)
    if side >= SMALL_BOX:
        return reading
    wanted = min(height, width) * framing.input_size / (side * (1 + 2 * MARGINS[0]))
    short = min(LONGEST_SHORT_SIDE, round(wanted))
    if short <= min(height, width):
        return reading
    try:
        return read(short)
    except BioSightError:  # too large to be read so, or the machine is busy: this one shows it too
        return reading


def kept_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Return the boxes that are kept with a picture, the surest first; of people all, so that each
    can be blurred."""
    sure = [b for b in boxes if b.score >= KEPT_FROM]
    most = {id(b) for b in [b for b in sure if b.kind != "human"][:MOST_KEPT]}
    return tuple(b for b in sure if b.kind == "human" or id(b) in most)


def areas(reading: Pixels, animal: Box | None) -> tuple[Area, ...]:
    """Return the parts of a frame to look at for its animal; none without one."""
    if animal is None:
        return ()
    height, width = reading.shape[:2]
    return tuple(around(animal, width, height, margin) for margin in MARGINS)


def pooled(views: Sequence[Verdict], rollup: Rollup | None, weights: Floats) -> Verdict:
    """Return the verdict of several views of one animal: the mean of their log probabilities, in
    which each group counts by its weight (groups,). The embedding is the first's, and so is all of
    the verdict without a tree."""
    if rollup is None or any(v.leaves is None for v in views):
        return views[0]
    kept = [v.leaves for v in views if v.leaves is not None]
    logs = np.mean([np.log(x + SMALLEST) for x in kept], axis=0)
    leaves = np.exp(logs - logs.max())
    groups = leaves @ rollup.member
    wanted = groups * weights
    leaves = leaves * (wanted / (groups + SMALLEST))[rollup.leaf_group]
    leaves = (leaves / leaves.sum()).astype(np.float32)
    return replace(
        views[0],
        confidences=leaves @ rollup.member,
        leaves=leaves,
        nodes=leaves @ rollup.incidence,
    )


def how_often(groups: Sequence[str]) -> Floats:
    """Return how often camera traps see each group (groups,), 0 for scenery, which is no animal.
    All others are the same where a model has a group of which that is not known."""
    known = {*SEEN_BY_TRAPS, *SCENERY}.issuperset(groups)
    seen = [0.0 if g in SCENERY else SEEN_BY_TRAPS[g] if known else 1.0 for g in groups]
    return np.array(seen, np.float32)


def scenery(classifier: Classifier, views: Sequence[Verdict]) -> tuple[float, ...]:
    """Return how much each view looks like scenery, 0 to 1."""
    numbers = [i for i, g in enumerate(classifier.card.label_names) if g in SCENERY]
    return tuple(float(v.confidences[numbers].sum()) for v in views)


def emptiness(card: DetectorCard, animal: Box | None, scenery: Sequence[float]) -> float:
    """Return the probability that nothing is seen, from the surest animal and how much the views
    look like scenery: a logistic regression whose numbers are the card's."""
    whole, close = scenery[0], scenery[1] if len(scenery) > 1 else scenery[0]
    score = animal.score if animal else 0.0
    bias, by_score, by_whole, by_close = card.emptiness
    total = bias + by_score * odds(score) + by_whole * odds(whole) + by_close * odds(close)
    return round(float(1 / (1 + np.exp(-total))), 4)


def odds(share: float) -> float:
    """Return the logarithm of the odds of a probability, held within 1 in 10,000."""
    held = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(held / (1 - held)))


def proposal_of(card: DetectorCard, boxes: Sequence[Box], empty: float) -> Proposal:
    """Return what may be said of a frame with these boxes and this emptiness: a person, nothing, or
    "" for an organism."""
    person, animal = surest(boxes, "human"), surest(boxes, "animal")
    if person and person.score >= card.human and person.score > (animal.score if animal else 0):
        return "human"
    return "empty" if empty >= card.empty else ""
