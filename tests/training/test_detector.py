"""A detector trained further: its file as PyTorch, the loss, scenes, and the file again."""

import csv
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from biosight.errors import BadModel
from biosight.inference.detection.detector import Detector
from biosight.inference.model_files.detector_card import DetectorCard, write_detector_card
from biosight.subjects import Box
from biosight.subjects.box import iou, surest

torch = pytest.importorskip("torch")

from biosight.training.detector import album, emptiness, loss, scenes, teacher  # noqa: E402
from biosight.training.detector.fit import Lesson, as_batch, fit  # noqa: E402
from biosight.training.detector.graph import Graph, write_graph  # noqa: E402

SIDE, STRIDE, CLASSES = 64, 16, 4
POINTS = (SIDE // STRIDE) ** 2
Numbers = npt.NDArray[np.float32]


def tiny_nanodet(folder: Path) -> DetectorCard:
    """A network of two convolutions with NanoDet's output: 4 classes and 4 x 8 distances."""
    dice = np.random.default_rng(5)
    width = CLASSES + 32
    first = dice.normal(0, 0.3, (8, 3, STRIDE, STRIDE)).astype(np.float16)
    second = dice.normal(0, 0.3, (width, 8, 1, 1)).astype(np.float16)
    kept = [
        numpy_helper.from_array(first, "w1h"),
        numpy_helper.from_array(np.zeros(8, np.float32), "b1"),
        numpy_helper.from_array(second, "w2h"),
        numpy_helper.from_array(np.full(width, -1, np.float32), "b2"),
        numpy_helper.from_array(np.array([CLASSES, 32], np.int64), "parts"),
        numpy_helper.from_array(np.array([1, width, -1], np.int64), "shape"),
    ]
    square = {"dilations": [1, 1], "group": 1, "pads": [0, 0, 0, 0]}
    large = {"kernel_shape": [STRIDE, STRIDE], "strides": [STRIDE, STRIDE], **square}
    nodes = [
        helper.make_node("Cast", ["w1h"], ["w1"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["w2h"], ["w2"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["pixels", "w1", "b1"], ["c1"], **large),
        helper.make_node("LeakyRelu", ["c1"], ["r1"], alpha=0.1),
        helper.make_node(
            "Conv", ["r1", "w2", "b2"], ["c2"], kernel_shape=[1, 1], strides=[1, 1], **square
        ),
        helper.make_node("Split", ["c2", "parts"], ["classes", "away"], axis=1),
        helper.make_node("Sigmoid", ["classes"], ["scores"]),
        helper.make_node("Concat", ["scores", "away"], ["both"], axis=1),
        helper.make_node("Reshape", ["both", "shape"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["output"], perm=[0, 2, 1]),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, POINTS, width])
    graph = helper.make_graph(nodes, "tiny", [pixels], [output], kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    card = DetectorCard(
        name="tiny",
        version="1",
        form="nanodet",
        side=SIDE,
        strides=(STRIDE,),
        kinds={"animal": (1, 2), "human": (0,), "vehicle": (3,)},
    )
    write_detector_card(card, folder)
    return card


def bright(random: np.random.Generator) -> scenes.Scene:
    """A dark picture with a bright square in it."""
    picture = random.integers(0, 40, (48, 64, 3)).astype(np.uint8)
    x, y = random.integers(0, 40), random.integers(0, 24)
    picture[y : y + 20, x : x + 20] = 230
    box = Box(x / 64, y / 48, 20 / 64, 20 / 48, "animal", 1.0)
    return scenes.Scene(picture, (box,))


def made_album() -> scenes.Album:
    random = np.random.default_rng(1)
    shown = [bright(random) for _ in range(12)]
    dark = [random.integers(0, 40, (48, 64, 3)).astype(np.uint8) for _ in range(4)]
    frames = [*shown, *(scenes.Scene(p, settled=True) for p in dark)]
    return scenes.Album(frames, shown, dark, (0.8, 0.1, 0.1))


def test_the_graph_gives_the_same_numbers_as_the_file(tmp_path: Path) -> None:
    tiny_nanodet(tmp_path)
    pixels = np.random.default_rng(2).normal(0, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
    session = ort.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"pixels": pixels})[0]
    with torch.no_grad():
        ours = Graph(tmp_path / "model.onnx")(torch.from_numpy(pixels))
    ours[..., :CLASSES] = ours[..., :CLASSES].sigmoid()
    assert np.abs(ours.numpy() - theirs).max() < 1e-4


def test_an_operation_that_is_not_known_is_told(tmp_path: Path) -> None:
    tiny_nanodet(tmp_path)
    model = onnx.load(tmp_path / "model.onnx")
    next(n for n in model.graph.node if n.op_type == "LeakyRelu").op_type = "Softplus"
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(BadModel, match="Softplus"):
        Graph(tmp_path / "model.onnx")


def test_training_finds_the_bright_square_and_writes_three_kinds(tmp_path: Path) -> None:
    card = tiny_nanodet(tmp_path / "start")
    lesson = Lesson(steps=120, batch=8, rate=0.02, kept=0.9, learning=2)
    network = fit(tmp_path / "start" / "model.onnx", card, made_album(), lesson)
    kinds = [card.kinds[k] for k in ("animal", "human", "vehicle")]
    (tmp_path / "made").mkdir()
    write_graph(network, kinds, tmp_path / "made" / "model.onnx")
    made = card.model_copy(update={"kinds": {"animal": (0,), "human": (1,), "vehicle": (2,)}})
    write_detector_card(made, tmp_path / "made")
    before, after = (Detector(tmp_path / n, 1) for n in ("start", "made"))
    random = np.random.default_rng(9)
    shown = [bright(random) for _ in range(20)]

    def overlap(detector: Detector) -> float:
        found = [surest(detector.detect(s.picture), "animal") for s in shown]
        pairs = zip(found, shown, strict=True)
        return float(np.mean([iou(f, s.boxes[0]) if f else 0.0 for f, s in pairs]))

    assert overlap(after) > overlap(before) + 0.1


def test_every_point_of_a_box_that_overlaps_best_tells_it() -> None:
    x, y = np.meshgrid(np.arange(4), np.arange(4))
    points = torch.tensor(np.stack([x.ravel(), y.ravel()], 1) * 16.0, dtype=torch.float32)
    strides = torch.full((16,), 16.0)
    corners = torch.tensor([[10.0, 10.0, 40.0, 40.0], [47.0, 47.0, 49.0, 49.0]])
    truth = loss.SceneTruth(corners, torch.tensor([0, 1]), torch.zeros((0, 4)))
    boxes = torch.cat([points - 12, points + 12], 1)
    number = loss.assigned(points, strides, torch.zeros((16, 3)), boxes, truth)
    assert set(number.tolist()) == {-1, 0, 1}, "also the box that holds no point"
    inside = ((points > 10) & (points < 40)).all(1)
    assert not inside[number == 1].any()


def test_nothing_is_learnt_where_nobody_knows() -> None:
    points, strides = torch.tensor([[8.0, 8.0], [40.0, 40.0]]), torch.tensor([16.0, 16.0])
    nothing = torch.zeros((0, 4))
    unknown = torch.tensor([[0.0, 0.0, 20.0, 20.0]])
    scores = torch.tensor([[3.0, -9.0, -9.0], [-9.0, -9.0, -9.0]])
    said, away = (points, strides), torch.zeros((2, 32))
    taught = torch.full((2, 3), float("nan"))
    kinds = torch.zeros(0, dtype=torch.long)
    blamed = loss.scene_loss(said, (scores, away), loss.SceneTruth(nothing, kinds, nothing), taught)
    spared = loss.scene_loss(said, (scores, away), loss.SceneTruth(nothing, kinds, unknown), taught)
    assert float(blamed) > 1
    assert float(spared) < 0.01


def test_boxes_follow_a_scene_that_is_shaken() -> None:
    random = np.random.default_rng(3)
    scene = bright(random)
    for step in (
        scenes.mirrored,
        scenes.infrared,
        lambda s: scenes.nearer(s, random),
        lambda s: scenes.lit(s, random),
    ):
        made = step(scene)
        height, width = made.picture.shape[:2]
        for box in made.boxes:
            left, top = round(box.x * width), round(box.y * height)
            inner = made.picture[top + 2 : top + 8, left + 2 : left + 8]
            assert inner.mean() > made.picture.mean(), step


def test_a_pasted_animal_has_its_box_in_the_frame() -> None:
    random = np.random.default_rng(4)
    for _ in range(10):
        made = made_album().pasted(random, SIDE)
        assert 1 <= len(made.boxes) <= 3
        for box in made.boxes:
            assert 0 <= box.x < box.x + box.width <= 1
            assert 0 <= box.y < box.y + box.height <= 1


def test_a_teacher_also_looks_at_tiles_and_drops_what_they_cut() -> None:
    class Small:
        """Finds something in the middle and at the edge of whatever it sees."""

        def detect(self, reading: npt.NDArray[np.uint8]) -> tuple[Box, ...]:
            middle = Box(0.45, 0.45, 0.1, 0.1, "animal", 0.9)
            return (middle, Box(0.9, 0.4, 0.1, 0.2, "animal", 0.8))

    found = teacher.boxes_by([Small()], np.zeros((100, 200, 3), np.uint8))
    assert len(found) == 6, "two in the whole, one in each tile"
    assert {(round(b.x, 2), round(b.y, 2)) for b in found if b.width < 0.08} == {
        (0.27, 0.27),
        (0.27, 0.67),
        (0.67, 0.27),
        (0.67, 0.67),
    }


def test_an_album_comes_from_manifests(tmp_path: Path) -> None:
    from PIL import Image as Pillow

    random = np.random.default_rng(6)
    rows = {"camera-traps": [], "organisms": [], "organisms-2": []}  # type: ignore[var-annotated]
    for name in rows:
        (tmp_path / name).mkdir()
    for n, truth in enumerate(("animal", "empty", "animal")):
        Pillow.fromarray(bright(random).picture).save(tmp_path / "camera-traps" / f"{n}.png")
        boxes = json.dumps([{"x": 0.1, "y": 0.1, "w": 0.3, "h": 0.3}]) if n == 0 else ""
        row = {"file": f"{n}.png", "source": f"s{n}", "truth": truth, "boxes": boxes}
        rows["camera-traps"].append({**row, "split": "train" if n < 2 else "measure"})
    for name in ("organisms", "organisms-2"):
        for n, group in enumerate(("Aves", "Plantae")):
            Pillow.fromarray(random.integers(0, 255, (150, 160, 3)).astype(np.uint8)).save(
                tmp_path / name / f"{n}.png"
            )
            size = {"width": "160", "height": "150"}
            rows[name].append({"file": f"{n}.png", "group": group, "split": "train", **size})
    for name, said in rows.items():
        with (tmp_path / name / "MANIFEST.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, said[0])
            writer.writeheader()
            writer.writerows(said)

    class Sure:
        def detect(self, reading: npt.NDArray[np.uint8]) -> tuple[Box, ...]:
            return (Box(0.2, 0.2, 0.5, 0.5, "animal", 0.9),)

    made = album.album(tmp_path, [Sure()], (), 1)
    assert (len(made.frames), len(made.photographs)) == (2, 2)
    assert made.frames[0].boxes[0].width == 0.3, "the source's own box"
    assert len(made.grounds) == 2 + album.EMPTY_FRAMES_COUNT
    assert len(album.album(tmp_path, [Sure()], ("s1",), 1).frames) == 1


def test_the_least_probability_of_an_empty_frame_loses_no_animal() -> None:
    random = np.random.default_rng(7)
    rows = np.concatenate([random.normal(2, 1, (60, 3)), random.normal(-2, 1, (30, 3))])
    empty = np.arange(90) >= 60
    numbers, least = emptiness.fitted_numbers(rows, empty)
    sure = 1 / (1 + np.exp(-(numbers[0] + rows @ np.array(numbers[1:]))))
    assert numbers[1] < 0
    assert not (sure[~empty] > least).any()


def test_a_batch_places_boxes_where_the_picture_lies(tmp_path: Path) -> None:
    card = tiny_nanodet(tmp_path)
    scene = bright(np.random.default_rng(8))
    pixels, [truth] = as_batch([scene], card)
    assert pixels.shape == (1, 3, SIDE, SIDE)
    box = scene.boxes[0]
    expected = [box.x * 64, box.y * 48, (box.x + box.width) * 64, (box.y + box.height) * 48]
    assert truth.corners[0].tolist() == pytest.approx(expected, abs=0.01)
