"""Every Prometheus series, declared once; labels hold templates and outcomes, never people.

Not here: where they are served (web/health.py).
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

requests = Counter(
    "biosight_requests",
    "HTTP requests by method, route template and status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
request_seconds = Histogram(
    "biosight_request_seconds",
    "Time to answer a request, by route template.",
    ("route",),
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
    "Time of one upload's stages: receive, decode, store, classify, record.",
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
storage_free_bytes = Gauge(
    "biosight_storage_free_bytes", "Free room where the pictures lie.", registry=REGISTRY
)
build_info = Gauge(
    "biosight_build_info",
    "Always 1; the labels tell version and model.",
    ("version", "model"),
    registry=REGISTRY,
)
