"""Gauges for Prometheus: the state of the stores and queues, read at most every few seconds.

Every instance reports the same numbers for the shared stores, so dashboards take the maximum; the
queues are its own. Not here: the series (metrics.py), or counters, which count where things happen.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from biosight import metrics
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.drift import DriftReport
from biosight.errors import BioSightError
from biosight.gallery.sweeping import halted_files
from biosight.images import Image
from biosight.registry import families
from biosight.review.acts import KINDS
from biosight.storage.records import Order, Where
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.models.accuracy import audited_here
from biosight.workflows.upkeep.server_overview import last_backup

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
AUDIT_EVERY_SECONDS = 600.0
MOST_REPORTS = 1000
MOST_COLLECTIONS = 200
LEAST_AUDITED = 30  # pictures; fewer are too few for a figure
VERDICTS = ("green", "amber", "red", "unknown")


def answer(store: str, ask: Callable[[], None]) -> bool:
    """Return whether a store answers, and set biosight_store_up to match."""
    try:
        ask()
    except BioSightError as error:
        metrics.store_up.labels(store).set(0)
        log.warning("a store does not answer", extra={"store": store, "code": error.code})
        return False
    metrics.store_up.labels(store).set(1)
    return True


class Gauges:
    """The gauges of an app; the metrics route calls `refresh()`.

    While a store is unavailable, its last values stay and biosight_store_up says so.
    """

    def __init__(self, biosight: BioSight) -> None:
        self.biosight = biosight
        self.lock = threading.Lock()
        for kind in KINDS:
            metrics.acts.labels(kind)
        self.at = self.audited_at = float("-inf")

    def refresh(self) -> None:
        """Read the queues now, and the stores if their last values are old."""
        model = self.biosight.model
        metrics.queue_depth.labels("decode").set(model.decoders.inside)
        metrics.queue_depth.labels("classify").set(model.batcher.queue.qsize())
        with self.lock:
            if time.monotonic() - self.at < EVERY_SECONDS:
                return
            self.at = time.monotonic()
            archive = self.biosight.archive
            answer("pictures", archive.blobs.ping)
            if answer("database", archive.records.ping):
                answer("database", self.ask)

    def ask(self) -> None:
        """Read pictures, jobs, the backup and drift, and from time to time the audit."""
        archive = self.biosight.archive
        with suppress(BioSightError):  # biosight_store_up reports it
            metrics.storage_free_bytes.set(archive.blobs.free_bytes())
        for trashed, where in ((False, "library"), (True, "trash")):
            found = archive.records.count(Image, [Where("trashed", "=", trashed)])
            metrics.pictures.labels(where).set(found)
        for state, are in jobs.in_state(time.time()).items():
            metrics.jobs.labels(state).set(archive.records.count(Job, are))
        waiting = jobs.open_jobs(archive.records, limit=1)
        waited = time.time() - waiting[0].created_at if waiting else 0
        metrics.job_wait_seconds.set(max(0.0, waited))
        metrics.backup_made.set(last_backup(archive.records))
        metrics.sweep_halted_files.set(halted_files(archive.records))
        self.ask_drift()
        metrics.promoted.clear()
        for version in families(archive.records).values():
            if version.promoted_at and not version.collection:  # shared, and promoted here
                metrics.promoted.labels(version.id).set(version.promoted_at)
        if time.monotonic() - self.audited_at > AUDIT_EVERY_SECONDS:
            self.audited_at = time.monotonic()
            self.ask_audit()

    def ask_drift(self) -> None:
        """Set how many collections have each verdict, and when the last check was."""
        newest = Order("at", descending=True)
        found = self.biosight.archive.records.find(DriftReport, order=newest, limit=MOST_REPORTS)
        latest: dict[str, str] = {}
        for report in found:
            latest.setdefault(report.collection, report.verdict)
        for verdict in VERDICTS:
            metrics.drift_collections.labels(verdict).set(
                sum(v == verdict for v in latest.values())
            )
        metrics.drift_checked.set(found[0].at if found else 0)

    def ask_audit(self) -> None:
        """Set how often the serving versions are right.

        It reads at most MOST_COLLECTIONS collections. A version with fewer than LEAST_AUDITED
        pictures has no series.
        """
        records = self.biosight.archive.records
        right: dict[str, list[bool]] = {}
        live = [Where("trashed_at", "=", 0.0)]
        for c in records.find(Collection, live, limit=MOST_COLLECTIONS):
            key, found = audited_here(records, self.biosight.catalogue, c)
            right.setdefault(key, []).extend(x.said == x.truth for x in found)
        metrics.audited_accuracy.clear()
        metrics.audited_pictures.clear()
        for key, answers in right.items():
            if len(answers) >= LEAST_AUDITED:
                metrics.audited_accuracy.labels(key).set(sum(answers) / len(answers))
                metrics.audited_pictures.labels(key).set(len(answers))
