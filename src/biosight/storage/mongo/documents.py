"""Records as MongoDB's documents, and conditions as its filters.

Not here: queries to the server (store.py).
"""

import re
from collections.abc import Iterable
from typing import Any, cast

from pymongo import ASCENDING, DESCENDING

from biosight.storage.fields import fields_of
from biosight.storage.records import Order, Position, Question, R, Record, Value, Where

Document = dict[str, Any]
NUMBER = "number_"  # of a question, in its answers
OPERATORS = {"=": "$eq", "!=": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


def name_of(field: str) -> str:
    """Return a field's name in a document."""
    return "_id" if field == "id" else field


def condition(where: Iterable[Where]) -> Document:
    """Return a filter for conditions that must all hold."""
    parts: list[Document] = []
    for w in where:
        field = name_of(w.field)
        if w.either:
            parts.append({"$or": [condition(group) for group in w.either]})
        elif w.op == "in":
            parts.append({field: {"$in": list(cast(tuple[Value, ...], w.value))}})
        elif w.op == "has":  # of a list any text may equal the value
            parts.append({field: w.value})
        elif w.op == "begins":
            # In a field of several words any may match; an index serves a pattern with "^".
            parts.append({field: {"$regex": "^" + re.escape(str(w.value))}})
        else:
            parts.append({field: {OPERATORS[w.op]: w.value}})
    return {"$and": parts} if parts else {}


def to_document(record: Record) -> Document:
    """Return a record as its document."""
    return {name_of(f.name): f.as_json(getattr(record, f.name)) for f in fields_of(type(record))}


def from_document(kind: type[R], kept: Document) -> R:
    """Return a document as a record; absent fields have their defaults."""
    there = [f for f in fields_of(kind) if name_of(f.name) in kept]
    return kind(**{f.name: f.from_json(kept[name_of(f.name)]) for f in there})


def beyond(field: str, after: Position, way: int) -> Document:
    """Return the filter for what comes after a position, ties by id."""
    operator = "$gt" if way == ASCENDING else "$lt"
    if field == "_id":
        return {"_id": {operator: after.id}}
    return {
        "$or": [
            {field: {operator: after.value}},
            {field: after.value, "_id": {operator: after.id}},
        ]
    }


def matching(question: Question) -> Document:
    """Return the filter for what answers a question."""
    chosen = condition(question.where)
    if question.after is None:
        return chosen
    behind = beyond(name_of(question.order.field), question.after, way_of(question.order))
    return {"$and": [*chosen.get("$and", []), behind]}


def sort_keys(order: Order) -> dict[str, int]:
    """Return an order as MongoDB sorts by it, ties by id."""
    return dict.fromkeys((name_of(order.field), "_id"), way_of(order))


def pipeline(question: Question) -> list[Document]:
    """Return the stages that answer a question."""
    return [
        {"$match": matching(question)},
        {"$sort": sort_keys(question.order)},
        {"$limit": question.limit},
    ]


def way_of(order: Order) -> int:
    """Return the direction of an order as MongoDB writes it."""
    return DESCENDING if order.descending else ASCENDING


def sorted_by(records: list[R], order: Order) -> list[R]:
    """Return records in an order, absent values before all others: a union promises none."""

    def key(record: R) -> tuple[bool, Any, str]:
        value = getattr(record, order.field)
        return value is not None, value if value is not None else 0, record.id

    return sorted(records, key=key, reverse=order.descending)
