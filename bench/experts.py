"""An expert beside the bundled model: its weight by left-out sources, and what it gains there and
elsewhere. It needs PyTorch's environment and your own pictures:

    python -m bench.experts EXPERT.tflite LABELS.txt MAP.csv NAME UNDER TAXA \\
        ROOT MANIFEST SOURCE[,SOURCE...] [ROOT MANIFEST]

The named sources of the first root give the weight; each source is judged with the weight of the
others. The second root is judged with the weight of all.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image as Pillow

from biosight.bootstrap import DEFAULT_MODEL
from biosight.cli.models.versions import card_from
from biosight.inference.classifier import Classifier
from biosight.inference.expert import Branch, Expert
from biosight.inference.model_files.mapping import read_mapping
from biosight.inference.model_files.trial import tried_expert
from biosight.inference.preprocess import to_pixels
from biosight.learning.weighing import Example, fit_weight
from biosight.training.data import dataset as ds
from biosight.training.data.leaves import read_names, with_nodes
from biosight.workflows.models.add_model import listed_labels

BATCH = 8
RANKS = ("order", "family")
Sourced = tuple[str, Example]


def opened(file: Path, labels: Path, table: Path, name: str, under: str, folder: Path) -> Expert:
    """Return the expert as `biosight model add` would store it."""
    given: dict[str, object] = {
        "card_file": None,
        "labels": str(labels),
        "size": 224,
        "name": name,
        "release": "1",
    }
    card = card_from(file, given | {"resize": 224, "mean": "0.5,0.5,0.5", "std": "0.5,0.5,0.5"})
    taxa = read_mapping(table, listed_labels(Path(labels).read_text()), name)
    tried_expert(file, card.model_copy(update={"under": under, "taxa": taxa}), "nhwc", folder)
    return Expert(folder)


def asked(
    classifier: Classifier, expert: Expert, branch: Branch, samples: Sequence[ds.Sample]
) -> list[Sourced]:
    """Return the answers of both for pictures known below the branch's name."""
    assert classifier.rollup is not None
    tree, under = classifier.rollup.tree, expert.card.under
    known = [s for s in samples if s.node != under and tree.is_below(s.node, under)]
    found: list[Sourced] = []
    for start in range(0, len(known), BATCH):
        part = known[start : start + BATCH]
        shown = []
        for sample in part:
            with Pillow.open(sample.path) as picture:
                shown.append(to_pixels(picture.convert("RGB"), classifier.card.framing))
        pixels = np.stack(shown)
        for sample, verdict, own in zip(
            part, classifier.predict(pixels), expert.shares(pixels), strict=True
        ):
            assert verdict.leaves is not None
            if branch.asked(classifier.top(verdict, 1)[0].label):
                found.append((sample.source, Example(verdict.leaves, own, sample.node)))
    return found


def tell(branch: Branch, name: str, found: Sequence[tuple[Example, float]]) -> None:
    """Print top-1 at each rank without the expert and with it, and how often families are named."""
    rollup = branch.rollup
    tree = rollup.tree
    for rank in RANKS:
        columns = [i for i, n in enumerate(rollup.nodes) if tree.taxa[n].taxon_rank == rank]
        names = [rollup.nodes[i] for i in columns]
        right = {False: 0, True: 0}
        total = 0
        for example, weight in found:
            truth = tree.ranked(example.node, rank)
            if truth not in names:
                continue
            total += 1
            for with_it in right:
                leaves = branch.pooled(example.leaves, example.own, weight * with_it)[0]
                said = names[int((leaves @ rollup.incidence[:, columns]).argmax())]
                right[with_it] += said == truth
        if total:
            print(
                f"{name}, {rank}: {total} pictures, {right[False] / total:.1%} without it, "
                f"{right[True] / total:.1%} with it"
            )
    for with_it in (False, True):
        finer = fitting = 0
        for example, weight in found:
            _, nodes = branch.pooled(example.leaves, example.own, weight * with_it)
            groups = example.leaves @ rollup.member
            answer = rollup.answer(groups, nodes)
            if answer.node != answer.group:
                finer += 1
                fitting += tree.is_below(example.node, answer.node)
        words = "with it" if with_it else "without it"
        share = fitting / finer if finer else float("nan")
        part = finer / max(1, len(found))
        print(f"{name}: said finer {part:.1%} {words}, of these {share:.1%} right")


def main(arguments: Sequence[str]) -> None:
    """Print what an expert gains."""
    file, labels, table, name, under, taxa, *roots = arguments
    names = read_names(Path(taxa))
    classifier = Classifier(DEFAULT_MODEL)
    assert classifier.rollup is not None

    def samples(root: str, manifest: str) -> list[ds.Sample]:
        found = ds.scan_tree(Path(root), Path(manifest))
        return with_nodes(found, names, Path(manifest), Path(root))

    with TemporaryDirectory() as folder:
        expert = opened(Path(file), Path(labels), Path(table), name, under, Path(folder))
        branch = Branch(classifier.rollup, expert.card)
        root, manifest, chosen = roots[:3]
        wanted = set(chosen.split(","))
        held = [s for s in samples(root, manifest) if s.source in wanted]
        found = asked(classifier, expert, branch, held)
        whole = fit_weight(branch, [e for _, e in found])
        sources = len({source for source, _ in found})
        print(f"weight {whole.weight} by {whole.pictures} pictures of {sources} sources")
        tell(branch, "left-out sources", judged(branch, found))
        if roots[3:]:
            other = asked(classifier, expert, branch, samples(*roots[3:5]))
            tell(branch, "the second root", [(e, whole.weight) for _, e in other])


def judged(branch: Branch, found: Sequence[Sourced]) -> list[tuple[Example, float]]:
    """Return each picture with the weight that the other sources give."""
    weights = {
        source: fit_weight(branch, [e for s, e in found if s != source]).weight
        for source in {s for s, _ in found}
    }
    return [(example, weights[source]) for source, example in found]


if __name__ == "__main__":
    main(sys.argv[1:])
