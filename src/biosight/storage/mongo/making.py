"""What a database needs before it is used: its indexes, the fields that earlier documents lack, and
the counts.

Not here: the form of the fields (storage/fields.py), or counting what is written (store.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from biosight.errors import Unavailable
from biosight.storage.declarations import declared_by, lists_of
from biosight.storage.fields import SCHEMA_VERSION, fields_of, rewritten
from biosight.storage.mongo.access import MongoAccess
from biosight.storage.mongo.adding_up import add_up_all, count_all
from biosight.storage.mongo.counts import form_of, groups_of
from biosight.storage.mongo.documents import Document, name_of
from biosight.storage.records import AT_ONCE, Record

CLASHING = {85, 86}  # IndexOptionsConflict, IndexKeySpecsConflict


def make_ready(access: MongoAccess, kinds: Sequence[type[Record]]) -> None:
    """Create indexes and counts, and give earlier documents the fields that they lack.

    Raises Unavailable for a database of a newer BioSight.
    """
    about = access.database["schema"]
    known = about.find_one({"_id": "schema"}) or {"version": SCHEMA_VERSION, "fields": {}}
    if known["version"] > SCHEMA_VERSION:
        raise Unavailable("The database was written by a newer BioSight.")
    for kind in kinds:
        add_fields(access, kind, set(known["fields"].get(kind.table, ())))
        for (field, value), now in rewritten(kind, known["version"]):
            change_all(access, kind, {field: value}, {"$set": now})
        make_indexes(access, kind)
    counted = {kind.table: form_of(kind) for kind in kinds if groups_of(kind)}
    for kind in kinds:
        if groups_of(kind):
            make_counts(access, kind, known.get("counted", {}).get(kind.table, ""))
    said = {k.table: [f.name for f in fields_of(k)] for k in kinds}
    changed = {"version": SCHEMA_VERSION, "fields": said, "counted": counted}
    about.update_one({"_id": "schema"}, {"$set": changed}, upsert=True)


def make_indexes(access: MongoAccess, kind: type[Record]) -> None:
    """Create the indexes that a kind declares, where they are absent."""
    has = declared_by(kind)
    for unique, groups in ((True, has.unique), (False, (*has.indexes, *lists_of(kind)))):
        for names in groups:
            keys = [(name_of(name), ASCENDING) for name in names]
            make_index(access, kind, keys, unique=unique, name="_".join(names))


def make_index(
    access: MongoAccess, kind: type[Record], keys: list[tuple[str, int]], *, unique: bool, name: str
) -> None:
    """Create an index where it is absent. Raises Unavailable with words for the operator."""
    try:
        access.build(access.of(kind), IndexModel(keys, unique=unique, name=name))
    except DuplicateKeyError as error:
        words = f"Several records of {kind.table} have the same {name}: remove all but one."
        raise Unavailable(words) from error
    except OperationFailure as error:
        if error.code not in CLASHING:
            raise
        words = f"{kind.table} has an index {name} of another form: drop it, and start again."
        raise Unavailable(words) from error


def make_counts(access: MongoAccess, kind: type[Record], form: str) -> None:
    """Bring a kind's counts up to date: add up what was not added up yet. Where the counts are of
    another `form` ("" for none), count all documents and drop what was counted before."""
    longest = max(len(group.fields) for group in groups_of(kind))
    keys = [("g", ASCENDING), *((f"k{n}", ASCENDING) for n in range(longest))]
    access.build(access.counts_of(kind), IndexModel(keys, name="values"))
    access.build(access.steps_of(kind), IndexModel([("n", ASCENDING)], name="n"))
    if form != form_of(kind):
        count_all(access, kind)
        for name in (f"{kind.table}_counts_{form}", f"{kind.table}_steps_{form}"):
            if form:
                access.database.drop_collection(name)
    add_up_all(access, kind)


def add_fields(access: MongoAccess, kind: type[Record], known: set[str]) -> None:
    """Add a kind's fields to documents that have the fields `known`: rename fields first, then add
    missing ones with their defaults."""
    for new, old in declared_by(kind).formerly.items():
        if old in known and new not in known:
            change_all(access, kind, {old: {"$exists": True}}, {"$rename": {old: new}})
            known = known - {old} | {new}
    for f in fields_of(kind):
        lacks = known and f.name not in known and f.name not in declared_by(kind).derived
        if lacks and f.default is not MISSING:
            absent = {f.name: {"$exists": False}}
            change_all(access, kind, absent, {"$set": {f.name: f.as_json(f.default)}})
    for field, (sources, made) in declared_by(kind).derived.items():
        if known and field not in known:
            derive(access, kind, field, sources, made)


def change_all(access: MongoAccess, kind: type[Record], chosen: Document, change: Document) -> None:
    """Change all documents that match, so that they no longer match. Some hundred are changed at a
    time, so that no step takes long and an interrupted start continues where it stopped."""
    shown = {"_id": 1}
    while ids := [d["_id"] for d in access.of(kind).find(chosen, shown).limit(AT_ONCE)]:
        access.of(kind).update_many({"_id": {"$in": ids}}, change)


def derive(
    access: MongoAccess,
    kind: type[Record],
    field: str,
    sources: Sequence[str],
    made: Callable[..., Any],
) -> None:
    """Fill a new field from others where it is absent, some hundred documents at a time."""
    new = next(f for f in fields_of(kind) if f.name == field)
    absent, shown = {field: {"$exists": False}}, dict.fromkeys(sources, 1)
    while batch := list(access.of(kind).find(absent, shown).limit(AT_ONCE)):
        found = {d["_id"]: new.as_json(made(*(d.get(s) for s in sources))) for d in batch}
        sets: dict[str, Document] = {id: {"$set": {field: v}} for id, v in found.items()}
        access.update_each(access.of(kind), sets)
