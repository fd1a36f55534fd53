"""The decode sandbox: child processes with memory, CPU and wall limits, and a bounded queue.

A child that exceeds a limit or dies is ended and replaced. A picture is refused if it takes too
much processor time or if a child died of it. It is not refused if only the machine was busy. Not
here: decoding itself (images/reading.py).
"""

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from biosight.errors import BadPicture, Busy, NoSpace, Unavailable
from biosight.images.metadata.file import Metadata
from biosight.images.stack import SINGLE, Stack
from biosight.inference.preprocess import Framing, Pixels
from biosight.inference.sandbox.child import Child, NotReady
from biosight.process import cores

T = TypeVar("T")
# Address space; the libraries alone map some 250 MB.
MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 10  # of processor time, however long they take on a busy machine
WALL_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 20.0
TOO_SLOW = "This picture takes too long to open; save it in an ordinary format and try again."
BUSY = "This machine is busy, and the picture is not read yet; try again in a moment."
CRASHED = "This file can't be read as a picture; opening it fails."


@dataclass(frozen=True, slots=True)
class Decoded:
    """A checked picture: full upright size in px, measures, thumbnail JPEG, model pixels, and where
    it is asked for the whole picture (height, width, 3), as reduced as the network allows."""

    media_type: str
    width: int
    height: int
    metadata: Metadata
    statistics: tuple[float, ...]
    phash: str
    thumbnail: bytes
    pixels: Pixels
    reading: Pixels | None = None
    stack: Stack = SINGLE


def as_pixels(content: bytes, framing: Framing) -> Pixels:
    """Return a child's bytes as (side, side, 3)."""
    side = framing.input_size
    return np.frombuffer(content, dtype=np.uint8).reshape(side, side, 3)


# Seconds between attempts to read a picture while the machine is busy with others.
WAITS = (1, 2, 4, 8, 16, 32)


def patiently(attempt: Callable[[], T], waits: Sequence[float]) -> T:
    """Try again while the machine is busy, after each of the `waits` in seconds. Raises Unavailable
    if it stays busy."""
    for wait in waits:
        try:
            return attempt()
        except Unavailable:
            time.sleep(wait)
    return attempt()


# Signals from outside: from the kernel when memory is short, a service manager, or a person.
FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


class Killed(Exception):
    """Error of a child that was ended from outside; the picture is not the cause."""


@dataclass(slots=True)
class Hold:
    """The child that is reserved for one question."""

    child: Child


