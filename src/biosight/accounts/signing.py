"""Signing up, signing in, and setting a password by a link.

Not here: what a session is afterwards (sessions.py).
"""

from biosight.accounts.limits import TRIES, TRIES_PER_ADDRESS, check_tries, count_try
from biosight.accounts.links import find_link
from biosight.accounts.passwords import HASHER, HASHING, nobodys_hash
from biosight.accounts.people import clean_email, create_user, find_user, has_users, set_password
from biosight.accounts.records import Invitation, Tries, User
from biosight.errors import Forbidden, NotFound, NotSignedIn
from biosight.storage.records import Records, Remove


def sign_in(records: Records, email: str, password: str, address: str) -> User:
    """The person, if the password is right.

    Raises TooMany after too many failures, NotSignedIn otherwise, in the same words and time
    for unknown accounts.
    """
    keys = {
        f"account:{email.strip().casefold()[:260]}": TRIES,
        f"address:{address}": TRIES_PER_ADDRESS,
    }
    for key, most in keys.items():
        check_tries(records, key, most)
    user = find_user(records, email)
    with HASHING:
        right = HASHER.verify(password, user.password if user else nobodys_hash())
    if user is None or not right or user.disabled:
        for key in keys:
            count_try(records, key)
        raise NotSignedIn("Email address or password is wrong.")
    records.write(Remove(Tries, next(iter(keys))))
    return user


def register(
    records: Records, policy: str, email: str, password: str, name: str, secret: str = ""
) -> User:
    """Sign up under the registration policy ("open", "invite" or "closed").

    The first account needs no invitation. Raises Forbidden, BadRequest or Conflict.
    """
    if not has_users(records) or policy == "open":
        return create_user(records, email, password, name)
    link = find_link(records, secret, "sign-up") if secret else None
    if policy == "closed" or link is None:
        raise Forbidden(
            "Sign-up is by invitation: ask an administrator for a link."
            if policy == "invite"
            else "Sign-up is closed here."
        )
    if link.email and link.email != clean_email(email):
        raise Forbidden("This invitation is for another email address.")
    user = create_user(records, email, password, name)
    records.write(Remove(Invitation, link.id))
    return user


def use_reset(records: Records, secret: str, password: str) -> User:
    """Set a password by a reset link, once. Raises NotFound or BadRequest."""
    link = find_link(records, secret, "reset")
    user = records.get(User, link.user) if link else None
    if link is None or user is None:
        raise NotFound("This link is not valid any more; ask for a new one.")
    changed = set_password(records, user, password)
    records.write(Remove(Invitation, link.id))
    return changed
