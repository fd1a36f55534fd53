"""Rules for passwords, and how they are hashed.

Not here: whose they are (people.py).
"""

import secrets
import threading
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from biosight.errors import BadRequest

HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
HASHING = threading.BoundedSemaphore(2)  # each argon2 run takes memory and a core


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the 30,000 most common passwords (zxcvbn's list, Wheeler 2016)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_password(password: str, email: str) -> None:
    """Raise BadRequest unless it is 8 to 256 characters long and not easily guessed."""
    if not 8 <= len(password) <= 256:
        raise BadRequest("A password needs 8 to 256 characters.")
    if password.casefold() in common_passwords() or password.casefold() == email:
        raise BadRequest("This password is on every list of common passwords; choose another.")


def hash_password(password: str) -> str:
    """Hash with argon2id, at most two at a time."""
    with HASHING:
        return HASHER.hash(password)


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """Return a hash to check for unknown accounts, so that they take as long as known ones."""
    return HASHER.hash(secrets.token_hex(16))
