"""What kinds declare is known to the stores, and a misspelt declaration fails."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import pytest

from biosight.bootstrap import KINDS
from biosight.storage.declarations import Declarations, declared_by
from biosight.storage.sqlite.store import SqliteRecords


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A kind that means indexes."""

    table: ClassVar[str] = "misspelt"
    indices: ClassVar[tuple[tuple[str, ...], ...]] = (("id",),)

    id: str


def test_a_misspelt_declaration_fails_when_the_store_is_opened(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Misspelt declares indices"):
        SqliteRecords(tmp_path / "test.db", [Misspelt])


def test_every_declaration_is_used_by_some_kind() -> None:
    used = {
        f.name
        for kind in KINDS
        for f in fields(Declarations)
        if getattr(declared_by(kind), f.name) != getattr(Declarations(""), f.name)
    }
    assert used == {f.name for f in fields(Declarations)}
