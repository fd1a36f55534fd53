"""Comparisons of two sets of pictures, with effect sizes; COMPARISONS is the table of them.

A new comparison is a row and its function. But Holm's correction divides the allowed error among
all of them: one more makes the others less sure, and the figures in docs/guide/drift.md have to be
measured again (bench/drift.py). Not here: which pictures are compared (window.py), or what is
concluded (check.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from biosight.drift.kindred import PERMUTATIONS, Floats, Known, new_kinds
from biosight.images.measures import STATISTICS

ALPHA = 0.01
LEAST_COUNT = 5  # expected pictures in each cell of the chi-square table


@dataclass(frozen=True, slots=True)
class Side:
    """One set of pictures: unit embeddings (n, d); statistics (n, 9) with NaN where one is not to
    be compared; novelty (n,); the novelty beyond which one in a hundred lies; labels (n,)."""

    embeddings: Floats
    statistics: Floats
    novelty: Floats
    limit: float
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one comparison: p, its effect size in a unit of its own, and what stood out."""

    name: str
    p: float
    effect: float
    what: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """All results, and those that stay significant at ALPHA after Holm's correction."""

    all: tuple[Finding, ...]
    firing: tuple[str, ...]

    def get(self, name: str) -> Finding:
        """Return the finding of one of COMPARISONS by name."""
        return next(f for f in self.all if f.name == name)


def compare_sides(
    base: Side,
    new: Side,
    known: Known | None = None,
    *,
    seed: int = 0,
    alpha: float = ALPHA,
) -> Findings:
    """Compare a window with a baseline; `known` is what the model learnt from, where its
    reference says."""
    found = tuple(c.run(base, new, known, np.random.default_rng(seed)) for c in COMPARISONS)
    return Findings(found, holm(found, alpha))


def holm(found: Sequence[Finding], alpha: float) -> tuple[str, ...]:
    """Return the names of the comparisons that are significant together (Holm 1979)."""
    firing = []
    for rank, finding in enumerate(sorted(found, key=lambda f: f.p)):
        if finding.p > alpha / (len(found) - rank):
            break
        firing.append(finding.name)
    return tuple(firing)


def look(base: Side, new: Side, _: Known | None, __: np.random.Generator) -> Finding:
    """Run Kolmogorov-Smirnov tests on every statistic, Bonferroni-corrected. The effect is that of
    the most significant statistic: the difference of medians in units of the baseline's spread
    (interquartile range)."""
    from scipy import stats  # half a second and 60 MB that a server seldom needs

    best = Finding("look", 1.0, 0.0)
    tested = 0
    for column, name in enumerate(STATISTICS):
        a, b = finite(base.statistics[:, column]), finite(new.statistics[:, column])
        if min(len(a), len(b)) < LEAST_COUNT:
            continue
        tested += 1
        p = float(stats.ks_2samp(a, b).pvalue)
        if p < best.p:
            spread = float(np.subtract(*np.percentile(a, [75, 25]))) or float(a.std()) or 1.0
            best = Finding("look", p, float(np.median(b) - np.median(a)) / spread, name)
    return Finding("look", min(1.0, best.p * max(1, tested)), best.effect, best.what)


def finite(values: Floats) -> Floats:
    kept: Floats = values[np.isfinite(values)]
    return kept


def features(base: Side, new: Side, _: Known | None, dice: np.random.Generator) -> Finding:
    """Test the energy distance between embeddings by permutation (Szekely and Rizzo 2004)."""
    joined = np.concatenate([base.embeddings, new.embeddings])
    distances = pairwise(joined)
    members = np.zeros((PERMUTATIONS + 1, len(joined)))
    members[0, len(base.embeddings) :] = 1
    for row in range(1, PERMUTATIONS + 1):
        members[row, dice.permutation(len(joined))[: len(new.embeddings)]] = 1
    energies = energy(distances, members)
    p = float((energies >= energies[0] - 1e-12).mean())
    return Finding("features", p, float(energies[0]))


def energy_distance(first: Floats, second: Floats) -> float:
    """Return the energy distance of two sets of unit vectors (n, d) and (m, d)."""
    members = np.zeros((1, len(first) + len(second)))
    members[0, len(first) :] = 1
    return float(energy(pairwise(np.concatenate([first, second])), members)[0])


def pairwise(unit: Floats) -> Floats:
    """Return the Euclidean distances between unit vectors (n, n)."""
    squared = np.maximum(2 - 2 * unit @ unit.T, 0)
    np.fill_diagonal(squared, 0)
    result: Floats = np.sqrt(squared)
    return result


