"""Nothing leaves this machine, and nothing secret stands in the log."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from biosight import logs
from tests import tiny
from tests.conftest import PASSWORD

NAMESPACES = ("unshare", "-r", "-n", "-m")
# A name server of our own that answers nothing and writes down who asked; the program runs beside
# it in a network without any other way out.
ALONE = """
import fcntl, os, socket, struct, subprocess, sys, threading, time
UP = struct.pack("16sh", b"lo", 0x1)  # "ip link set lo up", without needing ip
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, UP)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
asked = open(sys.argv[1], "ab", buffering=0)
def listen():
    while True:
        asked.write(server.recv(4096) + b"\\n")
threading.Thread(target=listen, daemon=True).start()
done = subprocess.run(sys.argv[2:])
time.sleep(0.5)
sys.exit(done.returncode)
"""
# As long as a server lives: the reports are sent some seconds after the first network was opened.
OPENED = """
import sys, time
from pathlib import Path
{first}
import onnxruntime
session = onnxruntime.InferenceSession(str(Path(sys.argv[1]) / "model.onnx"))
time.sleep(4)
"""


def allowed() -> bool:
    """May this user make namespaces? In some containers nobody may."""
    asked = subprocess.run([*NAMESPACES, "true"], check=False, capture_output=True)
    return asked.returncode == 0


def alone(tmp_path: Path, *command: str) -> tuple[bytes, list[Path]]:
    """Names that were looked up and files written at home by a command without CI in sight; where
    namespaces are not allowed, the files alone."""
    home, names = tmp_path / "home", tmp_path / "asked"
    home.mkdir()
    names.write_bytes(b"")
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "PYTHONPATH", "LANG"}}
    inside = f'mount --bind {resolver} /etc/resolv.conf && exec "$@"'
    apart = [*NAMESPACES, "sh", "-c", inside, "sh", sys.executable, "-c", ALONE, str(names)]
    subprocess.run(
        [*(apart if allowed() else []), *command],
        env={**kept, "HOME": str(home)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return names.read_bytes(), [p for p in home.rglob("*") if p.is_file()]


def test_sorting_writes_nothing_at_home_and_asks_no_name_server(
    tmp_path: Path, model_dir: Path
) -> None:
    tiny.make_folder(tmp_path / "in", 2)
    command = [sys.executable, "-m", "biosight.cli", "sort", str(tmp_path / "in")]
    asked, written = alone(tmp_path, *command, "--into", str(tmp_path / "out"))
    assert list((tmp_path / "out").rglob("*.jpg"))
    assert (asked, written) == (b"", [])


def test_an_open_network_reports_to_nobody(tmp_path: Path, model_dir: Path) -> None:
    """The same without BioSight is what this guards against: it asks for its maker's server."""
    found = {}
    for name, first in (("with", "import biosight"), ("without", "")):
        folder = tmp_path / name
        folder.mkdir()
        code = OPENED.format(first=first)
        found[name] = alone(folder, sys.executable, "-c", code, str(model_dir))
    assert found["with"] == (b"", [])
    if found["without"] == (b"", []):
        pytest.skip("this ONNX Runtime reports nothing by itself: nothing to guard against")


def test_at_debug_libraries_say_nothing_of_documents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, ours = logging.getLogger(), logging.getLogger("biosight")
    before = (root.handlers[:], root.level, ours.level)
    try:
        logs.set_up("text", "DEBUG")
        for library in ("pymongo.command", "pymongo.connection", "urllib3", "obstore"):
            logging.getLogger(library).debug("find users: $argon2id$v=19$secret")
        logging.getLogger("biosight.web").debug("ours is heard")
    finally:
        root.handlers[:], root.level, ours.level = before
    said = capsys.readouterr().err
    assert "ours is heard" in said
    assert "$argon2" not in said


def test_no_hash_stands_in_the_log_at_debug(tmp_path: Path) -> None:
    """On the store of BIOSIGHT_TEST_STORE: ci.yml asks a real MongoDB."""
    store = os.environ.get("BIOSIGHT_TEST_STORE") == "mongodb"
    url = f"{os.environ['BIOSIGHT_TEST_MONGODB_URL'].rstrip('/')}/leaks" if store else ""
    environment = {
        **os.environ,
        "BIOSIGHT_DATA_DIR": str(tmp_path),
        "BIOSIGHT_DATABASE_URL": url,
        "BIOSIGHT_LOG_LEVEL": "DEBUG",
    }
    said = ""
    for words in (["add", "ada@example.org", "--password", PASSWORD], ["list"], ["invite"]):
        done = subprocess.run(
            [sys.executable, "-m", "biosight.cli", "user", *words],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        said += done.stderr + done.stdout
    assert "ada@example.org" in said
    assert "$argon2" not in said
    assert PASSWORD not in said
