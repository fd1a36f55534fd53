"""Experts: asked of their branch alone, without a say until pictures give them one."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from starlette.testclient import TestClient

from biosight import registry
from biosight.bootstrap import BioSight, open_archive, open_biosight
from biosight.errors import BadModel
from biosight.images import Image
from biosight.inference.classifier import Classifier
from biosight.inference.expert import Branch, Expert
from biosight.inference.model_files.card import CardLabel, CardTaxon, ModelCard, read_card
from biosight.inference.model_files.mapping import read_mapping
from biosight.inference.rollup import Rollup
from biosight.inference.serving import experts_beside
from biosight.learning.weighing import Example, fit_weight
from biosight.settings import Settings
from biosight.storage.records import Replace
from biosight.taxa.tree import Taxon, Tree
from tests import tiny
from tests.conftest import Run, add_ada, first_collection

LABELS = "Cherry,Rust,backdrop"
MAP = "label,node,scientificName\nCherry,Crimson,Prunus\nRust,Scarlet,Puccinia\nbackdrop,,\n"


def network(path: Path, *, swapped: bool = False) -> Path:
    """An ONNX that tells reds with more blue (Cherry) from those with more green (Rust)."""
    weight = np.array([[0, 0, -9], [-40, 40, 0], [40, -40, 0]], np.float32)
    if swapped:
        weight = weight[:, [1, 0, 2]]
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "w"], ["scores"]),
    ]
    initial = [
        numpy_helper.from_array(np.array([2, 3], dtype=np.int64), "axes"),
        numpy_helper.from_array(weight, "w"),
    ]
    graph = helper.make_graph(
        nodes,
        "expert",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 48, 48])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3])],
        initial,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    return path


def add(run: Run, tmp_path: Path, *more: object, code: int = 0, table: str = MAP) -> str:
    (tmp_path / "map.csv").write_text(table)
    flags: tuple[object, ...] = ("--name", "reds", "--labels", LABELS, "--size", 48)
    flags += ("--mean", "0.5,0.5,0.5", "--taxa", tmp_path / "map.csv", *more)
    return run("model", "add", network(tmp_path / "e.onnx"), *flags, code=code).output


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model that serves answers by a tree."""
    tiny.make_tree_model(tmp_path / "grove")
    monkeypatch.setenv("BIOSIGHT_MODEL_DIR", str(tmp_path / "grove"))
    return tmp_path / "grove"


def test_an_expert_is_added_weighed_and_asked(run: Run, tmp_path: Path, trees: Path) -> None:
    add_ada(run)
    said = add(run, tmp_path, "--under", "Red")
    assert "reds@1: 2 of 3 labels lie below Red; they tell apart 2 names of tiny@1" in said
    run("model", "promote", "reds@1")
    for n in range(30):
        for label in ("Crimson", "Scarlet"):
            path = tmp_path / "in" / f"{label}-{n}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(tiny.picture(label, n))
    (tmp_path / "in" / "Green-0.jpg").write_bytes(tiny.picture("Green", 0))
    run("import", tmp_path / "in")
    archive = open_archive(Settings())
    for image in archive.records.find(Image, limit=100):
        label = image.name.split("-")[0]
        named = replace(image, label=label, who="person", version=image.version + 1)
        archive.records.write(Replace(named, image.version))
    archive.close()
    weighed = run("model", "weigh", "reds@1").output
    assert "reds@2: weight" in weighed
    assert "by 60 pictures" in weighed
    archive = open_archive(Settings())
    card = registry.get_version(archive.records, "reds@2").card
    archive.close()
    assert card.weight > 0
    assert card.measured["right_with"] >= card.measured["right_without"]
    run("model", "promote", "reds@2")
    listed = run("model", "list").output
    assert "reds@2\tchampion" in listed
    run("model", "retire", "reds@2")
    assert "reds@2\tretired" in run("model", "list").output