def energy(distances: Floats, members: Floats) -> Floats:
    """Return the energy distance for each row of `members` (k, n): 1 for the second set, 0 for the
    first.

    Means are over pairs of different pictures (the unbiased form), so that the sets' sizes play no
    part.
    """
    others = 1 - members
    n, m = others.sum(axis=1), members.sum(axis=1)
    within = ((members @ distances) * members).sum(axis=1) / np.maximum(m * (m - 1), 1)
    across = ((members @ distances) * others).sum(axis=1) / np.maximum(n * m, 1)
    apart = ((others @ distances) * others).sum(axis=1) / np.maximum(n * (n - 1), 1)
    result: Floats = 2 * across - within - apart
    return result


def unfamiliar(base: Side, new: Side, known: Known | None, dice: np.random.Generator) -> Finding:
    """Test for new kinds (kindred.py), for more pictures beyond the limit than one in a hundred or
    than the baseline has (binomial), and for all being somewhat farther (Mann-Whitney). Half of the
    allowed error goes to the first test, a quarter to each other. The effect is the share of the
    window in new kinds or beyond the limit, whichever is larger, above the baseline's."""
    from scipy import stats  # half a second and 60 MB that a server seldom needs

    beyond = [int((s.novelty > base.limit).sum()) for s in (base, new)]
    sizes = [len(base.novelty), len(new.novelty)]
    usual = max(0.01, beyond[0] / max(1, sizes[0]))
    counts = float(stats.binomtest(beyond[1], sizes[1], usual, alternative="greater").pvalue)
    ranks = float(stats.mannwhitneyu(new.novelty, base.novelty, alternative="greater").pvalue)
    effect = beyond[1] / max(1, sizes[1]) - beyond[0] / max(1, sizes[0])
    if known is None:
        return Finding("unfamiliar", min(1.0, 2 * min(counts, ranks)), effect)
    sides = [(s.embeddings, s.novelty) for s in (base, new)]
    kinds, share = new_kinds(sides[0], sides[1], known, dice)
    p = min(1.0, 2 * kinds, 4 * counts, 4 * ranks)
    return Finding("unfamiliar", p, max(effect, share))


def mix(base: Side, new: Side, _: Known | None, __: np.random.Generator) -> Finding:
    """Run a chi-square test on the label mix, with rare labels together. The effect is the largest
    change of a label's share."""
    from scipy import stats  # half a second and 60 MB that a server seldom needs

    names = sorted({*base.labels, *new.labels})
    counts = np.array([[s.labels.count(n) for n in names] for s in (base, new)], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    change = shares[1] - shares[0]
    most = int(np.abs(change).argmax())
    expected = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum()
    rare = expected < LEAST_COUNT
    table = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    p = float(stats.chi2_contingency(table).pvalue) if table.shape[1] > 1 else 1.0
    return Finding("mix", p, float(change[most]), names[most])


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row: its name in reports, its title on pages, and the least effect that counts as real
    beyond being significant. `run` is the test, which takes what the model learnt from and lots to
    draw. `words` returns what the report's sentence says of a finding and the causes seen ("" for
    nothing)."""

    name: str
    title: str
    least_effect: float
    run: Callable[[Side, Side, Known | None, np.random.Generator], Finding]
    words: Callable[[Finding, Sequence[str]], str]


def list_in_words(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def look_words(_: Finding, causes: Sequence[str]) -> str:
    """Return what changed in light, colour or sharpness."""
    return f"are {list_in_words(causes)}" if causes else ""


def features_words(_: Finding, __: Sequence[str]) -> str:
    """Return nothing: embeddings have no words of their own."""
    return ""


def unfamiliar_words(_: Finding, __: Sequence[str]) -> str:
    """Return that more lies beyond what the model learnt."""
    return "contain more that the model does not know"


def mix_words(finding: Finding, _: Sequence[str]) -> str:
    """Return the label whose share changed most."""
    return f"show {'more' if finding.effect > 0 else 'less'} {finding.what or 'without a label'}"


# A fifth of a spread is hard to see: least effects are what people would notice.
COMPARISONS = (
    Comparison("look", "Light, colour, sharpness", 0.35, look, look_words),
    Comparison("features", "What is in the pictures", 0.015, features, features_words),
    Comparison("unfamiliar", "Unfamiliar pictures", 0.05, unfamiliar, unfamiliar_words),
    Comparison("mix", "Mix of labels", 0.15, mix, mix_words),
)
BY_NAME = {c.name: c for c in COMPARISONS}
