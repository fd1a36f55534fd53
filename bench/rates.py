"""How often the intervals of rates cover the true rate, on simulated surveys (1,000 of each kind).

    python -m bench.rates

Cameras stand 20 to 59 nights. Their true rates differ by a gamma distribution: 0 is none, 1 is as
much as the mean itself, as where animals use few places. An interval of 95 % should cover 93 to 97.
"""

import numpy as np

from biosight.field.rates import CLUSTERED, poisson_ends, rate_of

SURVEYS = 1_000
LINE = "{:>12}{:>22}{:>14}{:>14}{:>16}{:>20}"
# Deployments, events that each has on average, and how far their true rates differ.
KINDS = (
    (1, 3.0, 0.0),
    (3, 3.0, 0.0),
    (3, 3.0, 1.0),
    (5, 3.0, 0.0),
    (5, 4.0, 1.0),
    (12, 0.3, 0.0),
    (12, 4.0, 1.0),
    (30, 0.1, 0.0),
    (30, 4.0, 1.0),
    (100, 1.0, 1.0),
    (100, 1.0, 3.0),
)


def covered(size: int, mean: float, differ: float) -> tuple[float, float, float]:
    """Return how often BioSight's interval covers, how often that of the count alone does, and how
    often deployments were the units."""
    dice = np.random.default_rng(11)
    ours = count = clustered = 0
    for _ in range(SURVEYS):
        nights = dice.integers(20, 60, size)
        night = mean / 39.5
        expected = night * nights
        if differ:
            expected = expected * dice.gamma(1 / differ, differ, size)
        events = dice.poisson(expected)
        found = rate_of(zip(events.tolist(), nights.tolist(), strict=True))
        ours += found.low <= 100 * night <= found.high
        clustered += found.by == CLUSTERED
        low, high = poisson_ends(int(events.sum()), int(nights.sum()))
        count += low <= night <= high
    return ours / SURVEYS, count / SURVEYS, clustered / SURVEYS


def main() -> None:
    """Print a line for each kind of survey."""
    heads = ("deployments", "events of each, mean", "they differ", "covers", "count alone")
    print(LINE.format(*heads, "units: deployments"))
    for size, mean, differ in KINDS:
        shares = [f"{share:.1%}" for share in covered(size, mean, differ)]
        print(LINE.format(size, mean, differ, *shares))


if __name__ == "__main__":
    main()
