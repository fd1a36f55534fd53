"""Grafana's dashboards, written from the tables below: python deploy/grafana/boards.py.

Each panel is a line: its kind, title, what it tells, its size, unit and queries. Every query is of
the job and the instances chosen above, and its rate follows what is shown ($__rate_interval).
`python deploy/grafana/boards.py --check` writes nothing: it says whether the files are these, and
whether Grafana's own types (PyPI grafana-foundation-sdk, made from its published schemas) hold all
that stands in them. Over 600 lines, because ruff gives each argument of a panel a line: it is one
table, and read as one.
Not here: what the series mean (docs/reference/metrics.md).
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = 'job=~"$job", instance=~"$instance"'
CORRECTED = 'kind="corrected"'
DIED = 'outcome="died"'
FAILED, NOT_FAILED = 'outcome="failed"', 'state!="failed"'
RED, NOT_RED = 'verdict="red"', 'verdict!="red"'
PROBES = 'route!~"/health|/ready|/metrics"'
Board = dict[str, Any]
OK, WARN, BAD = "green", "orange", "red"


def of(series: str, *also: str) -> str:
    """A series of the job and instances chosen."""
    return f"{series}{{{', '.join([CHOSEN, *also])}}}"


def rate(series: str, *also: str) -> str:
    """How fast a counter grows, a second."""
    return f"rate({of(series, *also)}[$__rate_interval])"


def quantile(part: float, series: str, by: str = "", *also: str) -> str:
    """A quantile of a histogram, by a label where one is named."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part}, sum by ({labels}) ({rate(series, *also)}))"


def steps(*at: tuple[float | None, str]) -> Board:
    """Colours from values on; the first from the least."""
    return {"mode": "absolute", "steps": [{"value": v, "color": c} for v, c in at]}


def said(**words: tuple[str, str]) -> list[Board]:
    """Values as words: v1=("answers", "green")."""
    options = {
        value.removeprefix("v"): {"text": text, "color": colour, "index": n}
        for n, (value, (text, colour)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}]


def panel(
    kind: str,
    title: str,
    tells: str,
    width: int,
    unit: str,
    *queries: tuple[str, str],
    thresholds: Board | None = None,
    mappings: list[Board] | None = None,
    **options: Any,
) -> Board:
    """One panel; its place is found later. A query is an expression and the words of its legend."""
    shape = "heatmap" if kind == "heatmap" else "time_series"
    targets = [
        {
            "refId": chr(ord("A") + n),
            "datasource": SOURCE,
            "expr": expression,
            "legendFormat": "{{le}}" if kind == "heatmap" else legend,
            "format": shape,
            "instant": kind in {"stat", "bargauge"},
            "range": kind not in {"stat", "bargauge"},
        }
        for n, (expression, legend) in enumerate(queries)
    ]
    defaults: Board = {"unit": unit, "thresholds": thresholds or steps((None, OK))}
    if mappings:
        defaults["mappings"] = mappings
    if kind == "timeseries":
        defaults |= {"min": 0, "custom": {"fillOpacity": 8, "lineWidth": 1, "showPoints": "never"}}
    return {
        "type": kind,
        "title": title,
        "description": tells,
        "datasource": SOURCE,
        "gridPos": {"w": width, "h": 4 if kind == "stat" else 8},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {**OPTIONS[kind], **options},
        "targets": targets,
    }


OPTIONS: dict[str, Board] = {
    "stat": {
        "colorMode": "value",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"]},
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "heatmap": {
        "calculate": False,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 32},
        "yAxis": {"axisPlacement": "left"},
        "cellGap": 1,
    },
    "bargauge": {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"]},
    },
}


def row(title: str) -> Board:
    """A heading over the panels that follow."""
    return {"type": "row", "title": title, "collapsed": False, "gridPos": {"w": 24, "h": 1}}


