"""Uploads per second through the real app, beside the model alone and an eager handler."""

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bench.made import (
    Running,
    children,
    in_use,
    photograph,
    quantile,
    resident_mb,
    serving,
    wire,
)
from bench.wire import Wire
from biosight.bootstrap import DEFAULT_MODEL
from biosight.inference.classifier import Classifier
from biosight.inference.model_files.card import read_card

ROUNDS = ((1, 60), (8, 320), (32, 320))


def model_alone(folder: Path) -> float:
    """Return pictures per second of the model itself in batches of 8."""
    classifier = Classifier(folder)
    side = classifier.card.input_size
    batch = np.random.default_rng(0).integers(0, 255, (8, side, side, 3), dtype=np.uint8)
    classifier.predict(batch)
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < 4:
        classifier.predict(batch)
        done += 8
    return done / (time.perf_counter() - begin)


def load(
    send: Callable[[Wire, int], object],
    make: Callable[[], Wire],
    workers: int,
    count: int,
    first: int,
) -> tuple[float, float, float]:
    """Send `count` requests by `workers` clients. Return (requests per second, median ms, 95 %
    ms)."""
    local = threading.local()
    seconds: list[float] = []
    clients: list[Wire] = []

    def one(number: int) -> None:
        client = getattr(local, "client", None)
        if client is None:
            client = local.client = make()
            clients.append(client)
        begin = time.perf_counter()
        send(client, number)
        seconds.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(first, first + count)))
    total = time.perf_counter() - begin
    for client in clients:
        client.close()
    return count / total, quantile(seconds, 0.5) * 1000, quantile(seconds, 0.95) * 1000


def speed_of(make: Callable[[], Wire], path: str, pictures: list[bytes], at_once: int) -> float:
    """Return pictures per second. The last few pictures are sent first and do not count."""

    def send(client: Wire, number: int) -> bytes:
        return client.upload(path, "a.jpg", pictures[number])

    count = len(pictures) - at_once
    load(send, make, at_once, at_once, count)  # warm
    return load(send, make, at_once, count, 0)[0]


def through_the_app(running: Running, pictures: list[bytes]) -> Mapping[int, tuple[float, ...]]:
    """Run the rounds against the real server; each picture is sent once."""
    path = f"/api/v1/collections/{running.collection}/images"

    def send(client: Wire, number: int) -> bytes:
        return client.upload(path, f"{number}.jpg", pictures[number])

    results: dict[int, tuple[float, ...]] = {}
    in_use(running)
    first = 0
    for workers, count in ROUNDS:
        results[workers] = load(send, lambda: wire(running), workers, count, first)
        first += count
    return results


def say(name: str, results: Mapping[int, tuple[float, ...]]) -> None:
    """Print one line of the table."""
    cells = [f"{r[0]:7.1f}/s {r[1]:6.0f} {r[2]:6.0f} ms" for r in results.values()]
    print(f"{name:<38} " + "  ".join(cells), flush=True)


def main() -> None:
    """Print the table."""
    total = sum(count for _, count in ROUNDS)
    pictures = [photograph(n) for n in range(total)]
    print("uploads: pictures a second, median and 95 % time, at 1, 8 and 32 at once")
    with serving() as running:
        ours = through_the_app(running, pictures)
        say("BioSight, default model", ours)
        memory = resident_mb(running.pid)
        decoders = max((resident_mb(c) for c in children(running.pid)), default=0.0)
    own = model_alone(DEFAULT_MODEL)
    print(f"{'the model alone, batches of 8':<38} {own:7.1f}/s")
    print(f"{'BioSight at 8 over the model alone':<38} {ours[8][0] / own:7.0%}")
    print(f"{'main process, one decoder':<38} {memory:7.0f} MB {decoders:7.0f} MB")
    beside_eager(ours, pictures)


def eager_rounds(arch: str, pictures: list[bytes]) -> Mapping[int, tuple[float, ...]]:
    """Run the rounds as in the first BioSight, with PyTorch in the request handler."""
    from bench.eager import serving_eager

    with serving_eager(arch) as url:

        def send(client: Wire, number: int) -> bytes:
            return client.upload("/", "a.jpg", pictures[number])

        load(send, lambda: Wire(url), 2, 4, 0)  # warm
        return {w: load(send, lambda: Wire(url), w, c // 4, 0) for w, c in ROUNDS}


def compare(ours: Mapping[int, tuple[float, ...]], eager: Mapping[int, tuple[float, ...]]) -> None:
    """Print our rounds divided by those of an eager handler, at 8 at once."""
    ratio, slow = ours[8][0] / eager[8][0], ours[8][2] / eager[8][2]
    print(f"{'  BioSight over it, at 8':<38} {ratio:7.1f} x the speed, {slow:.2f} x the 95 % time")


def beside_eager(ours: Mapping[int, tuple[float, ...]], pictures: list[bytes]) -> None:
    """Print the default model beside eager handlers, then ResNets with random weights on both
    sides."""
    try:
        from bench.eager import export_random
    except ImportError:
        print("PyTorch is not installed (make train-env): nothing to compare with")
        return
    same = read_card(DEFAULT_MODEL).arch
    eager = {a: eager_rounds(a, pictures) for a in (same, "resnet50", "resnet18")}
    for arch in (same, "resnet50"):
        say(f"PyTorch eager handler, {arch}", eager[arch])
        compare(ours, eager[arch])
    for arch in ("resnet50", "resnet18"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            export_random(arch, folder)
            with serving(BIOSIGHT_MODEL_DIR=name) as running:
                rounds = through_the_app(running, pictures)
            say(f"BioSight, {arch} (random weights)", rounds)
            print(f"{'  over the model alone, at 8':<38} {rounds[8][0] / model_alone(folder):7.0%}")
            compare(rounds, eager[arch])


if __name__ == "__main__":
    main()
