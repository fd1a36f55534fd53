"""ModelVersion: add, list, promote (candidate -> champion), roll back, retire, with an audit trail.

Not here: a version's files (files.py), or asking whether somebody may promote
(web/access/rights.py).
"""

import json
import re
import time
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from biosight.errors import BadRequest, Conflict, NotFound
from biosight.inference.model_files.card import ModelCard
from biosight.labels import LabelNames
from biosight.storage.records import (
    Insert,
    InUse,
    Order,
    Records,
    Replace,
    Where,
    Write,
    find_all,
    new_id,
)

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@lru_cache(maxsize=64)
def parse_card(card: str) -> ModelCard:
    """Return a card from its JSON; cached, because each is asked for often, by serving too."""
    return ModelCard.model_validate_json(card)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A card, where its files are, and its state; the id is the card's key.

    `files` are (name, SHA-256) of bytes in the store, none for what came with BioSight.
    `collection` is where it was taught, "" for nowhere; only that collection's members see it.
    `report` is the gate's, as JSON. `promoted_at` orders champions of one family.
    """

    table: ClassVar[str] = "model_versions"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "state", "id"), ("added_at", "id"))

    id: str
    name: str
    state: str
    collection: str
    by: str
    added_at: float
    card_json: str
    files: tuple[tuple[str, str], ...] = ()
    report: str = ""
    promoted_at: float = 0.0
    version: int = 1

    @property
    def card(self) -> ModelCard:
        return parse_card(self.card_json)

    @property
    def verdict(self) -> str:
        """Return the gate's verdict, "" where there is none."""
        return str(json.loads(self.report)["verdict"]) if self.report else ""

    @property
    def bundled(self) -> bool:
        """Return whether it came with BioSight."""
        return not self.files


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One line of the audit trail: added, promoted, retired or rolled back, by whom, and why."""

    table: ClassVar[str] = "model_events"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("name", "at", "id"),)

    id: str
    name: str
    model: str
    kind: str
    by: str
    at: float
    reason: str = ""


KINDS = (ModelVersion, ModelEvent)


def get_version(records: Records, key: str) -> ModelVersion:
    """Return a version by key, without asking who may see it. Raises NotFound."""
    found = records.get(ModelVersion, key)
    if found is None:
        raise NotFound(f"There is no model {key}.")
    return found


def versions(records: Records, name: str | None = None) -> list[ModelVersion]:
    """Return all versions, or those of one family, the newest first."""
    where = [Where("name", "=", name)] if name is not None else []
    return sorted(find_all(records, ModelVersion, where), key=lambda v: -v.added_at)


def champion(records: Records, name: str) -> ModelVersion:
    """Return the version of a family that serves. Raises NotFound."""
    return get_version(records, champion_key(records, name))


def champion_key(records: Records, name: str) -> str:
    """Return the key of `champion`, without reading its card, which is long. Raises NotFound."""
    where = [Where("name", "=", name), Where("state", "=", "champion")]
    found = records.tally(ModelVersion, where, ("promoted_at", "id"))
    if not found:
        raise NotFound(f"No version of the model {name} serves.")
    return str(max(found)[1])


def label_names(records: Records, renamed: Mapping[str, str]) -> dict[str, LabelNames]:
    """Return the scientific name and rank of every label that a version's card explains. `renamed`
    maps a model's label to its name in a collection, which means the same."""
    names = {
        label.name: LabelNames(label.scientific_name or label.name, label.taxon_rank)
        for version in reversed(versions(records))
        if not version.card.detector
        for label in version.card.labels
    }
    return names | {shown: names[own] for own, shown in renamed.items() if own in names}


def champions(records: Records) -> list[ModelVersion]:
    """Return every version that serves somewhere, in no order."""
    return find_all(records, ModelVersion, [Where("state", "=", "champion")])


def families(records: Records) -> dict[str, ModelVersion]:
    """Return name -> the version that serves, for every family that has one."""
    return {v.name: v for v in sorted(champions(records), key=lambda v: v.promoted_at)}


