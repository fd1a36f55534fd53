"""Measures, heads, priors and references: numbers checked against ones made another way."""

from pathlib import Path

import numpy as np
import pytest

from biosight.errors import BadModel
from biosight.inference import quality
from biosight.inference.classifier import Classifier
from biosight.inference.head import Head, Prior, read_head, write_head
from biosight.inference.network import open_network
from biosight.inference.reference import (
    CANDIDATES,
    Familiar,
    Reference,
    nearest_distances,
    pack_embeddings,
    plain,
    read_reference,
    unit,
)


def test_coverage_counts_what_each_threshold_accepts() -> None:
    confidence = np.array([0.95, 0.80, 0.80, 0.30, 1.0])
    right = np.array([True, True, False, False, True])
    curve = quality.coverage(confidence, right)
    assert (curve.accepted[0], curve.wrong[0]) == (5, 2)
    assert (curve.accepted[80], curve.wrong[80]) == (4, 1)
    assert (curve.accepted[81], curve.wrong[81]) == (2, 0)
    assert (curve.accepted[100], curve.wrong[100]) == (1, 0)


def test_bins_hold_the_same_number_each() -> None:
    dice = np.random.default_rng(0)
    confidence = dice.uniform(0, 1, 1500)
    bins = quality.calibration_bins(confidence, dice.uniform(0, 1, 1500) < confidence)
    assert [b.pictures for b in bins] == [100] * 15
    assert all(abs(b.confidence - b.accuracy) < 0.2 for b in bins)


def prior() -> Prior:
    dice = np.random.default_rng(1)
    weight = dice.normal(0, 1, (5, 4)).astype(np.float32)
    return Prior(weight, np.zeros(5, np.float32), np.array([0, 0, 1, 1, 1]), 0.5)


def test_evidence_is_the_log_share_of_a_labels_classes() -> None:
    given, embeddings = prior(), np.random.default_rng(2).normal(0, 1, (3, 4)).astype(np.float32)
    added = given.evidence(embeddings, 3)
    shares = quality.softmax(embeddings @ given.weight.T)
    assert added[:, 0] == pytest.approx(0.5 * np.log(shares[:, :2].sum(axis=1)), abs=1e-5)
    assert added[:, 1] == pytest.approx(0.5 * np.log(shares[:, 2:].sum(axis=1)), abs=1e-5)
    assert added[:, 2] == pytest.approx(0.5 * np.log(0.5))  # no classes: an even share


def test_the_direction_is_the_slope_of_the_logit() -> None:
    dice = np.random.default_rng(3)
    head = Head(dice.normal(0, 1, (2, 4)).astype(np.float32), np.zeros(2, np.float32), prior())
    at = dice.normal(0, 1, 4).astype(np.float32)
    for label in (0, 1):
        slope = head.direction(at, label)
        for axis in range(4):
            step = np.zeros(4, np.float32)
            step[axis] = 1e-2
            rise = (
                head.logits((at + step)[None])[0, label] - head.logits((at - step)[None])[0, label]
            )
            assert slope[axis] == pytest.approx(rise / 2e-2, abs=2e-2)


def test_a_head_survives_its_file(tmp_path: Path) -> None:
    head = Head(np.ones((2, 4), np.float32), np.zeros(2, np.float32), prior())
    write_head(head, tmp_path)
    again = read_head(tmp_path, 2, 4)
    assert again is not None
    at = np.ones((1, 4), np.float32)
    assert again.logits(at) == pytest.approx(head.logits(at), abs=1e-2)
    with pytest.raises(BadModel, match="does not fit"):
        read_head(tmp_path, 3, 4)
    (tmp_path / "head.npz").write_bytes(b"\x80\x04 a pickle")
    with pytest.raises(BadModel, match="not a head"):
        read_head(tmp_path, 2, 4)


def test_embeddings_in_bytes_are_close() -> None:
    vectors = np.random.default_rng(4).gamma(0.4, 1, (50, 200)).astype(np.float32)
    again = plain("held_embeddings", pack_embeddings("held_embeddings", vectors))
    assert np.abs(again - vectors).max() <= vectors.max() / 250


def test_novelty_is_the_mean_distance_to_the_ten_nearest(model_dir: Path) -> None:
    reference = read_reference(model_dir)
    assert reference is not None
    known = np.concatenate([reference.held_embeddings, reference.replay_embeddings])
    asked = np.array([[1.0, -1.0, 0.3]], np.float32)
    unit = known / np.linalg.norm(known, axis=1, keepdims=True)
    cosines = np.sort(unit @ asked[0] / np.linalg.norm(asked))
    # Kept in bytes: of three numbers each counts for much.
    assert Familiar(reference).distances(asked)[0] == pytest.approx(
        1 - cosines[-10:].mean(), abs=1e-3
    )


def test_the_nearest_of_many_are_found_among_a_few() -> None:
    dice = np.random.default_rng(6)
    kinds = dice.gamma(0.4, 1, (60, 256))
    known = kinds[dice.integers(0, 60, 3000)] * dice.gamma(4, 0.25, (3000, 256))
    nothing = np.zeros(0, np.int64)
    reference = Reference(
        known[:1000].astype(np.float32),
        np.zeros((1000, 1), np.float32),
        nothing,
        nothing,
        np.zeros((0, 9), np.float32),
        known[1000:].astype(np.float32),
        nothing,
    )
    asked = kinds[:40] * dice.gamma(4, 0.25, (40, 256))
    near = unit(asked) @ unit(known).T
    exact = nearest_distances(near)
    found = Familiar(reference)
    assert found.candidates(unit(asked)).shape == (40, CANDIDATES)
    assert found.distances(asked) == pytest.approx(exact, abs=2e-3)
    assert found.distances(asked[:1])[0] == pytest.approx(found.distances(asked)[0], abs=1e-6)


def test_the_last_layer_as_numbers_gives_the_networks_answers() -> None:
    from biosight.bootstrap import BUNDLED

    for name in ("organisms", "cells"):
        classifier = Classifier(BUNDLED / name, 1)
        assert classifier.head is not None
        side = classifier.card.input_size
        noise = np.random.default_rng(5).integers(0, 255, (4, side, side, 3), dtype=np.uint8)
        logits, embeddings = classifier.logits(noise)
        # The network keeps its last layer in half precision.
        assert classifier.head.logits(embeddings) == pytest.approx(logits, abs=0.1)
        heat = classifier.activation(noise[0], classifier.card.label_names[0])
        assert heat is not None
        assert 0 <= heat.min() <= heat.max() <= 1


def test_a_provider_that_is_not_there_is_named(model_dir: Path) -> None:
    with pytest.raises(BadModel, match="can't use cuda"):
        open_network(model_dir / "model.onnx", provider="cuda")
