"""Counts that MongoDB keeps ready of a kind's documents (docs/decisions/0042).

Two MongoDB collections hold them. In `counts` each document says how many records have one
combination of values of a group of fields. In `steps` are the changes since: what a write took away
and what it added, which no other write touches. A count is the sum of both. From time to time the
steps are added up (adding_up.py). Not here: any call to a server.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from biosight.storage.counting import TENTH, counter_for, counters_of
from biosight.storage.declarations import declared_by
from biosight.storage.fields import SCHEMA_VERSION
from biosight.storage.mongo.documents import Document, condition, name_of
from biosight.storage.records import Record, Value, Where, new_id

StagesOn = tuple[str, list[Document]]  # a MongoDB collection, and the stages to run on it
CountSums = dict[tuple[Value, ...], tuple[int, int]]  # values of fields: records, and their total
# In a document that is counted: the form of the counts that hold it.
COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class CountedGroup:
    """Fields that are counted together, by number; `texts` where the last is a list, of which each
    text counts."""

    number: int
    fields: tuple[str, ...]
    texts: bool = False

    def place_of(self, field: str) -> str:
        """Return where a field's value is in a document of counts."""
        return f"k{self.fields.index(field)}"


@lru_cache(maxsize=64)
def groups_of(kind: type[Record]) -> tuple[CountedGroup, ...]:
    """Return a kind's groups; none for a kind that is not counted. The words by which records are
    found are not among them: each has its own index, and a record has many."""
    plain, lists = counters_of(kind), declared_by(kind).listed
    return (
        *(CountedGroup(n, fields) for n, fields in enumerate(plain)),
        *(CountedGroup(n, fields, texts=True) for n, fields in enumerate(lists, len(plain))),
    )


@lru_cache(maxsize=64)
def form_of(kind: type[Record]) -> str:
    """Return a short name for what is counted of a kind: with other groups, or another form of the
    records, all is counted anew."""
    said = SCHEMA_VERSION, groups_of(kind), declared_by(kind).totalled
    return hashlib.sha256(repr(said).encode()).hexdigest()[:8]


def counts_name(kind: type[Record]) -> str:
    """Return the name of the MongoDB collection with a kind's counts."""
    return f"{kind.table}_counts_{form_of(kind)}"


def steps_name(kind: type[Record]) -> str:
    """Return the name of the MongoDB collection with what changed since they were added up."""
    return f"{kind.table}_steps_{form_of(kind)}"


@lru_cache(maxsize=64)
def counted_fields(kind: type[Record]) -> tuple[str, ...]:
    """Return the fields of a document on which its counts rest."""
    names = [f.removesuffix(TENTH) for group in groups_of(kind) for f in group.fields]
    amount = declared_by(kind).totalled
    return tuple(dict.fromkeys([*names, *([amount] if amount else [])]))


def shown_for_steps(kind: type[Record]) -> Document:
    """Return the projection of a document to what a step needs."""
    return dict.fromkeys((*map(name_of, counted_fields(kind)), COUNTED), 1)


def steps_between(
    kind: type[Record], before: Document | None, after: Document | None
) -> list[Document]:
    """Return what a change takes away and adds, given the document before and after it. None stands
    for no document, and so does one that was not counted yet."""
    left = before if before and before.get(COUNTED) == form_of(kind) else None
    was, now = (values_of(kind, d) if d else None for d in (left, after))
    if was == now or not groups_of(kind):
        return []
    signed = ((was, -1), (now, 1))
    return [step(kind, values, sign) for values, sign in signed if values is not None]


def values_of(kind: type[Record], kept: Document) -> Document:
    """Return the counted values of a document, tenths of numbers among them."""
    found: Document = {field: kept.get(name_of(field)) for field in counted_fields(kind)}
    for group in groups_of(kind):
        for field in group.fields:
            if field.endswith(TENTH):
                found[field] = found[field.removesuffix(TENTH)] // 10
    return found


def step(kind: type[Record], values: Document, sign: int) -> Document:
    """Return the document of one step."""
    amount = declared_by(kind).totalled
    return {**values, "_id": new_id(), "n": sign, "total": sign * values.get(amount, 0)}


def added_to(kind: type[Record], steps: Iterable[Document]) -> dict[str, Document]:
    """Return what steps change in the counts, by the counts' ids: the group and its values, and
    what is added to the records (`n`) and their total."""
    n: Counter[str] = Counter()
    total: Counter[str] = Counter()
    of: dict[str, Document] = {}
    for one in steps:
        for group in groups_of(kind):
            for values in combinations(group, one):
                id = json.dumps([group.number, *values], ensure_ascii=False)
                of.setdefault(id, {"g": group.number, **placed(values)})
                n[id] += one["n"]
                total[id] += one["total"]
    return {id: {**of[id], "n": n[id], "total": total[id]} for id in of if n[id] or total[id]}


def combinations(group: CountedGroup, one: Document) -> list[list[Any]]:
    """Return the values of a group in a step: one combination, or one for each text of its list."""
    *same, last = (one[field] for field in group.fields)
    return [[*same, text] for text in dict.fromkeys(last or ())] if group.texts else [[*same, last]]


def placed(values: Sequence[Any]) -> Document:
    """Return a group's values as a document of counts holds them."""
    return {f"k{n}": value for n, value in enumerate(values)}


def summing(
    kind: type[Record], group: CountedGroup, where: Sequence[Where], fields: Sequence[str]
) -> list[StagesOn]:
    """Return what to run for the sums of a group: on its counts, and on the steps since."""
    chosen = [replace(w, field=group.place_of(w.field)) for w in where]
    counts = [
        {"$match": {"$and": [{"g": group.number}, *condition(chosen).get("$and", [])]}},
        grouped([f"${group.place_of(field)}" for field in fields]),
    ]
    return [(counts_name(kind), counts), (steps_name(kind), on_steps(group, where, fields))]


def on_steps(group: CountedGroup, where: Sequence[Where], fields: Sequence[str]) -> list[Document]:
    """Return the stages for the sums of the steps; the texts of a list are unwound first."""
    found = [{"$match": condition(where)}, grouped([f"${field}" for field in fields])]
    return [{"$unwind": f"${group.fields[-1]}"}, *found] if group.texts else found


def grouped(values: Sequence[str]) -> Document:
    """Return the stage that adds up by some values."""
    by = {f"v{n}": value for n, value in enumerate(values)} or None
    return {"$group": {"_id": by, "n": {"$sum": "$n"}, "total": {"$sum": "$total"}}}


def summed_up(rows: Iterable[Document]) -> CountSums:
    """Return the sums of rows that `summing` found, without those that came to nothing."""
    n: Counter[tuple[Value, ...]] = Counter()
    total: Counter[tuple[Value, ...]] = Counter()
    for row in rows:
        key = tuple((row["_id"] or {}).values())
        n[key] += row["n"]
        total[key] += row["total"]
    return {key: (many, total[key]) for key, many in n.items() if many}


def group_for(
    kind: type[Record], where: Sequence[Where], fields: Sequence[str]
) -> CountedGroup | None:
    """Return the group that covers conditions and fields, None where none does."""
    number = counter_for(kind, {w.field for w in where} | set(fields))
    return None if number is None else groups_of(kind)[number]


def list_group(kind: type[Record], field: str) -> CountedGroup | None:
    """Return the group of a list's texts, None for another field."""
    return next((g for g in groups_of(kind) if g.texts and g.fields[-1] == field), None)
