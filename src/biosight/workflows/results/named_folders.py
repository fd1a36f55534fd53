"""Giving pictures the names of the folders that they came in.

Not here: what a folder's name means (folder_labels.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from biosight.images import Image
from biosight.labels import PEOPLE
from biosight.review.acts import change_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Where, parts
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.results.folder_labels import (
    FolderMeaning,
    folder_meanings,
    labels_of,
    lowest_labels,
)
from biosight.workflows.results.results_import import change_pictures
from biosight.workflows.task import Task

SOURCE = "the folder's name"


def meanings_in(task: Task, images: Mapping[str, int]) -> list[FolderMeaning]:
    """Return what the names of folders mean in a collection. `images` counts the pictures directly
    in each folder."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    return folder_meanings(names, images)


def name_by_folders(task: Task, images: Sequence[Image]) -> dict[str, int]:
    """Give pictures the names of their folders, as far as these are known or stand beside known
    ones; return the labels with the number of pictures."""
    counts = Counter(i.folder for i in images if i.folder != "/")
    return name_by_labels(task, images, labels_of(meanings_in(task, counts)))


def name_by_labels(
    task: Task, images: Sequence[Image], labels: Mapping[str, str]
) -> dict[str, int]:
    """Give pictures the label of the lowest folder on their path that has one, unless a person
    named them; return the labels with the number of pictures."""
    now = [i for some in parts([i.id for i in images]) for i in living(task, some)]
    unnamed = [i for i in now if i.who not in PEOPLE]
    found = lowest_labels(labels, {i.folder for i in unnamed})
    groups: dict[str, list[str]] = {}
    for image in unnamed:
        if label := found.get(image.folder):
            groups.setdefault(label, []).append(image.id)
    named = {}
    for label, ids in groups.items():
        asked = replace(change_of("relabel", label=label), source=SOURCE)
        change = with_path(task.records, task.catalogue, task.collection_now(), asked)
        named[change.label] = change_pictures(task, change, ids)
    return named


def living(task: Task, ids: Sequence[str]) -> list[Image]:
    """Return pictures of a collection as they are now, without those in the trash."""
    where = [*living_images(task.id), Where("id", "in", tuple(ids))]
    return task.records.find(Image, where, limit=len(ids))
