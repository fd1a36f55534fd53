"""biosight config check: values, sources, slips and stores that don't answer."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from biosight.cli.server.config import shown_setting
from biosight.errors import Unavailable
from biosight.settings import Settings
from biosight.storage.causes import why_away
from tests.conftest import Run
from tests.post import post_office
from tests.s3 import BUCKET, S3
from tests.walk.conftest import free_port


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what the tests themselves are told by."""
    for name in [n for n in os.environ if n.startswith("BIOSIGHT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    server = S3(free_port())
    yield server
    server.close()


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


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://b.example/path", "BioSight can't be below a path"),
        ("https://", "use only the scheme, the host"),
        ("https://x y", "use only the scheme, the host"),
        ("https://b.example?x=1", "use only the scheme, the host"),
        ("https://ada@b.example", "use only the scheme, the host"),
    ],
)
def test_an_address_with_more_than_a_host_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    """With a path, every form was refused as coming from another site."""
    monkeypatch.setenv("BIOSIGHT_PUBLIC_URL", url)
    assert words in run("config", "check", code=1).output


@pytest.mark.parametrize(
    "url", ["https://b.example", "http://[::1]:8000", "https://b.example:8443/"]
)
def test_a_whole_address_is_taken_without_its_last_slash(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert Settings(public_url=url).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HOST", "no.such.host.example", "The address: BIOSIGHT_HOST=no.such.host.example: "),
        ("PROVIDER", "coreml", "The provider: The installed ONNX Runtime can't use coreml"),
        ("DECODERS", "1000", "BIOSIGHT_DECODERS: "),
        ("METRICS_TOKEN", "a\nb", "BIOSIGHT_METRICS_TOKEN: use letters, digits and signs"),
        ("TILES", "https://t.example/{z}/{x}.png", "BIOSIGHT_TILES: the address needs {y}"),
        ("OIDC_CLIENT_ID", "us", "BIOSIGHT_OIDC_CLIENT_ID does nothing without BIOSIGHT_OIDC_ISS"),
        ("OIDC_ADMINS", "them", "BIOSIGHT_OIDC_ADMINS does nothing without BIOSIGHT_OIDC_ISSUER"),
        ("SMTP_URL", "smtps://m.example", "needs BIOSIGHT_MAIL_FROM and BIOSIGHT_PUBLIC_URL"),
    ],
)
def test_what_the_server_refuses_is_refused_here(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"BIOSIGHT_{name}", value)
    assert words in run("config", "check", code=1).output


def test_what_was_taken_before_is_taken_still() -> None:
    south = "https://t.example/{z}/{x}/{-y}.png"  # rows from the south, as TMS counts them
    assert Settings(tiles=south, metrics_token="two words").tiles == south


def test_only_what_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOSIGHT_SMTP_URL", "smtps://m.example")
    monkeypatch.setenv("BIOSIGHT_PUBLIC_URL", "https://b.example")
    said = run("config", "check", code=1).output
    assert "BIOSIGHT_SMTP_URL needs BIOSIGHT_MAIL_FROM\n" in said


@pytest.mark.parametrize(
    ("url", "changed", "words"),
    [
        (f"s3://{BUCKET}/p", {"AWS_ENDPOINT": "http://127.0.0.1:1"}, "nothing listens at this add"),
        (f"s3://{BUCKET}/p", {"AWS_ENDPOINT": "http://no.such.host.example"}, "no such name is kn"),
        (f"s3://{BUCKET}/p", {"AWS_ENDPOINT": "https"}, "it does not speak TLS at this port"),
        ("s3://absent/p", {}, "there is no such bucket"),
        (f"s3://{BUCKET}//x//", {}, "contained empty path segment."),
    ],
)
def test_the_cause_that_a_bucket_is_away_is_told(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    s3: S3,
    url: str,
    changed: dict[str, str],
    words: str,
) -> None:
    if changed.get("AWS_ENDPOINT") == "https":
        changed = {"AWS_ENDPOINT": s3.url.replace("http://", "https://")}
    for name, value in (s3.environment() | changed).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BIOSIGHT_STORAGE_URL", url)
    said = run("config", "check", code=1).output
    assert words in said
    assert "Debug source" not in said


def test_a_data_folder_that_is_a_file_is_told_in_words(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("BIOSIGHT_DATA_DIR", str(tmp_path / "file"))
    assert f"{tmp_path / 'file'}: " in run("serve", code=1).output


def told(cause: str) -> str:
    error = Unavailable("The database can't be reached just now.")
    error.__cause__ = OSError(cause)
    return why_away(error)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("db:1: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "not trusted here"),
        ("CERTIFICATE_VERIFY_FAILED] certificate is not valid for 'db'", "for another name"),
        ("db:1: [SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak TLS"),
        ("db:1: [Errno -2] Name or service not known", "no such name is known"),
        ("db:1: [Errno 111] Connection refused", "nothing listens"),
        ("db:1: [Errno 104] Connection reset by peer", "may want TLS"),
        ("client is configured to connect to a replica set named 'a' but", "another name"),
        ("something new", ""),
    ],
)
def test_the_cause_that_a_database_is_away_is_told(cause: str, words: str) -> None:
    """As PyMongo 4.19 told each of them, tried against real sockets."""
    assert words in told(cause)
    assert bool(told(cause)) == bool(words)
