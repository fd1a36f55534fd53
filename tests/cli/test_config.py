"""biosight config check: values, sources, slips and stores that don't answer."""

import os
from pathlib import Path

import pytest

from biosight.cli.server.config import shown_setting
from tests.conftest import Run
from tests.post import post_office


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
    assert "database: answers\npictures: answers\n" in said
    assert said.endswith("All is well.\n")


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


def test_what_else_is_set_is_tried(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BIOSIGHT_PUBLIC_URL", "https://biosight.example")
    for name, value, words in (
        ("BIOSIGHT_MODEL_DIR", "/nope", "The model: "),
        ("BIOSIGHT_SMTP_URL", "smtp://127.0.0.1:1", "The mail: The mail server can't be reached"),
        ("BIOSIGHT_OIDC_ISSUER", "http://localhost:1", "The sign-in: "),
    ):
        with monkeypatch.context() as patch:
            patch.setenv("BIOSIGHT_MAIL_FROM", "a@example.org")
            patch.setenv("BIOSIGHT_OIDC_CLIENT_ID", "us")
            patch.setenv(name, value)
            assert words in run("config", "check", code=1).output
    with post_office() as box:
        monkeypatch.setenv("BIOSIGHT_MAIL_FROM", "a@example.org")
        monkeypatch.setenv("BIOSIGHT_SMTP_URL", box.url)
        assert "mail: answers" in run("config", "check").output
    assert box.mails.empty()


def test_half_addresses_are_told_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOSIGHT_PUBLIC_URL", "biosight.example")
    monkeypatch.setenv("BIOSIGHT_SMTP_URL", "mail.example")
    monkeypatch.setenv("BIOSIGHT_QUOTAGB", "5")
    said = run("config", "check", code=1).output
    assert "BIOSIGHT_PUBLIC_URL: begin with https://" in said
    assert "BIOSIGHT_SMTP_URL: use smtp+starttls://" in said
    assert "BIOSIGHT_QUOTAGB: BioSight knows no such setting." in said


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
    assert shown_setting(name, value) == seen


@pytest.mark.parametrize("sign", ["#", "?", "%20"])
def test_a_prefix_means_what_it_says(run: Run, monkeypatch: pytest.MonkeyPatch, sign: str) -> None:
    """What stands behind the sign would be dropped in silence: two would share one prefix (P2)."""
    monkeypatch.setenv("BIOSIGHT_STORAGE_URL", f"s3://bucket/lab{sign}one")
    said = run("config", "check", code=1).output
    assert f"BIOSIGHT_STORAGE_URL: a prefix can't hold {sign[0]}" in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mongodb://127.0.0.1:1/prod.new", "names the database prod.new; a name can't hold a dot"),
        ("mongodb://127.0.0.1:1/prod%2Enew", "prod.new"),
        ("mongodb://127.0.0.1:1/prod?tls=True", "option that PyMongo does not take"),
        ("mongodb://127.0.0.1:1/prod?tlz=true", "option that PyMongo does not take"),
        ("mongodb://u:a/b@127.0.0.1:1/prod", "not a MongoDB address"),
        ("mongodb://127.0.0.1:99999/prod", "not a MongoDB address"),
    ],
)
def test_a_database_address_means_what_it_says(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    """A name or an option that PyMongo reads otherwise than it is written is refused (P2)."""
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", url)
    assert words in run("config", "check", code=1).output
