"""Work in a process of its own: its limits, its queue, and what becomes of its end."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from biosight.errors import BadModel, BadRequest, Unavailable
from biosight.untrusted import child_process
from biosight.untrusted.child_process import Limits, run_in_child

SMALL = Limits(memory=400_000_000, cpu=2, wall=20.0)


def echo(*words: str) -> Iterator[list[str]]:
    for word in words:
        yield [word, word]


def refuses(_: str) -> Iterator[str]:
    yield "something"
    raise BadRequest("Not this.")


def breaks(_: str) -> Iterator[str]:
    yield "something"
    raise RuntimeError("a path that nobody is to read")


def eats(_: str) -> Iterator[int]:
    yield len(bytearray(2_000_000_000))


def spins(_: str) -> Iterator[str]:
    while time.monotonic():
        pass
    yield ""


def sleeps(seconds: str) -> Iterator[str]:
    time.sleep(float(seconds))
    yield "awake"


def then_sleeps(seconds: str) -> Iterator[str]:
    yield "first"
    for _ in range(1000):
        yield "x" * 1000  # past what is written at once
    time.sleep(float(seconds))


def ends(by: str) -> Iterator[str]:
    os.kill(os.getpid(), int(by))
    yield ""


def test_things_come_in_order() -> None:
    assert list(run_in_child(echo, ["a", "{ü\n"], SMALL)) == [["a", "a"], ["{ü\n", "{ü\n"]]


def test_refusals_come_through_and_breaks_tell_nothing() -> None:
    with pytest.raises(BadRequest, match=r"^Not this\.$"):
        list(run_in_child(refuses, [""], SMALL))
    with pytest.raises(BadModel) as broken:
        list(run_in_child(breaks, [""], SMALL, BadModel))
    assert broken.value.detail == child_process.BROKEN


def test_memory_and_time_are_bounded() -> None:
    with pytest.raises(BadRequest, match="more memory"):
        list(run_in_child(eats, [""], SMALL))
    with pytest.raises(BadRequest, match="too long"):
        list(run_in_child(spins, [""], SMALL))
    begin = time.monotonic()
    with pytest.raises(BadRequest, match="too long"):
        list(run_in_child(sleeps, ["60"], Limits(0, 2, 1.0)))
    assert time.monotonic() - begin < 15


def test_who_is_killed_from_outside_may_try_again() -> None:
    with pytest.raises(Unavailable):
        list(run_in_child(ends, [str(int(signal.SIGKILL))], SMALL))
    with pytest.raises(BadRequest):
        list(run_in_child(ends, [str(int(signal.SIGSEGV))], SMALL))


def test_a_reader_that_goes_ends_the_child() -> None:
    things = run_in_child(then_sleeps, ["60"], SMALL)
    assert next(things) == "first"
    begin = time.monotonic()
    del things
    assert time.monotonic() - begin < 10
    assert list(run_in_child(echo, ["a"], SMALL)) == [["a", "a"]]


def test_few_run_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "running", threading.Semaphore(1))
    monkeypatch.setattr(child_process, "seats", threading.BoundedSemaphore(2))
    monkeypatch.setattr(child_process, "PATIENCE_SECONDS", 0.2)
    first = run_in_child(echo, ["a", "b"], SMALL)
    assert next(iter(first)) == ["a", "a"]
    with pytest.raises(Unavailable):  # waits, in vain
        list(run_in_child(echo, ["a"], SMALL))
    with child_process.seats, pytest.raises(Unavailable):  # may not even wait
        list(run_in_child(echo, ["a"], SMALL))
    assert list(first) == [["b", "b"]]
    assert list(run_in_child(echo, ["a"], SMALL)) == [["a", "a"]]