def placed(panels: list[Board]) -> list[Board]:
    """Panels with numbers and places: from left to right, rows as high as their highest."""
    x = y = high = 0
    for number, one in enumerate(panels, 1):
        place = one["gridPos"]
        if x + place["w"] > 24:
            x, y, high = 0, y + high, 0
        one["id"] = number
        one["gridPos"] = {"x": x, "y": y, **place}
        x, high = x + place["w"], max(high, place["h"])
    return panels


def variable(name: str, label: str, query: str) -> Board:
    """A choice of a label's values, all of them at first."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


VARIABLES = [
    {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
    variable("job", "Job", "label_values(biosight_build_info, job)"),
    variable("instance", "Instance", 'label_values(biosight_build_info{job=~"$job"}, instance)'),
]


def mark(name: str, colour: str, series: str, title: str) -> Board:
    """Lines at the moments that a series' values tell, in seconds since 1970."""
    return {
        "name": name,
        "enable": True,
        "iconColor": colour,
        "datasource": SOURCE,
        "expr": f"{of(series)} * 1000",
        "useValueForTime": True,
        "titleFormat": title,
    }


MARKS = [
    mark("Restarts", "blue", "process_start_time_seconds", "{{instance}} started"),
    mark("Promotions", "purple", "biosight_model_promoted_timestamp_seconds", "{{model}} serves"),
]


