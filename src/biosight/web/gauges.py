"""Gauges for Prometheus: the state of the stores and queues, read at most every few seconds.

Every instance reports the same numbers for the shared stores, so dashboards take the maximum; the
queues are its own. Each store is asked in a separate thread, so that metrics are told in time while
a store hangs. Not here: the series (metrics.py), or counters, which count where things happen.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from prometheus_client import Gauge

from biosight import metrics
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.drift import DriftReport
from biosight.errors import BioSightError
from biosight.gallery.sweeping import halted_files
from biosight.images import Image
from biosight.registry import families
from biosight.review.acts import KINDS
from biosight.storage.records import Order, Where, find_all
from biosight.web.thread_pools import ThreadPools
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.models.accuracy import audited_here
from biosight.workflows.upkeep.server_overview import last_backup

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
PATIENCE_SECONDS = 1.8  # for all stores together; Prometheus itself waits ten
AUDIT_EVERY_SECONDS = 600.0
MOST_REPORTS = 1000
MOST_COLLECTIONS = 200
LEAST_AUDITED = 30  # pictures; fewer are too few for a figure
VERDICTS = ("green", "amber", "red", "unknown")


def note_up(store: str, ask: Callable[[], None]) -> None:
    """Ask a store, and set biosight_store_up to whether it answers."""
    try:
        ask()
    except BioSightError as error:
        metrics.store_up.labels(store).set(0)
        log.warning("a store does not answer", extra={"store": store, "code": error.code})
    else:
        metrics.store_up.labels(store).set(1)


class Gauges:
    """The gauges of an app; the metrics route calls `refresh()`.

    While a store is unavailable, its last values stay and biosight_store_up says so.
    """

    def __init__(self, biosight: BioSight, pools: ThreadPools) -> None:
        self.biosight = biosight
        self.pools = pools
        self.lock = threading.Lock()
        self.asking: dict[str, threading.Thread] = {}
        for kind in KINDS:
            metrics.acts.labels(kind)
        self.at = self.audited_at = float("-inf")

    def refresh(self) -> None:
        """Read the queues now, and the stores if their last values are old. It takes less than two
        seconds, whatever hangs: a store that has not answered by then counts as away."""
        model = self.biosight.model
        waiting = self.pools.uploads.waiting
        metrics.queue_depth.labels("decode").set(model.decoders.inside + waiting)
        metrics.queue_depth.labels("classify").set(model.batcher.queue.qsize())
        with self.lock:
            if time.monotonic() - self.at < EVERY_SECONDS:
                return
            self.at = time.monotonic()
            self.ask_stores()

    def ask_stores(self) -> None:
        """Ask both stores at once, and wait for PATIENCE_SECONDS at most."""
        archive = self.biosight.archive
        asked = {
            "pictures": self.begin("pictures", lambda: note_up("pictures", self.ask_pictures)),
            "database": self.begin("database", lambda: note_up("database", archive.records.ping)),
        }
        figures = self.begin("figures", self.ask_figures)
        end = time.monotonic() + PATIENCE_SECONDS
        for store, thread in asked.items():
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                metrics.store_up.labels(store).set(0)
                log.warning("a store does not answer in time", extra={"store": store})
        figures.join(max(0.0, end - time.monotonic()))

    def begin(self, name: str, ask: Callable[[], object]) -> threading.Thread:
        """Return the thread that asks a question: a new one, or the one that still waits."""
        running = self.asking.get(name)
        if running is None or not running.is_alive():
            running = threading.Thread(target=ask, name=f"gauges-{name}", daemon=True)
            self.asking[name] = running
            running.start()
        return running

    def ask_pictures(self) -> None:
        """Ask the picture store whether it answers, and how much room it has."""
        self.biosight.archive.blobs.ping()
        with suppress(BioSightError):
            metrics.storage_free_bytes.set(self.biosight.archive.blobs.free_bytes())

    def ask_figures(self) -> None:
        """Read what the database knows; biosight_store_up says where it does not answer."""
        try:
            self.ask_records()
        except BioSightError as error:
            log.warning("the gauges keep their last values", extra={"code": error.code})

    def ask_records(self) -> None:
        """Read pictures, jobs, the backup and drift, and from time to time the audit."""
        records = self.biosight.archive.records
        for trashed, where in ((False, "library"), (True, "trash")):
            found = records.count(Image, [Where("trashed", "=", trashed)])
            metrics.pictures.labels(where).set(found)
        self.ask_jobs()
        made, problems = last_backup(records)
        metrics.backup_made.set(made)
        metrics.backup_problems.set(problems)
        metrics.sweep_halted_files.set(halted_files(records))
        self.ask_drift()
        serving = families(records).values()
        # Shared, and promoted here.
        shared = {v.id: v.promoted_at for v in serving if v.promoted_at and not v.collection}
        show_only(metrics.promoted, shared)
        if time.monotonic() - self.audited_at > AUDIT_EVERY_SECONDS:
            self.audited_at = time.monotonic()
            self.ask_audit()

    def ask_jobs(self) -> None:
        """Set how many jobs there are by state, why some failed, and how long one waits."""
        records = self.biosight.archive.records
        for state, are in jobs.in_state(time.time()).items():
            metrics.jobs.labels(state).set(records.count(Job, are))
        for reason in jobs.FAILURES:
            metrics.failed_jobs.labels(reason).set(records.count(Job, jobs.failed_for(reason)))
        waiting = jobs.open_jobs(records, limit=1)
        waited = time.time() - waiting[0].created_at if waiting else 0
        metrics.job_wait_seconds.set(max(0.0, waited))

    def ask_drift(self) -> None:
        """Set how many collections have each verdict, and when the last check was. Those in the
        trash don't count."""
        records = self.biosight.archive.records
        newest = Order("at", descending=True)
        found = records.find(DriftReport, order=newest, limit=MOST_REPORTS)
        trashed = {c.id for c in find_all(records, Collection, [Where("trashed_at", ">", 0.0)])}
        latest: dict[str, str] = {}
        for report in found:
            latest.setdefault(report.collection, report.verdict)
        living = [verdict for c, verdict in latest.items() if c not in trashed]
        for verdict in VERDICTS:
            metrics.drift_collections.labels(verdict).set(living.count(verdict))
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
        enough = {key: found for key, found in right.items() if len(found) >= LEAST_AUDITED}
        show_only(metrics.audited_accuracy, {k: sum(f) / len(f) for k, f in enough.items()})
        show_only(metrics.audited_pictures, {k: len(f) for k, f in enough.items()})


def show_only(gauge: Gauge, values: Mapping[str, float]) -> None:
    """Give a gauge of one label these values, and remove its other series."""
    gone = [label for (label,) in gauge._metrics if label not in values]
    for label, value in values.items():
        gauge.labels(label).set(value)
    for label in gone:
        gauge.remove(label)
