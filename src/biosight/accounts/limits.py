"""Limits on failing sign-ins: growing waits for an account and an address, kept in the store.

An account and the address of a try wait together, so that a stranger elsewhere can't keep an owner
out. Failures from an address where the account never signed in also count for the account alone and
for the address alone. So guessing one account from many addresses, or many accounts from one
address, is no faster. A try is counted before the password is checked and given back when it was
right, so that many tries at once can't pass the limit. Not here: what is tried
(password_sign_in.py).
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
FADE_SECONDS = 3600.0  # one failure is forgotten each hour
FORGOTTEN_SECONDS = 7 * DAY
KNOWN_SECONDS = 180 * DAY
V6_NETWORK = 64  # bits of the smallest IPv6 network that one customer gets


def network_of(address: str) -> str:
    """Return an address as one place; for IPv6 its network, in which a single machine has 2^64
    addresses."""
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
    """Count a try to sign in, unless the body succeeds. Raises TooMany before the body."""
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
    """Count a try of each key, unless the body succeeds; a key's number is how many failures are
    free. Raises TooMany before the body."""
    taken = []
    try:
        for key, free in limits.items():
            take_try(records, key, free)
            taken.append(key)
    except TooMany:
        for key in taken:
            give_try_back(records, key)  # no password was checked
        raise
    yield
    for key in taken:
        give_try_back(records, key)


def count_tries(records: Records, limits: Mapping[str, int]) -> None:
    """Count a try of each key, whatever its outcome. Raises TooMany."""
    for key, free in limits.items():
        take_try(records, key, free)


def count_of_day(records: Records, key: str, most: int, words: str) -> None:
    """Count one more use of `key` today (UTC). Raises TooMany with these words beyond `most`."""
    now = time.time()
    day = int(now // DAY)

    def once_more(old: Tries) -> Tries:
        if old.count >= most:
            raise TooMany(words, retry_after=int((day + 1) * DAY - now) + 1)
        return replace(old, count=old.count + 1, since=now)

    count_try(records, f"{key} on {day}", once_more)


def take_back_of_day(records: Records, key: str) -> None:
    """Take back one use of `key` that count_of_day counted today: it came to nothing."""
    give_try_back(records, f"{key} on {int(time.time() // DAY)}")


def count_try(records: Records, key: str, step: Callable[[Tries], Tries]) -> None:
    """Replace the tries of `key` by what `step` makes of them; retry until no other change
    interferes."""
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
    """Return the seconds to wait after so many failures: none, then FIRST_WAIT_SECONDS, then twice
    as long each time up to LONGEST_WAIT_SECONDS."""
    over = failures - free
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(over, 30)) if over >= 0 else 0.0


def take_try(records: Records, key: str, free: int) -> None:
    """Count one more try of `key`; old ones fade, one each FADE_SECONDS. Raises TooMany."""

    def once_more(old: Tries) -> Tries:
        now = time.time()
        count, faded_at = faded_tries(old, now)
        due = wait_after(count, free)
        wait = old.since + due - now
        # A free try never waits, even if another was counted after the clock was read.
        if due and wait > 0:
            raise TooMany("Too many failed attempts; wait a while.", retry_after=int(wait) + 1)
        return replace(old, count=count + 1, since=now, faded_at=faded_at)

    count_try(records, key, once_more)


def faded_tries(old: Tries, now: float) -> tuple[int, float]:
    """Return the failures that still count, and the time up to which their fading is applied."""
    hours = int((now - old.faded_at) / FADE_SECONDS)
    if hours >= old.count:
        return 0, now
    return old.count - hours, old.faded_at + hours * FADE_SECONDS


def give_try_back(records: Records, key: str) -> None:
    """Give back a try of `key` that was right, so that it doesn't count."""
    count_try(records, key, lambda old: replace(old, count=max(0, old.count - 1)))


def know(records: Records, account: str, address: str) -> None:
    """Store that an account signed in or was created from an address: its failures are cleared, and
    the address is known."""
    key = pair_of(account, network_of(address))
    count_try(records, key, lambda old: Tries(old.id, 0, time.time(), known=True))


def pair_of(account: str, place: str) -> str:
    """Return the key of an account and a place together."""
    return f"from:{account} {place}"


def forget_tries(records: Records, now: float) -> int:
    """Remove tries that no longer count; return how many."""
    gone = records.remove(
        Tries, [Where("known", "=", False), Where("since", "<", now - FORGOTTEN_SECONDS)]
    )
    return gone + records.remove(
        Tries, [Where("known", "=", True), Where("since", "<", now - KNOWN_SECONDS)]
    )
