"""Sixteen uploads into one collection of MongoDB: how often they conflict, and what that costs.

The other side is the scripted peer of the tests: a transaction owns a document that it touched
until it ends, an answer takes 1 ms and a commit 10 ms. These are not figures of a real server. The
ratios compare the cost of touching the collection itself with that of touching one of its points.
"""

import threading
import time

from biosight.collection import Collection
from biosight.storage.conditions import still_there
from biosight.storage.mongo import connection, store
from biosight.storage.records import Insert, Require
from tests.storage.peer import Peer
from tests.storage.test_records import Bird, bird

UPLOADS, ROUNDS = 16, 20


def spent(collections: int, *, points: bool) -> tuple[float, int]:
    """Return the seconds for all uploads, and the number of conflicts."""
    peer = Peer(step_seconds=0.001, commit_seconds=0.010)
    records = store.open_mongo(peer.url, [Bird, Collection])

    def upload(number: int) -> None:
        there = still_there(f"c{number % collections}")
        # With a version, the document itself is touched, as before.
        there = there if points else Require(Collection, there.id, 1)
        for n in range(ROUNDS):
            records.write(there, *(Insert(bird(number * 1000 + n * 10 + k)) for k in range(3)))

    threads = [threading.Thread(target=upload, args=(n,)) for n in range(UPLOADS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records.close()
    peer.close()
    return time.monotonic() - begun, peer.conflicts


def main() -> None:
    """Print the table."""
    connection.SECONDS = 120.0
    alone, none = spent(UPLOADS, points=False)
    print(f"{UPLOADS} uploads at once, {ROUNDS} each: seconds, ratio, meetings")
    print(f"{'each into a collection of its own':<40} {alone:6.2f} {1:6.2f} {none:6}")
    for words, points in (("the collection itself touched", False), ("a point of it", True)):
        took, met = spent(1, points=points)
        print(f"{'all into one, ' + words:<40} {took:6.2f} {took / alone:6.2f} {met:6}")


if __name__ == "__main__":
    main()
