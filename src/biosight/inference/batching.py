"""Gathers waiting pictures into one run of the model, one run at a time, behind a bounded queue.

Two runs at once are slower than one after the other, so a single thread makes them all.
Not here: the model (classifier.py).
"""

import queue
import threading
from concurrent.futures import Future

import numpy as np

from biosight.errors import Unavailable
from biosight.inference.classifier import Classifier, Verdict
from biosight.inference.preprocess import Pixels

LARGEST_BATCH = 8
Waiting = tuple[Classifier, Pixels, "Future[Verdict]"]


class Batcher:
    """`classify(classifier, pixels)` from any thread; batches form by themselves under load."""

    def __init__(self, waiting: int = 256) -> None:
        self.queue: queue.Queue[Waiting | None] = queue.Queue(waiting)
        self.thread = threading.Thread(target=self.run, name="classifier", daemon=True)
        self.thread.start()

    def classify(self, classifier: Classifier, pixels: Pixels, timeout: float = 30.0) -> Verdict:
        """The verdict on one picture (side, side, 3).

        Raises Unavailable when the queue is full or no answer comes in `timeout` seconds.
        """
        answer: Future[Verdict] = Future()
        try:
            self.queue.put_nowait((classifier, pixels, answer))
            return answer.result(timeout)
        except (queue.Full, TimeoutError) as error:
            raise Unavailable("The classifier is busy; try again in a moment.") from error

    def run(self) -> None:
        """Serve until None arrives."""
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
        """One run a model; an error goes to everyone who waits for it."""
        for classifier in {id(c): c for c, _, _ in batch}.values():
            mine = [(pixels, answer) for c, pixels, answer in batch if c is classifier]
            try:
                verdicts = classifier.predict(np.stack([pixels for pixels, _ in mine]))
            except Exception as error:
                for _, answer in mine:
                    answer.set_exception(error)
                continue
            for (_, answer), verdict in zip(mine, verdicts, strict=True):
                answer.set_result(verdict)

    def close(self) -> None:
        """Finish what waits and stop."""
        self.queue.put(None)
        self.thread.join(10)
