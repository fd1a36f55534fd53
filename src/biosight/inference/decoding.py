"""The decode sandbox: child processes with memory, CPU and wall limits, and a bounded queue.

A child that overruns or dies is ended and replaced. A picture that takes too much of a processor,
or that a child died of, is refused; one that met only a busy machine is not. Not here: what
decoding is (images/reading.py).
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from biosight import cores
from biosight.errors import BadPicture, NoSpace, Unavailable
from biosight.images.metadata import Metadata
from biosight.inference.preprocess import Framing, Pixels

T = TypeVar("T")
# One arena: glibc sets 64 MB of address space aside for each further one, and libheif's threads
# would have one each. Some memory is kept between pictures: to give it back and fetch it again took
# a tenth of the time of a large JPEG.
CHILD_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(32 << 20),
}
# Address space; the libraries alone map some 250 MB.
MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 10  # of a processor, however long the machine takes to give them
WALL_SECONDS = 60.0
START_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 20.0
TOO_SLOW = "This picture takes too long to open; save it in an ordinary format and try again."
BUSY = "This machine is busy, and the picture is not read yet; try again in a moment."
CRASHED = "This file can't be read as a picture; opening it fails."


@dataclass(frozen=True, slots=True)
class Decoded:
    """A checked picture: full upright size in px, measures, thumbnail JPEG, model pixels."""

    media_type: str
    width: int
    height: int
    metadata: Metadata
    statistics: tuple[float, ...]
    phash: str
    thumbnail: bytes
    pixels: Pixels


def as_pixels(content: bytes, framing: Framing) -> Pixels:
    """A child's bytes as (side, side, 3)."""
    side = framing.input_size
    return np.frombuffer(content, dtype=np.uint8).reshape(side, side, 3)


def patiently(attempt: Callable[[], T], waits: Sequence[float]) -> T:
    """Try again while the machine is busy, after so many seconds each time. Raises Unavailable when
    it stays so."""
    for wait in waits:
        try:
            return attempt()
        except Unavailable:
            time.sleep(wait)
    return attempt()


class NotReady(Exception):
    """A child did not start; that says nothing of the picture."""


