"""Pictures for the benches, made in code, and a server on a temporary folder."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image as Pillow

from bench.wire import Wire

PASSWORD = "seven quiet herons"


def photograph(seed: int, size: tuple[int, int] = (500, 400)) -> bytes:
    """Return a JPEG with structure at several scales, of a photograph's usual file size."""
    dice = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for cells, weight in ((4, 90), (16, 50), (64, 25)):
        coarse = dice.normal(0, weight, (cells, cells, 3)).astype(np.float32)
        planes = [
            np.asarray(Pillow.fromarray(coarse[..., c]).resize(size, Pillow.Resampling.BICUBIC))
            for c in range(3)
        ]
        total += np.dstack(planes)
    pixels = np.clip(total + 128 + dice.normal(0, 4, total.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Running:
    """A running server, its first account's client and its collection."""

    url: str
    pid: int
    client: httpx2.Client
    collection: str
    data: Path
    seconds_to_ready: float


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(data: Path, **settings: str) -> Iterator[tuple[str, int, float]]:
    """Start `biosight serve` in its own process. Once it is ready, yield its address, its process
    id and the seconds it took."""
    port = free_port()
    environment = {
        **os.environ,
        "BIOSIGHT_DATA_DIR": str(data),
        "BIOSIGHT_PORT": str(port),
        **settings,
    }
    begin = time.perf_counter()
    command = [sys.executable, "-m", "biosight.cli", "serve"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_ready(url)
        yield url, process.pid, time.perf_counter() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)


@contextmanager
def serving(data: Path | None = None, **settings: str) -> Iterator[Running]:
    """Start a server, sign in a user, and yield both."""
    with tempfile.TemporaryDirectory() as folder:
        where = data or Path(folder) / "data"
        with (
            started(where, **settings) as (url, pid, ready),
            httpx2.Client(base_url=url, headers={"Origin": url}, timeout=120) as client,
        ):
            yield Running(url, pid, client, enter(client), where, ready)


def another_client(running: Running) -> httpx2.Client:
    """Return another client with the session of the bench's user."""
    return httpx2.Client(
        base_url=running.url,
        headers={"Origin": running.url},
        cookies=running.client.cookies,
        timeout=120,
    )


def wire(running: Running) -> Wire:
    """Return a connection with the session of the bench's user, which uses almost no processor
    time."""
    cookies = "; ".join(f"{c.name}={c.value}" for c in running.client.cookies.jar)
    return Wire(running.url, {"Origin": running.url, "Cookie": cookies})


def in_use(running: Running, pictures: int = 300) -> None:
    """Upload pictures, so that the archive's folders exist and decoders and network are warm."""
    path = f"/api/v1/collections/{running.collection}/images"
    content, line = photograph(90_000), wire(running)
    for number in range(pictures):
        line.upload(path, f"earlier-{number}.jpg", content + number.to_bytes(8))
    line.close()


def variants(contents: Sequence[bytes], count: int) -> list[bytes]:
    """Return `count` copies of the pictures, each with its own bytes behind its end."""
    return [contents[n % len(contents)] + os.urandom(16) for n in range(count)]


def wait_ready(url: str) -> None:
    """Wait until /ready answers. The question uses almost no processor time, because the server
    needs the processor. Raises RuntimeError."""
    host, port = url.removeprefix("http://").split(":")
    for _ in range(4000):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 5) as line:
            line.sendall(f"GET /ready HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            if line.recv(100).split()[1:2] == [b"200"]:
                return
        time.sleep(0.005)
    raise RuntimeError("the server did not get ready")


def enter(client: httpx2.Client) -> str:
    """Register or sign in. Return the id of the first collection."""
    body = {"email": "bench@example.org", "password": PASSWORD}
    if client.post("/api/v1/register", json=body).status_code != 201:
        client.post("/api/v1/sign-in", json=body).raise_for_status()
    collection: str = client.get("/api/v1/collections").json()[0]["id"]
    return collection


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> list[int]:
    """Return the ids of its child processes."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(c) for t in tasks for c in t.read_text().split()]


def quantile(values: list[float], share: float) -> float:
    """Return the value below which `share` of all values lie."""
    return float(np.quantile(values, share))
