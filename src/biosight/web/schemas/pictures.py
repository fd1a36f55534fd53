"""Images and jobs as the API shows them, wherever they are shown.

Not here: one image in full (web/api/pictures/images.py).
"""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from biosight.images import Image
from biosight.membership import Access
from biosight.taxa.tree import Tree
from biosight.work.jobs import Job
from biosight.workflows.jobs import all_kinds
from biosight.workflows.pictures import long_acts


class JobOut(BaseModel):
    """A job and how far it is.

    `title` says in words what the job does; if the job is about a version, the name in `model`
    follows the title. `act` is the act that the job does or undoes. The content of `result` depends
    on the kind.
    """

    id: str
    kind: str
    title: str
    collection: str
    act: str
    state: str
    done: int
    total: int
    words: str
    model: str
    created_at: float
    finished_at: float
    result: dict[str, Any] | None


def job_out(job: Job) -> JobOut:
    """Return a job as the API shows it; `act` is the act that it does or undoes."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        title=all_kinds.KINDS[job.kind].title or job.want("title"),
        collection=job.collection,
        act=job.id if job.kind == long_acts.NAME else job.want("act"),
        state=job.state,
        done=job.done,
        total=job.total,
        words=job.words,
        model=job.want("model"),
        created_at=job.created_at,
        finished_at=job.finished_at,
        result=json.loads(job.result) if job.result and not job.live else None,
    )


class TaxonOut(BaseModel):
    """A label in the collection's tree of names, by Darwin Core's terms.

    `line` holds the labels from the top down to it, and `vernacular_line` the common name of each.
    A label outside the tree has a line of itself alone, and no rank.
    """

    label: str
    scientific_name: str
    taxon_rank: str
    vernacular_name: str
    line: list[str]
    vernacular_line: list[str]


def taxon_out(tree: Tree, label: str) -> TaxonOut | None:
    """Return a label as its tree knows it; None for no label."""
    if not label:
        return None
    taxon = tree.taxa.get(label)
    if taxon is None:
        return TaxonOut(
            label=label,
            scientific_name="",
            taxon_rank="",
            vernacular_name="",
            line=[label],
            vernacular_line=[""],
        )
    line = tree.line(label)
    return TaxonOut.model_construct(
        label=label,
        scientific_name=taxon.scientific_name,
        taxon_rank=taxon.taxon_rank,
        vernacular_name=taxon.vernacular_name,
        line=list(line),
        vernacular_line=vernacular_line(tree, line),
    )


def vernacular_line(tree: Tree, line: Sequence[str]) -> list[str]:
    """Return the first common name of each label of a line, "" for none."""
    return [tree.taxa[n].vernacular_name.partition("; ")[0] for n in line]


class ImageOut(BaseModel):
    """An image.

    `who` says whose label counts: machine, person, bulk or nobody. `also_labels` are what it shows
    beside what its label is about, `also_paths` and `also_things` where these hang in the tree.
    `unsure` follows from the collection's threshold, and `uploader` is an id. `sha256` is "" for
    viewers where the collection hides places, and there `machine_label` and `group` are "" for
    pictures that people named.
    """

    id: str
    collection: str
    name: str
    path: str
    label: str
    label_path: str
    thing: str
    deployment: str
    site: str
    shift: int
    group: str
    who: str
    unsure: bool
    machine_label: str
    confidence: float
    model: str
    novelty: float
    unfamiliar: bool
    width: int
    height: int
    size: int
    media_type: str
    sha256: str
    created_at: float
    taken: str
    taken_file: str
    day: str
    note: str
    camera: str
    folder: str
    uploader: str
    dated: str
    individuals: int
    also_labels: tuple[str, ...]
    also_paths: tuple[str, ...]
    also_things: tuple[str, ...]
    trashed: bool
    session: str
    version: int


SHOWN = ImageOut.model_fields.keys() - {"unsure", "taken", "uploader"}


def image_out(image: Image, access: Access) -> ImageOut:
    """Return an image as this person sees it.

    Where a collection hides places, viewers get no hash of an original: they could try places out
    against it.
    """
    c = access.collection
    unsure = image.who == "machine" and image.percent < c.threshold
    hidden = bool(c.hiding) and not access.may("change")
    shown = {name: getattr(image, name) for name in SHOWN}
    if hidden:
        shown["sha256"] = ""
        if image.who != "machine":  # what a machine said instead may be a hidden name
            shown["machine_label"] = shown["group"] = ""
    return ImageOut.model_construct(
        **shown,
        taken=image.taken_at,
        uploader=image.uploaded_by,
        unsure=unsure,
    )


def etag(image: Image) -> str:
    """Return an image's version as an entity tag."""
    return f'"{image.version}"'
