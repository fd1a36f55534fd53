"""Trees of names: reading 100,000 names, finding one at each key press, and the cost of the answer
by a tree compared with the network's own time."""

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

from biosight.bootstrap import DEFAULT_MODEL
from biosight.inference.classifier import Classifier
from biosight.taxa.finding import Findable, Finder
from biosight.taxa.tree import Taxon, Tree

MANY = 100_000
SYLLABLES = [c + v for c in "bcdlmnprst" for v in "aeiou"]
BATCH, ROUNDS = 8, 30


def names(count: int) -> list[Taxon]:
    """Return made-up taxa, eight below each, to any depth."""
    dice = random.Random(1)

    def word(parts: int) -> str:
        return "".join(dice.choice(SYLLABLES) for _ in range(parts))

    ids = [f"{word(4).title()} {word(4)} {n}" for n in range(count)]
    return [Taxon(id, id, "species", ids[n // 8] if n else "", word(5)) for n, id in enumerate(ids)]


def fastest(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the shortest time of some rounds, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def lines() -> Iterator[str]:
    """Yield the rows of the table."""
    taxa = names(MANY)
    tracemalloc.start()
    tree = Tree(taxa)
    children = len(tree.children)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield f"| a tree of {MANY:,} names read | {fastest(lambda: Tree(taxa)):.2f} s |"
    yield f"| its memory beside the names, {children:,} inner ones | {held / 1e6:.0f} MB |"
    finder = Finder(
        Findable(name, t.id) for t in taxa for name in (t.scientific_name, t.vernacular_name)
    )
    typed = [name[:n] for name in ("bab", "le p", "xyz", "sotusa") for n in range(1, len(name) + 1)]
    slowest = max(fastest(lambda q=q: finder.find(q)) for q in typed)  # type: ignore[misc]
    among = f"the slowest key of {len(typed)} among {len(finder.entries):,} names"
    yield f"| {among} | {slowest * 1000:.0f} ms |"
    yield f"| pictures a second with the tree, against without | {ratio():.3f} |"


def ratio() -> float:
    """Return the network's time divided by its time with the answer by the tree, measured in turns
    in one run."""
    classifier = Classifier(DEFAULT_MODEL)
    side = classifier.card.input_size
    dice = np.random.default_rng(0)
    pixels = dice.integers(0, 255, (BATCH, side, side, 3), dtype=np.uint8)
    rollup, bare, whole = classifier.rollup, [], []
    for _ in range(ROUNDS):
        classifier.rollup = None
        bare.append(fastest(lambda: classifier.predict(pixels), 1))
        classifier.rollup = rollup
        whole.append(fastest(lambda: [classifier.answer(v) for v in classifier.predict(pixels)], 1))
    return min(bare) / min(whole)


def main() -> None:
    """Print the table."""
    print("| Names as a tree | |")
    print("| --- | --- |")
    for line in lines():
        print(line)


if __name__ == "__main__":
    main()
