"""What a detector should have said: points assigned to boxes, and the loss.

Assignment by cost with a number of points that follows from the overlaps (dynamic k of SimOTA,
Ge et al. 2021, with NanoDet-Plus's soft labels); quality focal and distribution focal loss
(Li et al. 2020), and generalised IoU (Rezatofighi et al. 2019).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

BINS = 8
CANDIDATES = 13


@dataclass(frozen=True, slots=True)
class SceneTruth:
    """What is in one scene: corners (m, 4) in pixels of the input and kinds (m,); corners (k, 4) of
    places where nobody knows, of which nothing is learnt."""

    corners: Tensor
    kinds: Tensor
    unknown: Tensor


def distances(logits: Tensor) -> Tensor:
    """Return the mean distances (..., 4) in strides of distributions (..., 32)."""
    shares = logits.reshape(*logits.shape[:-1], 4, BINS).softmax(-1)
    return shares @ torch.arange(BINS, dtype=shares.dtype)


def corners_of(points: Tensor, away: Tensor) -> Tensor:
    return torch.cat([points - away[..., :2], points + away[..., 2:]], -1)


def overlaps(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return IoU and generalised IoU of boxes that broadcast, both (...,)."""
    low = torch.maximum(one[..., :2], other[..., :2])
    high = torch.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1) for b in (one, other)]
    union = (areas[0] + areas[1] - shared).clamp(min=1e-6)
    hull = torch.maximum(one[..., 2:], other[..., 2:]) - torch.minimum(one[..., :2], other[..., :2])
    whole = hull.prod(-1).clamp(min=1e-6)
    return shared / union, shared / union - (whole - union) / whole


@torch.no_grad()
def assigned(
    points: Tensor, strides: Tensor, scores: Tensor, boxes: Tensor, truth: SceneTruth
) -> Tensor:
    """Return for each point the number of the box that it should tell of, -1 for none: (points,).

    `scores` are logits (points, kinds), `boxes` are corners (points, 4) in pixels.
    """
    found = torch.full((len(points),), -1)
    if not len(truth.corners):
        return found
    corners = truth.corners[:, None]
    inside = ((points > corners[..., :2]) & (points < corners[..., 2:])).all(-1)
    middles = (corners[..., :2] + corners[..., 2:]) / 2
    far = ((points - middles).norm(dim=-1)) / strides
    inside |= far <= far.min(1, keepdim=True).values + 0.5  # the smallest boxes hold no point
    iou = overlaps(boxes[None], corners)[0]
    own = scores[:, truth.kinds].T
    gap = (iou - own.sigmoid()).abs() ** 2
    cost = functional.binary_cross_entropy_with_logits(own, iou, reduction="none") * gap
    cost = cost - 3 * torch.log(iou + 1e-7) + 10 ** (far - 3) + (~inside) * 1e8
    best = torch.full((len(points),), 1e7)
    for i in range(len(truth.corners)):
        likely = torch.where(inside[i], iou[i], 0.0).topk(min(CANDIDATES, len(points))).values
        count = int(likely.sum().clamp(min=1))
        for j in cost[i].topk(count, largest=False).indices:
            if cost[i, j] < best[j]:
                best[j], found[j] = cost[i, j], i
    return found


def quality_focal(logits: Tensor, wanted: Tensor) -> Tensor:
    gap = (wanted - logits.sigmoid()).abs() ** 2
    return functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * gap


def scene_loss(
    grid: tuple[Tensor, Tensor], said: tuple[Tensor, Tensor], truth: SceneTruth, taught: Tensor
) -> Tensor:
    """Return the loss of one scene: `grid` are points (points, 2) and their strides (points,),
    `said` logits of the kinds (points, kinds) and of the distances (points, 32). `taught` (points,
    kinds) are a teacher's probabilities for the kinds that the scene does not know; NaN where it
    knows them."""
    (points, strides), (scores, away) = grid, said
    boxes = corners_of(points, distances(away) * strides[:, None])
    number = assigned(points, strides, scores.detach(), boxes.detach(), truth)
    hit = number >= 0
    wanted = torch.nan_to_num(taught, nan=0.0)
    total = torch.zeros(())
    if hit.any():
        own = truth.corners[number[hit]]
        iou, giou = overlaps(boxes[hit], own)
        wanted[hit] = 0
        wanted[hit, truth.kinds[number[hit]]] = iou.detach()
        weight = scores.detach()[hit, truth.kinds[number[hit]]].sigmoid().clamp(min=0.1)
        sides = torch.cat([points[hit] - own[:, :2], own[:, 2:] - points[hit]], 1)
        sides = (sides / strides[hit, None]).clamp(0, BINS - 1.01)
        focal = distribution_focal(away[hit].reshape(-1, 4, BINS), sides)
        norm = weight.sum().clamp(min=1.0)
        total = (2 * (weight * (1 - giou)).sum() + 0.25 * (weight * focal).sum()) / norm
    loss = quality_focal(scores, wanted)
    for corners in truth.unknown:
        inside = ((points > corners[:2]) & (points < corners[2:])).all(-1) & ~hit
        loss = torch.where(inside[:, None], 0.0, loss)
    return total + loss.sum() / max(1.0, float(hit.sum()))


def distribution_focal(logits: Tensor, sides: Tensor) -> Tensor:
    """Return the loss (n,) of distributions (n, 4, bins) that should have their mean at `sides`."""
    low = sides.long()
    share = sides - low
    log = logits.log_softmax(-1)
    below = log.gather(-1, low[..., None])[..., 0] * (1 - share)
    above = log.gather(-1, low[..., None] + 1)[..., 0] * share
    return -(below + above).mean(-1)
