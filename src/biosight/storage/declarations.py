"""Declarations that a record kind may make about itself, each with its default.

A kind makes one by a ClassVar of the same name. An unknown name raises an error when a store is
opened, so that a typo does not pass unnoticed. Not here: the fields of records (fields.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, get_origin, get_type_hints
from typing import ClassVar as ClassVariable

from biosight.storage.records import Record

FieldNames = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declarations:
    """The declarations of a record kind.

    `table` is where its records are kept. `unique` and `indexes` are groups of fields. `counters`
    are groups of fields whose counts are kept ready; "percent/10" counts by the tenths of a number
    from 0 on. `totalled` is a number that is summed beside them. `telling` are fields of which each
    value has few records. `worded` is a prefix index: equality fields first, the list of words
    last. `listed` are groups like it, sought by a whole text or its beginning and counted by text.
    `leaned_on` is set on kinds that many writes require at once. `precious` is set on kinds
    that people would miss: no copy overwrites them unasked. `sharded_by` are the fields that say
    where a cluster keeps a record.

    For stores of earlier forms: `derived` maps a new field to the fields it follows from, and the
    function. `rewritten` lists changed values: the form that changed them, the field with its old
    value, and what is written instead. `formerly` maps a field's name to its earlier name.
    """

    table: str
    unique: tuple[FieldNames, ...] = ()
    indexes: tuple[FieldNames, ...] = ()
    counters: tuple[FieldNames, ...] = ()
    totalled: str = ""
    telling: FieldNames = ()
    worded: FieldNames = ()
    listed: tuple[FieldNames, ...] = ()
    leaned_on: bool = False
    precious: bool = False
    sharded_by: FieldNames = ()
    derived: Mapping[str, tuple[FieldNames, Callable[..., Any]]] = field(default_factory=dict)
    rewritten: tuple[tuple[int, tuple[str, str], Mapping[str, str]], ...] = ()
    formerly: Mapping[str, str] = field(default_factory=dict)


def lists_of(kind: type[Record]) -> tuple[FieldNames, ...]:
    """Return the groups whose last field is a list of texts."""
    said = declared_by(kind)
    return (*([said.worded] if said.worded else []), *said.listed)


KNOWN = {f.name for f in fields(Declarations)}


@lru_cache(maxsize=128)
def declared_by(kind: type[Record]) -> Declarations:
    """Return what a record kind declares. Raises TypeError for a declaration that is not known."""
    hints = get_type_hints(kind, include_extras=True)
    said = {name for name, hint in hints.items() if get_origin(hint) is ClassVariable}
    if unknown := said - KNOWN:
        raise TypeError(f"{kind.__name__} declares {', '.join(sorted(unknown))}: no store knows it")
    return Declarations(**{name: getattr(kind, name) for name in said})
