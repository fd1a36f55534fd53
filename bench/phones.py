"""Pictures as phones send them, 12-megapixel JPEG and 24-megapixel HEIC, beside the fastest
possible.

    python -m bench.phones [PICTURES]

The limit is decoding alone on all cores: a JPEG at a quarter of its size by Pillow, a HEIC by
libheif. Compared with it are uploads at 4 at once, and `biosight import` and `biosight sort` of
PICTURES files (1,000 by default). Uploads are also compared with a PyTorch handler of ResNet-50
(make train-env).
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image as Pillow

from bench.budget import heic
from bench.made import PASSWORD, in_use, photograph, resident_mb, serving, variants, wire
from bench.uploads import speed_of
from bench.wire import Wire
from biosight.process import cores

AT_ONCE = 4
TWELVE, TWENTY_FOUR = (4000, 3000), (6000, 4000)


def at_a_quarter(content: bytes) -> None:
    """Decode a JPEG at a quarter of its size."""
    picture = Pillow.open(io.BytesIO(content))
    picture.draft("RGB", (picture.width // 4, picture.height // 4))
    picture.load()


def by_libheif(content: bytes) -> None:
    """Decode all pixels of a HEIC."""
    import pillow_heif

    pillow_heif.open_heif(content).to_pillow()


def decoded_alone(decode: Callable[[bytes], None], contents: Sequence[bytes], count: int) -> float:
    """Return pictures per second when all cores do nothing else."""
    with ProcessPoolExecutor(cores.granted_cores()) as pool:
        list(pool.map(decode, [contents[0]] * 2 * cores.granted_cores()))
        begin = time.perf_counter()
        list(pool.map(decode, [contents[n % len(contents)] for n in range(count)]))
        return count / (time.perf_counter() - begin)


def uploaded(contents: Sequence[bytes], count: int) -> tuple[float, float]:
    """Return uploads per second at AT_ONCE, and the server's memory afterwards, in MB."""
    with serving(BIOSIGHT_MAX_FILE_MB="200") as running:
        in_use(running)
        path = f"/api/v1/collections/{running.collection}/images"
        pictures = variants(contents, count + AT_ONCE)
        speed = speed_of(partial(wire, running), path, pictures, AT_ONCE)
        return speed, resident_mb(running.pid)


def by_eager(contents: Sequence[bytes], count: int) -> float | None:
    """Return the same for a PyTorch handler of ResNet-50; None without PyTorch."""
    try:
        from bench.eager import serving_eager
    except ImportError:
        return None
    with serving_eager("resnet50") as url:
        return speed_of(partial(Wire, url), "/", variants(contents, count + AT_ONCE), AT_ONCE)


def command(*words: str | Path, data: Path) -> float:
    """Return the seconds that a command takes."""
    environment = {**os.environ, "BIOSIGHT_DATA_DIR": str(data), "BIOSIGHT_MAX_FILE_MB": "200"}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "biosight.cli", *map(str, words)],
        env=environment,
        check=True,
        capture_output=True,
        input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
    )
    return time.perf_counter() - begin


def by_commands(contents: Sequence[bytes], count: int, limit: float) -> None:
    """Print the speed of `import` and `sort` over a folder of `count` files."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder, data = place / "card", place / "data"
        folder.mkdir()
        for number, content in enumerate(variants(contents, count)):
            (folder / f"IMG_{number:04}.jpg").write_bytes(content)
        command("user", "add", "bench@example.org", data=data)
        for words in (("import", folder), ("sort", folder, "--into", place / "sorted")):
            speed = count / command(*words, data=data)
            print(f"{f'biosight {words[0]} of {count}':<44} {speed:7.1f}/s {speed / limit:5.0%}")


def main() -> None:
    """Print the table: pictures per second, and the share of the limit."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    jpegs = [photograph(n, TWELVE) for n in range(3)]
    limit = decoded_alone(at_a_quarter, jpegs, 60)
    print(f"{'12 megapixels JPEG, decoded at a quarter':<44} {limit:7.1f}/s")
    speed, memory = uploaded(jpegs, 160)
    print(f"{f'uploads at {AT_ONCE}':<44} {speed:7.1f}/s {speed / limit:5.0%}  {memory:.0f} MB")
    if eager := by_eager(jpegs, 24):
        print(
            f"{'  over a PyTorch handler of ResNet-50':<44} {speed / eager:7.1f} x ({eager:.1f}/s)"
        )
    by_commands(jpegs, many, limit)
    pictures = [heic(n, TWENTY_FOUR) for n in range(2)]
    limit = decoded_alone(by_libheif, pictures, 8)
    print(f"{'24 megapixels HEIC, decoded by libheif':<44} {limit:7.2f}/s")
    speed, memory = uploaded(pictures, 16)
    print(f"{f'uploads at {AT_ONCE}':<44} {speed:7.2f}/s {speed / limit:5.0%}  {memory:.0f} MB")


if __name__ == "__main__":
    main()
