"""Reads files that may be hostile, each in a process with limits. Two run at once; eight may wait.

The child is a new Python process that calls one function with text arguments, and writes each
result as a line of JSON; nothing is pickled. Not here: pictures, whose child processes are reused
(inference/sandbox/decoding.py).
"""

import gc
import json
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

from biosight.errors import BadRequest, BioSightError, Unavailable
from biosight.process.tied import end_with

AT_ONCE, MOST_WAITING, PATIENCE_SECONDS = 2, 8, 60.0
TOO_SLOW = "This file takes too long to read; split it, or save it in an ordinary form."
TOO_MUCH = "This file needs more memory to read than BioSight allows; split it."
BROKEN = "This file can't be read; it is damaged, or of another kind."
BUSY = "Other files are being read just now; try again in a moment."

running = threading.Semaphore(AT_ONCE)
seats = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a child: address space in bytes (0: no limit), seconds of processor time, and
    seconds in all. `slow` and `much` are the messages for a child that exceeds time or memory."""

    memory: int
    cpu: int
    wall: float
    slow: str = TOO_SLOW
    much: str = TOO_MUCH


def run_in_child(
    work: Callable[..., Iterable[object]],
    arguments: Iterable[str],
    limits: Limits,
    refusal: type[BadRequest] = BadRequest,
) -> Iterator[object]:
    """Call `work`, a function of a module, in a child process with text arguments; yield each of
    its results as read from JSON.

    Raises `refusal` in words if the function refuses or fails, or exceeds its limits. Raises
    Unavailable if too many calls wait, or somebody else ended the child.
    """
    with take_seat(), child(work, arguments, limits) as (process, out):
        last: dict[str, str] = {}
        for line in out:
            if line.startswith(b"{"):
                last = json.loads(line)
                break
            yield json.loads(line)[0]
        code = process.wait()
    end = last.get("end") or how_child_ended(code)
    if end == "busy":
        raise Unavailable(last.get("words", BUSY))
    if end != "done":
        words = {"slow": limits.slow, "much": limits.much}.get(end)
        raise refusal(words or last.get("words", BROKEN))


@contextmanager
def take_seat() -> Iterator[None]:
    """Wait for a turn; only a few callers may wait. Raises Unavailable."""
    if not seats.acquire(blocking=False):
        raise Unavailable(BUSY)
    try:
        if not running.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable(BUSY)
        try:
            yield
        finally:
            running.release()
    finally:
        seats.release()


@contextmanager
def child(
    work: Callable[..., Iterable[object]], arguments: Iterable[str], limits: Limits
) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    """Start a process that does the work and is stopped at its time limit; yield the process and
    its output."""
    name = f"{work.__module__}:{work.__name__}"
    command = [
        sys.executable,
        "-m",
        "biosight.untrusted.child_process",
        str(limits.memory),
        str(limits.cpu),
        name,
    ]
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE,  # the child ends when this is closed, or when this process ends
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    clock = threading.Timer(limits.wall, process.send_signal, [signal.SIGXCPU])
    clock.daemon = True
    clock.start()
    try:
        assert process.stdout is not None
        yield process, process.stdout
    finally:
        clock.cancel()
        process.kill()
        with process:  # closes the pipes and reaps it
            pass


def how_child_ended(code: int) -> str:
    """Return how a child ended that did not report it."""
    if -code in {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
        return "busy"  # ended from outside, by the kernel or a person
    return "slow" if -code == signal.SIGXCPU else "refused"


def confine(memory: int, cpu: int) -> None:
    """Set this process's limits, and let the kernel end it first when memory is short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    if sys.platform == "linux":
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def write_results(name: str, arguments: list[str], out: IO[bytes]) -> dict[str, str]:
    """Write the results of a function, one per line; return how it ended, and the reason in
    words."""
    module, _, function = name.partition(":")
    work = getattr(import_module(module), function)
    try:
        for thing in work(*arguments):
            out.write(json.dumps([thing]).encode() + b"\n")
    except Unavailable as error:
        return {"end": "busy", "words": error.detail}
    except BioSightError as error:
        return {"end": "refused", "words": error.detail}
    except MemoryError:
        return {"end": "much"}
    except Exception:
        return {"end": "refused", "words": BROKEN}
    return {"end": "done"}


def serve_once() -> None:
    """Run one function, given as arguments: MEMORY CPU MODULE:FUNCTION WORDS..."""
    memory, cpu, name, *arguments = sys.argv[1:]
    end_with(sys.stdin.fileno())
    confine(int(memory), int(cpu))
    gc.disable()  # the process is short-lived; collecting millions of rows took half of its time
    out = sys.stdout.buffer
    last = write_results(name, arguments, out)
    out.write(json.dumps(last).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    serve_once()
