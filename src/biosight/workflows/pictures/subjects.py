"""Change of what a picture shows: all its subjects at once, as one act.

Not here: what a subject is (subjects/subject.py), or performing acts (review/perform_acts.py).
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.images import Image
from biosight.review.acts import SUBJECTS, Change, change_of
from biosight.storage.records import Records
from biosight.subjects import Subject
from biosight.workflows.collection_names import accepted_labels


def to_subjects(
    records: Records,
    catalogue: Catalogue,
    collection: Collection,
    image: Image,
    said: Sequence[Subject],
    by: str,
) -> Change:
    """Return the change of a picture's subjects to those that a person says, under the names that
    the collection uses. Further subjects that are as they were keep who named them. Raises
    BadRequest."""
    change = change_of(SUBJECTS, subjects=tuple(said))
    names = accepted_labels(records, catalogue, collection, [s.label for s in change.subjects])
    first, *others = (
        replace(s, label=label, label_path=path)
        for s, (label, path) in zip(change.subjects, names, strict=True)
    )
    known, now = list(image.others), time.time()
    kept = []
    for one in others:
        same = next((k for k in known if k.named == one.named), None)
        if same:
            known.remove(same)
        kept.append(same or replace(one, by=one.by or by, at=one.at or now))
    return replace(change, subjects=(first, *kept))
