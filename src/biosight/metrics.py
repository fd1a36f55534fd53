"""Every Prometheus series, declared once; labels hold route templates and outcomes, never people.

Not here: where they are served (web/health.py).
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry()
# Memory, processor time and open files of this process, and the Python version.
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

requests = Counter(
    "biosight_requests",
    "HTTP requests by method, route template and status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
failed_requests = Counter(
    "biosight_failed_requests",
    "Requests that BioSight could not answer, by status: 500 unforeseen, 503 and 507 on purpose, "
    "while a store is away, full or busy. Probes are left out.",
    ("status",),
    registry=REGISTRY,
)
request_seconds = Histogram(
    "biosight_request_seconds",
    "Time to answer a request, by route template and kind: page, api, transfer (whose time is the "
    "client's line) or probe.",
    ("route", "kind"),
    buckets=SECONDS,
    registry=REGISTRY,
)
uploads = Counter(
    "biosight_uploads",
    "Pictures that arrived, by outcome: stored, duplicate, trashed, rejected or unclassified.",
    ("outcome",),
    registry=REGISTRY,
)
stage_seconds = Histogram(
    "biosight_upload_stage_seconds",
    "Time of an upload's stages: receive, decode, store, classify (of which queue, infer), record.",
    ("stage",),
    buckets=SECONDS,
    registry=REGISTRY,
)
predictions = Counter(
    "biosight_predictions",
    "Predictions by model version and label.",
    ("model", "label"),
    registry=REGISTRY,
)
acts = Counter(
    "biosight_acts",
    "Pictures changed by people, by kind of act.",
    ("kind",),
    registry=REGISTRY,
)
sign_ins = Counter(
    "biosight_sign_ins",
    "Sign-ins by outcome: ok, wrong or limited.",
    ("outcome",),
    registry=REGISTRY,
)
unfamiliar = Counter(
    "biosight_unfamiliar",
    "Predictions on pictures beyond what the model knows, by model version.",
    ("model",),
    registry=REGISTRY,
)
checked = Counter(
    "biosight_checked",
    "Labels that people said of pictures a machine had named: confirmed or corrected.",
    ("kind",),
    registry=REGISTRY,
)
confidence = Histogram(
    "biosight_confidence",
    "Confidence of predictions, 0 to 1, by model version.",
    ("model",),
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1),
    registry=REGISTRY,
)
novelty = Histogram(
    "biosight_novelty",
    "Distance of pictures from what the model knows, by model version.",
    ("model",),
    buckets=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1),
    registry=REGISTRY,
)
batch_size = Histogram(
    "biosight_batch_size",
    "Pictures in one run of a network.",
    buckets=(1, 2, 3, 4, 5, 6, 7, 8),
    registry=REGISTRY,
)
queue_depth = Gauge(
    "biosight_queue_depth",
    "Pictures that wait or are worked on, by queue: decode (uploads that wait for their turn "
    "included) or classify.",
    ("queue",),
    registry=REGISTRY,
)
pictures = Gauge(
    "biosight_pictures", "Pictures in the library and in the trash.", ("where",), registry=REGISTRY
)
jobs = Gauge(
    "biosight_jobs", "Long jobs by state: waiting, running, failed.", ("state",), registry=REGISTRY
)
failed_jobs = Gauge(
    "biosight_failed_jobs",
    "Long jobs that failed, by reason: refused (as the job's words say), store (away for an hour), "
    "worker (died again and again) or unforeseen.",
    ("reason",),
    registry=REGISTRY,
)
job_wait_seconds = Gauge(
    "biosight_job_longest_wait_seconds",
    "How long the job that waits longest has waited.",
    registry=REGISTRY,
)
backup_made = Gauge(
    "biosight_backup_last_timestamp_seconds",
    "When biosight backup last wrote one, seconds since 1970; 0 for never.",
    registry=REGISTRY,
)
backup_problems = Gauge(
    "biosight_backup_problems",
    "Damaged or missing files that the last backup named.",
    registry=REGISTRY,
)
housekeeping = Counter(
    "biosight_housekeeping",
    "Chores of the hourly housekeeping, by outcome: ok or failed.",
    ("outcome",),
    registry=REGISTRY,
)
letters = Counter(
    "biosight_letters",
    "Mails by outcome: sent or failed.",
    ("outcome",),
    registry=REGISTRY,
)
notices = Counter(
    "biosight_notices",
    "Notices by way (mail or webhook) and outcome: sent, failed or dropped.",
    ("way", "outcome"),
    registry=REGISTRY,
)
worker_ends = Counter(
    "biosight_worker_ends",
    "Ends of the worker process that this server starts, by outcome: idle or died.",
    ("outcome",),
    registry=REGISTRY,
)
certificate_ends = Gauge(
    "biosight_certificate_ends_timestamp_seconds",
    "When the certificate of the public address ends, seconds since 1970; 0 where there is none "
    "or it was never read from here.",
    registry=REGISTRY,
)
sweep_halted_files = Gauge(
    "biosight_sweep_halted_files",
    "Originals that no picture names and that are too many to be swept unasked; 0 for none.",
    registry=REGISTRY,
)
drift_collections = Gauge(
    "biosight_drift_collections",
    "Collections by the verdict of their last drift check.",
    ("verdict",),
    registry=REGISTRY,
)
drift_checked = Gauge(
    "biosight_drift_last_check_timestamp_seconds",
    "When the newest drift check was, seconds since 1970; 0 for never.",
    registry=REGISTRY,
)
promoted = Gauge(
    "biosight_model_promoted_timestamp_seconds",
    "When a serving version of a family began to serve, seconds since 1970.",
    ("model",),
    registry=REGISTRY,
)
audited_accuracy = Gauge(
    "biosight_audited_accuracy",
    "How often a serving version is right, 0 to 1, on pictures that review drew at random.",
    ("model",),
    registry=REGISTRY,
)
audited_pictures = Gauge(
    "biosight_audited_pictures",
    "Pictures that the audited accuracy rests on.",
    ("model",),
    registry=REGISTRY,
)
store_up = Gauge(
    "biosight_store_up",
    "1 while a store answers: database or pictures.",
    ("store",),
    registry=REGISTRY,
)
storage_free_bytes = Gauge(
    "biosight_storage_free_bytes", "Free room where the pictures lie.", registry=REGISTRY
)
build_info = Gauge(
    "biosight_build_info",
    "Always 1; the labels tell version and model.",
    ("version", "model"),
    registry=REGISTRY,
)
# Prometheus sees no increase in a counter that first appears at 1, so counters with known labels
# exist from the start.
KNOWN: tuple[tuple[Counter, tuple[str, ...]], ...] = (
    (uploads, ("stored", "duplicate", "trashed", "rejected", "unclassified")),
    (sign_ins, ("ok", "wrong", "limited")),
    (checked, ("confirmed", "corrected", "undecided")),
    (failed_requests, ("500", "503", "507", "other")),
    (housekeeping, ("ok", "failed")),
    (letters, ("sent", "failed")),
    (worker_ends, ("idle", "died")),
)


def begin_known() -> None:
    """Let the counters with known labels exist."""
    for counter, values in KNOWN:
        for value in values:
            counter.labels(value)


begin_known()
