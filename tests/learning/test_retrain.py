"""The offline walk: snapshot, split, training, comparison, and the commands around them."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from biosight.bootstrap import open_archive
from biosight.collection import Collection
from biosight.errors import BadModel, BadRequest
from biosight.images import Image
from biosight.inference.model_files.card import read_card
from biosight.learning import gate, locking, recipe, snapshot
from biosight.learning.gate_report import values
from biosight.learning.gate_report.values import BEFORE, HERE, Answers, Trial
from biosight.learning.teaching.leaves import Grown, grown
from biosight.settings import Settings
from biosight.storage.records import Replace
from biosight.training.params import FitParams
from tests import tiny
from tests.conftest import Run, add_ada, require_torch

if TYPE_CHECKING:
    from biosight.training.data.dataset import Sample


def named(run: Run, tmp_path: Path, sessions: int, labels: tuple[str, ...], each: int = 2) -> None:
    """Import sessions of pictures, and name each as a person would.

    The sessions get names of ours, so that every run locks the same ones.
    """
    add_ada(run)
    for n in range(sessions):
        root = tmp_path / "in" / f"s{n}"
        for k, label in enumerate(labels):
            for copy in range(each):
                path = root / f"{label}-{n}-{copy}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(tiny.picture(label, 1000 * n + 10 * k + copy))
        run("import", root)
    archive = open_archive(Settings())
    for image in archive.records.find(Image, [], limit=10_000):
        label, drop, _ = image.name.split("-")
        said = replace(
            image, label=label, session=f"s{drop}", who="person", version=image.version + 1
        )
        archive.records.write(Replace(said, image.version))
    archive.close()


def test_likeness_groups_are_those_of_a_slow_search() -> None:
    dice = np.random.default_rng(0)
    hashes = [int(x) for x in dice.integers(0, 2**63, 60)]
    for n in range(60):
        bits = dice.choice(64, int(dice.integers(1, 7)), replace=False)
        hashes.append(hashes[n] ^ sum(1 << int(b) for b in bits))
    found = locking.duplicate_groups([f"{h:016x}" for h in hashes])
    for a in range(len(hashes)):
        for b in range(a):
            if (hashes[a] ^ hashes[b]).bit_count() <= 4:
                assert found[a] == found[b]
    near = sum((hashes[n] ^ hashes[60 + n]).bit_count() <= 4 for n in range(60))
    assert len(set(found)) == 120 - near


def shown(session: str, phash: str = "") -> Image:
    empty = dict.fromkeys(Image.__slots__, "")
    return Image(**{**empty, "id": session, "session": session, "phash": phash})  # type: ignore[arg-type]


def test_a_holdout_stays_locked_and_its_copies_do_not_teach() -> None:
    few = [shown(f"s{n}") for n in range(200)]
    first = locking.splits_of(few, 0.2, "salt")
    later = locking.splits_of([*few, *(shown(f"t{n}") for n in range(200))], 0.2, "salt")
    assert later[:200] == first
    assert 0.1 < first.count("holdout") / 200 < 0.3
    assert locking.splits_of(few, 0.2, "other") != first
    held, free = first.index("holdout"), first.index("train")
    alike = [shown(few[held].id, "00" * 8), shown(few[free].id, "00" * 7 + "0f")]
    assert locking.splits_of([*alike, *few[:20]], 0.2, "salt")[:2] == ["holdout", "copy"]


def test_what_is_locked_does_not_teach_on_the_page_either() -> None:
    """Else the gate has nothing left to judge by (findings of an operator, 28)."""
    many = [shown(f"s{n}", f"{n * 0x0101010101010101 % 2**64:016x}") for n in range(60)]
    locked = locking.locked_pictures(many)
    splits = locking.splits_of(many, 0.2, "biosight")
    assert locked == {i.id for i, split in zip(many, splits, strict=True) if split != "train"}
    assert 0 < len(locked) < 30
    assert locking.locked_pictures([replace(i, session="one") for i in many]) == set()


def test_one_import_is_not_locked_whole() -> None:
    one = [replace(shown(f"i{n}"), session="s") for n in range(100)]
    assert 5 < locking.splits_of(one, 0.2, "salt").count("holdout") < 40


def test_parameters_are_checked_in_words(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("train:\n  mode: sideways\n")
    with pytest.raises(BadRequest, match=r"train\.mode"):
        recipe.read_recipe(path)
    path.write_text("trian: {}\n")
    with pytest.raises(BadRequest, match="unknown part: trian"):
        recipe.read_recipe(path)
    assert recipe.read_recipe(None) == recipe.Recipe()


def test_the_committed_parameters_are_the_defaults() -> None:
    assert recipe.read_recipe(Path("pipeline/params.yaml")) == recipe.Recipe()


def trial(part: str, count: int, champion: float, candidate: float, seed: int = 0) -> Trial:
    dice = np.random.default_rng(seed)
    truth = np.arange(count) % 3

    luck = dice.uniform(size=count)

    def answers(share: float) -> Answers:
        said = np.where(luck < share, truth, (truth + 1) % 3)
        return Answers(said, np.full(count, share))

    return Trial(part, truth, answers(champion), answers(candidate))


LABELS = ["fox", "hen", "owl"]
BOUNDS = recipe.GateParams()


def test_enough_locked_pictures_decide_and_older_ones_may_object() -> None:
    better = trial(HERE, 1500, 0.6, 0.8)
    good = gate.decide([better, trial(BEFORE, 1500, 0.9, 0.9)], LABELS, 3, BOUNDS)
    assert (good.verdict, good.pictures) == ("better", 1500)
    assert [p.pictures for p in good.parts] == [1500, 1500]
    forgets = gate.decide([better, trial(BEFORE, 1500, 0.9, 0.8)], LABELS, 3, BOUNDS)
    assert forgets.verdict == "worse"
    assert any("sources that taught neither" in reason for reason in forgets.reasons)


def test_a_small_library_leaves_it_to_a_person() -> None:
    report = gate.decide(
        [trial(HERE, 60, 0.6, 0.9), trial(BEFORE, 1500, 0.9, 0.9)], LABELS, 3, BOUNDS
    )
    assert report.verdict == "a person decides"
    assert report.reasons[0].startswith("Only 60 locked pictures")
    assert report.pictures == 1560
    forgets = gate.decide(
        [trial(HERE, 60, 0.6, 0.9), trial(BEFORE, 1500, 0.9, 0.85)], LABELS, 3, BOUNDS
    )
    assert forgets.verdict == "a person decides"
    assert any("sources that taught neither" in reason for reason in forgets.reasons)


def test_a_slow_candidate_is_told_so() -> None:
    report = gate.decide([trial(HERE, 1500, 0.6, 0.8)], LABELS, 3, BOUNDS, (2.0, 5.0))
    assert report.verdict == "worse"
    assert any("2.5 times as long" in reason for reason in report.reasons)


def test_a_difference_that_nobody_notices_is_not_slow() -> None:
    """Of tiny networks the clock's noise alone makes one twice as slow as the other."""
    report = gate.decide([trial(HERE, 1500, 0.6, 0.8)], LABELS, 3, BOUNDS, (0.02, 0.05))
    assert report.verdict == "better"


