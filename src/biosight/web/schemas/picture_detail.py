"""One image in full, as the API shows it, and the answer to a change of it.

Not here: lists of images (web/schemas/pictures.py), or routes (web/api/pictures).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from biosight import accounts, gallery
from biosight.bootstrap import BioSight
from biosight.errors import BadRequest, Unavailable
from biosight.field.coarse_places import Coarsening
from biosight.field.event_observations import observations_about
from biosight.field.events import Event, event_of
from biosight.field.gaps import gap_of
from biosight.field.grid import shown_at
from biosight.images import Capture, Image
from biosight.images.stack import plane_names
from biosight.labels import Prediction
from biosight.membership import Access
from biosight.places import Deployment, Site
from biosight.review.perform_acts import Done
from biosight.review.undo_acts import latest_prediction
from biosight.taxa.naming import Naming
from biosight.web.access.deps import (
    Seen,
    Store,
)
from biosight.web.access.rights import seen_rule
from biosight.web.schemas.guesses import (
    BoxOut,
    GuessOut,
    LevelOut,
    OpinionOut,
    finer_out,
    guesses_out,
    levels_out,
    opinions_out,
    why_no_finer,
)
from biosight.web.schemas.pictures import ImageOut, TaxonOut, etag, image_out, taxon_out
from biosight.web.schemas.subjects import SubjectOut, subjects_out
from biosight.workflows.collection_names import naming_of


class EventSaidOut(BaseModel):
    """What another archive says of a whole event, in Camtrap DP's terms.

    `name` is the scientific name, or the type of observation where there is none. `count` is 0
    where nobody counted. `by` says who classified it.
    """

    name: str
    count: int
    sex: str
    life_stage: str
    behaviour: str
    individual: str
    comments: str
    by: str


class EventOut(BaseModel):
    """An event: pictures of one deployment that follow each other within a gap.

    The gap is the collection's or the deployment's own. `start` and `end` are the first and last
    local time, and `images` is the number of pictures. `said` is what other archives say of the
    whole event; it counts until somebody changes one of its pictures. Lists leave it empty.
    """

    id: str
    start: str
    end: str
    images: int
    said: list[EventSaidOut] = []


class ImageDetail(ImageOut):
    """An image with the model's guesses and the file's metadata; after a change, also its act.

    `top` are the model's labels. With a tree of names, there is more: `levels` are the names on the
    line through its answer, with the probability of each, and `stops` says why the answer goes no
    further down. `finer` are the likeliest of its finest names, `opinions` are what experts say,
    and `taxon` describes the current label.

    In collections of camera traps, `boxes` are what the version `detector` found, the surest first;
    `trouble` says in words why it could not look.

    Where the collection hides the place from viewers, the coordinates are the middle of a cell of
    `coarse` degrees. They are exact where `coarse` is 0.

    `planes` are the names of a stack's planes (`/images/{image}/planes/{number}`, counted from 0),
    none for a single picture. `microns` is the width of a pixel in micrometres, 0 for unknown.
    """

    top: list[GuessOut]
    finer: list[GuessOut]
    levels: list[LevelOut]
    stops: str
    detector: str
    boxes: list[BoxOut]
    trouble: str
    opinions: list[OpinionOut]
    taxon: TaxonOut | None
    latitude: float | None
    longitude: float | None
    coarse: float
    subseconds: str
    capture: Capture
    uploaded_by: str
    event: EventOut | None
    deployment_name: str
    site_name: str
    planes: list[str]
    microns: float
    subjects: list[SubjectOut]
    act: str = ""


def detail(biosight: BioSight, image: Image, access: Access, records: Store) -> ImageDetail:
    """Return an image with its guesses and metadata."""
    prediction = latest_prediction(records, image.id)
    naming = naming_of(records, biosight.catalogue, access.collection)
    deployment = records.get(Deployment, image.deployment) if image.deployment else None
    zone = deployment.zone if deployment else ""
    event = event_of(records, image, gap_of(access.collection, deployment), zone)
    site = records.get(Site, image.site) if image.site else None
    rule = seen_rule(access, biosight, records)
    return ImageDetail(
        **image_out(image, access).model_dump(),
        **said_by_models(prediction, naming, image, rule),
        taxon=taxon_out(naming.tree, image.label),
        **place_seen(image, rule),
        subseconds=image.taken[20:],
        uploaded_by=accounts.names_of(records)(image.uploaded_by),
        event=shown_event(event, said_of_event(records, image, rule)) if event else None,
        deployment_name=deployment.name if deployment else "",
        site_name=site.name if site else "",
        planes=plane_names(image.planes, image.channels),
        microns=image.microns,
        subjects=subjects_out(image),
    )


def said_by_models(
    prediction: Prediction | None, naming: Naming, image: Image, rule: Coarsening
) -> dict[str, Any]:
    """Return what the models say of a picture, without names that would reveal to this person what
    was seen at a place that is shown exactly."""
    if prediction is None:
        nothing: dict[str, Any] = {
            "top": [],
            "finer": [],
            "levels": [],
            "opinions": [],
            "boxes": [],
        }
        return {**nothing, "stops": "", "detector": "", "trouble": ""}
    levels = levels_out(prediction, naming)
    told = [x for x in levels if not rule.tells(image, x.label)]
    return {
        "top": [g for g in guesses_out(prediction.top, naming) if not rule.tells(image, g.label)],
        "finer": [g for g in finer_out(prediction, naming) if not rule.tells(image, g.label)],
        "levels": told,
        "stops": why_no_finer(prediction, naming) if told == levels else "",
        "opinions": opinions_out(prediction.opinions),
        "detector": prediction.detector,
        "boxes": [BoxOut(**box.plain) for box in prediction.boxes],
        "trouble": prediction.trouble,
    }


def place_seen(image: Image, rule: Coarsening) -> dict[str, Any]:
    """Return a picture's own coordinates as this person may see them."""
    degrees = rule.of(image)
    place = shown_at(image.latitude, image.longitude, degrees)
    capture = image.capture
    return {
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "coarse": degrees,
        "capture": replace(capture, altitude=None) if place and degrees else capture,
    }


