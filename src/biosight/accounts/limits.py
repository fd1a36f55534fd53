"""How often a sign-in may fail, by account and by address; kept in the store.

A try is taken before the password is looked at and given back when it was right, so that many at
once can't pass the limit. Not here: what is tried (signing.py).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from biosight.accounts.records import Tries, hashed
from biosight.errors import Stale, TooMany
from biosight.storage.records import Insert, InUse, Records, Replace

TRIES = 10
TRIES_PER_ADDRESS = 50
TRY_WINDOW_SECONDS = 900.0


@contextmanager
def tried(records: Records, limits: Mapping[str, int]) -> Iterator[None]:
    """A try of each key, which counts unless the body goes through. Raises TooMany before it."""
    for key, most in limits.items():
        take_try(records, key, most)
    yield
    for key in limits:
        give_try_back(records, key)


def take_try(records: Records, key: str, most: int) -> None:
    """One more try of `key`; the window starts anew when it has passed. Raises TooMany."""
    while True:
        now, old = time.time(), records.get(Tries, hashed(key))
        try:
            if old is None:
                records.write(Insert(Tries(hashed(key), 1, now)))
            elif now - old.since >= TRY_WINDOW_SECONDS:
                records.write(Replace(Tries(old.id, 1, now, old.version + 1), old.version))
            elif old.count >= most:
                wait = int(old.since + TRY_WINDOW_SECONDS - now) + 1
                raise TooMany("Too many failed tries; wait a while.", retry_after=wait)
            else:
                new = replace(old, count=old.count + 1, version=old.version + 1)
                records.write(Replace(new, old.version))
            return
        except (InUse, Stale):
            continue  # another try of the same key was counted first


def give_try_back(records: Records, key: str) -> None:
    """The try of `key` was right and doesn't count; an account starts with a clean slate."""
    while (old := records.get(Tries, hashed(key))) is not None:
        count = 0 if key.startswith("account:") else max(0, old.count - 1)
        try:
            new = replace(old, count=count, version=old.version + 1)
            records.write(Replace(new, old.version))
            return
        except Stale:
            continue
