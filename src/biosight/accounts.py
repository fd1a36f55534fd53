"""People: accounts, passwords, sessions, API tokens, invitations to sign up, sign-in limits.

Not here: who may see which collection (sharing.py), or cookies (web/security.py).
"""

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from biosight.errors import BadRequest, Conflict, Forbidden, NotFound, NotSignedIn, Stale, TooMany
from biosight.storage.records import (
    Insert,
    Order,
    Position,
    Records,
    Remove,
    Replace,
    Taken,
    Where,
    new_id,
    one,
)

DAY = 86_400.0
SCOPES = ("read", "write")
RESET_SECONDS = DAY
INVITATION_SECONDS = 14 * DAY
TRIES = 10
TRIES_PER_ADDRESS = 50
TRY_WINDOW_SECONDS = 900.0
TOUCH_SECONDS = 600.0
EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
HASHING = threading.BoundedSemaphore(2)  # argon2 costs memory and a core each


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; `email` is lower case. `role` is "admin" or "member"."""

    table: ClassVar[str] = "users"
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("email",),)

    id: str
    email: str
    name: str
    password: str
    role: str
    created_at: float
    disabled: bool = False
    version: int = 1

    @property
    def is_admin(self) -> bool:
        """May they administer people?"""
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in; `id` is the SHA-256 of the cookie's secret."""

    table: ClassVar[str] = "sessions"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user",), ("ends_at",))

    id: str
    user: str
    created_at: float
    seen_at: float
    ends_at: float
    device: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Token:
    """An API token; `hash` is the SHA-256 of its secret, which is shown once."""

    table: ClassVar[str] = "tokens"
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("hash",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user",),)

    id: str
    hash: str
    user: str
    name: str
    scopes: tuple[str, ...]
    created_at: float
    used_at: float = 0.0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """Leave to sign up, or (kind "reset") to set a new password; `id` hashes the link's secret."""

    table: ClassVar[str] = "invitations"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("kind", "id"), ("user",))

    id: str
    kind: str
    user: str
    email: str
    by: str
    created_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed sign-ins of one account or address within a window of time."""

    table: ClassVar[str] = "tries"

    id: str
    count: int
    since: float
    version: int = 1


KINDS = (User, Session, Token, Invitation, Tries)


def hashed(secret: str) -> str:
    """How a random secret is kept: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The 30,000 most common passwords (zxcvbn's list, Wheeler 2016)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_password(password: str, email: str) -> None:
    """Raise BadRequest unless it is 8 to 256 characters long and not easily guessed."""
    if not 8 <= len(password) <= 256:
        raise BadRequest("A password needs 8 to 256 characters.")
    if password.casefold() in common_passwords() or password.casefold() == email:
        raise BadRequest("This password is on every list of common passwords; choose another.")


def hash_password(password: str) -> str:
    """argon2id, at most two at a time."""
    with HASHING:
        return HASHER.hash(password)


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """Checked for unknown accounts, so that they take as long as known ones."""
    return HASHER.hash(secrets.token_hex(16))


def clean_email(email: str) -> str:
    """Lower case, trimmed. Raises BadRequest when it is no address."""
    kept = email.strip().casefold()
    if not EMAIL.fullmatch(kept):
        raise BadRequest("Give an email address, such as ada@example.org.")
    return kept


def find_user(records: Records, email: str) -> User | None:
    """The account of an address."""
    return one(records, User, Where("email", "=", email.strip().casefold()))


def has_users(records: Records) -> bool:
    """Is there any account yet?"""
    return one(records, User) is not None


def create_user(
    records: Records, email: str, password: str, name: str = "", role: str = "member"
) -> User:
    """A new account; the first is an admin. Raises BadRequest or Conflict."""
    email = clean_email(email)
    check_password(password, email)
    name = " ".join(name.split())[:80] or email.split("@")[0]
    role = role if has_users(records) else "admin"
    user = User(new_id(), email, name, hash_password(password), role, time.time())
    try:
        records.write(Insert(user))
    except Taken as error:
        raise Conflict("There is already an account with this email address.") from error
    return user


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


def open_session(records: Records, user: User, device: str, days: float) -> str:
    """Start a session; returns the cookie's secret (256 bits)."""
    secret, now = secrets.token_urlsafe(32), time.time()
    records.write(
        Insert(Session(hashed(secret), user.id, now, now, now + days * DAY, device[:120]))
    )
    return secret


def session_user(records: Records, secret: str, idle_days: float) -> tuple[User, Session] | None:
    """Who a cookie's secret belongs to, unless it ended, idled too long or they are disabled."""
    session, now = records.get(Session, hashed(secret)), time.time()
    if session is None or now > session.ends_at or now - session.seen_at > idle_days * DAY:
        return None
    user = records.get(User, session.user)
    if user is None or user.disabled:
        return None
    if now - session.seen_at > TOUCH_SECONDS:
        touched = replace(session, seen_at=now, version=session.version + 1)
        try:
            records.write(Replace(touched, session.version))
        except Stale:
            pass  # another request touched it
    return user, session


def sessions_of(records: Records, user: User) -> list[Session]:
    """A person's running sessions, newest first."""
    found = records.find(Session, [Where("user", "=", user.id)], limit=200)
    return sorted((s for s in found if s.ends_at > time.time()), key=lambda s: -s.seen_at)


def end_session(records: Records, user: User, session: str) -> None:
    """End one of a person's own sessions. Raises NotFound."""
    found = records.get(Session, session)
    if found is None or found.user != user.id:
        raise NotFound("There is no such session.")
    records.write(Remove(Session, session))


def end_sessions(records: Records, user: User, *, but: str = "") -> None:
    """End all of a person's sessions, save one."""
    records.remove(Session, [Where("user", "=", user.id), Where("id", "!=", but)])


def change_user(records: Records, user: User, **changes: object) -> User:
    """Replace fields of an account. Raises Stale when somebody was faster."""
    changed = replace(user, **changes, version=user.version + 1)  # type: ignore[arg-type]
    records.write(Replace(changed, user.version))
    return changed


def change_password(records: Records, user: User, old: str, new: str, keep_session: str) -> User:
    """Set a new password and end all other sessions. Raises BadRequest or Forbidden."""
    with HASHING:
        right = HASHER.verify(old, user.password)
    if not right:
        raise Forbidden("The old password is wrong.")
    return set_password(records, user, new, keep_session=keep_session)


def set_password(records: Records, user: User, new: str, *, keep_session: str = "") -> User:
    """Set a password without the old one (reset link, command line)."""
    check_password(new, user.email)
    changed = change_user(records, user, password=hash_password(new))
    end_sessions(records, user, but=keep_session)
    return changed


def create_token(records: Records, user: User, name: str, scopes: list[str]) -> tuple[Token, str]:
    """A new API token and its secret, which is not kept. Raises BadRequest."""
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadRequest("A token's scopes are read, write or both.")
    secret = f"bs_{secrets.token_urlsafe(32)}"
    name = " ".join(name.split())[:80] or "API token"
    chosen = tuple(s for s in SCOPES if s in scopes)
    token = Token(new_id(), hashed(secret), user.id, name, chosen, time.time())
    records.write(Insert(token))
    return token, secret


def token_user(records: Records, secret: str) -> tuple[User, Token] | None:
    """Who an API token belongs to."""
    token = one(records, Token, Where("hash", "=", hashed(secret)))
    user = records.get(User, token.user) if token else None
    if token is None or user is None or user.disabled:
        return None
    if time.time() - token.used_at > TOUCH_SECONDS:
        used = replace(token, used_at=time.time(), version=token.version + 1)
        try:
            records.write(Replace(used, token.version))
        except Stale:
            pass  # another request noted it
    return user, token


def tokens_of(records: Records, user: User) -> list[Token]:
    """A person's API tokens."""
    return records.find(Token, [Where("user", "=", user.id)], limit=200)


def revoke_token(records: Records, user: User, token: str) -> None:
    """Remove one of a person's own tokens. Raises NotFound."""
    found = records.get(Token, token)
    if found is None or found.user != user.id:
        raise NotFound("There is no such token.")
    records.write(Remove(Token, token))


def invite(records: Records, by: User, email: str = "") -> str:
    """Leave to sign up, for anyone with the link or for one address; returns the secret."""
    email = clean_email(email) if email.strip() else ""
    return make_link(records, "sign-up", "", email, by.id, INVITATION_SECONDS)


def reset_link(records: Records, user: User, by: str) -> str:
    """Leave to set a new password without the old one; returns the secret."""
    return make_link(records, "reset", user.id, user.email, by, RESET_SECONDS)


def make_link(records: Records, kind: str, user: str, email: str, by: str, seconds: float) -> str:
    """Keep an invitation and return its secret."""
    secret, now = secrets.token_urlsafe(32), time.time()
    records.write(Insert(Invitation(hashed(secret), kind, user, email, by, now, now + seconds)))
    return secret


def find_link(records: Records, secret: str, kind: str) -> Invitation | None:
    """The invitation of a secret, unless it ran out."""
    found = records.get(Invitation, hashed(secret))
    return found if found and found.kind == kind and found.ends_at > time.time() else None


def first_code(records: Records) -> str:
    """A new one-time code for the first account of a server that others can reach."""
    records.remove(Invitation, [Where("kind", "=", "first")])
    return make_link(records, "first", "", "", "", DAY)


def use_reset(records: Records, secret: str, password: str) -> User:
    """Set a password by a reset link, once. Raises NotFound or BadRequest."""
    link = find_link(records, secret, "reset")
    user = records.get(User, link.user) if link else None
    if link is None or user is None:
        raise NotFound("This link is not valid any more; ask for a new one.")
    changed = set_password(records, user, password)
    records.write(Remove(Invitation, link.id))
    return changed


def invitations(records: Records) -> list[Invitation]:
    """Open invitations to sign up."""
    found = records.find(Invitation, [Where("kind", "=", "sign-up")], limit=200)
    return [i for i in found if i.ends_at > time.time()]


def withdraw_invitation(records: Records, id: str) -> None:
    """Take an invitation to sign up back. Raises NotFound."""
    found = records.get(Invitation, id)
    if found is None or found.kind != "sign-up":
        raise NotFound("There is no such invitation.")
    records.write(Remove(Invitation, id))


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


def all_users(records: Records, after: str = "", limit: int = 100) -> list[User]:
    """Accounts in order of creation, a page at a time."""
    position = Position(after, after) if after else None
    return records.find(User, order=Order("id"), after=position, limit=limit)


def admins(records: Records) -> int:
    """How many can administer."""
    return records.count(User, [Where("role", "=", "admin"), Where("disabled", "=", False)])


def change_standing(
    records: Records, user: User, *, role: str | None = None, disabled: bool | None = None
) -> User:
    """Change role or disable; the last admin stays. Raises BadRequest or Conflict."""
    changes: dict[str, object] = {}
    if role is not None:
        if role not in {"admin", "member"}:
            raise BadRequest("A role is admin or member.")
        changes["role"] = role
    if disabled is not None:
        changes["disabled"] = disabled
    if (
        user.is_admin
        and not user.disabled
        and (role == "member" or disabled)
        and (admins(records) <= 1)
    ):
        raise Conflict("This is the only administrator; make another one first.")
    changed = change_user(records, user, **changes)
    if disabled:
        end_sessions(records, user)
    return changed


def check_leave(records: Records, user: User) -> None:
    """Raise Conflict when others would be left without an administrator."""
    if user.is_admin and admins(records) <= 1 and records.count(User) > 1:
        raise Conflict("You are the only administrator; make another one first.")


def remove_user(records: Records, user: User) -> None:
    """Remove an account with its sessions, tokens and links."""
    mine = [Where("user", "=", user.id)]
    for kind in (Session, Token, Invitation):
        records.remove(kind, mine)
    records.write(Remove(User, user.id))
