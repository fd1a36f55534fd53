"""Giving pictures the names that they bring: of the folders that they came in, and of keywords.

Not here: what a name means (folder_labels.py), or how keywords are read
(images/metadata/keywords.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from biosight.images import Image
from biosight.images.metadata.keywords import as_folder
from biosight.labels import PEOPLE
from biosight.review.acts import change_of
from biosight.storage.conditions import living_images
from biosight.storage.records import Where, parts
from biosight.taxa.tree import Tree
from biosight.workflows.collection_names import names_in, with_path
from biosight.workflows.results.folder_labels import (
    FolderMeaning,
    folder_meanings,
    labels_of,
    lowest_labels,
)
from biosight.workflows.results.results_import import change_pictures
from biosight.workflows.task import Task

SOURCE, KEYWORD_SOURCE = "the folder's name", "a keyword of the file"


def meanings_in(
    task: Task, images: Mapping[str, int], *, keywords: bool = False
) -> list[FolderMeaning]:
    """Return what the names of folders, or keywords, mean in a collection. `images` counts the
    pictures directly in each."""
    names = names_in(task.records, task.catalogue, task.collection_now())
    return folder_meanings(names, images, keywords=keywords)


def name_by_folders(task: Task, folders: Mapping[str, str]) -> dict[str, int]:
    """Give pictures, by id, the names of the `folders` that they came in now, as far as these are
    known or stand beside known ones; return the labels with the number of pictures. A picture that
    was here before may lie in another folder."""
    counts = Counter(folder for folder in folders.values() if folder != "/")
    return name_by_labels(task, folders, labels_of(meanings_in(task, counts)))


def name_by_labels(
    task: Task,
    folders: Mapping[str, str],
    labels: Mapping[str, str],
    keywords: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Give pictures the label of the lowest folder on their path that has one, else that of their
    keywords, unless a person named them; return the labels with the number of pictures. `folders`
    are those of pictures by id, `labels` those of folders."""
    now = [i for some in parts(list(folders)) for i in living(task, some)]
    unnamed = [i for i in now if i.who not in PEOPLE]
    found = lowest_labels(labels, set(folders.values()))
    tree = names_in(task.records, task.catalogue, task.collection_now()).tree
    groups: dict[tuple[str, str], list[str]] = {}
    for image in unnamed:
        label, source = found.get(folders[image.id], ""), SOURCE
        if not label and keywords:
            label, source = keyword_label(tree, keywords, image), KEYWORD_SOURCE
        if label:
            groups.setdefault((label, source), []).append(image.id)
    named: Counter[str] = Counter()
    for (label, source), ids in groups.items():
        asked = replace(change_of("relabel", label=label), source=source)
        change = with_path(task.records, task.catalogue, task.collection_now(), asked)
        named[change.label] += change_pictures(task, change, ids)
    return named


def keyword_label(tree: Tree, labels: Mapping[str, str], image: Image) -> str:
    """Return the label that a picture's keywords give: the finest, if all others lie above it; ""
    where they name different things, or nothing."""
    lowest = lowest_labels(labels, [as_folder(word) for word in image.keywords])
    found = sorted(set(lowest.values()), key=lambda label: len(tree.line(label)))
    if not found:
        return ""
    line = set(tree.line(found[-1])) | {found[-1]}
    return found[-1] if line.issuperset(found) else ""


def keyword_counts(images: Iterable[Image]) -> Counter[str]:
    """Return how many pictures have each keyword, in the form of folders."""
    return Counter(as_folder(word) for image in images for word in image.keywords)


def living(task: Task, ids: Sequence[str]) -> list[Image]:
    """Return pictures of a collection as they are now, without those in the trash."""
    where = [*living_images(task.id), Where("id", "in", tuple(ids))]
    return task.records.find(Image, where, limit=len(ids))
