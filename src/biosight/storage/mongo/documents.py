"""Records as MongoDB's documents, and conditions as its filters.

Not here: asking the server (store.py).
"""

import re
from collections.abc import Iterable
from typing import Any, cast

from pymongo import ASCENDING

from biosight.storage.fields import fields_of
from biosight.storage.records import Position, R, Record, Value, Where

Document = dict[str, Any]
OPERATORS = {"=": "$eq", "!=": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


def name_of(field: str) -> str:
    """A field's name in a document."""
    return "_id" if field == "id" else field


def condition(where: Iterable[Where]) -> Document:
    """A filter for conditions that must all hold."""
    parts: list[Document] = []
    for w in where:
        field = name_of(w.field)
        if w.either:
            parts.append({"$or": [condition(group) for group in w.either]})
        elif w.op == "in":
            parts.append({field: {"$in": list(cast(tuple[Value, ...], w.value))}})
        elif w.op == "begins":
            # Of a field of several words, any may; from the beginning, an index serves it.
            parts.append({field: {"$regex": "^" + re.escape(str(w.value))}})
        else:
            parts.append({field: {OPERATORS[w.op]: w.value}})
    return {"$and": parts} if parts else {}


def to_document(record: Record) -> Document:
    """A record as it is kept."""
    return {name_of(f.name): f.as_json(getattr(record, f.name)) for f in fields_of(type(record))}


def from_document(kind: type[R], kept: Document) -> R:
    """A kept document as the record; absent fields have their defaults."""
    there = [f for f in fields_of(kind) if name_of(f.name) in kept]
    return kind(**{f.name: f.from_json(kept[name_of(f.name)]) for f in there})


def beyond(field: str, after: Position, way: int) -> Document:
    """The filter for what comes behind a position, ties by id."""
    operator = "$gt" if way == ASCENDING else "$lt"
    if field == "_id":
        return {"_id": {operator: after.id}}
    return {
        "$or": [
            {field: {operator: after.value}},
            {field: after.value, "_id": {operator: after.id}},
        ]
    }
