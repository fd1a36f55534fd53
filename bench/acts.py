"""An act on 100,000 pictures as a job, beside uploads: how long the act takes, and how much it
slows the uploads."""

import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.made import Running, another_client, photograph, quantile, serving
from bench.pages import fill

PICTURES = 100_000
UPLOADS = 150


def send_all(running: Running, pictures: list[bytes], over: threading.Event) -> list[float]:
    """Upload pictures one after another, until all are sent or `over` is set. Return the seconds of
    each upload."""
    path = f"/api/v1/collections/{running.collection}/images"
    spent = []
    with another_client(running) as client:
        for number, content in enumerate(pictures):
            if over.is_set():
                break
            begin = time.perf_counter()
            client.post(path, files={"file": (f"{number}.jpg", content)}).raise_for_status()
            spent.append(time.perf_counter() - begin)
    return spent


def wait_for(running: Running, job: str) -> str:
    """Wait until a job has ended. Return its words."""
    while True:
        now = running.client.get(f"/api/v1/jobs/{job}").json()
        if now["state"] not in ("waiting", "running"):
            return str(now["words"])
        time.sleep(0.2)


def beside(running: Running, collection: str, pictures: list[bytes]) -> list[float]:
    """Do an act while pictures are uploaded. Return the seconds of each upload."""
    over = threading.Event()
    spent: list[float] = []
    body = {"kind": "relabel", "label": "Fox", "matching": {}}
    begin = time.perf_counter()
    address = f"/api/v1/collections/{collection}/acts"
    job = running.client.post(address, json=body).json()["job"]["id"]

    def send() -> None:
        spent.extend(send_all(running, pictures, over))

    sender = threading.Thread(target=send)
    sender.start()
    words = wait_for(running, job)
    seconds = time.perf_counter() - begin
    over.set()
    sender.join()
    print(f"{words}: {seconds:.1f} s, {len(spent)} uploads meanwhile", flush=True)
    return spent


def main() -> None:
    """Print the results."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    pictures = [photograph(n) for n in range(UPLOADS * 5)]
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as running:
        collection = fill(running, count)
        send_all(running, pictures[-20:], threading.Event())
        alone = send_all(running, pictures[:UPLOADS], threading.Event())
        during = beside(running, collection, pictures[UPLOADS:-20])
        for name, spent in (("alone", alone), ("during the act", during)):
            middle, late = quantile(spent, 0.5) * 1000, quantile(spent, 0.95) * 1000
            print(f"an upload {name:<16} median {middle:6.0f} ms, 95 % {late:6.0f} ms")
        ratio = quantile(during, 0.95) / quantile(alone, 0.95)
        print(f"95 % of an upload during the act over alone: {ratio:.2f}")


if __name__ == "__main__":
    main()
