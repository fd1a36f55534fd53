"""One child of the decode sandbox: a process, its limits and its socket.

Not here: the number of children and the handling of their answers (decoding.py), or the work of a
child (worker.py).
"""

import json
import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any

# One arena: glibc reserves 64 MB of address space for each further one, and libheif's threads would
# have one each. Some memory is kept between pictures: returning it and requesting it again took a
# tenth of the time of a large JPEG.
CHILD_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(32 << 20),
}
START_SECONDS = 60.0


class NotReady(Exception):
    """Error of a child that did not start; the picture is not the cause."""


class Child:
    """One sandboxed process and its socket."""

    def __init__(self, memory: int, cpu: int) -> None:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, **CHILD_ENVIRONMENT}
        command = [sys.executable, "-m", "biosight.inference.sandbox.worker"]
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno()), str(memory), str(cpu)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        self.ready = False

    def ask(self, request: dict[str, Any], wall: float) -> tuple[dict[str, Any], list[bytes]]:
        """Send a request and wait at most `wall` seconds. Raises TimeoutError or EOFError."""
        if not self.ready:
            try:
                self.receive(START_SECONDS)
            except (TimeoutError, EOFError, OSError) as error:
                raise NotReady from error
            self.ready = True
        self.connection.send_bytes(json.dumps(request).encode())
        head = json.loads(self.receive(wall))
        return head, [self.receive(wall) for _ in range(head.pop("parts"))]

    def receive(self, wall: float) -> bytes:
        """Return the next message within `wall` seconds. Raises TimeoutError or EOFError."""
        if not self.connection.poll(wall):
            raise TimeoutError
        return self.connection.recv_bytes(64 * 1024 * 1024)

    def ended_by(self) -> int:
        """Return the signal that ended the process, 0 for none."""
        try:
            return max(0, -self.process.wait(1))
        except subprocess.TimeoutExpired:
            return 0

    def end(self) -> None:
        """Kill the process and reap it."""
        self.connection.close()
        self.process.kill()
        self.process.wait()
