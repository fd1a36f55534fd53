"""Milliseconds of processor time per upload: BioSight's own process, its decoders, and the client.

    python -m bench.budget [KIND …]

Pictures are like those that people send, 1, 8 and 32 at once. Uploads are signed in, and include
the record and fsync. The busiest process limits one instance; the sum of both limits one machine.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pillow_heif
from PIL import Image as Pillow

from bench.made import Running, children, in_use, photograph, serving, variants, wire
from bench.uploads import load
from bench.wire import Wire

TICKS = os.sysconf("SC_CLK_TCK")
HERE = os.getpid()


def heic(seed: int, size: tuple[int, int]) -> bytes:
    """Return a photograph in the format of phones, HEIC."""
    buffer = io.BytesIO()
    with Pillow.open(io.BytesIO(photograph(seed, size))) as shown:
        pillow_heif.from_pillow(shown.convert("RGB")).save(buffer, quality=60)
    return buffer.getvalue()


def png(seed: int, size: tuple[int, int]) -> bytes:
    """Return the same photograph without loss."""
    buffer = io.BytesIO()
    with Pillow.open(io.BytesIO(photograph(seed, size))) as shown:
        shown.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def sized(
    width: int, height: int, make: Callable[..., bytes] = photograph
) -> Callable[[int], bytes]:
    return lambda seed: make(seed, (width, height))


# Name -> how to make one, and how many to send at 1, 8 and 32 at once.
KINDS: dict[str, tuple[Callable[[int], bytes], tuple[int, int, int]]] = {
    "500x400": (sized(500, 400), (60, 320, 320)),
    "12MP": (sized(4000, 3000), (8, 40, 40)),
    "24MP": (sized(6000, 4000), (6, 24, 24)),
    "12MP-heic": (sized(4000, 3000, heic), (6, 24, 24)),
    "2MP-png": (sized(1600, 1200, png), (12, 60, 60)),
}


def spent(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def one_kind(running: Running, name: str) -> None:
    """Print the lines of one kind of picture."""
    make, counts = KINDS[name]
    base = [make(n) for n in range(3)]
    path = f"/api/v1/collections/{running.collection}/images"
    in_use(running)
    for at_once, count in zip((1, 8, 32), counts, strict=True):
        pictures = variants(base, count + 3)

        def send(client: Wire, number: int, pictures: list[bytes] = pictures) -> bytes:
            return client.upload(path, f"{name}-{number}", pictures[number])

        load(send, lambda: wire(running), 1, 3, count)  # decoders are warm
        decoders = children(running.pid)
        before = [spent(running.pid), sum(map(spent, decoders)), spent(HERE)]
        speed, median, _ = load(send, lambda: wire(running), at_once, count, 0)
        after = [spent(running.pid), sum(map(spent, decoders)), spent(HERE)]
        own, read, client = (1000 * (b - a) / count for a, b in zip(before, after, strict=True))
        print(
            f"{name:<10} {at_once:>3} {own:8.1f} {read:8.1f} {client:8.1f} {speed:8.1f}/s "
            f"{median:7.0f} ms",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    print(f"{'':<10} {'at':>3} {'main':>8} {'decode':>8} {'client':>8}   uploads  median")
    for name in sys.argv[1:] or KINDS:
        with serving(BIOSIGHT_MAX_FILE_MB="200") as running:
            time.sleep(1)
            one_kind(running, name)


if __name__ == "__main__":
    main()
