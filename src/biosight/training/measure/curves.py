"""The curves of a training run as a drawing: the loss of each step, and the checks.

Not here: their numbers (history.py).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from biosight.training.measure.history import read_checks, read_steps

FILE = "curves.svg"
WIDTH, HEIGHT, EDGE = 720, 240, 48
COLOURS = ("#1b664c", "#8a5300", "#3b5b92", "#7a3b6a", "#b3261e")
MOST_POINTS = 600
Points = list[tuple[float, float]]


def draw_curves(folder: Path) -> Path:
    """Draw a run's steps.csv and checks.csv below `folder` as curves.svg; return its path."""
    loss = smoothed([(float(step), float(loss)) for step, _, loss in read_steps(folder)])
    checks = read_checks(folder)
    named = [name for name in (checks[0] if checks else {}) if name != "step"]
    lines = {
        name: [(float(c["step"]), float(c[name])) for c in checks if c.get(name)] for name in named
    }
    charts = [chart("Loss of the training pictures", {"loss": loss}, 0)]
    if lines:
        charts.append(chart("On pictures of sources left out", lines, HEIGHT))
    path = folder / FILE
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * len(charts)}" '
        f'font-family="system-ui, sans-serif" font-size="12" role="img">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(charts)}</svg>\n',
        encoding="utf-8",
    )
    return path


def smoothed(points: Points) -> Points:
    """Return at most MOST_POINTS points: each the mean of as many that follow each other."""
    if len(points) <= MOST_POINTS:
        return points
    parts = np.array_split(np.array(points), MOST_POINTS)
    return [(float(p[-1, 0]), float(p[:, 1].mean())) for p in parts]


def chart(title: str, lines: dict[str, Points], top: int) -> str:
    """Return one chart with its lines, from `top` pixels down: axes with their ends, and a name and
    the last value for each line."""
    every = np.array([p for points in lines.values() for p in points] or [(0.0, 0.0)])
    low, high = every.min(axis=0), every.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    left, right = EDGE, WIDTH - 3 * EDGE
    ceiling, floor = top + 32, top + HEIGHT - 32
    drawn = [
        f'<text x="{left}" y="{top + 20}" font-weight="600">{title}</text>',
        f'<path d="M{left} {ceiling}V{floor}H{right}" fill="none" stroke="#888"/>',
        text(left - 6, ceiling + 4, f"{high[1]:.3g}", "end"),
        text(left - 6, floor, f"{low[1]:.3g}", "end"),
        text(left, floor + 16, f"{low[0]:.0f}", "start"),
        text(right, floor + 16, f"step {high[0]:.0f}", "end"),
    ]
    for number, (name, points) in enumerate(lines.items()):
        if not points:
            continue
        colour = COLOURS[number % len(COLOURS)]
        shares = (np.array(points) - low) / span
        drawn.append(polyline(shares, (left, right), (floor, ceiling), colour))
        words = f"{name.replace('_', ' ')} {points[-1][1]:.3g}"
        drawn.append(text(right + 8, ceiling + 16 * number + 8, words, "start", colour))
    return "".join(drawn)


def polyline(
    shares: npt.NDArray[np.float64],
    across: tuple[int, int],
    down: tuple[int, int],
    colour: str,
) -> str:
    """Return a line through points (n, 2) in 0 to 1."""
    x = across[0] + shares[:, 0] * (across[1] - across[0])
    y = down[0] + shares[:, 1] * (down[1] - down[0])
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    dot = f'<circle cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="3" fill="{colour}"/>'
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>{dot}'


def text(x: float, y: float, words: str, anchor: str, colour: str = "#444") -> str:
    """Return a text at a place."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