class Decoders:
    """At most `count` children; waiting requests beyond `waiting` are refused."""

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
        count = count or cores.granted_decoders()
        self.idle: queue.LifoQueue[Child] = queue.LifoQueue()
        for _ in range(count):
            self.idle.put(Child(memory, cpu))
        self.count = count
        self.seats = threading.BoundedSemaphore(count + waiting)
        self.inside = 0
        self.pace = 0.0  # recent seconds per picture
        self.counting = threading.Lock()
        self.large = threading.Lock()
        self.closed = False

    def decode(
        self, path: Path, framing: Framing, *, shown: bool = True, uncut: bool = False
    ) -> Decoded:
        """Check and decode the file at `path`, cut for a network as `framing` says; without a
        thumbnail if the picture will not be `shown`, and with the `uncut` picture for a detector.

        Raises BadPicture with the reason, Unavailable when too many wait, NoSpace on a full disk.
        """
        want = "picture" if shown else "measures"
        request = {"path": str(path), "want": want, "framing": asdict(framing), "uncut": uncut}
        head, parts = self.ask(request)
        pixels, reading = as_pixels(parts[0], framing), None
        if shape := head.pop("reading", None):
            reading = np.frombuffer(parts[2], np.uint8).reshape(*shape, 3)
        head["statistics"] = tuple(head["statistics"])
        head["metadata"] = Metadata.of(head["metadata"])
        head["stack"] = Stack.of(head["stack"])
        return Decoded(**head, thumbnail=parts[1], pixels=pixels, reading=reading)

    def pixels(self, path: Path, framing: Framing) -> tuple[str, Pixels]:
        """Return a picture's media type and its pixels for a network: the part of `decode` that an
        answer needs. Raises the same errors."""
        request = {"path": str(path), "want": "pixels", "framing": asdict(framing)}
        head, parts = self.ask(request)
        return str(head["media_type"]), as_pixels(parts[0], framing)

    def reading(self, path: Path, short: int) -> tuple[str, Pixels]:
        """Return a picture's media type and the whole upright picture (height, width, 3), its short
        side at most `short` px. Raises the same errors as `decode`."""
        head, parts = self.ask({"path": str(path), "want": "reading", "short": short})
        shape = int(head["height"]), int(head["width"]), 3
        return str(head["media_type"]), np.frombuffer(parts[0], np.uint8).reshape(shape)

    def reader(self, path: Path) -> Callable[[int], Pixels]:
        """Return a function that reads a file's whole upright picture (height, width, 3) at a short
        side in px. It raises as `decode`."""
        return lambda short: self.reading(path, short)[1]

    def thumbnail(self, path: Path) -> bytes:
        """Return only the thumbnail of `decode`. Raises the same errors."""
        return self.ask({"path": str(path), "want": "thumbnail"})[1][0]

    def render(self, path: Path) -> bytes:
        """Return a JPEG of at most 2,400 px a side. Raises the same errors as `decode`."""
        return self.ask({"path": str(path), "want": "view"})[1][0]

    def plane(self, path: Path, number: int) -> bytes:
        """Return a JPEG of a stack's plane, counted from 0, of at most 2,400 px a side. Raises the
        same errors as `decode`."""
        return self.ask({"path": str(path), "want": "plane", "number": number})[1][0]

    def whole(self, path: Path) -> bytes:
        """Return a JPEG of every pixel. Raises the same errors as `decode`."""
        return self.ask({"path": str(path), "want": "whole"})[1][0]

    def blurred(self, path: Path, regions: Sequence[Sequence[float]], side: int) -> bytes:
        """Return a JPEG of at most `side` px a side, with parts of the picture blurred: x, y, width
        and height as shares of it. Raises the same errors as `decode`."""
        wants = {"regions": [list(r) for r in regions], "side": side}
        return self.ask({"path": str(path), "want": "blurred", **wants})[1][0]

    def closer(
        self, path: Path, box: Sequence[float], side: int, hidden: Sequence[Sequence[float]]
    ) -> bytes:
        """Return a JPEG of the part around a box, at most `side` px a side, with `hidden` parts
        blurred; all are x, y, width and height as shares of it. Raises as `decode`."""
        wants = {"box": list(box), "side": side, "hidden": [list(h) for h in hidden]}
        return self.ask({"path": str(path), "want": "closer", **wants})[1][0]

    def without_place(self, path: Path, target: Path) -> None:
        """Write the file to `target` with nothing but the picture. Raises the same errors as
        `decode`."""
        self.ask({"path": str(path), "want": "placeless", "target": str(target)})

    def reduced(self, path: Path, short: int) -> bytes:
        """Return an upright JPEG without metadata, its short side at most `short` px. Raises the
        same errors as `decode`."""
        return self.ask({"path": str(path), "want": "reduced", "short": short})[1][0]

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """Send one request to the first idle child; pictures of many pixels are read one at a
        time."""
        with self.seat():
            head, parts = self.ask_child(request)
            if "large" not in head:
                return head, parts
            with self.large:
                return self.ask_child({**request, "large": True})

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Hold a place in the queue, which is limited by number and by the expected wait. Raises
        Unavailable."""
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
        """Return a child's answer. A child that exceeds a limit, dies or grows large is replaced.
        If it was ended from outside, the next child gets the question, once. Raises NoSpace,
        BadPicture or Unavailable."""
        with self.child() as hold:
            try:
                head, parts = self.ask_held(hold, request)
            except Killed:
                try:
                    head, parts = self.ask_held(hold, request)
                except Killed as error:
                    raise Busy(BUSY) from error
        if "full" in head:
            raise NoSpace("The disk is full; nothing was stored.")
        if "bad" in head:
            raise BadPicture(head["bad"])
        return head, parts

    @contextmanager
    def child(self) -> Iterator[Hold]:
        """Hold an idle child; afterwards it, or its replacement, becomes idle again."""
        hold = Hold(self.idle.get())
        try:
            yield hold
        finally:
            self.idle.put(hold.child)

    def ask_held(self, hold: Hold, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """Ask a held child one question; it is replaced unless it answered and stayed small.

        Raises Killed, BadPicture or Unavailable.
        """
        try:
            answer = hold.child.ask(request, self.wall)
        except NotReady as error:
            self.replace(hold)
            raise Unavailable("The picture reader is starting; try again in a moment.") from error
        except TimeoutError:
            self.replace(hold)
            raise Busy(BUSY) from None
        except (EOFError, OSError):
            by = hold.child.ended_by()
            self.replace(hold)
            if by in FROM_OUTSIDE:
                raise Killed from None
            raise BadPicture(TOO_SLOW if by == signal.SIGXCPU else CRASHED) from None
        if "large" in request:
            self.replace(hold)
        return answer

    def replace(self, hold: Hold) -> None:
        """End a held child and start another."""
        hold.child.end()
        hold.child = Child(self.memory, self.cpu)

    def close(self) -> None:
        """End all idle children; busy ones end when they answer."""
        self.closed = True
        while True:
            try:
                self.idle.get(timeout=0.1).end()
            except queue.Empty:
                return
