"""Which of a collection's pictures teach: those that people named, with their embeddings.

Not here: folds of them (folds.py), or what is taught (teach.py).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from biosight.errors import BadRequest
from biosight.images import Embedding, Image
from biosight.labels import OPENS_AT
from biosight.learning.locking import locked_pictures
from biosight.learning.teaching.candidate import Example, Floats
from biosight.learning.teaching.folds import kept_together
from biosight.storage.conditions import named_by_people
from biosight.storage.records import Records, pages
from biosight.taxa.naming import Naming

BATCH = 500


def named_pictures(records: Records, collection: str, *, in_bulk: bool = False) -> Iterator[Image]:
    """Yield a collection's pictures that a person named, in order of id."""
    where = named_by_people(collection, in_bulk=in_bulk)
    for found in pages(records, Image, where, size=BATCH):
        yield from found


def named_examples(
    records: Records,
    collection: str,
    space: str,
    naming: Naming,
    embed: Callable[[Image], Floats],
    step: Callable[[int], None],
    *,
    in_bulk: bool = False,
) -> list[Example]:
    """Return every named picture with its embedding in `space`; `embed` makes missing embeddings.

    Examples have the model's names.
    """
    back = naming.own
    named = [i for i in named_pictures(records, collection, in_bulk=in_bulk) if i.label]
    locked, together = locked_pictures(named), kept_together(named)
    found = []
    for number, (image, keys) in enumerate(zip(named, together, strict=True), 1):
        kept = records.get(Embedding, image.id)
        vector = kept.floats() if kept and kept.space == space else embed(image)
        label, line = back.get(image.label, image.label), naming.own_line(image.label)
        found.append(Example(image.id, label, keys[0], vector, line, image.id in locked, keys[1]))
        step(number)
    return found


def choose(
    found: Sequence[Example],
    known: Sequence[str],
    wanted: Sequence[str],
    needs: Callable[[str], int] = lambda _: OPENS_AT,
) -> list[Example]:
    """Return the examples of labels that the model knows or is to learn, without locked ones.

    Raises BadRequest for a new label with fewer examples than it `needs`, including locked ones.
    """
    counts = Counter(e.label for e in found)
    for label in wanted:
        if label not in known and counts[label] < needs(label):
            raise BadRequest(
                f"{label} has {counts[label]} confirmed pictures; a new label needs {needs(label)}."
            )
    return [e for e in found if e.label in {*known, *wanted} and not e.locked]
