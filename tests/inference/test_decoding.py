"""The sandbox: bombs, crashes and crowds."""

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from biosight.errors import BadPicture, Unavailable
from biosight.images.measures import statistics
from biosight.inference.preprocess import Framing, to_pixels
from biosight.inference.sandbox.child import Child
from biosight.inference.sandbox.decoding import Decoders
from tests.images.test_reading import png_header
from tests.tiny import picture

FRAMING = Framing(32, 34, "bicubic")


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    opened = Decoders(1, waiting=1, wall=4.0)
    yield opened
    opened.close()


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return path


def test_a_picture_comes_back_measured(decoders: Decoders, tmp_path: Path) -> None:
    content = picture("Green", 5)
    decoded = decoders.decode(write(tmp_path, content), FRAMING)
    assert (decoded.media_type, decoded.width, decoded.height) == ("image/jpeg", 96, 64)
    assert len(decoded.statistics) == 9
    expected = to_pixels(Pillow.open(io.BytesIO(content)).convert("RGB"), FRAMING)
    assert np.array_equal(decoded.pixels, expected)
    assert Pillow.open(io.BytesIO(decoded.thumbnail)).size == (96, 64)
    unseen = decoders.decode(tmp_path / "upload", FRAMING, shown=False)
    assert (unseen.thumbnail, unseen.phash) == (b"", decoded.phash)
    assert np.array_equal(unseen.pixels, expected)
    media_type, pixels = decoders.pixels(tmp_path / "upload", FRAMING)
    assert media_type == "image/jpeg"
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("size", [(96, 64), (640, 150), (500, 400)])
def test_serving_measures_a_picture_as_training_does(
    decoders: Decoders, tmp_path: Path, size: tuple[int, int]
) -> None:
    content = picture("Green", 5, size, "PNG")
    expected = statistics(Pillow.open(io.BytesIO(content)).convert("RGB"))
    assert decoders.decode(write(tmp_path, content), FRAMING).statistics == expected


