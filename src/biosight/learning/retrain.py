"""THE SECOND WALK: snapshot -> train -> evaluate -> gate -> candidate; a person promotes.

Each stage reads and writes files of one folder, so that `dvc repro` and `biosight retrain` run the
same functions. Not here: whether it is time to retrain (drift), or the work inside the stages.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree

import numpy as np
from PIL import Image as Pillow

from biosight import registry
from biosight.bootstrap import Archive
from biosight.collection import Collection
from biosight.errors import BadModel, BadRequest, NotFound
from biosight.images import Image
from biosight.inference.classifier import Classifier
from biosight.inference.model_files.card import ModelCard, learnt_from, read_card, write_card
from biosight.inference.preprocess import to_pixels
from biosight.inference.reference import read_reference
from biosight.inference.sandbox.decoding import Decoders
from biosight.labels import OPENS_AT
from biosight.learning import gate, trial
from biosight.learning.by_level import Truth
from biosight.learning.gate_report import measures, values
from biosight.learning.gate_report.page import as_html
from biosight.learning.recipe import Recipe
from biosight.learning.snapshot import Row, TrainingSet, freeze, pictures, read_set, unpack
from biosight.learning.teaching import candidate, teach
from biosight.learning.teaching.leaves import Grown, grown, place_in
from biosight.registry import ModelVersion
from biosight.storage.blobs import keys
from biosight.taxa.naming import Naming
from biosight.training.params import FitParams
from biosight.training.provenance import commit, surroundings

StageStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Work:
    """Files of one retraining, below one folder."""

    root: Path

    @property
    def snapshot(self) -> Path:
        return self.root / "snapshot"

    @property
    def candidate(self) -> Path:
        """Folder of the new model."""
        return self.root / "candidate"

    @property
    def run(self) -> Path:
        """Checkpoints and unpacked pictures of a stage or full run."""
        return self.root / "run"

    def file(self, name: str) -> Path:
        """Return the path of evaluation.json, answers.csv, gate.json, gate.html or
        registered.json."""
        return self.root / name


def no_progress(what: str, done: int, total: int) -> None:
    pass


def snapshot(
    archive: Archive,
    decoders: Decoders,
    collection: Collection,
    naming: Naming,
    champion: ModelVersion,
    recipe: Recipe,
    work: Work,
    step: StageStep = no_progress,
) -> TrainingSet:
    """Freeze the pictures that people named, reduced to the size that networks need and without
    metadata."""
    short = 2 * champion.card.resize_short

    def picture(image: Image) -> bytes:
        with archive.blobs.local(keys.original(image.sha256)) as original:
            return decoders.reduced(original, short)

    rmtree(work.snapshot, ignore_errors=True)
    return freeze(
        archive.records,
        collection.id,
        champion.id,
        naming,
        picture,
        work.snapshot,
        holdout=recipe.snapshot.holdout,
        salt=recipe.snapshot.salt,
        step=lambda done: step("pictures", done, 0),
    )


def train(
    champion: Path, recipe: Recipe, work: Work, name: str = "", *, silent: bool = False
) -> str:
    """Write the candidate's folder. Return remarks on it in words.

    `champion` is the folder of the version that served when the snapshot was taken. `name` is the
    candidate's family if the recipe gives none. Raises BadModel or BadRequest.
    """
    taken = read_set(work.snapshot)
    card = read_card(champion)
    known = (*card.label_names, *(t.id for t in card.taxa))
    rows = teaching_rows(taken, known)
    counts = Counter(row.label for row in rows)
    new = tuple(sorted(x for x in counts if x not in known and counts[x] >= OPENS_AT))
    family = recipe.train.name or name or card.name
    rmtree(work.candidate, ignore_errors=True)
    if recipe.train.mode == "head":
        words = refit(champion, work, rows, new, family)
    else:
        if not (taken.part("holdout") or recipe.train.base):
            raise BadRequest(
                "No upload session is locked for judging yet, so nothing could be compared: name "
                "pictures of more sessions, refit the head, or give older pictures (train.base)."
            )
        words = tune(champion, recipe.train, work, rows, new, family, silent=silent)
    sign_card(recipe, work, taken, rows)
    return " ".join(filter(None, [words, not_taught_yet(taken, rows)]))


def not_taught_yet(taken: TrainingSet, rows: list[Row]) -> str:
    """Return the labels that do not teach yet, in words; "" if all do."""
    counts = Counter(row.label for row in taken.part("train"))
    missing = sorted(set(taken.labels) - {row.label for row in rows})
    if not missing:
        return ""
    said = ", ".join(f"{label} ({counts[label]})" for label in missing)
    return f"Not taught yet (fewer than {OPENS_AT} pictures outside locked sessions): {said}."


def teaching_rows(taken: TrainingSet, known: tuple[str, ...]) -> list[Row]:
    """Return the rows that teach: labels that the champion knows, or that hang below a name it
    knows, and new labels with enough pictures. Raises BadRequest if there are none."""
    rows, there = taken.part("train"), set(known)
    counts = Counter(row.label for row in rows)
    kept = [
        row
        for row in rows
        if row.label in there or there & set(row.line) or counts[row.label] >= OPENS_AT
    ]
    if not kept:
        raise BadRequest(
            f"Nothing to learn from: {len(rows)} pictures may teach, and a new label needs "
            f"{OPENS_AT} of them."
        )
    return kept


def refit(champion: Path, work: Work, rows: list[Row], new: tuple[str, ...], name: str) -> str:
    """Fit only the head, on the champion's embeddings of the archive's pictures."""
    classifier = Classifier(champion)
    examples = []
    shown = pictures(work.snapshot, rows)
    for batch in trial.batches_of(shown):
        pixels = np.stack([to_pixels(picture, classifier.card.framing) for _, picture in batch])
        vectors = classifier.logits(pixels)[1]
        examples += [
            candidate.Example(row.image, row.label, row.session, vector, row.line)
            for (row, _), vector in zip(batch, vectors, strict=True)
        ]
    lesson = candidate.Assignment(champion, new, name, "0")
    report = teach.teach(lesson, examples, work.candidate)
    kept = [asdict(x) for x in report.new_labels if x.label in new]
    (work.candidate / "new-labels.json").write_text(json.dumps(kept))
    return ""


def tune(
    champion: Path,
    params: FitParams,
    work: Work,
    rows: list[Row],
    new: tuple[str, ...],
    name: str,
    *,
    silent: bool,
) -> str:
    """Train the last stage, or all of the network; needs PyTorch. Raises BadModel or BadRequest."""
    try:
        from biosight.training import finetune
        from biosight.training.data import dataset as ds
    except ImportError as error:
        raise BadModel("A stage or full run needs PyTorch: run make train-env first.") from error
    unpacked = work.root / "unpacked"
    rmtree(unpacked, ignore_errors=True)
    card = read_card(champion)
    made = grown(card, new, {row.label: row.line or (row.label,) for row in rows})
    samples = [
        ds.Sample(path, *label_of(made, row), node=row.label)
        for path, row in unpack(work.snapshot, rows, unpacked)
    ]
    judges: list[ds.Sample] = []
    if params.base:
        manifest = Path(params.manifest) if params.manifest else None
        older = ds.scan_tree(Path(params.base), manifest)
        base, judges = ds.split_by_source(older, params.held_share, params.seed)
        samples += base
    job = finetune.Tuning(champion, samples, made, work.run, name)
    try:
        words = finetune.fine_tune(job, params, work.candidate, quiet=silent)
    finally:
        rmtree(unpacked, ignore_errors=True)
    said = [[str(s.path), s.label, s.node] for s in judges]
    (work.candidate / "judges.json").write_text(json.dumps(said))
    return words


def label_of(made: Grown, row: Row) -> tuple[str, str]:
    """Return the model's label that contains a row's picture, and the row's session as its
    source."""
    place = place_in(made, row.line) if made.leaves else None
    return place[0] if place else row.label, f"session {row.session}"


def truth_of(card: ModelCard, row: Row) -> str:
    """Return the label of a card that contains a row's picture, or the row's own label if none
    does."""
    groups = {t.id: t.group for t in card.taxa}
    return next((groups[n] for n in reversed(row.line) if groups.get(n)), row.label)


def sign_card(recipe: Recipe, work: Work, taken: TrainingSet, rows: list[Row]) -> None:
    """Write the code, pictures and parameters that made the candidate into its card."""
    card = read_card(work.candidate)
    elsewhere = {"base", "manifest"}  # paths of this machine
    said = {f"train.{k}": str(v) for k, v in asdict(recipe.train).items() if k not in elsewhere}
    said |= {f"snapshot.{k}": str(v) for k, v in asdict(recipe.snapshot).items()}
    said["snapshot.named"] = str(len(taken.rows))
    changed = {
        "git_commit": commit(),
        "training_set": taken.hash,
        "parameters": said,
        "made_with": surroundings(),
    }
    write_card(card.model_copy(update=changed), work.candidate)
    learnt = [[row.image, row.label] for row in rows]
    (work.candidate / "training.json").write_text(json.dumps(learnt))


def evaluate(champion: Path, work: Work) -> dict[str, float | dict[str, float]]:
    """Run both models on the pictures that taught neither. Write answers.csv and evaluation.json;
    return the figures."""
    taken = read_set(work.snapshot)
    sides = trial.Sides(Classifier(champion), Classifier(work.candidate))
    seen = learnt_from(champion)
    rows = [row for row in taken.part("holdout") if row.image not in seen]
    card = sides.candidate.card
    shown = (
        (Truth(truth_of(card, row), tuple(row.line or (row.label,))), picture)
        for row, picture in pictures(work.snapshot, rows)
    )
    found = [trial.on_pictures(sides, values.HERE, shown, sides.names)]
    reference = read_reference(champion)
    if reference is not None:
        found.append(trial.on_reference(sides, reference))
    if judges := older_pictures(work, card):
        found.append(trial.on_pictures(sides, values.BEFORE, judges, sides.names))
    trials = [t for t in found if t is not None]
    trial.write_answers(work.file("answers.csv"), trials, sides.names)
    times = trial.milliseconds(sides)
    figures: dict[str, float | dict[str, float]] = {
        "champion_ms": round(times[0], 3),
        "candidate_ms": round(times[1], 3),
    }
    for t in trials:
        if t.levels:
            figures[f"{t.part}_levels"] = dict(t.levels)
        for who, side in (("champion", t.champion), ("candidate", t.candidate)):
            figures[f"{t.part}_{who}_accuracy"] = round(measures.share(side.said == t.truth), 4)
            figures[f"{t.part}_{who}_ece"] = round(measures.ece(t.truth, side), 4)
        figures[f"{t.part}_pictures"] = float(len(t.truth))
    write_json(work.file("evaluation.json"), figures)
    return figures


def older_pictures(work: Work, card: ModelCard) -> Iterator[tuple[Truth, Pillow.Image]] | None:
    """Return pictures from sources of the base that were kept out of a stage or full run, None if
    there are none."""
    path = work.candidate / "judges.json"
    listed = json.loads(path.read_text()) if path.is_file() else []
    if not listed:
        return None

    def opened() -> Iterator[tuple[Truth, Pillow.Image]]:
        tree = card.tree
        for name, label, node in listed:
            with Pillow.open(name) as picture:
                yield Truth(label, tree.line(node) or (label,)), picture.convert("RGB")

    return opened()


def judge(champion: Path, recipe: Recipe, work: Work) -> values.GateReport:
    """Write the gate's report as gate.json and as a page, gate.html. Return it."""
    card, old = read_card(work.candidate), read_card(champion)
    times = json.loads(work.file("evaluation.json").read_text())
    levels = {part: times.get(f"{part}_levels", {}) for part in values.PARTS}
    trials = trial.read_answers(work.file("answers.csv"), card.label_names, levels)
    path = work.candidate / "new-labels.json"
    kept = json.loads(path.read_text()) if path.is_file() else []
    report = gate.decide(
        trials,
        card.label_names,
        len(old.labels),
        recipe.gate,
        (times["champion_ms"], times["candidate_ms"]),
        tuple(values.NewLabel(**x) for x in kept),
    )
    report = replace(report, champion=old.key, candidate=f"{card.name} (new)")
    write_json(work.file("gate.json"), report.as_json())
    page = as_html(report, card.label_names, card)
    work.file("gate.html").write_text(page, encoding="utf-8")
    return report


