"""A drift report as a self-contained HTML page: no scripts, no fonts, nothing fetched.

Pictures are passed in as data addresses. Not here: the page in the app (web).
"""

import json
from collections.abc import Mapping
from html import escape

from biosight.drift.comparisons import BY_NAME
from biosight.drift.reports import DriftReport

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.red { color: #b3261e; } .amber { color: #8a5300; } .green { color: #1b664c; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .25rem 1rem .25rem 0; }
ul.pictures { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; }
ul.pictures img { width: 9rem; height: 9rem; object-fit: cover; border-radius: .5rem; }
"""


def as_html(report: DriftReport, name: str, pictures: Mapping[str, str]) -> str:
    """Return the page; `pictures` maps image ids to data addresses of their thumbnails."""
    details = json.loads(report.details)
    rows = ""
    for finding in details.get("families", ()):  # their key in stored reports
        changed = "changed" if finding["name"] in report.firing else "as before"
        rows += f"<tr><td>{BY_NAME[finding['name']].title}</td><td>{changed}</td></tr>"
    shown = "".join(
        f'<li><img alt="" src="{escape(pictures[id])}"></li>'
        for id in report.strangest
        if id in pictures
    )
    drawn = f", one from each of the {report.drawn}" if report.drawn else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Drift: {escape(name)}</title>"
        f"<style>{STYLE}</style><h1 class={report.verdict}>{escape(report.sentence)}</h1>"
        f"<p>{escape(name)}: {report.pictures} pictures{drawn}, "
        f"named by {escape(report.model)}. It is {report.estimate:.0%} sure on average. It is "
        f"right that often only while its confidence is reliable.</p><table>{rows}</table>"
        f"<h2>The strangest</h2><ul class=pictures>{shown}</ul></html>\n"
    )
