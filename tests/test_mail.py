"""Mail, given to a real mail server."""

import shutil
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from biosight import mail
from biosight.errors import Unavailable
from tests.conftest import require
from tests.post import post_office, right

SENDER = "BioSight <biosight@example.org>"


def one(subject: str = "A “fox”", text: str = "Hello\n.\nÅsa\n") -> EmailMessage:
    return mail.message(SENDER, "asa@example.org", subject, text)


def test_a_mail_arrives_as_it_was_written() -> None:
    with post_office() as box:
        mail.send(box.url, one())
        got = box.next()
    assert (got["Subject"], got["From"], got["To"]) == ("A “fox”", SENDER, "asa@example.org")
    assert got.get_content().replace("\r\n", "\n") == "Hello\n.\nÅsa\n"
    assert got["Message-ID"].endswith("@example.org>")
    assert got["Auto-Submitted"] == "auto-generated"


def test_nobody_writes_a_header_into_a_subject() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        one(subject="Hello\nBcc: eve@example.org")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's own, which clients of this test believe."""
    require(shutil.which("openssl") is not None, "openssl", "apt-get install openssl")
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    given = ["subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*words.split(), *given], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return made


def test_starttls_and_a_password_where_the_server_asks(certificate: ssl.SSLContext) -> None:
    asks = {"require_starttls": True, "auth_required": True, "authenticator": right}
    with post_office(tls_context=certificate, **asks) as box:
        port = box.url.rpartition(":")[2]
        for account, fits in (("bio:secret%2Bword@", True), ("bio:wrong@", False), ("", False)):
            server = f"smtp+starttls://{account}localhost:{port}"
            if fits:
                mail.send(server, one())
                assert box.next()["Subject"] == "A “fox”"
            else:
                with pytest.raises(Unavailable, match="refuses the mail"):
                    mail.send(server, one())


def test_a_server_without_starttls_is_not_spoken_to_in_plain() -> None:
    with post_office() as box, pytest.raises(Unavailable):
        mail.send(box.url.replace("smtp://", "smtp+starttls://"), one())
    assert box.mails.empty()


def test_a_strangers_certificate_is_not_believed(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with post_office(tls_context=certificate) as box, pytest.raises(Unavailable):
        mail.send(f"smtp+starttls://localhost:{box.url.rpartition(':')[2]}", one())


def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(Unavailable, match="can't be reached"):
        mail.send("smtp://127.0.0.1:1", one())
