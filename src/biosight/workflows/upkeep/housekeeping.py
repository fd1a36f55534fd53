"""Housekeeping: remove what crashes left, empty old trash, classify pictures that still wait.

Not here: when it runs (web/background/housekeeping.py), or how each part works (gallery/trash.py,
intake/upload.py).
"""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from biosight import accounts, logbook, metrics, notices
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.errors import BioSightError
from biosight.gallery import sweeping, trash
from biosight.gallery.sweeping import Swept
from biosight.images import Image
from biosight.intake import classify_again
from biosight.membership import abandoned_among
from biosight.notices import Delivery, Webhook
from biosight.notices.records import is_mail
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records, Where, among, find_all
from biosight.work import workers
from biosight.work.leases import take_lease
from biosight.workflows.collection_names import naming_of
from biosight.workflows.names.label_paths import settle_all
from biosight.workflows.parcels.kept import sweep_parcels, sweep_rooms
from biosight.workflows.places import camera_checks
from biosight.workflows.serving_version import serving_key
from biosight.workflows.upkeep import collection_removal

log = logging.getLogger(__name__)
T = TypeVar("T")
STALE_UPLOAD_SECONDS = 6 * 3600.0
NOTICES_SECONDS = 30 * 86_400.0
JOB_LOGS_SECONDS = 90 * 86_400.0
MOST_WAITING = 1000
HISTORIES_SECONDS = 30 * 86_400.0  # for those that a crash or an older version left


def tidy(biosight: BioSight) -> None:
    """Do this instance's own chores: keep a disk reserve, and remove unfinished uploads and
    unpacked zips left by a crash."""
    archive, now = biosight.archive, time.time()
    chore("reserve", archive.records.keep_reserve)
    chore("uploads", lambda: archive.blobs.sweep_incoming(STALE_UPLOAD_SECONDS, now))
    chore("zips", lambda: sweep_rooms(biosight.settings.data_dir, now))


def keep_house(biosight: BioSight) -> None:
    """Do one round for all instances: old trash, orphans, pictures that wait for the model."""
    records, blobs, now = biosight.archive.records, biosight.archive.blobs, time.time()
    settings = biosight.settings
    purged = chore("trash", lambda: trash.purge_old(records, blobs, settings.trash_days))
    chore("collections", lambda: remove_abandoned(biosight))
    homeless = chore("homeless pictures", lambda: purge_without_home(records, blobs))
    swept = chore("orphans", lambda: sweeping.sweep_store(records, blobs)) or Swept()
    chore("imports", lambda: sweep_parcels(records, blobs))
    chore("sign-in tries", lambda: accounts.forget_tries(records, now))
    chore("visits", lambda: accounts.forget_visits(records))
    chore("sessions", lambda: accounts.forget_sessions(records, settings.session_idle_days))
    chore("logbook", lambda: logbook.forget_old(records, now))
    chore("notices", lambda: notices.forget_deliveries(records, now - NOTICES_SECONDS))
    chore(
        "lost notices", lambda: notices.forget_homeless(records, partial(homeless_among, records))
    )
    chore("job logs", lambda: workers.forget(records, now - JOB_LOGS_SECONDS))
    chore("histories", lambda: drop_old_histories(records))
    chore("paths", lambda: settle_all(records, biosight.catalogue))
    chore("cameras", lambda: camera_checks.check_all(records))
    named = chore("waiting pictures", lambda: classify_waiting(biosight))
    done = {
        "purged": (purged or 0) + (homeless or 0),
        "set_aside": swept.moved,
        "removed": swept.gone,
        "brought_back": swept.back,
        "classified": named or 0,
    }
    if any(done.values()):
        log.info("kept house", extra=done)


def chore(name: str, work: Callable[[], T]) -> T | None:
    """Do one chore and return its result. One that fails is logged and counted, gives None, and
    keeps none of the others from being done."""
    try:
        done = work()
    except Exception:
        metrics.housekeeping.labels("failed").inc()
        log.exception("a chore failed", extra={"chore": name})
        return None
    metrics.housekeeping.labels("ok").inc()
    return done


def purge_without_home(records: Records, blobs: Blobs) -> int:
    """Remove pictures whose collection is gone; return how many."""
    return trash.purge_homeless(records, blobs, lambda c: records.get(Collection, c) is not None)


def homeless_among(records: Records, found: Sequence[Delivery]) -> list[Delivery]:
    """Return the notices whose person, collection or webhook is gone."""
    homes: dict[str, type[accounts.User] | type[Collection] | type[Webhook]] = {
        "user": accounts.User,
        "collection": Collection,
        "way": Webhook,
    }
    gone: dict[str, Delivery] = {}
    for field, kind in homes.items():
        said = {d.id: getattr(d, field) for d in found if getattr(d, field)}
        asked = {id: key for id, key in said.items() if not is_mail(key)}
        there = {home.id for home in among(records, kind, sorted(set(asked.values())))}
        gone |= {d.id: d for d in found if d.id in asked and asked[d.id] not in there}
    return list(gone.values())


def drop_old_histories(records: Records) -> None:
    """Once in a while, remove histories that a crash or an older version left."""
    if take_lease(records, "histories", HISTORIES_SECONDS):
        trash.forget_histories(records)


def remove_abandoned(biosight: BioSight) -> int:
    """Remove collections for good that are in the trash without any member, once the trash period
    is over; return how many."""
    records = biosight.archive.records
    before = time.time() - biosight.settings.trash_days * 86_400
    old = [Where("trashed_at", ">", 0.0), Where("trashed_at", "<", before)]
    found = find_all(records, Collection, old)
    abandoned = abandoned_among(records, found)
    for collection in found:
        if collection.id in abandoned:
            collection_removal.remove_collection(biosight, collection)
    return len(abandoned)


def classify_waiting(biosight: BioSight) -> int:
    """Classify pictures that were kept while the model failed; return how many."""
    records, named = biosight.archive.records, 0
    where = [Where("who", "=", "nobody"), Where("model", "=", "")]
    images = records.find(Image, where, limit=MOST_WAITING)
    ids = sorted({i.collection for i in images})
    collections = {c.id: c for c in among(records, Collection, ids)}
    for image in images:
        if (collection := collections.get(image.collection)) is not None:
            named += classify_one(biosight, collection, image)
    return named


def classify_one(biosight: BioSight, collection: Collection, image: Image) -> bool:
    records = biosight.archive.records
    try:
        model = serving_key(records, biosight.catalogue, collection.model)
        naming = naming_of(records, biosight.catalogue, collection)
        changes = classify_again(biosight.intake, model, image, naming, collection.picture_kind)
        records.write(*changes)
    except BioSightError as error:
        log.warning("still unclassified", extra={"code": error.code})
        return False
    return True