def experts(records: Records) -> list[ModelVersion]:
    """Return the versions that serve beside others (inference/expert.py), in order."""
    return sorted((v for v in champions(records) if v.card.under), key=lambda v: v.id)


def detector(records: Records) -> ModelVersion | None:
    """Return the detector that looks at new pictures: of those that serve, the one that was
    promoted last; None without one."""
    serving = (v for v in champions(records) if v.card.detector)
    return max(serving, key=lambda v: v.promoted_at, default=None)


def add(
    records: Records,
    card: ModelCard,
    *,
    files: tuple[tuple[str, str], ...] = (),
    by: str = "",
    collection: str = "",
    report: str = "",
) -> ModelVersion:
    """Record a new candidate. Raises Conflict when the key is taken, or the name by a model of the
    other kind: one that names, or one that detects."""
    family = versions(records, card.name)
    if any(bool(v.card.detector) != bool(card.detector) for v in family):
        other = "detector" if family[0].card.detector else "model"
        raise Conflict(f"There is a {other} named {card.name}; choose another name.")
    made, adding = candidate(card, files=files, by=by, collection=collection, report=report)
    try:
        records.write(*adding)
    except InUse as error:
        raise Conflict(f"There is already a model {card.key}; give it another version.") from error
    return made


def candidate(
    card: ModelCard,
    *,
    files: tuple[tuple[str, str], ...] = (),
    by: str = "",
    collection: str = "",
    report: str = "",
) -> tuple[ModelVersion, list[Write]]:
    """Return a new version, and the writes that record it, which may go with others."""
    made = ModelVersion(
        id=card.key,
        name=card.name,
        state="candidate",
        collection=collection,
        by=by,
        added_at=time.time(),
        card_json=card.model_dump_json(by_alias=True),
        files=files,
        report=report,
    )
    return made, [Insert(made), Insert(event(made, "added", by))]


def event(version: ModelVersion, kind: str, by: str, reason: str = "") -> ModelEvent:
    """Return a line for the audit trail."""
    return ModelEvent(new_id(), version.name, version.id, kind, by, time.time(), reason)


def promote(records: Records, version: ModelVersion, by: str, reason: str = "") -> ModelVersion:
    """Let a version serve its family; the one before it retires.

    Raises BadRequest for one that the gate found worse, unless a reason is given; Stale when
    somebody was faster.
    """
    now, writes = promotion(records, version, by, reason)
    records.write(*writes)
    return now


def promotion(
    records: Records, version: ModelVersion, by: str, reason: str = "", at: float = 0.0
) -> tuple[ModelVersion, list[Write]]:
    """Return the promoted version, and the writes of `promote`, which may go with others. It counts
    as promoted `at` a moment, 0 for now. Raises BadRequest as `promote`."""
    check_reason(version, reason)
    moment = at or time.time()
    now = replace(version, state="champion", promoted_at=moment, version=version.version + 1)
    writes: list[Write] = [
        Replace(now, version.version),
        Insert(event(now, "promoted", by, reason)),
    ]
    for other in versions(records, version.name):
        if other.state == "champion" and other.id != version.id:
            retired = replace(other, state="retired", version=other.version + 1)
            writes.append(Replace(retired, other.version))
    return now, writes


def check_reason(version: ModelVersion, reason: str) -> None:
    """Raise BadRequest for a version that the gate found worse, unless a reason is given."""
    if version.verdict == "worse" and not reason.strip():
        raise BadRequest(f"The gate found {version.id} worse; give a reason for using it anyway.")


def is_there(version: ModelVersion, bundled: Container[str]) -> bool:
    """Return whether a version's files are available: with this BioSight (the keys `bundled`), or
    in the store."""
    return version.id in bundled or not version.bundled


def roll_back(
    records: Records, name: str, by: str, bundled: Container[str], reason: str = ""
) -> ModelVersion:
    """Let the version that served before serve again; `bundled` as in `is_there`.

    Raises NotFound when there is none.
    """
    former = before(records, champion(records, name), bundled)
    if former is None:
        raise NotFound(f"No other version of {name} has served.")
    return promote(records, former, by, reason or "rolled back")


