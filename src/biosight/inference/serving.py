"""Classifiers by ModelVersion, opened on the first request, a few at a time.

Versions that share one network file (taught heads) share its session. Experts that serve are asked
beside every model whose tree has their branch. Not here: which version serves a collection
(registry), or where its files are (bootstrap.py).
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from biosight.errors import BadModel, BioSightError
from biosight.inference.classifier import Classifier
from biosight.inference.expert import Beside, Branch, Expert
from biosight.inference.model_files.card import read_card

log = logging.getLogger(__name__)
MOST_OPEN = 6
LOOK_SECONDS = 5.0


def no_experts() -> Sequence[str]:
    """Return no keys of experts, for use without a registry."""
    return ()


class Classifiers:
    """Open classifiers, by `get(key)` from any thread; beyond MOST_OPEN, the least recently used
    are closed."""

    def __init__(
        self,
        locate: Callable[[str], Path],
        threads: int | None = None,
        provider: str = "cpu",
        experts: Callable[[], Sequence[str]] = no_experts,
    ) -> None:
        self.locate = locate
        self.threads = threads
        self.provider = provider
        self.experts = experts
        self.open: OrderedDict[str, Classifier] = OrderedDict()
        self.beside: dict[str, Expert] = {}
        self.looked = -LOOK_SECONDS
        self.lock = threading.Lock()

    def get(self, key: str) -> Classifier:
        """Return the classifier of a version such as "organisms@1". Raises BadModel or NotFound."""
        with self.lock:
            self.look()
            found = self.open.get(key) or self.opened(key)
            self.open[key] = found
            self.open.move_to_end(key)
            while len(self.open) > MOST_OPEN:
                self.open.popitem(last=False)
            return found

    def opened(self, key: str) -> Classifier:
        """Open a version's folder, on an existing session if its file is the same."""
        folder = self.locate(key)
        sha256 = read_card(folder).sha256
        same = [c.session for c in self.open.values() if sha256 and c.card.sha256 == sha256]
        made = Classifier(folder, self.threads, self.provider, same[0] if same else None)
        made.beside = experts_beside(made, self.beside.values())
        return made

    def look(self) -> None:
        """Update the experts that serve, every LOOK_SECONDS, because other instances promote them
        too."""
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        keys = self.experts()
        if list(keys) == list(self.beside):
            return
        there = {key: self.beside.get(key) or self.expert(key) for key in keys}
        self.beside = {key: found for key, found in there.items() if found is not None}
        for classifier in self.open.values():
            classifier.beside = experts_beside(classifier, self.beside.values())

    def expert(self, key: str) -> Expert | None:
        """Open an expert. Return None, with a log entry, if it can't be opened."""
        try:
            return Expert(self.locate(key), self.threads)
        except BioSightError:
            log.exception("an expert can't be opened", extra={"model": key})
            return None


def experts_beside(classifier: Classifier, experts: Iterable[Expert]) -> tuple[Beside, ...]:
    """Return the experts that a model can ask: those whose branch is in its tree."""
    if (rollup := classifier.rollup) is None:
        return ()
    found = []
    for expert in experts:
        try:
            found.append(Beside(expert, Branch(rollup, expert.card)))
        except BadModel as error:
            log.info("not asked: %s", error.detail)
    return tuple(found)
