"""MongoDB that is away, and MongoDB that goes away while BioSight serves."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import tiny
from tests.conftest import Run
from tests.walk.conftest import Server, free_port

pytestmark = [pytest.mark.walk, pytest.mark.xdist_group("mongo")]


def test_a_server_that_is_away_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", f"mongodb://127.0.0.1:{free_port()}/x")
    begin = time.monotonic()
    said = run("model", "list", code=1).output
    assert "can't be reached" in said
    assert time.monotonic() - begin < 30
    monkeypatch.setenv("BIOSIGHT_DATABASE_URL", "mongodb://")
    assert "not a MongoDB address" in run("model", "list", code=1).output


class Wire:
    """A TCP connection to MongoDB that can be cut."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self.target = (target.hostname or "localhost", target.port or 27017)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.cut = False
        self.open: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            if self.cut:
                ours.close()
                continue
            theirs = socket.create_connection(self.target)
            self.open += [ours, theirs]
            for a, b in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=pump, args=(a, b), daemon=True).start()

    def away(self) -> None:
        self.cut = True
        for one in self.open:
            one.close()
        self.open.clear()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass


@pytest.fixture
def wire() -> Iterator[Wire]:
    url = os.environ.get("BIOSIGHT_TEST_MONGODB_URL")
    if not url:
        pytest.skip("no MongoDB server: set BIOSIGHT_TEST_MONGODB_URL (ci.yml does)")
    made = Wire(url)
    yield made
    made.away()
    made.listener.close()


def test_an_outage_loses_nothing(wire: Wire, tmp_path: Path, model_dir: Path) -> None:
    name = f"outage{free_port()}"
    address = f"mongodb://127.0.0.1:{wire.port}/{name}?directConnection=true"
    server = Server(tmp_path / "data", model_dir, BIOSIGHT_DATABASE_URL=address)
    server.start()
    client, collection = server.first_person()
    path = f"/api/v1/collections/{collection}/images"
    files = {"file": ("a.jpg", tiny.picture("Red", 1))}
    assert client.post(path, files=files).status_code == 201
    wire.away()
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 503
    refused = client.post(path, files={"file": ("b.jpg", tiny.picture("Red", 2))})
    assert refused.status_code == 503
    assert "can't be reached" in refused.json()["detail"]
    wire.cut = False
    for _ in range(100):
        if client.get("/ready").status_code == 200:
            break
        time.sleep(0.2)
    assert client.post(path, files={"file": ("b.jpg", tiny.picture("Red", 2))}).status_code == 201
    assert len(client.get(path).json()["images"]) == 2
    server.close()
