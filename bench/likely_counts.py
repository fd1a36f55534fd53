"""How often the intervals of likely counts cover the true number, on simulated collections.

    python -m bench.likely_counts

1,000 collections of each kind, 4,000 pictures at 40 cameras. A name is as common as the first
column says on average, in clusters: its share at a camera follows a beta distribution. The machine
finds 4 of 5 pictures of it, and errs at some cameras more than at others. An interval of 95 %
should cover 93 to 97. Names so rare that most samples have none of them are covered more often.
"""

import numpy as np

from biosight.review.likely_counts import Counts, likely_count

COLLECTIONS, CAMERAS, EACH = 1_000, 40, 100
SHARES = (0.005, 0.02, 0.1, 0.4)
DRAWN = (30, 100, 300)
LINE = "{:>8}{:>10}{:>12}{:>26}{:>26}"


def simulated(dice: np.random.Generator, share: float, drawn: int) -> tuple[Counts, int]:
    """Return what a sample says of a name, and how many pictures truly show it."""
    at_camera = dice.beta(0.5, 0.5 * (1 - share) / share, CAMERAS)
    false = dice.beta(0.5, 0.5 * (1 - share / 5) / (share / 5), CAMERAS)
    true = dice.random((CAMERAS, EACH)) < at_camera[:, None]
    missed = dice.random((CAMERAS, EACH)) < 0.2
    said = np.where(true, ~missed, dice.random((CAMERAS, EACH)) < false[:, None])
    chosen = dice.choice(true.size, drawn, replace=False)
    t, f = true.ravel()[chosen], said.ravel()[chosen]
    return Counts(
        true.size,
        int(said.sum()),
        int(f.sum()),
        int((t & f).sum()),
        int((~f).sum()),
        int((t & ~f).sum()),
    ), int(true.sum())


def main() -> None:
    """Print a line for each kind of collection."""
    heads = ("share", "sample", "covers", "width / true (median)", "without errors: covers")
    print(LINE.format(*heads))
    for share in SHARES:
        for drawn in DRAWN:
            dice = np.random.default_rng(7)
            covered, widths, plain = 0, [], 0
            for _ in range(COLLECTIONS):
                counts, true = simulated(dice, share, drawn)
                found = likely_count(counts)
                covered += found.low <= true <= found.high
                widths.append((found.high - found.low) / max(true, 1))
                plain += abs(counts.said - true) <= 1.96 * np.sqrt(max(counts.said, 1))
            shares = f"{covered / COLLECTIONS:.1%}", f"{np.median(widths):.2f}"
            print(LINE.format(share, drawn, *shares, f"{plain / COLLECTIONS:.1%}"))


if __name__ == "__main__":
    main()