def test_new_labels_are_measured_on_the_locked_pictures() -> None:
    whole = trial(HERE, 1500, 0.9, 0.9)
    report = gate.decide([whole], LABELS, 2, BOUNDS)
    assert report.pictures == 1000
    assert [x.label for x in report.new_labels] == ["owl"]
    assert report.new_labels[0].pictures == 500


def test_pictures_of_new_labels_do_not_decide_about_old_ones() -> None:
    truth = np.array([0] * 60 + [1] * 40 + [2] * 750)
    sure = Answers(truth, np.full(850, 0.9))
    here = Trial(HERE, truth, Answers(np.where(truth == 2, 0, truth), np.full(850, 0.9)), sure)
    before = trial(BEFORE, 1500, 0.9, 0.9)
    report = gate.decide([here, before.only(2)], LABELS, 2, BOUNDS)
    assert report.verdict == "a person decides"
    assert report.reasons[0].startswith("Only 100 locked pictures")
    new = here.truth == 2
    only_new = Trial(
        HERE,
        truth[new],
        Answers(truth[new] * 0, np.full(750, 0.9)),
        Answers(truth[new], np.ones(750)),
    )
    assert gate.decide([only_new], LABELS, 2, BOUNDS).verdict == "a person decides"


def test_retrain_walks_all_stages(run: Run, tmp_path: Path, settings: Settings) -> None:
    named(run, tmp_path, 20, (*tiny.COLOURS, "Yellow"), 3)
    work, params = tmp_path / "work", tmp_path / "p.yaml"
    params.write_text("snapshot: {holdout: 0.4}\n")
    result = run("retrain", "--name", "garden", "--work", work, "--params", params)
    assert "garden@1 waits as a candidate" in result.output
    taken = snapshot.read_set(work / "snapshot")
    counts = taken.counts()
    assert counts["train"] + counts["holdout"] + counts["copy"] == 20 * 12
    assert counts["holdout"] > 0
    held = {row.session for row in taken.part("holdout")}
    assert held.isdisjoint(row.session for row in taken.part("train"))
    card = json.loads((work / "candidate" / "card.json").read_text())
    assert card["training_set"] == taken.hash
    assert card["parameters"]["train.mode"] == "head"
    assert "Yellow" in [label["name"] for label in card["labels"]]
    page = (work / "gate.html").read_text()
    assert "A person decides" in page
    assert "Yellow" in page
    assert taken.hash in page
    report = json.loads((work / "gate.json").read_text())
    assert [p["name"] for p in report["parts"]] == list(values.PARTS.values())
    assert report["champion_ms"] > 0
    learnt = json.loads((work / "candidate" / "training.json").read_text())
    train = {row.image for row in taken.part("train")}
    assert {image for image, _ in learnt} == train
    assert "garden@1\tcandidate" in run("model", "list").output
    assert card["made_with"]["numpy"]
    assert card["made_with"]["processor"] in page
    # The same pictures in the same way make the same candidate, night after night.
    again = run("retrain", "--name", "garden", "--work", work, "--params", params, "--force")
    assert "garden@1 waits as a candidate" in again.output
    assert "garden@2" not in run("model", "list").output
    # Once it serves, the pictures that it locked away are not new ones.
    run("model", "promote", "garden@1")
    archive = open_archive(Settings())
    found = archive.records.find(Collection)[0]
    archive.records.write(
        Replace(replace(found, model="garden", version=found.version + 1), found.version)
    )
    archive.close()
    assert "240 confirmed pictures, 0 of them new" in run("retrain", "--work", work).output