def before(records: Records, version: ModelVersion, bundled: Container[str]) -> ModelVersion | None:
    """Return the version of the same family, other than this one, that served last and is
    available."""
    others = [v for v in versions(records, version.name) if v.promoted_at and v.id != version.id]
    there = [v for v in others if is_there(v, bundled)]
    return max(there, key=lambda v: v.promoted_at, default=None)


def retire(
    records: Records, version: ModelVersion, by: str, reason: str = "", *, is_used: bool = True
) -> ModelVersion:
    """Retire a candidate, an expert, a detector that somebody added, or a model that is not used.
    Raises BadRequest for a model that serves and may be used: promote another first."""
    beside = version.card.under or another_detects(records, version)
    if version.state == "champion" and is_used and not beside:
        raise BadRequest("This version serves; it retires when you promote another one.")
    now = replace(version, state="retired", version=version.version + 1)
    records.write(Replace(now, version.version), Insert(event(now, "retired", by, reason)))
    return now


def another_detects(records: Records, version: ModelVersion) -> bool:
    """Return whether a version is an added detector, and another one looks on without it."""
    if not version.card.detector or version.bundled:
        return False
    return any(v.card.detector and v.id != version.id for v in champions(records))


def forget(records: Records, collection: str) -> tuple[list[str], set[str]]:
    """Remove the versions taught in a collection; return their keys, and the hashes of files that
    no other version has."""
    every = versions(records)
    gone = [v for v in every if v.collection == collection and collection]
    kept = {sha256 for v in every if v not in gone for _, sha256 in v.files}
    for version in gone:
        records.remove(ModelVersion, [Where("id", "=", version.id)])
        records.remove(ModelEvent, [Where("model", "=", version.id)])
    return [v.id for v in gone], {sha for v in gone for _, sha in v.files} - kept


def check_name(records: Records, name: str, collection: str) -> None:
    """Raise BadRequest or Conflict for a name that a model taught in a collection can't have."""
    if not NAME.fullmatch(name):
        raise BadRequest("A model's name has small letters, digits, dots and dashes.")
    if any(v.collection != collection for v in versions(records, name)):
        raise Conflict(f"There is another model named {name}; choose another name.")


def trail(records: Records, name: str, limit: int = 100) -> list[ModelEvent]:
    """Return what happened to a family, the newest first."""
    newest = Order("at", descending=True)
    return records.find(ModelEvent, [Where("name", "=", name)], order=newest, limit=limit)


def seen_by(found: Sequence[ModelVersion], collections: set[str]) -> list[ModelVersion]:
    """Return the versions that a member of these collections may see."""
    return [v for v in found if not v.collection or v.collection in collections]


def add_bundled(records: Records, cards: Sequence[ModelCard]) -> None:
    """Record what came with BioSight: as a candidate, and as the champion of its family where none
    serves. It also becomes champion where the serving version was an earlier bundled one that no
    longer exists.

    Safe in several processes at once.
    """
    bundled = {card.key for card in cards}
    for card in cards:
        with suppress(Conflict, InUse):  # another process was faster, and goes on
            add_one_bundled(records, card, bundled)


def add_one_bundled(records: Records, card: ModelCard, bundled: Container[str]) -> None:
    """Record one model or detector that came with BioSight. Raises Conflict, Stale or InUse where
    another process does the same at this moment."""
    found = records.get(ModelVersion, card.key) or add(records, card)
    serving = families(records).get(card.name)
    if serving is None or not is_there(serving, bundled):
        # A new bundled detector succeeds the one before, not one that people chose.
        at = serving.promoted_at if serving and card.detector else 0.0
        records.write(*promotion(records, found, "", "came with BioSight", at)[1])


def next_release(records: Records, name: str) -> str:
    """Return the next free whole-number version of a family, as text."""
    taken = {v.card.version for v in versions(records, name)}
    return str(next(n for n in range(1, 1_000_000) if str(n) not in taken))
