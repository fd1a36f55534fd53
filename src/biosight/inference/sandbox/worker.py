"""The child process of the decode sandbox: it takes a path and answers with a measured picture.

It uses JSON and plain bytes, never pickle. A picture that takes over this process thus gains
nothing in the parent. Not here: starting and ending it (decoding.py).
"""

import errno
import json
import math
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from biosight.errors import BadPicture
from biosight.images import placeless, reading
from biosight.images.blurring import blur
from biosight.images.measures import at_short_side, perceptual_hash, statistics
from biosight.inference.preprocess import Framing, short_to_read, to_pixels
from biosight.process.tied import end_with
from biosight.subjects.area import MARGINS, around
from biosight.subjects.box import Box

TOO_MUCH = "This picture needs more memory to open than BioSight allows."
LONGEST_READING = 4096  # px; a message holds a picture of this side
UNREADABLE = "This file can't be read as a picture; it may be damaged or cut off."


def decode(
    path: Path, framing: Framing, *, shown: bool, uncut: bool = False
) -> tuple[dict[str, Any], list[bytes]]:
    """Return everything an upload needs, from one decode: the answer, the model pixels, the
    thumbnail JPEG if the picture will be `shown`, and the `uncut` picture for a detector."""
    opened = reading.open_picture(path, short_to_read(framing))
    picture = opened.picture
    small = at_short_side(picture)
    answer = {
        "media_type": opened.media_type,
        "width": opened.width,
        "height": opened.height,
        "metadata": opened.metadata.plain,
        "stack": opened.stack.plain,
        "statistics": statistics(small),
        "phash": perceptual_hash(small),
    }
    small_jpeg = reading.thumbnail_of(picture) if shown else b""
    parts = [to_pixels(picture, framing).tobytes(), small_jpeg]
    if uncut:
        seen = reading_of(picture, short_to_read(framing))
        answer["reading"] = [seen.height, seen.width]
        parts.append(seen.tobytes())
    return answer, parts


def for_network(path: Path, framing: Framing) -> tuple[dict[str, Any], list[bytes]]:
    """Return the media type, and the same model pixels as `decode`."""
    opened = reading.open_picture(path, short_to_read(framing))
    pixels = to_pixels(opened.picture, framing).tobytes()
    return {"media_type": opened.media_type}, [pixels]


def thumbnail(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    """Return a thumbnail that was lost, or never made."""
    return {}, [reading.thumbnail_of(reading.open_picture(path, 256).picture)]


def render(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG for the screen, where the original is too large or browsers can't show it."""
    return {}, [reading.view_of(reading.open_picture(path, reading.VIEW_SIDE).picture)]


def stack_plane(path: Path, number: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG of a stack's plane for browsers."""
    return {}, [reading.view_of(reading.open_plane(path, number, reading.VIEW_SIDE).picture)]


def whole(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG of every pixel, to see details."""
    opened = reading.open_picture(path, reading.WHOLE)
    return {}, [reading.encode_jpeg(opened.picture, 90)]


def rebuild_file(path: Path, target: Path) -> tuple[dict[str, Any], list[bytes]]:
    """Write only the picture to a file, because it may be too large for a message."""
    placeless.write_without_place(path, target)
    return {}, []


def with_blur(
    path: Path, regions: list[list[float]], side: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG with parts of the picture blurred, at most `side` px a side."""
    # Of a long picture, the short side is less than `side`: so none is read too small.
    opened = reading.open_picture(path, side)
    picture = blur(reading.within(opened.picture, side), regions)
    return {}, [reading.encode_jpeg(picture, 90)]


def closer(
    path: Path, sides: list[float], side: int, hidden: list[list[float]]
) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG of the part around a box, at most `side` px a side, with `hidden` parts
    blurred."""
    x, y, width, height = sides
    box = Box(x, y, width, height, "animal", 1.0)
    whole = reading.open_picture(path, math.ceil(side / max(box.width, box.height))).picture
    shown = blur(whole, hidden) if hidden else whole
    cut = around(box, *shown.size, MARGINS[0])
    part = shown.crop((int(cut.left), int(cut.top), math.ceil(cut.right), math.ceil(cut.bottom)))
    return {}, [reading.encode_jpeg(reading.within(part, side), 85)]


def reduced(path: Path, short: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return a JPEG for training, without colour subsampling, so that a network sees the same as in
    serving."""
    picture = at_most(reading.open_picture(path, short).picture, short)
    return {}, [reading.encode_jpeg(picture, 95, subsampling=0)]


def for_detector(path: Path, short: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return the media type and the whole picture as pixels, with its size."""
    opened = reading.open_picture(path, short)
    picture = reading_of(opened.picture, short)
    head = {"media_type": opened.media_type, "width": picture.width, "height": picture.height}
    return head, [picture.tobytes()]


def reading_of(picture: Pillow.Image, short: int) -> Pillow.Image:
    """Return the whole picture as a detector looks at it."""
    return reading.within(at_most(picture, short), LONGEST_READING)


def at_most(picture: Pillow.Image, short: int) -> Pillow.Image:
    """Return a picture whose short side is at most `short` px."""
    ratio = min(1.0, short / min(picture.size))
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    return picture.resize(size, Pillow.Resampling.BICUBIC) if size != picture.size else picture


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Return the answer to one request; any error in a decoder means "not readable"."""
    path = Path(request["path"])
    try:
        if "large" not in request and reading.is_large(path):
            return {"large": True}, []
        if request["want"] == "thumbnail":
            return thumbnail(path)
        if request["want"] == "view":
            return render(path)
        if request["want"] == "plane":
            return stack_plane(path, int(request["number"]))
        if request["want"] == "whole":
            return whole(path)
        if request["want"] == "blurred":
            return with_blur(path, request["regions"], int(request["side"]))
        if request["want"] == "closer":
            return closer(path, request["box"], int(request["side"]), request["hidden"])
        if request["want"] == "placeless":
            return rebuild_file(path, Path(request["target"]))
        if request["want"] == "reduced":
            return reduced(path, int(request["short"]))
        if request["want"] == "reading":
            return for_detector(path, int(request["short"]))
        if request["want"] == "pixels":
            return for_network(path, Framing(**request["framing"]))
        framing, shown = Framing(**request["framing"]), request["want"] == "picture"
        return decode(path, framing, shown=shown, uncut=request["uncut"])
    except BadPicture as error:
        return {"bad": error.detail}, []
    except MemoryError:
        return {"bad": TOO_MUCH}, []
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return {"full": True}, []
        return {"bad": UNREADABLE}, []
    except Exception:
        return {"bad": UNREADABLE}, []


def allow(seconds: int) -> None:
    """Give this process `seconds` more of processor time, over all its threads. After that it is
    ended (SIGXCPU), even in the middle of a decoder."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(spent.ru_utime + spent.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    """Answer requests on the inherited socket until it closes."""
    descriptor, memory, cpu = (int(argument) for argument in sys.argv[1:4])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    end_with(descriptor)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    connection = Connection(descriptor)
    connection.send_bytes(b"ready")
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:
            return
        allow(cpu)
        head, parts = answer(request)
        connection.send_bytes(json.dumps({**head, "parts": len(parts)}).encode())
        for part in parts:
            connection.send_bytes(part)


if __name__ == "__main__":
    main()