def test_a_label_with_too_few_pictures_is_named(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    named(run, tmp_path, 20, (*tiny.COLOURS, "Yellow"), 1)
    work = tmp_path / "work"
    result = run("retrain", "--name", "garden", "--work", work, "--force")
    yellow = sum(r.label == "Yellow" for r in snapshot.read_set(work / "snapshot").part("train"))
    assert f"locked sessions): Yellow ({yellow})." in result.output
    card = json.loads((work / "candidate" / "card.json").read_text())
    assert [label["name"] for label in card["labels"]] == list(tiny.COLOURS)


def test_the_same_pictures_make_the_same_snapshot(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    named(run, tmp_path, 4, tuple(tiny.COLOURS))
    params = tmp_path / "p.yaml"
    params.write_text("train: {name: garden}\n")
    found = []
    for n in (1, 2):
        work = tmp_path / f"w{n}"
        run("pipeline", "snapshot", "--params", params, "--work", work)
        files = [work / "snapshot" / name for name in (snapshot.ARCHIVE, snapshot.MANIFEST)]
        found.append([file.read_bytes() for file in files])
    assert found[0] == found[1]
    manifest = tmp_path / "w1" / "snapshot" / snapshot.MANIFEST
    manifest.write_text(manifest.read_text().replace('"label": "Red"', '"label": "Blue"', 1))
    said = run("pipeline", "train", "--params", params, "--work", tmp_path / "w1", code=1)
    assert "was changed after it was taken" in said.output


def test_nothing_named_and_no_name_are_said_in_words(
    run: Run, tmp_path: Path, settings: Settings
) -> None:
    add_ada(run)
    tiny.make_folder(tmp_path / "in", 2)
    run("import", tmp_path / "in")
    said = run("retrain", "--force", "--work", tmp_path / "w", code=1)
    assert "Nobody has confirmed or corrected" in said.output
    assert "neither drift nor" in run("retrain", "--work", tmp_path / "w").output


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(400)
@pytest.mark.long
@pytest.mark.parametrize("mode", ["stage", "full"])
def test_a_network_learns_on(
    run: Run, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch, small: Path
) -> None:
    """A real small network, trained and exported, goes on learning from what people named."""
    monkeypatch.setenv("BIOSIGHT_MODEL_DIR", str(small))
    named(run, tmp_path, 20, tuple(tiny.COLOURS), 1)
    params = tmp_path / "p.yaml"
    params.write_text(
        "snapshot: {holdout: 0.4}\n"
        f"train: {{mode: {mode}, name: garden, epochs: 1, batch: 16, workers: 0, train_side: 32}}\n"
    )
    work = tmp_path / "work"
    result = run("retrain", "--force", "--params", params, "--work", work)
    assert "garden@1 waits" in result.output
    card = json.loads((work / "candidate" / "card.json").read_text())
    assert card["started_from"] == "small@1"
    assert [label["name"] for label in card["labels"]] == sorted(tiny.COLOURS)
    report = json.loads((work / "gate.json").read_text())
    assert report["parts"][0]["pictures"] == len(
        snapshot.read_set(work / "snapshot").part("holdout")
    )
    from biosight.inference.classifier import Classifier

    before, after = Classifier(small), Classifier(work / "candidate")
    pixels = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), dtype=np.uint8)
    assert not np.allclose(before.logits(pixels)[1], after.logits(pixels)[1])


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_torch()
    import torch

    from biosight.training.export import export
    from biosight.training.params import TrainParams
    from biosight.training.train import train

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("small")
    for label in tiny.COLOURS:
        for n in range(20):
            path = root / "tree" / label / f"{n}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiny.picture(label, n, (40, 40)))
    params = TrainParams(
        root=root / "tree",
        out=root / "run",
        arch="resnet18",
        name="small",
        train_side=32,
        input_size=32,
        epochs=1,
        batch=16,
        held_share=0.1,
        workers=0,
        checks_per_epoch=1,
        blends=(0.0,),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of itself
        train(params, quiet=True)
        export(root / "run", root / "model", "1", replay=20)
    return root / "model"


COLOURED = ("Crimson", "Scarlet", "Green", "Blue", "Pink")


def colours(root: Path, made: Grown, names: tuple[str, ...]) -> list["Sample"]:
    """Pictures of the tiny tree's names, in six sessions."""
    from biosight.training.data.dataset import Sample

    found = []
    for label in names:
        for n in range(24):
            path = root / label / f"{n}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiny.picture(label, n, (40, 40)))
            found.append(Sample(path, made.groups[label], f"session {n % 6}", node=label))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(400)
@pytest.mark.long
def test_a_network_learns_a_tree_and_then_a_new_leaf_of_it(small: Path, tmp_path: Path) -> None:
    """The flat network gets leaves; what came out is read back, and learns one more."""
    require_torch()
    import torch

    from biosight.inference.classifier import Classifier
    from biosight.inference.preprocess import to_batch
    from biosight.training.finetune import Tuning, fine_tune
    from biosight.training.thaw import thaw

    tiny.make_tree_model(tmp_path / "like")
    like, flat = read_card(tmp_path / "like"), read_card(small)
    tree = Grown(flat.labels, like.taxa, like.leaves, like.leaves)
    params = FitParams(mode="stage", epochs=1, batch=16, workers=0, train_side=32)
    samples = colours(tmp_path / "in", tree, COLOURED[:4])
    job = Tuning(small, samples, tree, tmp_path / "run", "grove")
    fine_tune(job, params, tmp_path / "grove", quiet=True)
    card = read_card(tmp_path / "grove")
    assert card.leaves == like.leaves
    classifier = Classifier(tmp_path / "grove", 1)
    pixels = np.random.default_rng(1).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)
    logits, embeddings = classifier.logits(pixels)
    assert classifier.head is not None
    with torch.inference_mode():
        both, _ = thaw(tmp_path / "grove")(torch.from_numpy(to_batch(pixels, card)))
    read_back = np.concatenate([logits, classifier.head.leaf_scores(embeddings)], axis=1)
    assert np.abs(both.numpy() - read_back).max() < 0.02

    made = grown(card, ["Pink"], {"Pink": ("Colour", "Warm", "Red", "Pink")})
    samples = colours(tmp_path / "in", made, COLOURED)
    job = Tuning(tmp_path / "grove", samples, made, tmp_path / "run2", "grove")
    fine_tune(job, params, tmp_path / "wood", quiet=True)
    card = read_card(tmp_path / "wood")
    assert card.leaves == (*like.leaves, "Pink")
    verdicts = Classifier(tmp_path / "wood", 1).predict(pixels)
    assert all(v.nodes is not None and np.isfinite(v.nodes).all() for v in verdicts)


def test_weights_read_back_give_the_same_answers(small: Path) -> None:
    import torch

    from biosight.inference.classifier import Classifier
    from biosight.inference.preprocess import to_batch
    from biosight.training.thaw import thaw

    classifier = Classifier(small)
    pixels = np.random.default_rng(1).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        logits, _ = thaw(small)(torch.from_numpy(to_batch(pixels, classifier.card)))
    assert np.abs(logits.numpy() - classifier.logits(pixels)[0]).max() < 0.01


def test_a_file_from_elsewhere_cannot_be_trained_on(model_dir: Path) -> None:
    require_torch()
    from biosight.training.thaw import thaw

    with pytest.raises(BadModel, match="Unknown architecture"):
        thaw(model_dir)


def test_rows_of_a_split() -> None:
    row = snapshot.Row("i", "ab", "Red", "s", "", "train")
    made = snapshot.TrainingSet("c", "m@1", ("Red",), (row, replace(row, split="holdout")))
    assert made.counts() == {"train": 1, "holdout": 1, "copy": 0}
    assert made.hash != replace(made, rows=(row,)).hash
