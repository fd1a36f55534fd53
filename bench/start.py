"""From start to ready and to the first prediction, and memory at rest."""

import time

from bench.made import children, photograph, resident_mb, serving


def main() -> None:
    """Print the figures."""
    content = photograph(1)
    begin = time.perf_counter()
    with serving() as running:
        path = f"/api/v1/collections/{running.collection}/images"
        running.client.post(path, files={"file": ("a.jpg", content)}).raise_for_status()
        first = time.perf_counter() - begin
        print(f"{'start to ready':<38} {running.seconds_to_ready:7.2f} s")
        print(f"{'start to sign-up and first prediction':<38} {first:7.2f} s")
        decoders = [resident_mb(c) for c in children(running.pid)]
        shown = " ".join(f"{d:.0f}" for d in decoders)
        print(f"{'main process; decoders':<38} {resident_mb(running.pid):7.0f} MB; {shown} MB")


if __name__ == "__main__":
    main()
