"""Cross-validation by source, the device of a run, and its curves."""

import csv
import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from biosight.errors import BadModel
from biosight.training.params import TrainParams
from tests import tiny
from tests.conftest import require_torch


@pytest.fixture(autouse=True)
def torch_is_there() -> None:
    require_torch()
    import torch

    torch.set_num_threads(1)  # other tests run beside this one


@pytest.fixture
def params(tmp_path: Path) -> TrainParams:
    """A short run on two labels from four sources."""
    rows = []
    for label in ("Red", "Blue"):
        for number in range(16):
            path = tmp_path / "tree" / label / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiny.picture(label, number, (40, 40)))
            rows.append((path.relative_to(tmp_path), "abcd"[number // 4]))
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "source"), *rows])
    return TrainParams(
        root=tmp_path / "tree",
        out=tmp_path / "run",
        arch="resnet18",
        manifest=tmp_path / "MANIFEST.csv",
        train_side=32,
        input_size=32,
        batch=8,
        max_steps=2,
        workers=0,
        freeze_norm=False,
        head_start=False,
    )


@pytest.mark.timeout(180)
def test_each_source_is_left_out_once_and_an_ended_fold_stays(params: TrainParams) -> None:
    from biosight.training.folds import cross_validate, folds_as_text

    folds = cross_validate(params, 2, quiet=True)
    left_out = [source for fold in folds.folds for source in fold.sources]
    assert sorted(left_out) == ["a", "b", "c", "d"]
    assert folds.pictures == 32
    assert {label: total for label, (_, total) in folds.recall.items()} == {"Red": 16, "Blue": 16}
    for number, fold in enumerate(folds.folds, start=1):
        own = params.out / f"fold-{number}"
        split = json.loads((own / "split.json").read_text())
        assert {row[2] for row in split["held"]} == set(fold.sources)
        assert {row[2] for row in split["train"]}.isdisjoint(fold.sources)
    right = sum(right for right, _ in folds.recall.values())
    assert folds.accuracy == pytest.approx(right / 32)
    assert f"all: {folds.accuracy:.1%} of 32 pictures" in folds_as_text(folds)
    written = (params.out / "fold-1" / "weights.pt").stat().st_mtime_ns
    (params.out / "fold-2" / "report.json").unlink()  # as though it had been stopped
    again = cross_validate(params, 2, resume=True, quiet=True)
    assert again.folds[0] == folds.folds[0]
    assert (params.out / "fold-1" / "weights.pt").stat().st_mtime_ns == written
    assert (params.out / "fold-2" / "report.json").is_file()


def test_parts_have_about_as_many_pictures_of_each_label() -> None:
    from biosight.training.data.dataset import Sample
    from biosight.training.folds import parts_of_sources

    sizes = {"a": 40, "b": 30, "c": 30, "d": 20, "e": 10, "f": 10}
    samples = [
        Sample(Path(f"{source}{label}{n}"), label, source)
        for source, size in sizes.items()
        for label in (("Fox", "Hen") if source in "abc" else ("Fox",))
        for n in range(size)
    ]
    parts = parts_of_sources(samples, 3, seed=1)
    assert sorted(source for part in parts for source in part) == sorted(sizes)
    counts = [Counter(s.label for s in samples if s.source in part) for part in parts]
    assert max(c["Hen"] for c in counts) == 40
    assert min(c["Hen"] for c in counts) == 30
    with pytest.raises(BadModel, match="There are 6 sources, too few for 7 folds"):
        parts_of_sources(samples, 7, seed=1)


@pytest.mark.parametrize(
    ("name", "words"),
    [("abacus", "“abacus” is no device"), ("cuda:7", "PyTorch finds no cuda:7")],
)
def test_a_device_that_is_not_there_is_said_before_anything_is_read(
    params: TrainParams, name: str, words: str
) -> None:
    from dataclasses import replace

    from biosight.training.train import train

    with pytest.raises(BadModel, match=words):
        train(replace(params, device=name, root=params.root / "nowhere"))


def test_the_fastest_device_is_one_that_works() -> None:
    import torch

    from biosight.training.devices import find_device

    assert torch.ones(2, device=find_device("auto")).sum().item() == 2


def test_a_run_draws_its_curves_and_tells_tensorboard(params: TrainParams) -> None:
    pytest.importorskip("tensorboard")
    from dataclasses import replace

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from biosight.training.train import train

    train(replace(params, tensorboard=True, hold=("d",)), quiet=True)
    drawing = ElementTree.parse(params.out / "curves.svg")
    texts = [t.text or "" for t in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "Loss of the training pictures"
    assert any(t.startswith("accuracy ") for t in texts)
    told = EventAccumulator(str(params.out / "tensorboard"))
    told.Reload()
    with (params.out / "steps.csv").open() as file:
        steps = list(csv.DictReader(file))
    assert [s.step for s in told.Scalars("loss")] == [int(row["step"]) for row in steps]
    assert [s.value for s in told.Scalars("loss")] == pytest.approx(
        [float(row["loss"]) for row in steps], rel=1e-4
    )
    assert "check/accuracy" in told.Tags()["scalars"]


def test_a_long_run_is_drawn_by_few_points() -> None:
    from biosight.training.measure.curves import MOST_POINTS, smoothed

    points = [(float(n), float(n % 2)) for n in range(6_000)]
    drawn = smoothed(points)
    assert len(drawn) == MOST_POINTS
    assert {value for _, value in drawn} == {0.5}
    assert drawn[-1][0] == 5_999
