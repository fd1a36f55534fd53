"""The deployed nginx configuration starts on the nginx at hand, redirects to its own port, and
systemd takes the units."""

import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx2
import pytest

from tests.conftest import require
from tests.walk.conftest import free_port

DEPLOY = Path("deploy").resolve()


def deployed(folder: Path, plain: int, tls: int) -> str:
    """biosight.conf with this machine's ports, certificate and a backend that is away."""
    text = (DEPLOY / "nginx/biosight.conf").read_text()
    for old, new in {
        "listen 8080": f"listen 127.0.0.1:{plain}",
        "listen 8443": f"listen 127.0.0.1:{tls}",
        ":8443$request_uri": f":{tls}$request_uri",
        "app1:8000": "127.0.0.1:9",
        "app2:8000": "127.0.0.1:9",
        "/etc/nginx/tls": str(folder),
        "/etc/nginx/biosight": str(DEPLOY / "nginx"),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    events = "events { worker_connections 64; }"
    head = f"daemon off; worker_processes 1; pid {folder}/pid; {events}"
    return f"{head}\nhttp {{ access_log off; {paths}\n{text}\n}}\n"


def certificate(folder: Path) -> None:
    """A certificate that nobody trusts."""
    files = ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")]
    asked = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run(["openssl", "req", *asked, *files], check=True, capture_output=True)


def test_it_starts_speaks_http2_and_keeps_the_port(tmp_path: Path) -> None:
    there = shutil.which("nginx") and shutil.which("openssl")
    require(bool(there), "nginx", "apt-get install nginx-light openssl")
    plain, tls = free_port(), free_port()
    certificate(tmp_path)
    (tmp_path / "nginx.conf").write_text(deployed(tmp_path, plain, tls))
    command = ["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    process = subprocess.Popen(command)
    try:
        answer = asked(f"http://127.0.0.1:{plain}/collections/x?label=y")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"https://127.0.0.1:{tls}/collections/x?label=y"
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        trusting.set_alpn_protocols(["h2"])
        with (
            socket.create_connection(("127.0.0.1", tls)) as raw,
            trusting.wrap_socket(raw) as wrapped,
        ):
            assert wrapped.selected_alpn_protocol() == "h2"
        with httpx2.Client(verify=False) as client:
            assert client.get(f"https://127.0.0.1:{tls}/metrics").status_code == 404
            program = client.get(f"https://127.0.0.1:{tls}/api")
            assert (program.status_code, program.headers["retry-after"]) == (503, "5")
            assert program.json()["error"] == "unavailable"
            assert program.headers["content-type"] == "application/json"
            person = client.get(f"https://127.0.0.1:{tls}/", headers={"Accept": "text/html"})
            assert person.headers["content-type"] == "text/html; charset=utf-8"
            assert "away just now" in person.text
            assert "nginx/" not in person.headers["server"]
    finally:
        process.terminate()
        process.wait(10)


def asked(address: str) -> httpx2.Response:
    """The answer, once nginx is up."""
    for _ in range(100):
        try:
            return httpx2.get(address)
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("nginx did not start")


@pytest.mark.parametrize("unit", sorted(f.name for f in (DEPLOY / "systemd").iterdir()))
def test_systemd_takes_each_unit(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("SKIPPED: the units are not verified, for want of systemd")
    for file in (DEPLOY / "systemd").iterdir():  # a timer asks for its service
        text = file.read_text().replace("/opt/biosight/.venv/bin/biosight", "/bin/true")
        (tmp_path / file.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "biosight" in line]
    assert (done.returncode, said) == (0, []), done.stderr
