"""biosight config check: values, sources, slips and stores that don't answer."""

import os
from pathlib import Path

import pytest

from biosight.cli.config import shown
from tests.conftest import Run


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what the tests themselves are told by."""
    for name in [n for n in os.environ if n.startswith("BIOSIGHT_")]:
        monkeypatch.delenv(name)


def test_values_sources_and_stores(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BIOSIGHT_METRICS_TOKEN", "hush-hush")
    said = run("config", "check").output
    assert f"BIOSIGHT_DATA_DIR={tmp_path / 'data'}\tenvironment" in said
    assert "BIOSIGHT_PORT=8000\tdefault" in said
    assert "BIOSIGHT_METRICS_TOKEN=(hidden)\tenvironment" in said
    assert "hush-hush" not in said
    assert "database: answers\npictures: answers\nAll is well." in said


def test_a_slip_of_the_pen_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BIOSIGHT_REGISTRATON", "closed")
    said = run("config", "check", code=1).output
    assert "BIOSIGHT_REGISTRATON: BioSight knows no such setting." in said


def test_every_mistake_is_told_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOSIGHT_PORT", "eighty")
    monkeypatch.setenv("BIOSIGHT_REGISTRATION", "sometimes")
    said = run("config", "check", code=1).output
    assert "BIOSIGHT_PORT: " in said
    assert "BIOSIGHT_REGISTRATION: " in said


def test_a_store_that_does_not_answer_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("BIOSIGHT_STORAGE_URL", str(tmp_path / "file"))
    said = run("config", "check", code=1).output
    assert "database: answers" in said
    assert "pictures: answers" not in said
    assert "The pictures: " in said
    broken = tmp_path / "data" / "biosight.db"
    monkeypatch.setenv("BIOSIGHT_STORAGE_URL", "")
    broken.write_bytes(b"no database at all" * 100)
    assert "The database: " in run("config", "check", code=1).output


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("database_url", "mongodb://ada:hush@db:27017/b", "mongodb://(hidden)@db:27017/b"),
        ("database_url", "mongodb://db/b", "mongodb://db/b"),
        ("database_url", "mongodb://a:p@ss@db/b", "mongodb://(hidden)@db/b"),
        ("metrics_token", "", ""),
        ("tiles", "https://t.example/{z}", "https://t.example/{z}"),
    ],
)
def test_no_password_is_shown(name: str, value: str, seen: str) -> None:
    assert shown(name, value) == seen
