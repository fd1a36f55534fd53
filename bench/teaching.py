"""Teaching names with pictures of sources that nothing learnt from: how many new ones get the name.

    python -m bench.teaching --data ../shared/data --base FOLDER [--cache FILE] [--labels 4]

`--base` is a version that the second set taught nothing, such as organisms 3. For each of five
folds of whole sources, its last layers are fitted without that fold (bench.heads). Then the
commonest names of the fold are taught with its pictures, and further pictures are asked. A source's
pictures come in uploads of ten, as those of one person do.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from shutil import copy2
from tempfile import TemporaryDirectory

import numpy as np

from bench.heads import Floats, Pictures, embeddings_of, fit, folds_of, read_samples
from biosight.inference.classifier import Classifier
from biosight.inference.head import read_head, write_head
from biosight.inference.model_files.card import ModelCard, read_card, write_card
from biosight.learning.teaching.candidate import Assignment, Example
from biosight.learning.teaching.teach import teach
from biosight.taxa.tree import Tree
from biosight.training.data.leaves import leaves_of, meanings_of, read_names

ASKED = 20  # further pictures of each label
UPLOAD = 10  # pictures of a source that come in one upload
RANKS = ("family", "order")


def labels_in(tree: Tree, nodes: Sequence[str], many: int, enough: int) -> list[str]:
    """Return up to `many` families or orders with `enough` pictures, none below another."""
    count = Counter(tree.ranked(n, rank) for n in nodes for rank in RANKS)
    found: list[str] = []
    for label, n in count.most_common():
        apart = not any(tree.is_below(label, x) or tree.is_below(x, label) for x in found)
        if label and n >= enough and apart and len(found) < many:
            found.append(label)
    return found


def taught_and_asked(
    tree: Tree, mine: Pictures, labels: Sequence[str], taught: int, dice: Random
) -> tuple[list[Example], list[tuple[str, int]]]:
    """Return the pictures that teach, and those asked afterwards by number."""
    examples: list[Example] = []
    asked: list[tuple[str, int]] = []
    for label in labels:
        own = [n for n, s in enumerate(mine.samples) if tree.is_below(s.node, label)]
        dice.shuffle(own)
        for at, n in enumerate(own[:taught]):
            upload, line = f"{mine.samples[n].source} {at // UPLOAD}", tree.line(label)
            examples.append(Example(str(n), label, upload, mine.embeddings[n], line))
        asked += [(label, n) for n in own[taught : taught + ASKED]]
    return examples, asked


def said_names(
    folder: Path, mine: Pictures, asked: Sequence[tuple[str, int]]
) -> list[Sequence[str]]:
    """Return the names of each answer, from the top of the tree down."""
    classifier = Classifier(folder, 1)
    assert classifier.rollup is not None
    tree = classifier.rollup.tree
    verdicts = classifier.judge(mine.embeddings[[n for _, n in asked]])
    return [tree.line(classifier.answer(v).label) for v in verdicts]


def fold_model(base: Path, card: ModelCard, train: Pictures, weights: Floats, to: Path) -> None:
    """Write the base with last layers that a fold taught nothing."""
    own = read_head(base, len(card.labels), card.embedding_size)
    assert own is not None
    for name in ("model.onnx", "reference.npz"):
        copy2(base / name, to / name)
    write_head(fit(own, card, train, weights), to)
    write_card(card.model_copy(update={"base": card.space}), to)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--labels", type=int, default=4)
    parser.add_argument("--taught", type=int, default=40)
    given = parser.parse_args()
    card, names = read_card(given.base), read_names(given.data / "taxonomy")
    leaves = leaves_of(card)
    assert leaves is not None
    pairs = list(read_samples(given.data, names))
    samples, kind = [s for _, s in pairs], np.array([k for k, _ in pairs])
    meanings = meanings_of(samples, card.label_names, leaves)
    allowed = meanings.allowed[[meanings.number[s.label, s.node] for s in samples]]
    every = Pictures(samples, embeddings_of(given.base, samples, given.cache), allowed)
    hold = set(json.loads(card.parameters["hold"].replace("'", '"')))
    held = (kind == "train") & np.array([s.source in hold for s in samples])
    old, pool = (kind == "train") & ~held, (kind == "new") | held
    weights = np.where(kind == "new", 2.0, 1.0).astype(np.float32)
    number = np.full(len(samples), -1)
    number[pool] = folds_of([s.source for s, p in zip(samples, pool, strict=True) if p])
    total = np.zeros(4)
    for fold in range(int(number.max()) + 1):
        mine, train = every.only(number == fold), old | (pool & (number != fold))
        nodes = [s.node for s in mine.samples]
        labels = labels_in(names.tree, nodes, given.labels, given.taught + ASKED)
        if len(labels) < 2:
            continue
        examples, asked = taught_and_asked(names.tree, mine, labels, given.taught, Random(fold))
        with TemporaryDirectory() as kept:
            base, target = Path(kept) / "base", Path(kept) / "taught"
            base.mkdir()
            fold_model(given.base, card, every.only(train), weights[train], base)
            teach(Assignment(base, tuple(labels), "taught", "1"), examples, target)
            before, after = said_names(base, mine, asked), said_names(target, mine, asked)
        got = np.array([label in line for (label, _), line in zip(asked, after, strict=True)])
        was = np.array([label in line for (label, _), line in zip(asked, before, strict=True)])
        called = np.array([any(x in line for x in labels) for line in after])
        total += (len(asked), was.sum(), got.sum(), called.sum())
        print(
            f"fold {fold}, {', '.join(labels)}: {was.mean():.0%} before, {got.mean():.0%} now; "
            f"{got.sum() / max(1, called.sum()):.0%} of {called.sum()} named so are right"
        )
    many, was_all, got_all, called_all = total
    print(
        f"all: {was_all / many:.1%} before, {got_all / many:.1%} now of {many:.0f}; "
        f"{got_all / max(1, called_all):.1%} of what is named with a taught name is right"
    )


if __name__ == "__main__":
    main()
