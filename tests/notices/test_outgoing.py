"""Requests to addresses that people wrote reach public servers alone, and end."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from biosight.errors import BadRequest, Unavailable
from biosight.notices import outgoing
from biosight.notices.outgoing import clean_target, is_allowed, post
from biosight.settings import networks
from tests.receiver import receiving

HOUSE = networks("127.0.0.0/8")
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # what clouds tell about a machine
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a00:1",
    "192.0.0.192",  # what a cloud tells about a machine
    "192.88.99.1",
    "168.63.129.16",  # a public range, but a service inside Azure
    "fec0::1",
    "3fff::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


def test_a_network_of_the_settings_is_allowed_and_no_other() -> None:
    assert is_allowed(ip_address("10.1.2.3"), networks("10.1.0.0/16"))
    assert is_allowed(ip_address("::ffff:10.1.2.3"), networks("10.1.0.0/16"))
    assert not is_allowed(ip_address("10.2.0.1"), networks("10.1.0.0/16"))


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/",
        "example.org",
        "https://",
        "https://bio:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://[::1/",
        "https://example.org/a b",
        "https://exämple.org/",
        "https://example.org/\r\nX: 1",
        "file:///etc/passwd",
        "https://example.org/" + 2000 * "a",
    ],
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadRequest):
        clean_target(address)


def test_a_name_that_stands_for_one_address_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("9.9.9.9", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(Unavailable, match="not the name of a public server"):
        post("https://example.org/", b"{}", {})


def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name would stand for another address if it were asked again."""
    answers = [["9.9.9.9"], ["127.0.0.1"]]
    connected: list[object] = []

    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in answers.pop(0)]

    def connect(address: object, **_: object) -> socket.socket:
        connected.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unavailable):
        post("http://changing.example.org/", b"{}", {})
    assert connected == [("9.9.9.9", 80)]


def test_no_redirect_is_followed() -> None:
    with receiving() as there:
        there.statuses = [302]
        assert post(f"{there.url}/hook?key=1", b"{}", {}, HOUSE) == 302
        headers, body = there.came.get(timeout=5)
        assert body == b"{}"
        assert headers["host"] == there.url.removeprefix("http://")
        assert there.came.empty()


def test_this_machine_is_no_target_unless_a_setting_says_so() -> None:
    with receiving() as there:
        with pytest.raises(Unavailable, match="not the name of a public server"):
            post(there.url, b"{}", {})
        assert there.came.empty()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_answers_byte_by_byte_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str
) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.7)
    server = socket.create_server(("127.0.0.1", 0))
    wrap = certified(tmp_path, monkeypatch) if scheme == "https" else lambda plain: plain

    def drip() -> None:
        with suppress(OSError), wrap(server.accept()[0]) as connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    begun = time.monotonic()
    with server, pytest.raises(Unavailable):
        post(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, HOUSE)
    assert time.monotonic() - begun < 4
    dripping.join(5)


def certified(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[socket.socket], socket.socket]:
    """What makes a connection of a server TLS, with a certificate that this process trusts."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out"]
    command = ["openssl", "req", "-x509", *made, *files, str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    return lambda plain: server.wrap_socket(plain, server_side=True)
