"""Waiting pictures gathered into runs of the model, one run at a time, behind a bounded queue.

A single thread does all runs, on all cores. One run per core, each on one core, gave the same
uploads per second, but a single picture took twice as long (docs/guide/speed.md). Not here: the
model (classifier.py).
"""

import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from biosight import metrics
from biosight.errors import Unavailable
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.preprocess import Pixels

# Larger batches are no faster per picture, and the network's memory grows with them.
LARGEST_BATCH = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting picture: its classifier, its answer, and since when it waits
    (seconds, monotonic)."""

    classifier: Classifier
    pixels: Pixels
    answer: "Future[Verdict]"
    since: float


class Batcher:
    """Runs for all threads by `classify(classifier, pixels)`; under load, pictures form batches."""

    def __init__(self, waiting: int = 256) -> None:
        self.queue: queue.Queue[Waiting | None] = queue.Queue(waiting)
        self.thread = threading.Thread(target=self.run, name="classifier", daemon=True)
        self.thread.start()

    def classify(self, classifier: Classifier, pixels: Pixels, timeout: float = 30.0) -> Verdict:
        """Return the verdict on one picture (side, side, 3).

        Raises Unavailable when the queue is full or no answer comes in `timeout` seconds.
        """
        answer: Future[Verdict] = Future()
        try:
            self.queue.put_nowait(Waiting(classifier, pixels, answer, time.perf_counter()))
            return answer.result(timeout)
        except (queue.Full, TimeoutError) as error:
            raise Unavailable("The classifier is busy; try again in a moment.") from error

    def run(self) -> None:
        while (first := self.queue.get()) is not None:
            batch = [first]
            while len(batch) < LARGEST_BATCH:
                try:
                    following = self.queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self.answer(batch)
                    return
                batch.append(following)
            self.answer(batch)

    def answer(self, batch: list[Waiting]) -> None:
        """Do one run per model; an error goes to everyone who waits for that run."""
        for classifier in {id(w.classifier): w.classifier for w in batch}.values():
            mine = [w for w in batch if w.classifier is classifier]
            begin = time.perf_counter()
            for w in mine:
                metrics.stage_seconds.labels("queue").observe(begin - w.since)
            try:
                verdicts = classifier.predict(np.stack([w.pixels for w in mine]))
            except Exception as error:
                for w in mine:
                    w.answer.set_exception(error)
                continue
            metrics.batch_size.observe(len(mine))
            metrics.stage_seconds.labels("infer").observe(time.perf_counter() - begin)
            for w, verdict in zip(mine, verdicts, strict=True):
                w.answer.set_result(verdict)

    def close(self) -> None:
        """Finish the waiting pictures and stop."""
        self.queue.put(None)
        self.thread.join(10)
