"""API: how many pictures truly show each name, and how sure that is."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from biosight.review.count_question import known_counts, pictures_for
from biosight.review.likely_counts import (
    LEAST,
    Counts,
    likely_count,
    looks_needed,
    small_lots_unseen,
)
from biosight.taxa.paths import line_of
from biosight.web.access.deps import MayLook, Open, Store
from biosight.web.schemas.pictures import image_out
from biosight.web.schemas.review_queue import DrawnOut
from biosight.workflows.names.likely_names import likely_names, population_in

router = APIRouter(tags=["review"])
MOST_PLANNED = 100  # names with the looks that they still need
Path = Annotated[str, Query(pattern=r"^/.+/$", max_length=2000)]


class LikelyCountOut(BaseModel):
    """A name with all below it: the machine says it of `said` pictures. Of the pictures that people
    looked at by chance, `looked` had it from the machine, `right` of them rightly, and `missed`
    show it although the machine said something else.

    `estimate` pictures show it, with a 95 % interval from `low` to `high`. `more` is about how many
    more random pictures make that +-10 %, null where it is so already or would take nearly all.
    """

    path: str
    label: str
    said: int
    looked: int
    right: int
    missed: int
    estimate: float
    low: float
    high: float
    more: int | None


class LikelyCountsOut(BaseModel):
    """What `sample` pictures drawn at random tell of the `pictures` of a collection. `names` is
    empty below `least`, until people have looked at `needed` more. `fair` is false where pictures
    went or came after they were looked at, so that they are no random sample any more."""

    pictures: int
    sample: int
    least: int
    needed: int
    fair: bool
    names: list[LikelyCountOut]


@router.get("/collections/{collection}/likely-counts")
def show_likely_counts(access: MayLook, biosight: Open, records: Store) -> LikelyCountsOut:
    """Tell how many pictures truly show each name, as far as the random half of review tells."""
    c = access.collection
    sample, told = likely_names(records, biosight.catalogue, c)
    fullest = set(sorted(told, key=lambda path: -told[path].said)[:MOST_PLANNED])
    return LikelyCountsOut(
        pictures=sample.population.whole,
        sample=len(sample.pairs),
        least=LEAST,
        needed=0 if told else small_lots_unseen(records, c.id),
        fair=sample.fair,
        names=[count_out(path, counts, plan=path in fullest) for path, counts in told.items()],
    )


class CountQuestionOut(BaseModel):
    """What is known of how many pictures show a name, and the pictures that tell most about it."""

    now: LikelyCountOut
    images: list[DrawnOut]


@router.get("/collections/{collection}/likely-counts/queue")
def count_queue(access: MayLook, biosight: Open, records: Store, under: Path) -> CountQuestionOut:
    """List the pictures that tell most about how many show a name (`under`: its path in the tree).

    Send `via: "count"` with the answers, in this order; ask again for more.
    """
    c = access.collection
    population = population_in(records, biosight.catalogue, c)
    counts = known_counts(records, c.id, population, under)
    drawn = pictures_for(records, c.id, under, counts)
    return CountQuestionOut(
        now=count_out(under, counts),
        images=[DrawnOut(image=image_out(d.image, access), via=d.via) for d in drawn],
    )


def count_out(path: str, counts: Counts, *, plan: bool = True) -> LikelyCountOut:
    """Return a name's counts as the API shows them, with what more looks bring if asked."""
    likely = likely_count(counts)
    return LikelyCountOut(
        path=path,
        label=(line_of(path) or ("",))[-1],
        said=counts.said,
        looked=counts.looked,
        right=counts.right,
        missed=counts.missed,
        estimate=round(likely.estimate, 1),
        low=round(likely.low, 1),
        high=round(likely.high, 1),
        more=looks_needed(counts) if plan else None,
    )
