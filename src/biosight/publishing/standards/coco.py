"""COCO Camera Traps JSON: pictures, sequences and labels for training other models.

Source: COCO Camera Traps 1.0, github.com/agentmorris/MegaDetector, and cocodataset.org. Pictures
keep the names of their own files; a picture that nobody named has no annotation. Not here: what the
facts are (facts.py).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from biosight.images import Image
from biosight.publishing.file_names import UniqueNames, clean_part, file_name
from biosight.publishing.standards.facts import (
    Facts,
    Scope,
    all_facts,
    by_subject,
    coordinates,
    instant_text,
)
from biosight.storage.conditions import living_images
from biosight.storage.label_use import pictures_by_label
from biosight.storage.records import Records
from biosight.taxa.kinds import label_kind

EMPTY = "empty"


def coco(records: Records, scope: Scope) -> Iterator[bytes]:
    """Yield the file in pieces; only the names of files are kept in memory."""
    ids, names = categories(records, scope), UniqueNames()
    info = {
        "version": "1.0",
        "description": scope.title,
        "year": datetime.now(UTC).year,
        "contributor": scope.credits.creator,
        "date_created": datetime.now(UTC).date().isoformat(),
    }
    named = [{"id": number, "name": name} for name, number in ids.items()]
    head = f'{{"info": {coco_json_text(info)},\n"categories": {coco_json_text(named)},\n'
    yield f'{head}"images": ['.encode()
    yield from json_members(
        p for event in events(records, scope) for p in coco_images(event, scope, names)
    )
    yield b'],\n"annotations": ['
    yield from json_members(
        said
        for facts in all_facts(records, scope)
        for one in by_subject(facts, scope)
        if (said := coco_annotation(one, scope, ids)) is not None
    )
    yield b"]}\n"


def coco_json_text(value: object) -> str:
    """Return a value as JSON without line breaks."""
    return json.dumps(value, ensure_ascii=False)


def json_members(rows: Iterator[dict[str, object]]) -> Iterator[bytes]:
    """Yield the members of a list, one line each."""
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{coco_json_text(row)}".encode()


def categories(records: Records, scope: Scope) -> dict[str, int]:
    """Return a number for each label; 0 stands for nothing to be seen, as in the format."""
    labels = sorted(v for v in pictures_by_label(records, living_images(scope.collection)) if v)
    names = dict.fromkeys(category(label, scope) for label in labels)
    return {EMPTY: 0} | {n: i for i, n in enumerate((n for n in names if n != EMPTY), start=1)}


def category(label: str, scope: Scope) -> str:
    """Return the name of a label's category; empty pictures have the format's word."""
    return EMPTY if label_kind(label, scope.naming) == EMPTY else label


def events(records: Records, scope: Scope) -> Iterator[list[Facts]]:
    """Yield the pictures of each event together; each picture outside of a deployment alone."""
    for _, facts in groupby(all_facts(records, scope), lambda f: (f.image.deployment, sequence(f))):
        yield list(facts)


def sequence(facts: Facts) -> str:
    """Return the event's id within its deployment."""
    return facts.event if facts.image.deployment and facts.event else facts.image.id


def coco_images(
    event: list[Facts], scope: Scope, names: UniqueNames
) -> Iterator[dict[str, object]]:
    """Yield the format's records of an event's pictures, in order of time. No two have the same
    file name, since a trainer would take them for one."""
    for number, facts in enumerate(event):
        image = facts.image
        site = scope.named_site(image)
        hidden = scope.hides(image)
        latitude, longitude, _ = coordinates(image, scope)
        yield {
            "id": image.id,
            "file_name": names.take(*coco_place(image, hidden=hidden)).removeprefix("/"),
            "width": image.width,
            "height": image.height,
            "datetime": instant_text(image),
            "location": site.name if site else scope.deployment_name(image),
            "seq_id": f"{image.deployment} {facts.event[:19]}" if len(event) > 1 else image.id,
            "seq_num_frames": len(event),
            "frame_num": number,
            **({"latitude": float(latitude), "longitude": float(longitude)} if latitude else {}),
        }


def coco_place(image: Image, *, hidden: bool) -> tuple[str, str]:
    """Return a picture's folder inside the collection and its file name: its own path without
    drives, or the name alone where the path may tell a hidden place."""
    path = "" if hidden else (image.path or "").replace("\\", "/")
    *folders, last = [p for p in path.split("/") if p not in {"", ".", ".."}] or [image.name]
    kept = [clean_part(f, "_") for f in folders if not f.endswith(":")]
    return "/".join(kept), file_name(last, image.media_type)


def coco_annotation(facts: Facts, scope: Scope, ids: dict[str, int]) -> dict[str, object] | None:
    """Return what counts now of a subject; None where nobody named it."""
    image, now = facts.image, facts.current
    name = category(image.label, scope)
    if not image.label or name not in ids:
        return None
    said: dict[str, object] = {
        "id": f"{facts.key}-{image.version}",
        "image_id": image.id,
        "category_id": ids[name],
        "sequence_level_annotation": False,
        "classification_method": "machine" if now is None or now.machine else "human",
    }
    if region := facts.region:
        wide, high = image.width, image.height
        x, y, w, h = region.sides
        sides = (x * wide, y * high, w * wide, h * high)
        said["bbox"] = [round(side, 1) for side in sides]
    if facts.count:
        said["count"] = facts.count
    if now is not None and now.probability is not None:
        said["score"] = round(now.probability, 4)
    return said
