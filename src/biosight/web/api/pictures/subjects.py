"""API: what a picture shows, all its subjects at once."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from biosight.review.perform_acts import perform
from biosight.web.access.deps import ImageToChange, Open, Signed, Store
from biosight.web.schemas.picture_detail import ImageDetail, answer_change, parse_etag
from biosight.web.schemas.subjects import SubjectsBody
from biosight.workflows.pictures.subjects import to_subjects

router = APIRouter(tags=["images"])


@router.put("/images/{image}/subjects")
def set_subjects(
    body: SubjectsBody,
    seen: ImageToChange,
    person: Signed,
    biosight: Open,
    records: Store,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> ImageDetail:
    """Say all that a picture shows: animals, people, things, each with its box if it has one.

    The list replaces the one before, as one act that can be undone. With If-Match, the status is
    412 if somebody else was faster. A new label of the first subject relabels the picture.
    """
    collection, by = seen.access.collection, person.user.id
    said = [s.subject for s in body.subjects]
    change = to_subjects(records, biosight.catalogue, collection, seen.image, said, by)
    expected = parse_etag(if_match)
    done = perform(records, by, collection.id, change, [seen.image], expected=expected)
    return answer_change(biosight, records, seen, done, response)
