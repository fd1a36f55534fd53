"""A real server in a process of its own, and real browsers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import PASSWORD, database_url, require_chromium


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`biosight serve` on a folder; can be killed and started again."""

    def __init__(self, data: Path, model: Path, **settings: str) -> None:
        self.data = data
        self.log = data.parent / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "BIOSIGHT_DATA_DIR": str(data),
            "BIOSIGHT_MODEL_DIR": str(model),
            "BIOSIGHT_PORT": str(self.port),
            "BIOSIGHT_DATABASE_URL": database_url(),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.clients: list[httpx2.Client] = []

    def start(self) -> None:
        """Start and wait until it is ready."""
        log = self.log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "biosight.cli", "serve"],
            env={**os.environ, **self.settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        for _ in range(300):
            try:
                if httpx2.get(f"{self.url}/ready", timeout=2).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError("the server did not get ready")

    def kill(self) -> None:
        """kill -9 of the server and its decoders, as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Let go of clients and process."""
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def client(self) -> httpx2.Client:
        """A client that says where it comes from, as browsers do."""
        made = httpx2.Client(base_url=self.url, headers={"Origin": self.url}, timeout=60)
        self.clients.append(made)
        return made

    @property
    def first_code(self) -> str:
        """The one-time code that the server printed last."""
        return self.log.read_text().rpartition("(valid a day): ")[2].split("\n")[0]

    def first_person(self) -> tuple[httpx2.Client, str]:
        """The first account, signed in, and its collection."""
        client = self.client()
        body = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
        body |= {"invitation": self.first_code}
        assert client.post("/api/v1/register", json=body).status_code == 201
        return client, client.get("/api/v1/collections").json()[0]["id"]


def let_in(context: BrowserContext, server: Server, client: httpx2.Client) -> None:
    """Give a browser the session that a client has."""
    context.add_cookies(
        [{"name": c.name, "value": c.value or "", "url": server.url} for c in client.cookies.jar]
    )


@pytest.fixture
def server(tmp_path: Path, model_dir: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data", model_dir)
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = require_chromium()
    expect.set_options(timeout=20_000)  # machines pause; this is no measure of speed
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(base_url=server.url, accept_downloads=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert problems == []