def board(name: str, title: str, tells: str, panels: list[Board]) -> Board:
    return {
        "uid": f"biosight-{name}",
        "title": f"BioSight: {title}",
        "description": tells,
        "tags": ["biosight"],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 41,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": VARIABLES},
        "annotations": {"list": MARKS},
        "links": [
            {
                "type": "dashboards",
                "title": "BioSight",
                "tags": ["biosight"],
                "asDropdown": True,
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "panels": placed(panels),
    }


FAILING = f"sum({rate('biosight_requests_total', PROBES)})"
LATE = steps((None, OK), (1, WARN), (5, BAD))

SERVICE = board(
    "service",
    "service",
    "Does it answer, how fast, and what waits.",
    [
        row("Now"),
        panel(
            "stat",
            "Instances up",
            "Instances that Prometheus reaches. None is an alert.",
            4,
            "none",
            (f"sum({of('up')})", ""),
            thresholds=steps((None, BAD), (1, OK)),
        ),
        panel(
            "stat",
            "Stores",
            "Whether the database and the place of the pictures answer.",
            5,
            "none",
            (f"min by (store) ({of('biosight_store_up')})", "{{store}}"),
            mappings=said(v1=("answers", OK), v0=("away", BAD)),
            thresholds=steps((None, BAD), (1, OK)),
        ),
        panel(
            "stat",
            "Version and model",
            "What runs, and which model answers by default.",
            7,
            "none",
            (f"max by (version, model) ({of('biosight_build_info')})", "{{version}}, {{model}}"),
            textMode="name",
        ),
        panel(
            "stat",
            "Free room",
            "Where the pictures lie; a bucket tells the room for uploads.",
            4,
            "bytes",
            (f"min({of('biosight_storage_free_bytes')})", ""),
            thresholds=steps((None, BAD), (5e9, WARN), (2e10, OK)),
        ),
        panel(
            "stat",
            "Last backup, ago",
            "Since biosight backup last wrote one; absent for never.",
            4,
            "s",
            (f"time() - max({of('biosight_backup_last_timestamp_seconds')} > 0)", ""),
            thresholds=steps((None, OK), (129_600, WARN), (172_800, BAD)),
        ),
        row("Requests"),
        panel(
            "timeseries",
            "Requests",
            "By status; probes are left out.",
            8,
            "reqps",
            (f"sum by (status) ({rate('biosight_requests_total', PROBES)})", "{{status}}"),
        ),
        panel(
            "timeseries",
            "Failing share",
            "500 nobody foresaw; 503 and 507 mean that a store is away, full or busy.",
            8,
            "percentunit",
            (
                f"sum by (status) ({rate('biosight_failed_requests_total')})"
                f" / ignoring (status) group_left () {FAILING}",
                "{{status}}",
            ),
            thresholds=steps((None, OK), (0.01, WARN), (0.05, BAD)),
        ),
        panel(
            "timeseries",
            "Time to answer",
            "Transfers take as long as the other side's line; pages and the API are ours.",
            8,
            "s",
            (quantile(0.5, "biosight_request_seconds_bucket", "kind"), "{{kind}}, half"),
            (quantile(0.95, "biosight_request_seconds_bucket", "kind"), "{{kind}}, 95 %"),
            thresholds=LATE,
        ),
        panel(
            "heatmap",
            "Pages and API",
            "How many requests took how long.",
            12,
            "s",
            (
                "sum by (le) (increase("
                + of("biosight_request_seconds_bucket", 'kind=~"page|api"')
                + "[$__rate_interval]))",
                "",
            ),
        ),
        panel(
            "timeseries",
            "Sign-ins",
            "Many wrong ones at once are somebody who guesses.",
            12,
            "cps",
            (f"sum by (outcome) ({rate('biosight_sign_ins_total')})", "{{outcome}}"),
        ),
        row("Uploads"),
        panel(
            "timeseries",
            "Uploads",
            "Pictures a second, by what became of them.",
            8,
            "cps",
            (f"sum by (outcome) ({rate('biosight_uploads_total')})", "{{outcome}}"),
        ),
        panel(
            "timeseries",
            "Stages, 95 %",
            "Where an upload's time goes.",
            8,
            "s",
            (quantile(0.95, "biosight_upload_stage_seconds_bucket", "stage"), "{{stage}}"),
        ),
        panel(
            "heatmap",
            "Classify",
            "How long the network and the wait for it took.",
            8,
            "s",
            (
                "sum by (le) (increase("
                + of("biosight_upload_stage_seconds_bucket", 'stage="classify"')
                + "[$__rate_interval]))",
                "",
            ),
        ),
        panel(
            "timeseries",
            "Queues",
            "Pictures that wait or are worked on, by instance.",
            8,
            "short",
            (f"sum by (queue, instance) ({of('biosight_queue_depth')})", "{{queue}} {{instance}}"),
            thresholds=steps((None, OK), (20, WARN), (50, BAD)),
        ),
        panel(
            "timeseries",
            "Pictures in a run",
            "More in a run means that more arrive at once.",
            8,
            "short",
            (
                f"sum({rate('biosight_batch_size_sum')})"
                f" / sum({rate('biosight_batch_size_count')})",
                "pictures",
            ),
        ),
        panel(
            "timeseries",
            "Pictures",
            "In the library and in the trash.",
            8,
            "short",
            (f"max by (where) ({of('biosight_pictures')})", "{{where}}"),
        ),
        row("Work"),
        panel(
            "timeseries",
            "Jobs",
            "Long work by state; failed work by reason, of which all but refused is an alert.",
            8,
            "short",
            (f"max by (state) ({of('biosight_jobs', NOT_FAILED)})", "{{state}}"),
            (f"max by (reason) ({of('biosight_failed_jobs')})", "failed: {{reason}}"),
        ),
        panel(
            "timeseries",
            "Longest wait",
            "How long the job that waits longest has waited.",
            8,
            "s",
            (f"max({of('biosight_job_longest_wait_seconds')})", "waits"),
            thresholds=steps((None, OK), (900, WARN), (1800, BAD)),
        ),
        panel(
            "timeseries",
            "Acts",
            "Pictures changed a second by people, by kind of act.",
            8,
            "cps",
            (f"sum by (kind) ({rate('biosight_acts_total')})", "{{kind}}"),
        ),
        panel(
            "timeseries",
            "What fails unseen",
            "Chores of the housekeeping, mails, and ends of the worker process, a second.",
            16,
            "cps",
            (f"sum({rate('biosight_housekeeping_total', FAILED)})", "chores"),
            (f"sum({rate('biosight_letters_total', FAILED)})", "mails"),
            (f"sum({rate('biosight_worker_ends_total', DIED)})", "workers"),
        ),
        panel(
            "stat",
            "Certificate, ends in",
            "Of the public address; absent where it can't be read from the instances.",
            8,
            "s",
            (f"min({of('biosight_certificate_ends_timestamp_seconds')} > 0) - time()", ""),
            thresholds=steps((None, BAD), (1_209_600, OK)),
        ),
        row("Processes"),
        panel(
            "timeseries",
            "Processor",
            "Cores in use by the server's own process.",
            8,
            "short",
            (f"sum by (instance) ({rate('process_cpu_seconds_total')})", "{{instance}}"),
        ),
        panel(
            "timeseries",
            "Memory",
            "Held by the server's own process.",
            8,
            "bytes",
            (f"max by (instance) ({of('process_resident_memory_bytes')})", "{{instance}}"),
        ),
        panel(
            "timeseries",
            "Open files",
            "Share of what the process may open.",
            8,
            "percentunit",
            (
                f"max by (instance) ({of('process_open_fds')} / {of('process_max_fds')})",
                "{{instance}}",
            ),
            thresholds=steps((None, OK), (0.7, WARN), (0.9, BAD)),
        ),
    ],
)

MODEL = board(
    "model",
    "model quality",
    "How often it is right, as people saw it, and how sure it says it is.",
    [
        row("What people found"),
        panel(
            "stat",
            "Audited accuracy",
            "Right answers among pictures that review drew at random; absent below thirty.",
            6,
            "percentunit",
            (f"max by (model) ({of('biosight_audited_accuracy')})", "{{model}}"),
            thresholds=steps((None, BAD), (0.7, WARN), (0.9, OK)),
        ),
        panel(
            "stat",
            "Pictures it rests on",
            "Fewer make a wider interval.",
            6,
            "none",
            (f"max by (model) ({of('biosight_audited_pictures')})", "{{model}}"),
        ),
        panel(
            "timeseries",
            "Corrected share",
            "Of the labels that people checked.",
            12,
            "percentunit",
            (
                f"sum({rate('biosight_checked_total', CORRECTED)})"
                f" / sum({rate('biosight_checked_total')})",
                "corrected",
            ),
        ),
        panel(
            "timeseries",
            "Checked",
            "Labels confirmed and corrected a second.",
            12,
            "cps",
            (f"sum by (kind) ({rate('biosight_checked_total')})", "{{kind}}"),
        ),
        row("What it says"),
        panel(
            "timeseries",
            "Predictions by label",
            "A second; a label that vanishes is worth a look.",
            12,
            "cps",
            (f"sum by (label) ({rate('biosight_predictions_total')})", "{{label}}"),
        ),
        panel(
            "timeseries",
            "Predictions by version",
            "Versions change at the purple lines.",
            12,
            "cps",
            (f"sum by (model) ({rate('biosight_predictions_total')})", "{{model}}"),
        ),
        panel(
            "timeseries",
            "Mean confidence",
            "By version. It falls when pictures are new to it.",
            12,
            "percentunit",
            (
                f"sum by (model) ({rate('biosight_confidence_sum')})"
                f" / sum by (model) ({rate('biosight_confidence_count')})",
                "{{model}}",
            ),
        ),
        panel(
            "heatmap",
            "Confidence",
            "How many predictions were how sure.",
            12,
            "percentunit",
            (
                f"sum by (le) (increase({of('biosight_confidence_bucket')}[$__rate_interval]))",
                "",
            ),
        ),
    ],
)

DRIFT = board(
    "drift",
    "drift",
    "Whether what arrives is like what the model learnt.",
    [
        row("Checks"),
        panel(
            "stat",
            "Red",
            "Collections that have drifted by their last check.",
            4,
            "none",
            (f"max({of('biosight_drift_collections', RED)})", ""),
            thresholds=steps((None, OK), (1, BAD)),
        ),
        panel(
            "stat",
            "Other verdicts",
            "Collections by their last drift check.",
            12,
            "none",
            (f"max by (verdict) ({of('biosight_drift_collections', NOT_RED)})", "{{verdict}}"),
        ),
        panel(
            "stat",
            "Last check, ago",
            "Absent while there was none.",
            8,
            "s",
            (f"time() - max({of('biosight_drift_last_check_timestamp_seconds')} > 0)", ""),
            thresholds=steps((None, OK), (93_600, WARN), (259_200, BAD)),
        ),
        row("Pictures"),
        panel(
            "timeseries",
            "Unfamiliar share",
            "Predictions on pictures beyond what the model knows.",
            12,
            "percentunit",
            (
                f"sum by (model) ({rate('biosight_unfamiliar_total')})"
                f" / sum by (model) ({rate('biosight_predictions_total')})",
                "{{model}}",
            ),
            thresholds=steps((None, OK), (0.1, WARN), (0.3, BAD)),
        ),
        panel(
            "timeseries",
            "Novelty",
            "Distance from what the model knows.",
            12,
            "short",
            (quantile(0.5, "biosight_novelty_bucket"), "half"),
            (quantile(0.95, "biosight_novelty_bucket"), "95 %"),
        ),
        panel(
            "heatmap",
            "Novelty of pictures",
            "How many were how far from what it knows.",
            12,
            "short",
            (f"sum by (le) (increase({of('biosight_novelty_bucket')}[$__rate_interval]))", ""),
        ),
        panel(
            "bargauge",
            "Mix of labels",
            "Predictions in the time shown, by label.",
            12,
            "short",
            (
                f"sum by (label) (increase({of('biosight_predictions_total')}[$__range]))",
                "{{label}}",
            ),
        ),
    ],
)

BOARDS = {"service": SERVICE, "model": MODEL, "drift": DRIFT}


def written(one: Board) -> str:
    return json.dumps(one, indent=1, ensure_ascii=False) + "\n"


# What Grafana's schema leaves to the source of a mark: Prometheus' own.
FREE = ("useValueForTime", "titleFormat")


def lost(one: Board) -> list[str]:
    """What Grafana's types do not hold of a dashboard: paths of names or values that get lost."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    kept = json.loads(JSONEncoder().encode(Dashboard.from_json(json.loads(written(one)))))
    found = [*differing(one, kept, one["uid"])]
    for p in one["panels"]:
        if p["type"] != "row":
            options = import_module(f"grafana_foundation_sdk.models.{p['type']}").Options
            held = json.loads(JSONEncoder().encode(options.from_json(dict(p["options"]))))
            found += differing(p["options"], held, f"{one['uid']}, {p['title']}")
    return [line for line in found if line.split(":")[0].rsplit(".")[-1] not in FREE]


def differing(ours: Any, kept: Any, at: str) -> Any:
    """The paths at which two differ, where ours says something."""
    if isinstance(ours, dict) and isinstance(kept, dict):
        for name, value in ours.items():
            yield from differing(value, kept.get(name), f"{at}.{name}")
    elif isinstance(ours, list) and isinstance(kept, list) and len(ours) == len(kept):
        for n, pair in enumerate(zip(ours, kept, strict=True)):
            yield from differing(*pair, f"{at}[{n}]")
    elif ours != kept:
        yield f"{at}: {ours!r} is {kept!r} to Grafana"


def main() -> None:
    """Write the files, or check them."""
    if sys.argv[1:] != ["--check"]:
        for name, one in BOARDS.items():
            (FOLDER / f"{name}.json").write_text(written(one))
        return
    wrong = [
        f"{n}.json is not what boards.py says"
        for n, one in BOARDS.items()
        if (FOLDER / f"{n}.json").read_text() != written(one)
    ]
    wrong += [line for one in BOARDS.values() for line in lost(one)]
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
