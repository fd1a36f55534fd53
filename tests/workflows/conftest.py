"""Pictures of a collection, for the tests of what comes in about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tiny
from tests.conftest import Run, add_ada

Take = Callable[..., None]


@pytest.fixture
def take(run: Run, tmp_path: Path) -> Take:
    """Imports pictures under these paths, each of another seed."""
    add_ada(run)

    def make(*paths: str) -> None:
        for n, path in enumerate(paths):
            file = tmp_path / "in" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tiny.picture("Red", n))
        run("import", tmp_path / "in")

    return make