def test_what_does_not_fit_an_expert_is_said_in_words(
    run: Run, tmp_path: Path, trees: Path
) -> None:
    assert "needs both --under and --taxa" in add(run, tmp_path, code=1)
    assert "which the model has no name for" in add(run, tmp_path, "--under", "Mauve", code=1)
    lost = add(run, tmp_path, "--under", "Red", table="label,node\nPlum,Crimson\n", code=1)
    assert "row 2: the network has no label Plum" in lost
    few = add(run, tmp_path, "--under", "Red", table="label,node\nCherry,Crimson\n", code=1)
    assert "can't tell any two of the model's names apart" in few
    none = add(run, tmp_path, "--under", "Red", table="a,b\n1,2\n", code=1)
    assert "needs the columns node and label (or class)" in none
    (tmp_path / "x.tflite").write_bytes(b"no")
    flags = ("--name", "x", "--labels", LABELS)
    assert (
        "can only be an expert" in run("model", "add", tmp_path / "x.tflite", *flags, code=1).output
    )


def expert_card(
    name: str, labels: Iterable[str], under: str, taxa: tuple[CardTaxon, ...], weight: float = 0
) -> ModelCard:
    """The card of an expert for small pictures."""
    return ModelCard(
        name=name,
        version="1",
        arch="colour",
        labels=tuple(CardLabel(name=x) for x in labels),
        input_size=48,
        resize_short=50,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        embedding_size=3,
        under=under,
        weight=weight,
        taxa=taxa,
    )


def folder_of(tmp_path: Path, *, weight: float, swapped: bool = False) -> Path:
    """An expert's folder, as `model add` leaves it."""
    from biosight.inference.model_files import arrival

    (tmp_path / "m.csv").write_text(MAP)
    labels = tuple(LABELS.split(","))
    taxa = read_mapping(tmp_path / "m.csv", labels, "reds")
    card = expert_card("reds", labels, "Red", taxa, weight)
    file = network(tmp_path / "net.onnx", swapped=swapped)
    found = arrival.examine(file, 3, 48)
    arrival.prepare(file, card, found, "nchw", tmp_path / "expert")
    return tmp_path / "expert"


