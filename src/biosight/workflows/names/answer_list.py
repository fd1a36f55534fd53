"""The names that alone may be answered in a collection: set by hand or from a checklist, and what
the collection's model can make of them.

Not here: what a list does to an answer (inference/name_list.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from biosight import membership
from biosight.bootstrap import Catalogue
from biosight.collection import MOST_ANSWERABLE, Collection
from biosight.errors import BadRequest
from biosight.inference.name_list import list_of
from biosight.labels import clean_label
from biosight.own_names.collected import Names
from biosight.registry import ModelVersion
from biosight.storage.records import Records
from biosight.taxa.checklist import Listed
from biosight.workflows.collection_names import model_of, names_in
from biosight.workflows.names.sensitivity import as_written
from biosight.workflows.task import Task

EVERY = "Any name may be answered."
NO_USE = "The model of this collection can't use the list: it knows none of these names."


@dataclass(frozen=True, slots=True)
class AnswerList:
    """A collection's list, and what its model makes of it: names that it can tell, names that a
    name above them stands for, and a sentence."""

    names: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    above: dict[str, str] = field(default_factory=dict)
    words: str = EVERY


def answer_list(records: Records, catalogue: Catalogue, collection: Collection) -> AnswerList:
    """Return a collection's list and what the model that serves there can make of it."""
    naming = names_in(records, catalogue, collection).naming
    if naming.answerable is None:
        return AnswerList()
    version = records.get(ModelVersion, model_of(records, catalogue, collection))
    limit = list_of(version.card, naming.answerable) if version else None
    if limit is None:
        return AnswerList(collection.answerable, words=NO_USE)
    told = tuple(naming.shown(name) for name in limit.told)
    above = {naming.shown(n): naming.shown(by) for n, by in limit.above.items()}
    return AnswerList(collection.answerable, told, above, limit.in_words())


def known_answers(names: Names, asked: Sequence[str]) -> list[str]:
    """Return the names to answer with, as the tree writes them. Raises BadRequest for a name that
    it does not have, and suggests similar ones."""
    return [as_written([], clean_label(a), names) for a in asked]


def answer_with_listed(task: Task, listed: Sequence[Listed]) -> Collection:
    """Let only the names of a checklist be answered; it must have been imported. Raises BadRequest
    for too many names, or where the tree knows none of them."""
    found = task.collection_now()
    names = names_in(task.records, task.catalogue, found)
    written = (names.find(n.accepted or n.name) for n in listed)
    labels = list(dict.fromkeys(label for label in written if label))
    if not labels:
        raise BadRequest("This collection knows none of the names on the list; import it first.")
    if len(labels) > MOST_ANSWERABLE:
        raise BadRequest(
            f"This list has {len(labels):,} names; up to {MOST_ANSWERABLE:,} can be answered with."
            " Take a shorter one, such as that of your region and group."
        )
    return membership.change_collection(task.records, found, answerable=labels)
