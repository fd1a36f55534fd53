"""biosight model and worker: bringing an ONNX of one's own, promoting, running jobs."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from biosight import registry
from biosight.bootstrap import KINDS, open_archive
from biosight.collection import Collection
from biosight.images import Image
from biosight.inference.model_files.card import read_card, write_card
from biosight.settings import Settings
from biosight.storage.records import Records, Replace
from biosight.storage.sqlite.store import SqliteRecords
from tests import tiny
from tests.between import Between
from tests.conftest import Run, add_ada


def foreign(path: Path, outputs: int = 2, *, layout: str = "nchw", constant: bool = False) -> Path:
    """A classifier as others write them: one output, named as they like."""
    axes = [2, 3] if layout == "nchw" else [1, 2]
    shape = ["n", 3, 32, 32] if layout == "nchw" else ["n", 32, 32, 3]
    weight = np.zeros((3, outputs)) if constant else np.eye(3, outputs)
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "w"], ["scores"]),
    ]
    initial = [
        numpy_helper.from_array(np.array(axes, dtype=np.int64), "axes"),
        numpy_helper.from_array(weight.astype(np.float32), "w"),
    ]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", outputs])],
        initial,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_a_model_of_ones_own_serves(run: Run, tmp_path: Path, layout: str) -> None:
    add_ada(run)
    file = foreign(tmp_path / "own.onnx", layout=layout)
    flags = ("--name", "own", "--labels", "Red,Green", "--size", 32, "--layout", layout)
    added = run("model", "add", file, *flags)
    assert "own@1: 2 labels" in added.output
    again = run("model", "add", file, *flags, code=1)
    assert "another version" in again.output
    listed = run("model", "list").output
    assert "own@1\tcandidate" in listed
    assert "tiny@1\tchampion" in listed
    run("model", "promote", "own@1", "--reason", "ours")
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    collection = archive.records.find(Collection)[0]
    archive.records.write(Replace(replace(collection, model="own", version=2), 1))
    archive.close()
    folder = tmp_path / "field"
    tiny.make_folder(folder, 1)
    done = run("import", folder)
    assert "own@1" in done.output
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    said = {i.model for i in archive.records.find(Image)}
    labels = {i.label for i in archive.records.find(Image)}
    archive.close()
    assert said == {"own@1"}
    assert labels == {"Red", "Green"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": "Red"}, "at least two"),
        ({"labels": "Red,Red"}, "each once"),
        ({"labels": "Red,Green,Blue"}, "3 numbers"),
        ({"size": 40}, "40"),
        ({"name": "Not a name"}, "not make a model card"),
        ({"mean": "0.5"}, "three numbers"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    run: Run,
    tmp_path: Path,
    change: dict[str, object],
    words: str,
) -> None:
    given = {"name": "own", "labels": "Red,Green", "size": 32} | change
    flags = [part for name, value in given.items() for part in (f"--{name}", value)]
    refused = run("model", "add", foreign(tmp_path / "own.onnx"), *flags, code=1)
    assert words in refused.output


def test_junk_and_blind_models_are_refused(run: Run, tmp_path: Path) -> None:
    flags = ("--name", "own", "--labels", "Red,Green", "--size", 32)
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"\x80\x04pickled")
    assert "can't be opened" in run("model", "add", junk, *flags, code=1).output
    blind = foreign(tmp_path / "blind.onnx", constant=True)
    assert "whatever it sees" in run("model", "add", blind, *flags, code=1).output
    assert "own@1" not in run("model", "list").output


def second(tmp_path: Path, name: str = "field") -> Path:
    """A model of another family, with all its files, as biosight exports it."""
    folder = tmp_path / "exported"
    tiny.make_model(folder, version="1")
    write_card(read_card(folder).model_copy(update={"name": name}), folder)
    return folder


def test_an_exported_model_is_taken_whole(run: Run, tmp_path: Path) -> None:
    folder = second(tmp_path)
    assert {"head.npz", "reference.npz"} <= {f.name for f in folder.iterdir()}
    said = run("model", "add", folder).output
    assert "field@1: " in said
    assert "head.npz" in said
    assert "reference.npz" in said
    out = tmp_path / "again"
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    made = registry.get_version(archive.records, "field@1")
    registry.materialise(archive.blobs, made, out)
    archive.close()
    for name in ("model.onnx", "head.npz", "reference.npz"):
        assert (out / "field@1" / name).read_bytes() == (folder / name).read_bytes()


def test_options_beside_a_folder_are_refused(run: Run, tmp_path: Path) -> None:
    folder = second(tmp_path)
    refused = run("model", "add", folder, "--name", "other", "--labels", "x,y", code=2).output
    assert "leave out labels, name" in refused
    assert "field@1" not in run("model", "list").output


def test_a_folder_that_is_no_model_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    folder = second(tmp_path)
    (folder / "head.npz").write_bytes(b"junk")
    refused = run("model", "add", folder, code=1).output
    assert "head.npz" in refused
    (tmp_path / "empty").mkdir()
    assert "card.json" in run("model", "add", tmp_path / "empty", code=1).output
    assert "needs --labels and --name" in run("model", "add", folder / "model.onnx", code=2).output


def test_a_family_serves_where_a_collection_chose_it_and_has_a_way_out(
    run: Run, tmp_path: Path
) -> None:
    add_ada(run)
    run("model", "add", second(tmp_path))
    said = run("model", "promote", "field@1").output
    assert "serves no collection yet: none chose field." in said
    assert "biosight collection use-model NAME field" in said
    assert "My images\tada@example.org\tdefault\ttiny@1" in run("collection", "list").output
    chosen = run("collection", "use-model", "My images", "field").output
    assert "field@1 names new pictures of My images." in chosen
    assert "My images\tada@example.org\tfield\tfield@1" in run("collection", "list").output
    assert "promote another" in run("model", "retire", "field@1", code=1).output
    assert "serves the collections that chose field: My images." in (
        run("model", "promote", "field@1").output
    )
    run("collection", "use-model", "My images", "default")
    assert "is retired" in run("model", "retire", "field@1").output
    assert "field@1\tretired" in run("model", "list").output
    assert "No version of the model field" in (
        run("collection", "use-model", "My images", "field", code=1).output
    )
    assert "promote another" in run("model", "retire", "tiny@1", code=1).output


def test_two_first_starts_at_once(run: Run, tmp_path: Path, model_dir: Path) -> None:
    """Another process does the same between any two steps of the first: both go on."""
    cards = [read_card(model_dir)]
    for step in ("get", "write", "find"):
        for nth in range(6):
            opened = [SqliteRecords(tmp_path / f"{step}{nth}.db", KINDS) for _ in range(2)]
            seen: list[object] = []

            def is_nth(*_: object, seen: list[object] = seen, nth: int = nth, **__: object) -> bool:
                seen.append(None)
                return len(seen) == nth + 1

            def other(records: Records = opened[1]) -> None:
                registry.add_bundled(records, cards)

            between = cast(Records, Between(opened[0], step, other, wanted=is_nth))
            registry.add_bundled(between, cards)
            assert registry.champion(opened[0], "tiny").id == "tiny@1"
            assert len(registry.versions(opened[0])) == 1
            for records in opened:
                records.close()


def test_roll_back_and_retire(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    tiny.make_model(folder, version="2")
    card = ("--card", folder / "card.json", "--labels", "-", "--name", "-")
    run("model", "add", folder / "model.onnx", *card)
    run("model", "promote", "tiny@2")
    assert "tiny@2\tchampion" in run("model", "list").output
    assert "tiny@1 serves" in run("model", "roll-back", "tiny").output
    assert "promote another" in run("model", "retire", "tiny@1", code=1).output
    assert "no model absent@1" in run("model", "promote", "absent@1", code=1).output


def test_teach_from_the_command_line(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    folder = tmp_path / "lemons"
    folder.mkdir()
    for seed in range(22):
        (folder / f"{seed}.jpg").write_bytes(tiny.picture("Yellow", seed))
    run("import", folder)
    assert "needs 20" in run("teach", "Lemon", "--name", "fruit", code=1).output
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    for image in archive.records.find(Image):
        named = replace(image, label="Lemon", who="person", version=2)
        archive.records.write(Replace(named, 1))
    archive.close()
    done = run("teach", "Lemon", "--name", "fruit")
    assert "new: Lemon, 22 pictures, recall 100%" in done.output
    assert "fruit@1\tcandidate" in run("model", "list").output
    assert "another model named tiny" in run("teach", "Lemon", "--name", "tiny", code=1).output


def test_retrain_stops_without_reason_and_teaches_with_one(run: Run, tmp_path: Path) -> None:
    add_ada(run)
    folder = tmp_path / "lemons"
    folder.mkdir()
    for seed in range(52):
        (folder / f"{seed}.jpg").write_bytes(tiny.picture("Yellow", seed))
    run("import", folder)
    assert "Nothing to do" in run("retrain", "My images").output
    assert "Nobody has confirmed" in run("retrain", "My images", "--force", code=1).output
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    for image in archive.records.find(Image):
        named = replace(image, label="Lemon", who="person", version=2)
        archive.records.write(Replace(named, 1))
    archive.close()
    assert "--name" in run("retrain", "My images", code=1).output
    done = run("retrain", "My images", "--name", "fruit").output
    assert "52 confirmed pictures, 52 of them new" in done
    assert "a person decides" in done
    assert "new: Lemon" in done
    assert "fruit@1\tcandidate" in run("model", "list").output


def test_every_stage_runs_with_a_model_that_has_a_tree(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As DVC runs them, one command after another; people named groups, and names below them."""
    tree = tmp_path / "tree"
    card = tiny.make_tree_model(tree)
    monkeypatch.setenv("BIOSIGHT_MODEL_DIR", str(tree))
    add_ada(run)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in range(60):
        colour = ("Red", "Green")[seed % 2]
        (folder / f"{seed}.jpg").write_bytes(tiny.picture(colour, seed))
    run("import", folder)
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    finer = next(t.id for t in card.taxa if t.id in card.leaves)
    for number, image in enumerate(archive.records.find(Image)):
        label = finer if number < 30 else card.label_names[0]
        archive.records.write(Replace(replace(image, label=label, who="person", version=2), 1))
    archive.close()
    params = tmp_path / "params.yaml"
    params.write_text("train: {mode: head, name: field}\n")
    work = ("--params", params, "--work", tmp_path / "work")
    said = {
        stage: run("pipeline", stage, *work).output
        for stage in ("snapshot", "train", "evaluate", "gate", "register")
    }
    assert "here_levels." in said["evaluate"]
    assert "here_champion_accuracy" in said["evaluate"]
    assert "field@1 waits as a candidate" in said["register"]
    assert "field@1 waits" in run("pipeline", "register", *work).output  # it knows it already
    assert "field@2" not in run("model", "list").output


def test_a_collection_is_made_for_an_import(run: Run, tmp_path: Path) -> None:
    """`import --collection NEW` could only say that there is none."""
    add_ada(run)
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(tiny.picture("Red", 1))
    told = run("import", folder, "--collection", "Heath", code=1).output
    assert "biosight collection add makes one" in told
    assert "Made Heath, which ada@example.org owns." in run("collection", "add", "Heath").output
    assert "already" in run("collection", "add", "Heath", code=1).output
    run("import", folder, "--collection", "Heath")
    assert "Heath\tada@example.org" in run("collection", "list").output
