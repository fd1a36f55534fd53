"""When the certificate of the public address ends."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from biosight.certificate import certificate_end

DAY = 86_400.0


def make(folder: Path, days: float) -> None:
    """A certificate that nobody signed, for another name; it ends that many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    (folder / "crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server whose certificate ends after the given number of days."""
    make(tmp_path, request.param)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                    context.wrap_socket(raw, server_side=True).close()
                except OSError:
                    if listening.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("served", [9], indirect=True)
def test_the_end_is_read_whoever_signed_it(served: str) -> None:
    assert abs(certificate_end(served) - time.time() - 9 * DAY) < 3600


@pytest.mark.parametrize("served", [-1], indirect=True)
def test_one_that_has_ended_is_told(served: str) -> None:
    assert certificate_end(served) == 1


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_where_there_is_none_nothing_is_told(address: str) -> None:
    assert certificate_end(address) == 0
