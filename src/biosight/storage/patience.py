"""Retries for many writers of one record. After a conflict a writer waits for its turn within the
process, and a little longer each time for writers of other processes.

Not here: what is written (batches.py, and all code that compares and sets).
"""

import random
import threading
import time
from collections.abc import Iterator

STRIPES = 64
TRIES = 16
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.5
LONGEST_TURN = 2.0  # seconds; no guarantee, since the store itself keeps writers apart

LOCKS = tuple(threading.Lock() for _ in range(STRIPES))


def tries(id: str, many: int = TRIES) -> Iterator[int]:
    """Yield the numbers of tries to write a record that others write too.

    The first try comes at once. Later ones hold the record's turn in this process until the loop
    ends. Each comes after a random pause in seconds with a growing limit, so that two processes do
    not collide again and again (exponential backoff with full jitter). Another record may share the
    turn.
    """
    yield 0
    lock = LOCKS[hash(id) % STRIPES]
    held = lock.acquire(timeout=LONGEST_TURN)
    try:
        for number in range(1, many):
            yield number
            time.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**number)))
    finally:
        if held:
            lock.release()