def test_bombs_and_junk_are_refused_and_the_next_picture_is_read(
    decoders: Decoders, tmp_path: Path
) -> None:
    whole = picture("Red", 1)
    for content in (png_header(60_000, 60_000), b"junk", whole[: len(whole) // 2]):
        with pytest.raises(BadPicture):
            decoders.decode(write(tmp_path, content), FRAMING)
    assert decoders.decode(write(tmp_path, whole), FRAMING).width == 96


def dead(decoders: Decoders, by: int) -> int:
    """End the idle child by a signal; its process id."""
    child = decoders.idle.queue[0]
    os.kill(child.process.pid, by)
    child.process.wait()
    return child.process.pid


ENDING = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize(
    "by",
    # What ignores a signal hands that on to its children, as nohup does.
    [s for s in ENDING if signal.getsignal(s) is not signal.SIG_IGN],
)
def test_a_child_that_was_killed_from_outside_refuses_no_picture(
    decoders: Decoders, tmp_path: Path, by: int
) -> None:
    path = write(tmp_path, picture("Red", 1))
    decoders.decode(path, FRAMING)
    gone = dead(decoders, by)
    assert decoders.decode(path, FRAMING).width == 96
    assert decoders.idle.queue[0].process.pid != gone


def test_a_machine_that_kills_every_child_is_busy(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, picture("Red", 1))
    decoders.decode(path, FRAMING)
    receive = Child.receive

    def killed(child: Child, wall: float) -> bytes:
        if child.ready:
            child.process.kill()
            child.process.wait()
            raise EOFError  # it may have written its answer before
        return receive(child, wall)

    with monkeypatch.context() as patch:
        patch.setattr(Child, "receive", killed)
        with pytest.raises(Unavailable, match="busy"):
            decoders.decode(path, FRAMING)
    assert decoders.decode(path, FRAMING).width == 96


def test_a_picture_that_a_decoder_crashes_on_is_refused(decoders: Decoders, tmp_path: Path) -> None:
    path = write(tmp_path, picture("Red", 1))
    decoders.decode(path, FRAMING)
    dead(decoders, signal.SIGSEGV)
    with pytest.raises(BadPicture, match="opening it fails"):
        decoders.decode(path, FRAMING)
    assert decoders.decode(path, FRAMING).width == 96


def test_a_busy_machine_refuses_nothing_for_good(decoders: Decoders, tmp_path: Path) -> None:
    """A child that gets no time has said nothing of the picture."""
    path = write(tmp_path, picture("Red", 1))
    decoders.decode(path, FRAMING)
    decoders.wall = 0.3
    child = decoders.idle.queue[0]
    os.kill(child.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    with pytest.raises(Unavailable, match="busy"):
        decoders.decode(path, FRAMING)
    assert time.monotonic() - begin < 3
    assert child.process.poll() is not None
    decoders.wall = 4.0
    assert decoders.decode(path, FRAMING).width == 96


def test_a_picture_that_takes_too_much_of_a_processor_is_refused(tmp_path: Path) -> None:
    """A second is allowed; some fifty passes over many pixels take more. The child's time is what
    counts, of each picture anew."""
    small = Decoders(1, cpu=1)
    try:
        whole = picture("Red", 1)
        for _ in range(3):
            assert small.decode(write(tmp_path, whole), FRAMING).width == 96
        buffer = io.BytesIO()
        noise = np.random.default_rng(0).integers(0, 255, (3000, 4000), np.uint8)
        Pillow.fromarray(noise).save(buffer, "JPEG", progressive=True, quality=95)
        slow = buffer.getvalue()
        last = slow[slow.rindex(b"\xff\xda") : -2]  # as many passes as are allowed, nearly
        (tmp_path / "slow").write_bytes(slow[:-2] + last * 45 + slow[-2:])
        with pytest.raises(BadPicture, match="too long"):
            small.decode(tmp_path / "slow", FRAMING)
        assert small.decode(write(tmp_path, whole), FRAMING).width == 96
    finally:
        small.close()


def test_a_crowd_is_turned_away(decoders: Decoders, tmp_path: Path) -> None:
    path = write(tmp_path, picture("Red", 1))
    decoders.decode(path, FRAMING)
    os.kill(decoders.idle.queue[0].process.pid, signal.SIGSTOP)
    outcomes: list[str] = []

    def ask() -> None:
        try:
            decoders.decode(path, FRAMING)
        except (BadPicture, Unavailable) as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([said for said in outcomes if said.startswith("Too many")]) == 3


def test_memory_is_limited(tmp_path: Path) -> None:
    small = Decoders(1, memory=450_000_000)
    try:
        buffer = io.BytesIO()
        Pillow.new("RGB", (9_900, 9_900)).save(buffer, "PNG", compress_level=1)
        with pytest.raises(BadPicture, match="memory"):
            small.decode(write(tmp_path, buffer.getvalue()), FRAMING)
        assert small.decode(write(tmp_path, picture("Red", 1)), FRAMING).width == 96
    finally:
        small.close()


def test_a_child_that_does_not_start_is_no_judgement_of_the_picture(
    decoders: Decoders, tmp_path: Path
) -> None:
    path = write(tmp_path, picture("Red", 1))
    child = decoders.idle.queue[0]
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    with pytest.raises(Unavailable):
        decoders.decode(path, FRAMING)
    assert decoders.decode(path, FRAMING).width == 96


def test_a_jpeg_of_very_many_passes_is_refused(decoders: Decoders, tmp_path: Path) -> None:
    whole = picture("Red", 1)
    scan = whole[whole.index(b"\xff\xda") : -2]
    with pytest.raises(BadPicture, match="passes"):
        decoders.decode(write(tmp_path, whole[:-2] + scan * 80 + whole[-2:]), FRAMING)


def test_large_pictures_go_through_a_child_of_their_own(decoders: Decoders, tmp_path: Path) -> None:
    decoders.decode(write(tmp_path, picture("Red", 1)), FRAMING)
    before = decoders.idle.queue[0].process.pid
    buffer = io.BytesIO()
    Pillow.new("RGB", (5_200, 5_200), (200, 40, 40)).save(buffer, "WEBP", quality=10, method=0)
    decoders.wall = 20
    decoded = decoders.decode(write(tmp_path, buffer.getvalue()), FRAMING)
    assert (decoded.width, decoded.height) == (5_200, 5_200)
    assert decoders.idle.queue[0].process.pid != before
