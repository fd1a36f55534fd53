"""The figures of docs/guide/models.md: accuracy, calibration, novelty, speed, the teach curve.

    python -m bench.model --data ../shared/data [--extra FOLDER] [--last-word] [--write]

`--extra` is an exported model trained without the kinds below. `--last-word` also measures the
unseen sources, which must not influence any choice. `--write` puts the tables into the guide.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from sklearn.metrics import roc_auc_score

from bench.uploads import model_alone
from biosight.bootstrap import BUNDLED
from biosight.inference.classifier import Classifier
from biosight.inference.head import Head
from biosight.inference.preprocess import to_pixels
from biosight.inference.quality import expected_calibration_error, softmax, wilson
from biosight.inference.reference import Reference, held_distances, read_reference
from biosight.learning.gate_report.measures import paired_interval
from biosight.learning.head import Examples, examples_of, joined_examples, refit
from biosight.training.measure.evaluate import ece_across_sources

Floats = npt.NDArray[np.float32]
GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "models.md"
TAUGHT = [
    "lobster",
    "bee",
    "jellyfish",
    "shark",
    "coral",
    "cat",
    "dolphin",
    "ape",
    "bear",
    "cow",
    "bison",
    "eagle",
    "wolf",
    "lion",
    "pig",
    "dog",
    "octopus",
    "raccoon",
    "otter",
    "crested_gecko",
]
NEAR = [
    "starfish",
    "seahorse",
    "whale",
    "seal",
    "ant",
    "amanita_muscaria",
    "boletus_edulis",
    "cobra",
    "turkey",
    "deer",
]
EXAMPLES = (10, 20, 50)
MOST_TESTED = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """Pictures of one kind to learn from, and others to test on, from another source if there is
    one."""

    name: str
    learn: list[Path]
    test: list[Path]
    elsewhere: bool


def embedded(classifier: Classifier, files: Sequence[Path]) -> tuple[Floats, Floats]:
    """Return logits and embeddings of files, computed eight at a time."""
    parts = []
    for start in range(0, len(files), 8):
        shown = []
        for file in files[start : start + 8]:
            with Pillow.open(file) as picture:
                shown.append(to_pixels(picture.convert("RGB"), classifier.card.framing))
        parts.append(classifier.logits(np.stack(shown)))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def auroc(
    classifier: Classifier,
    reference: Reference,
    files: Sequence[Path],
    ordinary: Sequence[Path] = (),
) -> tuple[float, float]:
    """Return how well novelty separates `files` from held (or `ordinary`) pictures, and the share
    of `files` beyond the limit."""
    assert classifier.familiar is not None
    known = held_distances(
        reference.held_embeddings, reference.held_sources, reference.replay_embeddings
    )
    if ordinary:
        known = classifier.familiar.distances(embedded(classifier, ordinary)[1])
    strange = classifier.familiar.distances(embedded(classifier, files)[1])
    truth = np.concatenate([np.zeros(len(known)), np.ones(len(strange))])
    share = float((strange > classifier.card.novelty_limit).mean())
    return float(roc_auc_score(truth, np.concatenate([known, strange]))), share


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(hits: float, total: int) -> str:
    """Return a share with its 95 % interval, as text."""
    low, high = wilson(round(hits * total), total)
    return f"{hits:.1%} ({low:.1%} to {high:.1%})"


def bundled_lines(last_word: Callable[[Classifier], str] | None) -> Iterator[list[str]]:
    """Yield one row per bundled model."""
    for folder in sorted(p.parent for p in BUNDLED.glob("*/card.json")):
        classifier, reference = Classifier(folder), read_reference(folder)
        assert reference is not None
        card, held = classifier.card, len(reference.held_labels)
        said = reference.held_logits.argmax(axis=1)
        right = said == reference.held_labels
        recalls = [
            right[reference.held_labels == n].mean() for n in np.unique(reference.held_labels)
        ]
        sources = [str(s) for s in reference.held_sources]
        ece = ece_across_sources(reference.held_logits, reference.held_labels, sources)
        unseen = card.measured.get("unseen_accuracy")
        n_unseen = round(card.measured.get("unseen_pictures", 0))
        size = sum(p.stat().st_size for p in folder.iterdir()) / 1e6
        yield [
            card.key,
            card.arch,
            f"{card.input_size} px, {card.precision.split(' ')[0]}",
            percent(float(right.mean()), held),
            f"{float(np.mean(recalls)):.1%}",
            f"{ece:.3f}",
            last_word(classifier) if last_word else percent(unseen, n_unseen) if unseen else "-",
            f"{model_alone(folder):.0f}",
            f"{size:.1f} MB",
        ]


def pooled_ece(folders: Sequence[Path]) -> str:
    """Return the ECE over the held pictures of several folds together, as text."""
    confidences, rights = [], []
    for folder in folders:
        reference, card = read_reference(folder), Classifier(folder).card
        assert reference is not None
        scores = softmax(reference.held_logits, card.temperature)
        confidences.append(scores.max(axis=1))
        rights.append(scores.argmax(axis=1) == reference.held_labels)
    count = sum(len(c) for c in confidences)
    ece = expected_calibration_error(np.concatenate(confidences), np.concatenate(rights))
    return f"{ece:.3f} over {count:,} pictures of {len(folders)} folds of sources"


def kinds_of(data: Path, names: Sequence[str]) -> Iterator[Kind]:
    """Yield the pictures of each kind. The source with the most pictures teaches; the others test
    where there are enough."""
    by_kind: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    with (data / "organisms" / "MANIFEST.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] in names and row["split"] == "train":
                by_kind[row["kind"]][row["source"]].append(data / "organisms" / row["file"])
    for name in names:
        sources = sorted(by_kind[name].values(), key=len, reverse=True)
        rest = [file for source in sources[1:] for file in source]
        elsewhere = len(rest) >= 15
        learn = sources[0][: max(EXAMPLES)]
        test = rest if elsewhere else sources[0][max(EXAMPLES) :]
        yield Kind(name, learn, test[:MOST_TESTED], elsewhere)


def ordinary(data: Path, count: int = 1000) -> list[Path]:
    """Return pictures of known kinds and known sources that did not train (the `test` split)."""
    with (data / "organisms" / "MANIFEST.csv").open(encoding="utf-8") as file:
        found = [
            data / "organisms" / row["file"]
            for row in csv.DictReader(file)
            if row["split"] == "test" and row["kind"] not in {*NEAR, *TAUGHT}
        ]
    picks = np.random.default_rng(0).choice(len(found), count, replace=False)
    return [found[i] for i in picks]


def teach_curve(classifier: Classifier, reference: Reference, kinds: Sequence[Kind]) -> str:
    """Return a table of the accuracy on new kinds, all twenty at once and one at a time, and of the
    loss of the old labels."""
    assert classifier.head is not None
    learn = {k.name: embedded(classifier, k.learn)[1] for k in kinds}
    test = {k.name: embedded(classifier, k.test)[1] for k in kinds}
    rows = []
    for count in EXAMPLES:
        together = taught(classifier.head, reference, {n: e[:count] for n, e in learn.items()})
        hits = {n: found(together, n, learn, e) for n, e in test.items()}
        alone, lost = [], []
        for name in learn:
            head = taught(classifier.head, reference, {name: learn[name][:count]})
            alone.append(found(head, name, {name: learn[name]}, test[name]))
            lost.append(loss(classifier.head, head, reference)[0])
        elsewhere = [hits[k.name] for k in kinds if k.elsewhere]
        inside = [hits[k.name] for k in kinds if not k.elsewhere]
        point, low, high = loss(classifier.head, together, reference)
        rows.append(
            [
                str(count),
                f"{np.mean(alone):.1%}",
                f"{np.mean(lost):+.2%}",
                f"{np.mean(elsewhere):.1%}",
                f"{np.mean(inside):.1%}",
                f"{point:+.2%} ({low:+.2%} to {high:+.2%})",
            ]
        )
    many = sum(k.elsewhere for k in kinds)
    return table(
        [
            "Examples",
            "one new kind, found",
            "old labels lose",
            f"twenty at once, found ({many} kinds, other source)",
            f"({len(kinds) - many} kinds, same source)",
            "old labels lose",
        ],
        rows,
    )


def taught(old: Head, reference: Reference, new: dict[str, Floats]) -> Head:
    """Return a head that also knows the new kinds."""
    known = len(old.weight)
    vectors = np.concatenate(list(new.values())).astype(np.float64)
    labels = np.concatenate([np.full(len(e), known + i) for i, e in enumerate(new.values())])
    replay = examples_of(reference.replay_embeddings, reference.replay_labels)
    return refit(old, joined_examples(replay, Examples(vectors, labels)), known + len(new))


def found(head: Head, name: str, new: dict[str, Floats], vectors: Floats) -> float:
    """Return the share of a kind's pictures to which a head gives the kind's name."""
    number = len(head.weight) - len(new) + list(new).index(name)
    return float((head.logits(vectors).argmax(axis=1) == number).mean())


def loss(old: Head, new: Head, reference: Reference) -> tuple[float, float, float]:
    """Return the loss of the old labels on held pictures: the difference and its 95 % interval."""
    before = old.logits(reference.held_embeddings).argmax(axis=1) == reference.held_labels
    after = new.logits(reference.held_embeddings).argmax(axis=1) == reference.held_labels
    gains, losses = int((after & ~before).sum()), int((before & ~after).sum())
    low, high = paired_interval(gains, losses, len(before))
    return (gains - losses) / len(before), low, high


def unseen_reader(data: Path) -> Callable[[Classifier], str]:
    """Return a function that measures a model on the unseen folders that have its labels."""

    def read(classifier: Classifier) -> str:
        root = data / "organisms" / "unseen"
        names = classifier.card.label_names
        pairs = [
            (f, names.index(d.name)) for d in root.iterdir() if d.name in names for f in d.iterdir()
        ]
        if not pairs:
            return "-"
        said = embedded(classifier, [f for f, _ in pairs])[0].argmax(axis=1)
        return percent(float((said == np.array([n for _, n in pairs])).mean()), len(pairs))

    return read


def report(data: Path, extra: Path | None, last_word: bool) -> str:
    """Return all figures as Markdown."""
    head = ["Model", "network", "read at", "left-out sources (95 %)", "mean recall", "ECE"]
    head += ["unseen (95 %)", "pictures/s", "size"]
    reader = unseen_reader(data) if last_word else None
    parts = [table(head, list(bundled_lines(reader)))]
    default = BUNDLED / "organisms"
    folds = [default, extra] if extra else [default]
    parts.append(f"Calibration, pooled: ECE {pooled_ece(folds)}.")
    classifier, reference = Classifier(default), read_reference(default)
    assert reference is not None
    cells = sorted((data / "cells" / "bccd6" / "test").glob("*/*"))
    score, share = auroc(classifier, reference, cells)
    parts.append(
        f"Novelty of blood cells against left-out organisms: AUROC {score:.3f}; {share:.0%} of the "
        f"cells and 3 % of the organisms lie beyond the limit."
    )
    if extra is None:
        parts.append("Not measured here: near novelty and the teach curve need `--extra`.")
        return "\n\n".join(parts)
    classifier, reference = Classifier(extra), read_reference(extra)
    assert reference is not None
    near = [file for kind in kinds_of(data, NEAR) for file in (*kind.learn, *kind.test)]
    score, share = auroc(classifier, reference, near)
    same, _ = auroc(classifier, reference, near, ordinary(data))
    parts.append(
        f"Novelty of ten kinds left out of training ({len(near)} pictures): AUROC {same:.3f} "
        f"against other pictures of the same sources, {score:.3f} against left-out sources; "
        f"{share:.0%} beyond the limit."
    )
    parts.append(teach_curve(classifier, reference, list(kinds_of(data, TAUGHT))))
    return "\n\n".join(parts)


def main() -> None:
    """Print the tables, or write them into the guide."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--last-word", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    text = report(given.data, given.extra, given.last_word)
    print(text)
    if given.write:
        begin, end = "<!-- bench.model -->", "<!-- end -->"
        guide = GUIDE.read_text(encoding="utf-8")
        before, rest = guide.split(begin)
        GUIDE.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
