"""A record kind's fields as any store keeps them, and the number that says which form that is.

WHEN SCHEMA_VERSION RISES: with every change of a record kind's fields, be it a new field with a
default, a new name or one that goes. A store remembers the number. An older BioSight refuses a
newer store at start, on SQLite and MongoDB alike: it would replace whole records and drop what it
does not know. So instances over one database are all updated before any of them is started again.
tests/storage/test_forms.py fails when fields change and the number does not.

A new field has a default, which records of earlier forms get when the store is opened; one that
follows from other fields is listed in its kind's `derived` (new name -> the others' names, and the
function of their values). Values that are called otherwise now are listed in `rewritten`. A field
that got another name is listed in `formerly` (new name -> old one). Not here: tables and columns of
SQLite (storage/sqlite/schema.py), documents of MongoDB
(storage/mongo/documents.py).
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

SCHEMA_VERSION = 10
PLAIN = (str, int, float, bool, bytes)


@dataclass(frozen=True, slots=True)
class Kept:
    """One field of a record kind: `plain` is its type where stores have one like it, and `json`
    turns every other value into JSON and back. `default` is MISSING where it has none."""

    name: str
    plain: type | None
    json: TypeAdapter[Any] | None
    default: Any

    def as_json(self, value: Any) -> Any:
        """A value of plain types, lists and dictionaries."""
        return self.json.dump_python(value, mode="json") if self.json else value

    def from_json(self, value: Any) -> Any:
        return self.json.validate_python(value) if self.json else value


@lru_cache(maxsize=64)
def fields_of(kind: type[Record]) -> tuple[Kept, ...]:
    """A record kind's fields, in order."""
    hints = typing.get_type_hints(kind)
    return tuple(kept_value(field, hints[field.name]) for field in fields(cast(Any, kind)))


def kept_value(field: Field[Any], hint: Any) -> Kept:
    """Plain types and optional ones are kept as they are, everything else as JSON."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        parts = [p for p in typing.get_args(hint) if p is not type(None)]
        hint = parts[0] if len(parts) == 1 and parts[0] in PLAIN else hint
    plain = hint if hint in PLAIN else None
    default = field.default
    if default is MISSING and field.default_factory is not MISSING:
        default = field.default_factory()
    return Kept(field.name, plain, None if plain else TypeAdapter(hint), default)


def rewritten(kind: type[Record], form: int) -> list[tuple[tuple[str, str], Mapping[str, str]]]:
    """What a store of an earlier form has under other values: field and value, and what is written
    where a record has it."""
    return [(where, now) for since, where, now in declared_by(kind).rewritten if form < since]
