"""Classifiers by ModelVersion, opened when first asked for, a few at a time.

Versions that share one network file (taught heads) share its session. Not here: which
version serves a collection (registry), or where its files lie (bootstrap.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from biosight.inference.card import read_card
from biosight.inference.classifier import Classifier

MOST_OPEN = 6


class Classifiers:
    """`get(key)` from any thread; the least recently used beyond MOST_OPEN are let go."""

    def __init__(
        self, locate: Callable[[str], Path], threads: int | None = None, provider: str = "cpu"
    ) -> None:
        self.locate = locate
        self.threads = threads
        self.provider = provider
        self.open: OrderedDict[str, Classifier] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: str) -> Classifier:
        """The classifier of a version such as "organisms@1". Raises BadModel or NotFound."""
        with self.lock:
            found = self.open.get(key) or self.opened(key)
            self.open[key] = found
            self.open.move_to_end(key)
            while len(self.open) > MOST_OPEN:
                self.open.popitem(last=False)
            return found

    def opened(self, key: str) -> Classifier:
        """A version's folder opened, on a session that is there already if its file is the same."""
        folder = self.locate(key)
        sha256 = read_card(folder).sha256
        same = [c.session for c in self.open.values() if sha256 and c.card.sha256 == sha256]
        return Classifier(folder, self.threads, self.provider, same[0] if same else None)
