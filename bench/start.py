"""Time from start to ready and to the first prediction, and memory at rest."""

import tempfile
import time
from pathlib import Path

from bench.made import children, photograph, resident_mb, serving, started
from bench.wire import Wire


def main() -> None:
    """Print the figures."""
    content = photograph(1)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        begin = time.perf_counter()
        with serving(data) as running:
            path = f"/api/v1/collections/{running.collection}/images"
            running.client.post(path, files={"file": ("a.jpg", content)}).raise_for_status()
            first = time.perf_counter() - begin
            print(f"{'a new archive: ready':<42} {running.seconds_to_ready:7.2f} s")
            print(f"{'... sign-up and first prediction':<42} {first:7.2f} s")
            decoders = " ".join(f"{resident_mb(c):.0f}" for c in children(running.pid))
            print(
                f"{'main process; decoders':<42} {resident_mb(running.pid):7.0f} MB; {decoders} MB"
            )
            cookies = "; ".join(f"{c.name}={c.value}" for c in running.client.cookies.jar)
        begin = time.perf_counter()
        with started(data) as (url, _, ready):
            # The session outlives the restart, so no new sign-in is needed.
            line = Wire(url, {"Origin": url, "Cookie": cookies})
            line.upload(path, "b.jpg", content + b"another")
            first = time.perf_counter() - begin
            line.close()
        print(f"{'one that is there: ready':<42} {ready:7.2f} s")
        print(f"{'... first prediction':<42} {first:7.2f} s")


if __name__ == "__main__":
    main()
