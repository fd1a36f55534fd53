"""Many writers on one record: who met another one waits for a turn within the process, and a little
longer each time for writers of other processes.

Not here: what is written (batches.py, and whoever compares and sets).
"""

import random
import threading
import time
from collections.abc import Iterator

STRIPES = 64
TRIES = 16
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.5
LONGEST_TURN = 2.0  # a courtesy, no promise: the store itself keeps writers apart

LOCKS = tuple(threading.Lock() for _ in range(STRIPES))


def tries(id: str, many: int = TRIES) -> Iterator[int]:
    """The numbers of tries to write a record that others write too.

    The first goes at once. Later ones hold the record's turn in this process until the loop ends,
    each after a pause that grows, in seconds, and is random, so that two processes do not meet
    again and again (exponential backoff with full jitter). Another record may share the turn.
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
