"""A record kind's fields as every store keeps them, and the number of that form.

WHEN SCHEMA_VERSION RISES: with every change of a record kind's fields, be it a new field with a
default, a new name or a removed field. A store remembers the number. An older BioSight refuses a
newer store at start, on SQLite and MongoDB alike: it would replace whole records and drop fields
that it does not know. So update all instances over one database before you start any of them again.
tests/storage/test_forms.py fails when fields change and the number does not.

A new field has a default, which records of earlier forms get when the store is opened. A field that
follows from other fields is listed in its kind's `derived` (new name -> the others' names, and the
function of their values); where a store lacks these too, it has its default. Values that were
replaced by others are listed in `rewritten`. A field that got another name is listed in `formerly`
(new name -> old one).

Not here: tables and columns of
SQLite (storage/sqlite/schema.py), documents of MongoDB (storage/mongo/documents.py).
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import lru_cache
from typing import Any, cast

from pydantic import TypeAdapter

from biosight.storage.declarations import declared_by
from biosight.storage.records import Record

SCHEMA_VERSION = 18
PLAIN = (str, int, float, bool, bytes)


@dataclass(frozen=True, slots=True)
class Kept:
    """One field of a record kind. `plain` is its type where stores have that type; all other values
    go through `json`, to JSON and back. `default` is MISSING where the field has none."""

    name: str
    plain: type | None
    json: TypeAdapter[Any] | None
    default: Any

    def as_json(self, value: Any) -> Any:
        """Return a value made of plain types, lists and dictionaries."""
        return self.json.dump_python(value, mode="json") if self.json else value

    def from_json(self, value: Any) -> Any:
        return self.json.validate_python(value) if self.json else value


@lru_cache(maxsize=64)
def fields_of(kind: type[Record]) -> tuple[Kept, ...]:
    """Return a record kind's fields, in order."""
    hints = typing.get_type_hints(kind)
    return tuple(kept_value(field, hints[field.name]) for field in fields(cast(Any, kind)))


def kept_value(field: Field[Any], hint: Any) -> Kept:
    """Return how a field is kept: plain and optional plain types as they are, everything else as
    JSON."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        parts = [p for p in typing.get_args(hint) if p is not type(None)]
        hint = parts[0] if len(parts) == 1 and parts[0] in PLAIN else hint
    plain = hint if hint in PLAIN else None
    default = field.default
    if default is MISSING and field.default_factory is not MISSING:
        default = field.default_factory()
    return Kept(field.name, plain, None if plain else TypeAdapter(hint), default)


def rewritten(kind: type[Record], form: int) -> list[tuple[tuple[str, str], Mapping[str, str]]]:
    """Return the values that a store of an earlier form must change: the field with its old value,
    and what is written where a record has it."""
    return [(where, now) for since, where, now in declared_by(kind).rewritten if form < since]
