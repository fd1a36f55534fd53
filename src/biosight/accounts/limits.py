"""How fast sign-ins may fail: growing waits by who tries what from where, kept in the store.

A person and the address they try from wait together, so that a stranger elsewhere can't keep an
owner out. Failures from where an account was never signed in also count for the account and for
the address, so that many addresses guess one account, or one address many, no faster. A try is
taken before the password is looked at and given back when it was right, so that many at once can't
pass. Not here: what is tried (password_sign_in.py).
"""

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from biosight.accounts.records import DAY, Tries, hash_secret
from biosight.errors import Stale, TooMany
from biosight.storage.records import Insert, InUse, Records, Replace, Where

FREE = 10  # failures before the first wait
FREE_OF_STRANGERS = 20
FREE_PER_ADDRESS = 50
FIRST_WAIT_SECONDS = 64.0
LONGEST_WAIT_SECONDS = 900.0
FADE_SECONDS = 3600.0  # a failure is forgotten each hour
FORGOTTEN_SECONDS = 7 * DAY
KNOWN_SECONDS = 180 * DAY
V6_NETWORK = 64  # the smallest part of IPv6 that one customer is given


def network_of(address: str) -> str:
    """An address as one place: of IPv6 the network, in which a single machine has 2^64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network(f"{found}/{V6_NETWORK}", strict=False))


@contextmanager
def signing_in(records: Records, account: str, address: str) -> Iterator[None]:
    """A try to sign in, which counts unless the body goes through. Raises TooMany before it."""
    place = network_of(address)
    pair = pair_of(account, place)
    found = records.get(Tries, hash_secret(pair))
    limits = {pair: FREE}
    if found is None or not found.known:
        limits |= {f"strangers:{account}": FREE_OF_STRANGERS, f"place:{place}": FREE_PER_ADDRESS}
    with limited_try(records, limits):
        yield
    know(records, account, address)


@contextmanager
def limited_try(records: Records, limits: Mapping[str, int]) -> Iterator[None]:
    """A try of each key, which counts unless the body goes through; a key's number is how many
    failures are free. Raises TooMany before it."""
    taken = []
    try:
        for key, free in limits.items():
            take_try(records, key, free)
            taken.append(key)
    except TooMany:
        for key in taken:
            give_try_back(records, key)  # nothing was looked at
        raise
    yield
    for key in taken:
        give_try_back(records, key)


def count_tries(records: Records, limits: Mapping[str, int]) -> None:
    """A try of each key that counts whatever comes of it. Raises TooMany."""
    for key, free in limits.items():
        take_try(records, key, free)


def count_of_day(records: Records, key: str, most: int, words: str) -> None:
    """One more use of `key` today (UTC). Raises TooMany with these words beyond `most`."""
    now = time.time()
    day = int(now // DAY)

    def once_more(old: Tries) -> Tries:
        if old.count >= most:
            raise TooMany(words, retry_after=int((day + 1) * DAY - now) + 1)
        return replace(old, count=old.count + 1, since=now)

    count_try(records, f"{key} on {day}", once_more)


def count_try(records: Records, key: str, step: Callable[[Tries], Tries]) -> None:
    """Put the tries of `key` as a step makes them of what they are, as often as it takes."""
    id = hash_secret(key)
    while True:
        now, old = time.time(), records.get(Tries, id)
        try:
            if old is None:
                records.write(Insert(step(Tries(id, 0, now, faded_at=now))))
            else:
                records.write(Replace(replace(step(old), version=old.version + 1), old.version))
            return
        except (InUse, Stale):
            continue  # another try of the same key was counted first


def wait_after(failures: int, free: int) -> float:
    """Seconds to wait after so many failures: none, then FIRST_WAIT_SECONDS, twice that and so on
    up to LONGEST_WAIT_SECONDS."""
    over = failures - free
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(over, 30)) if over >= 0 else 0.0


def take_try(records: Records, key: str, free: int) -> None:
    """One more try of `key`; old ones fade, one each FADE_SECONDS. Raises TooMany."""

    def once_more(old: Tries) -> Tries:
        now = time.time()
        count, faded_at = faded_tries(old, now)
        due = wait_after(count, free)
        wait = old.since + due - now
        # A free one never waits, though another was counted after the clock was read.
        if due and wait > 0:
            raise TooMany("Too many failed attempts; wait a while.", retry_after=int(wait) + 1)
        return replace(old, count=count + 1, since=now, faded_at=faded_at)

    count_try(records, key, once_more)


def faded_tries(old: Tries, now: float) -> tuple[int, float]:
    """Failures that still count, and up to when their fading is reckoned."""
    hours = int((now - old.faded_at) / FADE_SECONDS)
    if hours >= old.count:
        return 0, now
    return old.count - hours, old.faded_at + hours * FADE_SECONDS


def give_try_back(records: Records, key: str) -> None:
    """The try of `key` was right and doesn't count."""
    count_try(records, key, lambda old: replace(old, count=max(0, old.count - 1)))


def know(records: Records, account: str, address: str) -> None:
    """An account was signed in or made from here: a clean slate, and no stranger any more."""
    key = pair_of(account, network_of(address))
    count_try(records, key, lambda old: Tries(old.id, 0, time.time(), known=True))


def pair_of(account: str, place: str) -> str:
    """The key of an account and a place together."""
    return f"from:{account} {place}"


def forget_tries(records: Records, now: float) -> int:
    """Remove what counts no more; how many."""
    gone = records.remove(
        Tries, [Where("known", "=", False), Where("since", "<", now - FORGOTTEN_SECONDS)]
    )
    return gone + records.remove(
        Tries, [Where("known", "=", True), Where("since", "<", now - KNOWN_SECONDS)]
    )
