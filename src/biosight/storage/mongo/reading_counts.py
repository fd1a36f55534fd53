"""Reading the counts that are kept ready: which questions they answer, and the answers.

Not here: the form of the counts (counts.py), or adding them up (adding_up.py).
"""

from collections.abc import Sequence

from biosight.storage.counting import by_tenths
from biosight.storage.mongo.access import MongoAccess
from biosight.storage.mongo.connection import bounded_calls
from biosight.storage.mongo.counts import (
    CountSums,
    StagesOn,
    group_for,
    list_group,
    summed_up,
    summing,
)
from biosight.storage.mongo.documents import Document, condition
from biosight.storage.records import Record, Value, Where


def asked_to_count(kind: type[Record], where: Sequence[Where]) -> list[StagesOn]:
    """Return what to run to count what matches; the counts are the sum of what is found."""
    if (asked := covered(kind, where, ())) is not None:
        return asked
    return [(kind.table, [{"$match": condition(where)}, {"$count": "n"}])]


def covered(
    kind: type[Record], where: Sequence[Where], fields: Sequence[str]
) -> list[StagesOn] | None:
    """Return what to run for the sums of what matches by some fields, None where no group covers
    the question."""
    asked: list[StagesOn] = []
    for part in by_tenths(kind, where, fields):
        group = group_for(kind, part, fields)
        if group is None:
            return None
        asked += summing(kind, group, part, fields)
    return asked


def sums(
    access: MongoAccess, kind: type[Record], where: Sequence[Where], fields: Sequence[str]
) -> CountSums | None:
    """Return how many match and their total, for each combination of values of some fields,
    from the counts that are kept ready; None where these do not cover the question."""
    without = without_lists(access, kind, where)
    asked = None if without is None else covered(kind, without, fields)
    return None if asked is None else added_up(access, asked)


def added_up(access: MongoAccess, asked: Sequence[StagesOn]) -> CountSums:
    """Return the sums of what is found, as at one moment."""
    with bounded_calls():
        return summed_up(access.joined(asked, of_one_moment=True))


def without_lists(
    access: MongoAccess, kind: type[Record], where: Sequence[Where]
) -> Sequence[Where] | None:
    """Return conditions without alternatives on lists that no record meets, None where one is
    met or nothing is counted by the other conditions."""
    found: list[Where] = []
    on_lists: list[Where] = []
    for w in where:
        groups = [g for g in w.either if not any(list_group(kind, c.field) for c in g)]
        on_lists += [c for g in w.either if g not in groups for c in g]
        found += [w] if not w.either else groups[0] if len(groups) == 1 else [w]
    if not on_lists:
        return where
    if group_for(kind, found, ()) is None or any(w.either for w in found):
        return None
    same = [w for w in where if w.op == "=" and not w.either]
    return None if is_any_met(access, kind, same, on_lists) else found


def is_any_met(
    access: MongoAccess, kind: type[Record], same: Sequence[Where], on_lists: Sequence[Where]
) -> bool:
    """Return whether any record has one of the texts asked for, given what else must equal."""
    asked: list[StagesOn] = []
    for w in on_lists:
        group = list_group(kind, w.field)
        if group is None or w.op != "has":
            return True
        keys = [c for c in same if c.field in group.fields]
        text = Where(w.field, "=", w.value)
        asked += summing(kind, group, [*keys, text], ())
    return bool(added_up(access, asked))


def count_texts(
    access: MongoAccess, kind: type[Record], where: Sequence[Where], field: str
) -> dict[Value, int]:
    """Return how many matching records have each text of a list."""
    group = list_group(kind, field)
    if group and {w.field for w in where} <= {*group.fields[:-1]}:
        known = added_up(access, summing(kind, group, where, (field,)))
        return {text: n for (text,), (n, _) in known.items()}
    held = [*where, Where(field, ">=", "")]  # only documents with a text are read
    by_text: Document = {"$group": {"_id": f"${field}", "n": {"$sum": 1}}}
    stages: list[Document] = [{"$match": condition(held)}, {"$unwind": f"${field}"}, by_text]
    with bounded_calls():
        rows = access.joined([(kind.table, stages)])
    return {row["_id"]: int(row["n"]) for row in rows}
