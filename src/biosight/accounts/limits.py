"""How often a sign-in may fail, by account and by address; kept in the store."""

import time
from dataclasses import replace

from biosight.accounts.records import Tries, hashed
from biosight.errors import Stale, TooMany
from biosight.storage.records import Insert, Records, Replace, Taken

TRIES = 10


TRIES_PER_ADDRESS = 50


TRY_WINDOW_SECONDS = 900.0


def check_tries(records: Records, key: str, most: int) -> None:
    """Raise TooMany when `key` failed too often of late."""
    tries = records.get(Tries, hashed(key))
    if tries and tries.count >= most and time.time() - tries.since < TRY_WINDOW_SECONDS:
        wait = int(tries.since + TRY_WINDOW_SECONDS - time.time()) + 1
        raise TooMany("Too many failed sign-ins; wait a while, then try again.", retry_after=wait)


def count_try(records: Records, key: str) -> None:
    """One more failure of `key`; the window starts anew when it has passed."""
    now = time.time()
    for _ in range(20):
        old = records.get(Tries, hashed(key))
        try:
            if old is None:
                records.write(Insert(Tries(hashed(key), 1, now)))
            elif now - old.since >= TRY_WINDOW_SECONDS:
                records.write(Replace(Tries(old.id, 1, now, old.version + 1), old.version))
            else:
                new = replace(old, count=old.count + 1, version=old.version + 1)
                records.write(Replace(new, old.version))
            return
        except (Taken, Stale):
            continue
