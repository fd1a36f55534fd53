"""How often the intervals of likely counts cover the true number, on simulated collections.

    python -m bench.likely_counts

1,000 collections of each kind, 4,000 pictures at 40 cameras. A name is as common as the first
column says on average, in clusters: its share at a camera follows a beta distribution. The machine
finds 4 of 5 pictures of it, and errs at some cameras more than at others. An interval of 95 %
should cover 93 to 97. Names so rare that most samples have none of them are covered more often.
"""

import numpy as np
import numpy.typing as npt

from biosight.review.count_question import share_of_given
from biosight.review.likely_counts import Counts, likely_count

COLLECTIONS, CAMERAS, EACH = 1_000, 40, 100
SHARES = (0.005, 0.02, 0.1, 0.4)
DRAWN = (40, 100, 300)
BATCH = 20
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
LINE = "{:>8}{:>10}{:>12}{:>16}{:>24}{:>16}"


def population(dice: np.random.Generator, share: float) -> tuple[Booleans, Booleans]:
    """Return which pictures truly show a name, and of which the machine says so (4,000 each)."""
    at_camera = dice.beta(0.5, 0.5 * (1 - share) / share, CAMERAS)
    false = dice.beta(0.5, 0.5 * (1 - share / 5) / (share / 5), CAMERAS)
    true = dice.random((CAMERAS, EACH)) < at_camera[:, None]
    missed = dice.random((CAMERAS, EACH)) < 0.2
    wrong = dice.random((CAMERAS, EACH)) < false[:, None]
    return true.ravel(), np.where(true, ~missed, wrong).ravel()


def looked_at(true: Booleans, said: Booleans, chosen: Integers) -> Counts:
    """Return what some pictures, by index, tell."""
    t, f = true[chosen], said[chosen]
    right, missed = int((t & f).sum()), int((t & ~f).sum())
    return Counts(true.size, int(said.sum()), int(f.sum()), right, int((~f).sum()), missed)


def by_question(dice: np.random.Generator, true: Booleans, said: Booleans, drawn: int) -> Counts:
    """Return what pictures tell that are drawn for this name, twenty after twenty."""
    order = dice.permutation(true.size)
    parts = order[said[order]], order[~said[order]]
    taken, counts = [0, 0], looked_at(true, said, order[:0])
    for _ in range(drawn // BATCH):
        many = min(round(BATCH * share_of_given(counts)), len(parts[0]) - taken[0])
        taken = [taken[0] + many, taken[1] + BATCH - many]
        chosen = np.concatenate([parts[0][: taken[0]], parts[1][: taken[1]]])
        counts = looked_at(true, said, chosen)
    return counts


def main() -> None:
    """Print a line for each kind of collection."""
    heads = ("share", "sample", "covers", "width / true", "by question: covers", "width / true")
    print(LINE.format(*heads))
    for share in SHARES:
        for drawn in DRAWN:
            print(LINE.format(share, drawn, *figures(share, drawn)))


def figures(share: float, drawn: int) -> list[str]:
    """Return how often intervals cover and how wide they are (median), for pictures drawn at random
    and for those drawn for the name."""
    dice = np.random.default_rng(7)
    covered: dict[str, list[bool]] = {"random": [], "question": []}
    widths: dict[str, list[float]] = {"random": [], "question": []}
    for _ in range(COLLECTIONS):
        true, said = population(dice, share)
        chosen = dice.choice(true.size, drawn, replace=False)
        counts = {
            "random": looked_at(true, said, chosen),
            "question": by_question(dice, true, said, drawn),
        }
        for way, one in counts.items():
            found = likely_count(one)
            covered[way].append(found.low <= true.sum() <= found.high)
            widths[way].append((found.high - found.low) / max(int(true.sum()), 1))
    return [
        text
        for way in ("random", "question")
        for text in (f"{np.mean(covered[way]):.1%}", f"{np.median(widths[way]):.2f}")
    ]


if __name__ == "__main__":
    main()
