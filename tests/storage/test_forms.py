"""Archives of every earlier form open, on both stores, and what was done in them can be undone.

forms/*.sql and *.json are stores as those versions of BioSight left them: five pictures, an act of
each kind. forms/fields-N.json says which fields form N has: when they change, raise SCHEMA_VERSION
(storage/fields.py says why) and write the new form's file: python -m tests.storage.test_forms.
"""

import base64
import dataclasses
import json
import re
import sqlite3
import typing
from collections import Counter
from pathlib import Path
from typing import Any

import mongomock
import pytest
from pymongo.database import Database

from biosight.bootstrap import KINDS, Catalogue
from biosight.collection import Collection
from biosight.images import Embedding, Image
from biosight.labels import Annotation, Prediction
from biosight.review.acts import Act
from biosight.review.undo_acts import Undone
from biosight.storage.fields import SCHEMA_VERSION, fields_of
from biosight.storage.mongo.documents import Document
from biosight.storage.records import Records, Where
from biosight.storage.sqlite.store import SqliteRecords
from biosight.workflows.jobs.undo_act import take_back
from biosight.workflows.task import Task
from tests.stores import Mocked

FORMS = Path(__file__).parent / "forms"
ARCHIVES = sorted(p.name for p in FORMS.iterdir() if not p.name.startswith("fields-"))


def opened(name: str, folder: Path, forms: Path = FORMS) -> Records:
    """An archive of an earlier form, opened by the code of today."""
    if name.endswith(".sql"):
        path = folder / "biosight.db"
        connection = sqlite3.connect(path)
        connection.executescript((forms / name).read_text())
        connection.close()
        return SqliteRecords(path, KINDS)
    database: Database[Document] = mongomock.MongoClient()["kept"]
    for collection, documents in json.loads((forms / name).read_text()).items():
        database[collection].insert_many([plain(d) for d in documents])
    return Mocked(database, KINDS)


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A document with its bytes as bytes."""
    return {
        k: base64.b64decode(v["$bytes"]) if isinstance(v, dict) and "$bytes" in v else v
        for k, v in document.items()
    }


def test_the_first_form_and_the_last_are_kept() -> None:
    kept = {int(name.split(".")[0].split("-")[0]) for name in ARCHIVES}
    assert kept == set(range(1, SCHEMA_VERSION))
    assert (FORMS / f"fields-{SCHEMA_VERSION}.json").is_file()


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_earlier_archive_opens_and_its_acts_can_be_undone(name: str, tmp_path: Path) -> None:
    records = opened(name, tmp_path)
    assert records.count(Image) == records.count(Prediction) == 5
    embeddings = records.find(Embedding)
    assert {e.space for e in embeddings} == {"tiny@1"}
    assert [e.floats().tolist() for e in embeddings] == [[0.0, 1.0, 2.0]] * 5
    assert all(i.unfamiliar is False and i.drift_checked_at == 0 for i in records.find(Image))
    assert all(i.taken_file == i.taken and i.shift == 0 for i in records.find(Image))
    # What follows from several fields, or from one that each picture has its own value of.
    for i in records.find(Image):
        now = i.in_step
        assert (i.folder, i.cell) == (now.folder, now.cell)
        assert (i.hour, i.month) == (i.taken[11:13], i.taken[5:7])
    for fields in (g for g in Image.counters if "percent/10" not in g):
        counted = Counter(tuple(getattr(i, f) for f in fields) for i in records.find(Image))
        assert records.tally(Image, [], fields) == counted
    assert records.count_by(Image, [], "folder") == {"/day/": 5}
    assert {c.name: c.model for c in records.find(Collection)} == {"Pond": "", "Heath": ""}
    before = {i.id: (i.label, i.who, i.note, i.trashed) for i in records.find(Image)}
    assert before == {
        "i1": ("Red", "person", "", False),
        "i2": ("Fox", "person", "", False),
        "i3": ("Navy", "machine", "by the pond", False),
        "i4": ("Red", "machine", "", True),
        "i5": ("Green", "machine", "", False),
    }
    for act in sorted(records.find(Act), key=lambda a: a.at):
        collection = records.get(Collection, act.collection)
        assert collection is not None
        done = take_back(Task(records, Catalogue("tiny", {}, Path), collection, act.by), act)
        assert isinstance(done, Undone)
        assert (len(done.changed), done.left) == (1, []), act.summary
    after = {i.id: (i.label, i.who, i.note, i.trashed) for i in records.find(Image)}
    labels = ("Red", "Green", "Blue", "Red", "Green")
    assert after == {f"i{n}": (label, "machine", "", False) for n, label in enumerate(labels, 1)}
    assert len({i.collection for i in records.find(Image)}) == 1
    records.close()


@pytest.mark.parametrize("name", ["1.sql", "4.sql", "4.json"])
def test_groups_get_their_paths_and_not_sure_is_undecided(name: str, tmp_path: Path) -> None:
    """What form 5 says otherwise: a label's place in the tree, and what nobody could name."""
    text = (FORMS / name).read_text()
    if name.endswith(".sql"):
        # The labels of i1 ("Red") and i3 ("Navy"), and of what was said of i1.
        text = re.sub(r"'Red'", "'Not sure'", text).replace("'Navy'", "'Aves'")
    else:
        text = text.replace('"Red"', '"Not sure"').replace('"Navy"', '"Aves"')
    kept = tmp_path / "forms"
    kept.mkdir()
    (kept / name).write_text(text)
    records = opened(name, tmp_path, kept)
    found = {i.id: i for i in records.find(Image)}
    assert (found["i1"].label, found["i1"].label_path, found["i1"].who) == ("", "", "person")
    assert found["i3"].label_path == "/Animalia/Chordata/Aves/"
    assert found["i2"].label_path == "/Fox/"
    assert found["i5"].group == found["i5"].machine_label == "Green"
    counts = records.count_by(Image, [Where("trashed", "=", False)], "label_path")
    assert counts == {"": 1, "/Animalia/Chordata/Aves/": 1, "/Fox/": 1, "/Green/": 1}
    said = {a.kind for a in records.find(Annotation) if a.image == "i1"}
    assert said == {"undecided"}
    records.close()