def pixels(*labels: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    colours = tiny.COLOURS | tiny.OTHERS
    return np.stack([np.full((32, 32, 3), colours[x], np.uint8) for x in labels])


def test_without_weight_it_says_what_it_sees_and_changes_nothing(tmp_path: Path) -> None:
    tiny.make_tree_model(tmp_path / "base")
    alone, asking = Classifier(tmp_path / "base", 1), Classifier(tmp_path / "base", 1)
    asking.beside = experts_beside(asking, [Expert(folder_of(tmp_path, weight=0))])
    shown = pixels("Crimson", "Green", "Scarlet")
    for before, after in zip(alone.predict(shown), asking.predict(shown), strict=True):
        assert before.leaves is not None
        assert after.leaves is not None
        assert np.allclose(before.leaves, after.leaves, atol=1e-6)
        assert asking.answer(after) == alone.answer(before)
    opinions = [v.opinions for v in asking.predict(shown)]
    assert [len(o) for o in opinions] == [1, 0, 1], "green is none of its business"
    assert [o[0].top[0].label for o in opinions if o] == ["Cherry", "Rust"]
    assert all(g.label != "backdrop" for o in opinions for x in o for g in x.top)


def test_with_weight_it_moves_what_is_below_its_branch_alone(tmp_path: Path) -> None:
    tiny.make_tree_model(tmp_path / "base")
    alone, asking = Classifier(tmp_path / "base", 1), Classifier(tmp_path / "base", 1)
    asking.beside = experts_beside(asking, [Expert(folder_of(tmp_path, weight=0.9, swapped=True))])
    shown = pixels("Crimson", "Green")
    (before, green), (after, same) = alone.predict(shown), asking.predict(shown)
    assert alone.answer(before).label == "Crimson"
    assert asking.answer(after).label != "Crimson", "a wrong expert with all the say"
    assert (after.confidences == before.confidences).all()
    assert green.nodes is not None
    assert same.nodes is not None
    assert np.array_equal(green.nodes, same.nodes)


def test_an_expert_that_fails_costs_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.make_tree_model(tmp_path / "base")
    asking = Classifier(tmp_path / "base", 1)
    expert = Expert(folder_of(tmp_path, weight=0.5))
    asking.beside = experts_beside(asking, [expert])
    monkeypatch.setattr(expert, "network", lambda _: 1 / 0)
    assert asking.answer(asking.predict(pixels("Crimson"))[0]).label == "Crimson"


def test_it_is_seen_on_the_picture_and_serves_no_collection(
    ada: TestClient, biosight: BioSight, tmp_path: Path
) -> None:
    collection = first_collection(ada)
    folder = folder_of(tmp_path, weight=0)
    made = registry.keep(biosight.archive.records, biosight.archive.blobs, folder)
    registry.promote(biosight.archive.records, made, "")
    refused = ada.patch(f"/api/v1/collections/{collection}", json={"model": "reds"})
    assert refused.status_code == 400
    assert "an expert for Red: use it beside a model" in refused.json()["detail"]
    tried = ada.post(f"/api/v1/collections/{collection}/try-on", json={"model": "reds@1"})
    assert tried.status_code in {400, 404}
    shown = ada.get("/api/v1/models/reds@1").json()
    assert (shown["under"], shown["network"]) == ("Red", "model.onnx")


def test_servers_ask_experts_that_were_promoted_meanwhile(tmp_path: Path, trees: Path) -> None:
    biosight = open_biosight(Settings(data_dir=tmp_path / "data"))
    try:
        classifiers = biosight.model.classifiers
        assert classifiers.get("tiny@1").beside == ()
        made = registry.keep(
            biosight.archive.records, biosight.archive.blobs, folder_of(tmp_path, weight=0)
        )
        registry.promote(biosight.archive.records, made, "")
        classifiers.looked = float("-inf")
        assert [b.expert.card.key for b in classifiers.get("tiny@1").beside] == ["reds@1"]
        registry.retire(biosight.archive.records, registry.experts(biosight.archive.records)[0], "")
        classifiers.looked = float("-inf")
        assert classifiers.get("tiny@1").beside == ()
    finally:
        biosight.close()


NAMES = ("Aves", "Passeriformes", "Paridae", "Corvidae", "Strigiformes", "Strigidae", "Insecta")
RANKS = ("class", "order", "family", "family", "order", "family", "class")
PARENTS = ("", "Aves", "Passeriformes", "Passeriformes", "Aves", "Strigiformes", "")
LEAVES = ("Paridae", "Corvidae", "Strigidae", "Insecta")


def birds() -> tuple[Rollup, Branch]:
    """A small tree, and an expert that knows two of its three families and one order."""
    tree = Tree(Taxon(n, n, r, p, "") for n, r, p in zip(NAMES, RANKS, PARENTS, strict=True))
    group_of = {n: "Insecta" if n == "Insecta" else "Aves" for n in NAMES}
    offered = {"Paridae": 0.5, "Corvidae": 0.5, "Passeriformes": 0.5}
    rollup = Rollup(tree, LEAVES, ("Aves", "Insecta"), group_of, offered)
    labels = {"tit": "Paridae", "crow": "Corvidae", "songbird": "Passeriformes"}
    taxa = (
        *(CardTaxon(id=n) for n in dict.fromkeys(labels.values())),
        *(CardTaxon(id=label, parent=n) for label, n in labels.items()),
    )
    return rollup, Branch(rollup, expert_card("birds", labels, "Aves", taxa))


def floats(*values: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array(values, np.float32)


shares = st.lists(st.floats(0.001, 1), min_size=4, max_size=4)


@given(shares, shares, st.floats(0, 1))
def test_probability_is_moved_and_none_is_made(
    leaves: list[float], own: list[float], weight: float
) -> None:
    _, branch = birds()
    before = floats(*leaves) / np.float32(sum(leaves))
    said = floats(*own[:3]) / np.float32(sum(own[:3]))
    after, nodes = branch.pooled(before, said, weight)
    assert np.isclose(after.sum(), 1, atol=1e-4)
    assert (after >= 0).all()
    assert np.isclose(after[3], before[3]), "insects are none of its business"
    assert np.isclose(nodes[branch.rollup.number["Aves"]], before[:3].sum(), atol=1e-4)
    translated = branch.translated(said, before[:3] / before[:3].sum())
    assert np.isclose(translated.sum(), 1, atol=1e-4)
    assert np.isclose(translated[2], before[2] / before[:3].sum(), atol=1e-4), "it knows no owls"


def test_a_family_is_said_only_where_both_say_it() -> None:
    rollup, branch = birds()
    leaves, number = floats(0.55, 0.4, 0.04, 0.01), rollup.number
    _, agreed = branch.pooled(leaves, floats(0.9, 0.05, 0.05), 0.5)
    assert agreed[number["Paridae"]] > 0.7
    _, apart = branch.pooled(leaves, floats(0.01, 0.98, 0.01), 0.5)
    assert apart[number["Paridae"]] == apart[number["Corvidae"]] == 0
    assert apart[number["Passeriformes"]] > 0.9, "on the order they agree"


def test_the_weight_is_what_people_say_and_none_without_gain() -> None:
    _, branch = birds()
    dice = np.random.default_rng(0)

    def examples(right: float, count: int = 120) -> list[Example]:
        found = []
        for n in range(count):
            truth = n % 2
            leaves = floats(0.45, 0.45, 0.05, 0.05) + dice.uniform(0, 0.05, 4).astype(np.float32)
            said = truth if dice.uniform() < right else 1 - truth
            own = floats(0.1, 0.1, 0.05)
            own[said] = 0.85
            found.append(Example(leaves / leaves.sum(), own, LEAVES[truth]))
        return found

    good = fit_weight(branch, examples(0.95))
    assert good.weight >= 0.4
    assert good.right_with > 0.9 > good.right_without
    assert fit_weight(branch, examples(0.5)).weight == 0
    assert fit_weight(branch, examples(0.95, count=20)).weight == 0, "too few to say"


def test_probabilities_in_8_bits_need_not_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expert = Expert(folder_of(tmp_path, weight=0))
    told = expert.card.model_copy(update={"parameters": {"outputs": "probabilities"}})
    monkeypatch.setattr(expert, "card", told)
    said = np.array([[0.5, 0.1, 0.0], [0.0, 0.0, 0.0]], np.float32)
    monkeypatch.setattr(expert, "network", lambda _: said.copy())
    shares_of = expert.shares(pixels("Crimson", "Scarlet"))
    assert np.allclose(shares_of, [[5 / 6, 1 / 6, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_a_foreign_table_is_read_by_number_and_model(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("model,class,node\nbird,0,Paridae\nother,1,Apidae\nbird,1,\n")
    found = read_mapping(table, ["a", "b"], "bird")
    assert [(t.id, t.parent) for t in found] == [("Paridae", ""), ("a", "Paridae")]
    table.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadModel, match="UTF-8"):
        read_mapping(table, ["a", "b"], "bird")


def test_a_real_tflite_network_is_run(tmp_path: Path) -> None:
    """BIOSIGHT_TFLITE names one with 8-bit pixels for input; its labels lie beside it."""
    named = os.environ.get("BIOSIGHT_TFLITE")
    if not named:
        pytest.skip("no TFLite network here: set BIOSIGHT_TFLITE to NAME.tflite")
    pytest.importorskip("ai_edge_litert")
    from biosight.inference.model_files.trial import tried_expert

    path = Path(named)
    labels = path.with_name(f"{path.stem}_labels.txt").read_text().split("\n")
    card = read_card(folder_of(tmp_path, weight=0))
    names = tuple(CardLabel(name=x) for x in labels if x)
    card = card.model_copy(update={"labels": names, "input_size": 224, "sha256": ""})
    (tmp_path / "out").mkdir()
    tried_expert(path, card, "nhwc", tmp_path / "out")
    expert = Expert(tmp_path / "out")
    assert expert.card.parameters["outputs"] == "probabilities"
    said = expert.shares(np.zeros((1, 192, 192, 3), np.uint8))
    assert said.shape == (1, len(names))
    assert np.isclose(said.sum(), 1, atol=0.01)
