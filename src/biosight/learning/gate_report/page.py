"""The gate's report as a self-contained HTML page: no scripts, no fonts, nothing fetched.

Not here: the comparison (learning/gate.py), or the page in the app (web).
"""

from collections.abc import Sequence
from html import escape

from biosight.inference.model_files.card import ModelCard
from biosight.learning.by_level import WORDS, LevelLine
from biosight.learning.gate_report.values import GateReport, LabelLine, NewLabel, Part

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8884; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.better { color: #1b664c; } .worse { color: #b3261e; }
@media (prefers-color-scheme: dark) { .better { color: #7fd1ae; } .worse { color: #ffb4ab; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { font-weight: 500; vertical-align: bottom; }
td.right { font-weight: 600; } td.falls { color: #b3261e; font-weight: 600; }
.pair { display: flex; flex-wrap: wrap; gap: 2rem; }
.soft, figcaption { opacity: .75; font-size: .9rem; }
figure { margin: 0; max-width: 100%; overflow-x: auto; }
svg { display: block; } code { word-break: break-all; }
"""
TITLES = {
    "better": "The candidate is better",
    "no worse": "The candidate is no worse: a person decides",
    "worse": "The candidate is worse",
    "a person decides": "A person decides",
}


def as_html(report: GateReport, labels: Sequence[str], card: ModelCard) -> str:
    """The page; `labels` in the order of the confusion matrices, `card` the candidate's."""
    r = report
    parts = r.parts or (
        Part(r.measured_on, r.pictures, r.champion_accuracy, r.candidate_accuracy, r.low, r.high),
    )
    body = [
        f"<h1 class='{r.verdict}'>{TITLES[r.verdict]}</h1>",
        f"<p>{escape(r.candidate)} against {escape(r.champion)}, which serves.</p>",
        f"<ul>{''.join(f'<li>{escape(reason)}</li>' for reason in r.reasons)}</ul>",
        "<h2>How often each is right</h2>",
        parts_table(parts),
        difference(parts),
        levels_table(r.levels) if r.levels else "",
        f"<p>Of {r.pictures} pictures that decide, only the champion is right on "
        f"{r.only_champion_right}, only the candidate on {r.only_candidate_right} "
        f"(McNemar p = {r.mcnemar_p:.3g}). Confidence is off by {r.champion_ece:.1%} before and "
        f"{r.candidate_ece:.1%} after (ECE). {times(r)}</p>",
        "<h2>Found, by label</h2>",
        recall_table(r.labels),
        new_table(r.new_labels) if r.new_labels else "",
        "<h2>What is taken for what</h2><div class=pair>",
        matrix("Champion", r.champion_confusion, labels),
        matrix("Candidate", r.candidate_confusion, labels),
        "</div><p class=soft>A row is what people say, a column what the model says.</p>",
        "<h2>Made from</h2>",
        provenance(card),
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>Gate: {escape(r.candidate)}</title><style>{STYLE}</style>{''.join(body)}</html>\n"
    )


def times(report: GateReport) -> str:
    if not report.latency_ratio:
        return ""
    return f"A picture takes {report.candidate_ms:.1f} ms instead of {report.champion_ms:.1f}."


def cells(values: Sequence[str]) -> str:
    return "".join(f"<td>{value}</td>" for value in values)


def parts_table(parts: Sequence[Part]) -> str:
    """Accuracies on each kind of picture."""
    rows = "".join(
        f"<tr><td>{escape(p.name)}</td>"
        + cells(
            [
                f"{p.pictures:,}",
                f"{p.champion:.1%}",
                f"{p.candidate:.1%}",
                f"{points(p.low)} to {points(p.high)}",
            ]
        )
        + "</tr>"
        for p in parts
    )
    heads = ("", "Pictures", "Champion", "Candidate", "Difference, points (95 %)")
    return table(heads, rows)


def levels_table(levels: Sequence[LevelLine]) -> str:
    """Both sides at each level of the tree, and when they say more than the group."""

    def said(value: float | None, share: float) -> str:
        words = "-" if value is None else f"{value:.1%}"
        return f"{words} (of {share:.0%} said)" if share else words

    rows = "".join(
        f"<tr><td>{escape(x.part)}: {WORDS[x.level]}</td>"
        + cells(
            [
                f"{x.pictures:,}",
                said(x.champion, x.champion_share),
                said(x.candidate, x.candidate_share),
            ]
        )
        + "</tr>"
        for x in levels
    )
    return "<h2>By level</h2>" + table(("", "Pictures", "Champion", "Candidate"), rows)


def points(share: float) -> str:
    """A signed difference in points; what rounds to nothing is not negative."""
    return f"{round(share * 100, 1) + 0.0:+.1f}"


def table(heads: Sequence[str], rows: str) -> str:
    """A table that scrolls by itself when it is wide."""
    top = "".join(f"<th>{h}</th>" for h in heads)
    return (
        f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def difference(parts: Sequence[Part]) -> str:
    """The intervals of the differences, drawn around zero."""
    widest = max(0.03, *(abs(v) for p in parts for v in (p.low, p.high)))
    height = 26 * len(parts) + 8
    lines = []
    for n, p in enumerate(parts):
        y = 17 + 26 * n
        left, right = (230 + 220 * v / widest for v in (p.low, p.high))
        middle = 230 + 220 * (p.candidate - p.champion) / widest
        lines.append(
            f"<line x1='{left:.0f}' x2='{right:.0f}' y1='{y}' y2='{y}' stroke='currentColor' "
            f"stroke-width='3'/><circle cx='{middle:.0f}' cy='{y}' r='5' fill='currentColor'/>"
        )
    return (
        f"<figure><svg width='460' height='{height}' role=img aria-label='Differences'>"
        f"<line x1='230' x2='230' y1='0' y2='{height}' stroke='currentColor' opacity='.4'/>"
        f"{''.join(lines)}</svg><figcaption>Left of the line the champion is better, right of it "
        f"the candidate; the edges are {widest * 100:.0f} points.</figcaption></figure>"
    )


def recall_table(lines: Sequence[LabelLine]) -> str:
    """Recall of both by label; red where it leaves the champion's interval downwards."""
    rows = "".join(
        f"<tr><td>{escape(x.label)}</td><td>{x.pictures}</td><td>{x.champion:.0%}</td>"
        f"<td>{x.low:.0%} to {x.high:.0%}</td>"
        f"<td class='{'falls' if x.falls else ''}'>{x.candidate:.0%}</td></tr>"
        for x in lines
        if x.pictures
    )
    return table(("", "Pictures", "Champion", "its 95 % interval", "Candidate"), rows)


def new_table(lines: Sequence[NewLabel]) -> str:
    """Labels that the champion does not know."""

    def span(v: tuple[float, float, float]) -> str:
        return f"{v[0]:.0%} ({v[1]:.0%} to {v[2]:.0%})"

    rows = "".join(
        f"<tr><td>{escape(x.label)}</td>"
        f"{cells([str(x.pictures), span(x.recall), span(x.precision)])}</tr>"
        for x in lines
    )
    return f"<h2>New labels</h2>{table(('', 'Pictures', 'Found', 'Right when said'), rows)}"


def matrix(title: str, counts: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """A confusion matrix; rows are the true labels, those without pictures are left out."""
    shown = [n for n, row in enumerate(counts) if sum(row) or any(r[n] for r in counts)]
    heads = ("", *(escape(labels[n]) for n in shown))
    rows = "".join(
        f"<tr><td>{escape(labels[n])}</td>"
        + "".join(
            f"<td class='{'right' if m == n else ''}'>{counts[n][m] or ''}</td>" for m in shown
        )
        + "</tr>"
        for n in shown
    )
    return f"<figure><figcaption>{title}</figcaption>{table(heads, rows)}</figure>"


def provenance(card: ModelCard) -> str:
    said = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
        for name, value in {**card.parameters, **card.made_with}.items()
        if value
    )
    return (
        f"<p>Training set <code>{escape(card.training_set)}</code><br>"
        f"Code <code>{escape(card.git_commit) or 'unknown'}</code></p>"
        f"<details><summary>Parameters, packages, machine</summary><table>{said}</table></details>"
    )