def fields_now() -> dict[str, dict[str, str]]:
    """Every record kind's fields with their types, and those of what is kept inside them."""
    found: dict[str, dict[str, str]] = {}
    waiting: list[Any] = list(KINDS)
    while waiting:
        kind = waiting.pop()
        hints = typing.get_type_hints(kind)
        said = {f.name: plainly(hints[f.name]) for f in dataclasses.fields(kind)}
        found[getattr(kind, "table", kind.__name__)] = said
        for hint in hints.values():
            inside = [hint, *typing.get_args(hint)]
            waiting += [h for h in inside if dataclasses.is_dataclass(h)]
    return dict(sorted(found.items()))


def plainly(hint: Any) -> str:
    """A type as one writes it, whatever module it is in."""
    bare = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", str(hint))
    return re.sub(r"\bbiosight\.(?:\w+\.)*", "", bare)


def test_fields_do_not_change_without_the_number() -> None:
    kept = json.loads((FORMS / f"fields-{SCHEMA_VERSION}.json").read_text())
    assert fields_now() == kept, "raise SCHEMA_VERSION: see the head of this file"


def test_every_new_field_has_a_default() -> None:
    """An earlier record is read with it: what form 1 did not have must not be asked for."""
    there = {
        line.split('"')[0].split("(")[0].split()[2]: line
        for line in (FORMS / "1.sql").read_text().splitlines()
        if line.startswith("CREATE TABLE")
    }
    for kind in KINDS:
        if kind.table in there:
            for field in fields_of(kind):
                old = f'"{field.name}"' in there[kind.table] or field.name == "id"
                renamed = field.name in getattr(kind, "formerly", {})
                assert old or renamed or field.default is not dataclasses.MISSING, field.name


if __name__ == "__main__":
    path = FORMS / f"fields-{SCHEMA_VERSION}.json"
    path.write_text(json.dumps(fields_now(), indent=1) + "\n")
