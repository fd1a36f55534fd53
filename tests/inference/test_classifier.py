import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from biosight.bootstrap import DEFAULT_MODEL
from biosight.errors import BadModel, Unavailable
from biosight.inference.batching import Batcher
from biosight.inference.classifier import Classifier
from biosight.inference.model_files.card import read_card
from biosight.inference.preprocess import Pixels, to_batch, to_pixels
from tests.tiny import COLOURS, picture


def pixels(label: str, seed: int, folder: Path) -> Pixels:
    shown = Pillow.open(io.BytesIO(picture(label, seed))).convert("RGB")
    return to_pixels(shown, read_card(folder).framing)


def test_predictions_are_calibrated_scores(model_dir: Path) -> None:
    classifier = Classifier(model_dir, 1)
    verdicts = classifier.predict(np.stack([pixels(c, 1, model_dir) for c in COLOURS]))
    assert [classifier.top(v)[0].label for v in verdicts] == list(COLOURS)
    assert all(v.confidences.sum() == pytest.approx(1, abs=1e-5) for v in verdicts)
    assert verdicts[0].embedding.shape == (3,)


def test_a_changed_file_is_refused(model_dir: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_dir, tmp_path / "model"))
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BadModel, match="SHA-256"):
        Classifier(folder)


def test_no_card(tmp_path: Path) -> None:
    with pytest.raises(BadModel):
        read_card(tmp_path)


def test_preprocessing_is_a_centre_crop_normalised(model_dir: Path) -> None:
    card = read_card(model_dir)
    wide = Pillow.new("RGB", (300, 100), "white")
    wide.paste("black", (0, 0, 90, 100))
    array = to_pixels(wide, card.framing)
    assert array.shape == (32, 32, 3)
    assert array.min() > 200
    batch = to_batch(array[None], card)
    assert batch.shape == (1, 3, 32, 32)
    assert batch.max() == pytest.approx((1 - 0.5) / 0.25)


def test_batches_answer_everyone_with_their_own(model_dir: Path) -> None:
    batcher, classifier = Batcher(), Classifier(model_dir, 1)
    try:
        wanted = [list(COLOURS)[n % 3] for n in range(60)]
        with ThreadPoolExecutor(16) as pool:
            verdicts = pool.map(
                lambda n: batcher.classify(classifier, pixels(wanted[n], n, model_dir)), range(60)
            )
            labels = [classifier.top(v)[0].label for v in verdicts]
        assert labels == wanted
    finally:
        batcher.close()


def test_a_full_queue_says_so(model_dir: Path) -> None:
    batcher, classifier = Batcher(waiting=1), Classifier(model_dir, 1)
    batcher.close()
    batcher.queue.put_nowait((classifier, pixels("Red", 1, model_dir), None))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        batcher.classify(classifier, pixels("Red", 2, model_dir))


def test_the_bundled_model_answers() -> None:
    classifier = Classifier(DEFAULT_MODEL)
    card = classifier.card
    verdict = classifier.predict(np.zeros((1, card.input_size, card.input_size, 3), np.uint8))[0]
    assert len(card.labels) == 10
    assert verdict.embedding.shape == (card.embedding_size,)
    assert card.trained_on
    assert card.weak_at
    assert card.terms
    size = sum(p.stat().st_size for p in DEFAULT_MODEL.iterdir())
    assert size <= 15_000_000


def test_the_reference_belongs_to_the_bundled_model() -> None:
    card = read_card(DEFAULT_MODEL)
    with np.load(DEFAULT_MODEL / "reference.npz") as reference:
        assert str(reference["model_sha256"]) == card.sha256
        held, replay = reference["held_embeddings"], reference["replay_embeddings"]
        assert len(held) >= 900
        assert len(replay) >= 1500
        assert held.shape[1] == replay.shape[1] == card.embedding_size
        logits = reference["held_logits"].astype(np.float64)
        right = float((logits.argmax(1) == reference["held_labels"]).mean())
        assert right == pytest.approx(card.measured["held_accuracy"], abs=0.005)
        assert set(reference.files).isdisjoint({"pixels", "pictures"})