def add_candidate(archive: Archive, work: Work, by: str = "") -> ModelVersion:
    """Add the candidate to BioSight as the next free version of its family. If the same pictures
    already taught a version in the same way, return that version instead. Raises NotFound."""
    taken = read_set(work.snapshot)
    if archive.records.get(Collection, taken.collection) is None:
        raise NotFound("The collection was removed in the meantime.")
    card = read_card(work.candidate)
    registry.check_name(archive.records, card.name, taken.collection)
    if (twin := equal_version(archive, card)) is not None:
        return register_candidate(work, taken, twin)
    release = registry.next_release(archive.records, card.name)
    write_card(card.model_copy(update={"version": release}), work.candidate)
    report = json.loads(work.file("gate.json").read_text())
    report["candidate"] = f"{card.name}@{release}"
    made = registry.keep(
        archive.records,
        archive.blobs,
        work.candidate,
        by=by,
        collection=taken.collection,
        report=json.dumps(report),
    )
    write_card(card, work.candidate)  # restore the previous stage's card: its hash is in dvc.lock
    return register_candidate(work, taken, made)


def register_candidate(work: Work, taken: TrainingSet, version: ModelVersion) -> ModelVersion:
    """Write registered.json with the version and its verdict. Return the version."""
    said = {"model": version.id, "verdict": version.verdict, "training_set": taken.hash}
    write_json(work.file("registered.json"), said)
    return version


def equal_version(archive: Archive, card: ModelCard) -> ModelVersion | None:
    """Return the version of the family that the same pictures taught, from the same model, with the
    same parameters; None if there is none."""

    def made_of(one: ModelCard) -> tuple[object, ...]:
        return one.training_set, one.base, one.started_from, one.parameters

    of_name = registry.versions(archive.records, card.name)
    return next((v for v in of_name if made_of(v.card) == made_of(card)), None)


def write_json(path: Path, said: object) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