def shown_event(event: Event, said: Sequence[EventSaidOut] = ()) -> EventOut:
    """Return an event as the API shows it."""
    return EventOut(
        id=event.id, start=event.start, end=event.end, images=event.images, said=list(said)
    )


def said_of_event(records: Store, image: Image, rule: Coarsening) -> list[EventSaidOut]:
    """Return what other archives say of a picture's event, as this person may see it."""
    found = []
    for counting in observations_about(records, image):
        said = dict(counting.observation.terms)
        if any(rule.tells(image, text) for text in said.values()):
            continue
        found.append(
            EventSaidOut(
                name=said.get("scientificName") or said.get("observationType", ""),
                count=int(said.get("count", 0)),
                sex=said.get("sex", ""),
                life_stage=said.get("lifeStage", ""),
                behaviour=said.get("behavior", ""),
                individual=said.get("individualID", ""),
                comments="" if rule.hides(image) else said.get("observationComments", ""),
                by=said.get("classifiedBy", ""),
            )
        )
    return found


def answer_change(
    biosight: BioSight, records: Store, seen: Seen, done: Done, response: Response
) -> ImageDetail:
    """Return a picture after a change of it, with its new ETag. Raises NotFound where it is gone,
    and Unavailable where others kept changing it."""
    image = seen.image
    if done.conflicts:
        gallery.get_image(records, image.id)
        raise Unavailable("Others change this picture at the same moment; try again.")
    new = done.changed[0] if done.changed else gallery.get_image(records, image.id)
    response.headers["ETag"] = etag(new)
    shown = detail(biosight, new, seen.access, records)
    return shown.model_copy(update={"act": done.act if done.changed else ""})


def parse_etag(header: str | None) -> int | None:
    """Return the version in an If-Match header; None for any version. Raises BadRequest."""
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 15:
        raise BadRequest("If-Match holds the ETag that BioSight gave.")
    return int(text)
