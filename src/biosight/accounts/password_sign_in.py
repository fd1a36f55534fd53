"""Signing up, signing in, and setting a password by a link.

Not here: what a session is afterwards (sessions.py).
"""

from collections.abc import Sequence

from biosight.accounts.limits import signing_in
from biosight.accounts.links import SIGN_UP, find_link, used_up
from biosight.accounts.passwords import HASHER, HASHING, check_password, nobodys_hash
from biosight.accounts.people import (
    clean_email,
    create_user,
    find_user,
    prove,
    set_password,
)
from biosight.accounts.records import User
from biosight.errors import Forbidden, NotFound, NotSignedIn, Stale
from biosight.storage.records import Records, Write


def sign_in(records: Records, email: str, password: str, address: str) -> User:
    """Return the person, if the password is right.

    Raises TooMany after too many failures, NotSignedIn otherwise; unknown accounts get the same
    words after the same time.
    """
    with signing_in(records, email.strip().casefold()[:260], address):
        user = find_user(records, email)
        with HASHING:
            right = HASHER.verify(password, user.password if user else nobodys_hash())
        if user is None or not right or user.disabled:
            raise NotSignedIn("Email address or password is wrong.")
    return user


def sign_up(
    records: Records,
    policy: str,
    email: str,
    password: str,
    name: str,
    secret: str = "",
    *,
    first: bool,
    rests_on: Sequence[Write] = (),
) -> User:
    """Sign up under the registration policy ("open", "invite" or "closed").

    `first` says that no account existed when the caller looked: the first account needs no
    invitation, and only one person gets it. `rests_on` is what the use of an invitation requires,
    in the same write. Raises Forbidden, BadRequest or Conflict, and Gone where a requirement does
    not hold.
    """
    if first or policy == "open":
        code = find_link(records, secret, "first") if secret else None
        return create_user(records, email, password, name, first=first, using=used_up(code))
    link = find_link(records, secret, SIGN_UP) if secret else None
    if policy == "closed" or link is None:
        words = "You need an invitation; ask the administrator or the owner of a collection."
        raise Forbidden(words if policy == "invite" else "Sign-up is closed here.")
    if link.email and link.email != clean_email(email):
        raise Forbidden("This invitation is for another email address.")
    try:
        using = [*rests_on, *used_up(link)]
        return create_user(records, email, password, name, first=False, using=using)
    except Stale as error:
        raise Forbidden("This invitation was already used.") from error


def use_reset(records: Records, secret: str, password: str) -> User:
    """Set a password by a reset link, once. A link that a person requested for themselves also
    proves the address. Raises NotFound or BadRequest."""
    link = find_link(records, secret, "reset")
    user = records.get(User, link.user) if link else None
    if link is None or user is None:
        raise NotFound("This link is no longer valid; ask for a new one.")
    check_password(password, user.email)
    try:
        records.write(*used_up(link))
    except Stale as error:
        raise NotFound("This link was already used; ask for a new one.") from error
    changed = set_password(records, user, password)
    return prove(records, changed) if link.by == user.id else changed