class Child:
    """One sandboxed process and its socket."""

    def __init__(self, memory: int, cpu: int) -> None:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, **CHILD_ENVIRONMENT}
        command = [sys.executable, "-m", "biosight.inference.decode_worker"]
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno()), str(memory), str(cpu)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        self.ready = False

    def ask(self, request: dict[str, Any], wall: float) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and wait at most `wall` seconds. Raises TimeoutError or EOFError."""
        if not self.ready:
            try:
                self.receive(START_SECONDS)
            except (TimeoutError, EOFError, OSError) as error:
                raise NotReady from error
            self.ready = True
        self.connection.send_bytes(json.dumps(request).encode())
        head = json.loads(self.receive(wall))
        return head, [self.receive(wall) for _ in range(head.pop("parts"))]

    def receive(self, wall: float) -> bytes:
        """The next message within `wall` seconds."""
        if not self.connection.poll(wall):
            raise TimeoutError
        return self.connection.recv_bytes(64 * 1024 * 1024)

    def overran(self) -> bool:
        """Did it end by its limit of processor time?"""
        try:
            return self.process.wait(1) == -signal.SIGXCPU
        except subprocess.TimeoutExpired:
            return False

    def end(self) -> None:
        """Kill the process and reap it."""
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Decoders:
    """At most `count` children; waiters beyond `waiting` are turned away."""

    def __init__(
        self,
        count: int | None = None,
        *,
        waiting: int = 64,
        wall: float = WALL_SECONDS,
        memory: int = MEMORY_BYTES,
        cpu: int = CPU_SECONDS,
    ) -> None:
        self.wall = wall
        self.memory = memory
        self.cpu = cpu
        count = count or cores.granted()
        self.idle: queue.LifoQueue[Child] = queue.LifoQueue()
        for _ in range(count):
            self.idle.put(Child(memory, cpu))
        self.count = count
        self.seats = threading.BoundedSemaphore(count + waiting)
        self.inside = 0
        self.pace = 0.0  # seconds a picture, lately
        self.counting = threading.Lock()
        self.large = threading.Lock()
        self.closed = False

    def decode(self, path: Path, framing: Framing, *, shown: bool = True) -> Decoded:
        """Check and decode the file at `path`, cut for a network as `framing` says; without a
        thumbnail where nobody will be `shown` it.

        Raises BadPicture in words, Unavailable when too many wait, NoSpace on a full disk.
        """
        want = "picture" if shown else "measures"
        head, parts = self.ask({"path": str(path), "want": want, "framing": asdict(framing)})
        pixels = as_pixels(parts[0], framing)
        head["statistics"] = tuple(head["statistics"])
        head["metadata"] = Metadata.of(head["metadata"])
        return Decoded(**head, thumbnail=parts[1], pixels=pixels)

    def pixels(self, path: Path, framing: Framing) -> tuple[str, Pixels]:
        """A picture's media type and what a network sees of it, of `decode` all that an answer
        needs; raises as that does."""
        request = {"path": str(path), "want": "pixels", "framing": asdict(framing)}
        head, parts = self.ask(request)
        return str(head["media_type"]), as_pixels(parts[0], framing)

    def thumbnail(self, path: Path) -> bytes:
        """The thumbnail of `decode` alone; raises as that does."""
        return self.ask({"path": str(path), "want": "thumbnail"})[1][0]

    def render(self, path: Path) -> bytes:
        """A JPEG of at most 2,400 px a side; raises as `decode`."""
        return self.ask({"path": str(path), "want": "view"})[1][0]

    def whole(self, path: Path) -> bytes:
        """A JPEG of every pixel; raises as `decode`."""
        return self.ask({"path": str(path), "want": "whole"})[1][0]

    def without_place(self, path: Path, target: Path) -> None:
        """Write the file to `target` without anything but the picture; raises as `decode`."""
        self.ask({"path": str(path), "want": "placeless", "target": str(target)})

    def reduced(self, path: Path, short: int) -> bytes:
        """An upright JPEG without metadata, its short side at most `short` px; raises as
        `decode`."""
        return self.ask({"path": str(path), "want": "reduced", "short": short})[1][0]

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """One request through the first idle child; pictures of many pixels go one at a time."""
        with self.seat():
            head, parts = self.ask_child(request)
            if "large" not in head:
                return head, parts
            with self.large:
                return self.ask_child({**request, "large": True})

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A place in the queue, which is bounded by number and by the wait to expect."""
        wait = self.pace * (self.inside + 1 - self.count) / self.count
        if self.closed or wait > LONGEST_WAIT_SECONDS or not self.seats.acquire(blocking=False):
            raise Unavailable("Too many pictures are being read just now; try again in a moment.")
        begin = time.monotonic()
        self.step(1)
        try:
            yield
        finally:
            self.step(-1)
            self.seats.release()
            self.pace = 0.9 * self.pace + 0.1 * min(self.wall, time.monotonic() - begin)

    def step(self, by: int) -> None:
        with self.counting:
            self.inside += by

    def ask_child(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """The answer of a child, which is replaced when it overran, died, or grew large."""
        child = self.idle.get()
        try:
            head, parts = child.ask(request, self.wall)
            if "large" in request:
                child = self.replaced(child)
        except NotReady as error:
            child = self.replaced(child)
            raise Unavailable("The picture reader is starting; try again in a moment.") from error
        except TimeoutError:
            child = self.replaced(child)
            raise Unavailable(BUSY) from None
        except (EOFError, OSError):
            words = TOO_SLOW if child.overran() else CRASHED
            child = self.replaced(child)
            raise BadPicture(words) from None
        finally:
            self.idle.put(child)
        if "full" in head:
            raise NoSpace("The disk is full; nothing was stored.")
        if "bad" in head:
            raise BadPicture(head["bad"])
        return head, parts

    def replaced(self, child: Child) -> Child:
        """End a child and start another."""
        child.end()
        return Child(self.memory, self.cpu)

    def close(self) -> None:
        """End all idle children; those at work end when they answer."""
        self.closed = True
        while True:
            try:
                self.idle.get(timeout=0.1).end()
            except queue.Empty:
                return
