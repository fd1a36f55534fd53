"""The records of people: accounts, sessions, tokens, links, failed tries.

Not here: what is done with them.
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

DAY = 86_400.0
SCOPES = ("read", "write")


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; `email` is lower case. `role` is "admin" or "member".

    `names` says how labels are shown to them: as they are written, by common names, or by both.
    `subject` is their id at the provider that signs them in, "" for a password of their own.
    `quota` is their storage limit in bytes, 0 for the limit in the settings. `proved` is true once
    the address is known to be theirs: by a mail, a sign-in provider or an administrator.
    """

    table: ClassVar[str] = "users"
    precious: ClassVar[bool] = True
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("email",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("subject",),)

    id: str
    email: str
    name: str
    password: str
    role: str
    created_at: float
    disabled: bool = False
    names: str = "written"
    subject: str = ""
    quota: int = 0
    proved: bool = False
    version: int = 1

    @property
    def has_proved_address(self) -> bool:
        """Return whether the address is known to be theirs. Administrators count too: the operator
        of the server chose them."""
        return self.proved or bool(self.subject) or self.is_admin

    @property
    def is_admin(self) -> bool:
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
    """An API token; `hash` is the SHA-256 of its secret, which is shown once. One whose
    `ends_at` is 0 never ends."""

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
    ends_at: float = 0.0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """Permission to sign up, or (kind "reset") to set a new password; `id` hashes the link's
    secret.

    An invitation to a `collection` makes the person who follows it a member with `role`, with a new
    account or the one they have. It works for `uses` people.
    """

    table: ClassVar[str] = "invitations"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("kind", "id"),
        ("user",),
        ("collection", "id"),
        ("email", "id"),
    )

    id: str
    kind: str
    user: str
    email: str
    by: str
    created_at: float
    ends_at: float
    collection: str = ""
    role: str = ""
    uses: int = 1
    version: int = 1


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed tries of a key; `id` hashes that key. `since` is when the last try was, and `faded_at`
    the time up to which old ones were forgotten. `known` is true for a pair of account and place
    from which it has signed in."""

    table: ClassVar[str] = "tries"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("known", "since"),)

    id: str
    count: int
    since: float
    known: bool = False
    faded_at: float = 0.0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that only one may have, such as being first; the id names it."""

    table: ClassVar[str] = "claims"

    id: str


FIRST_ACCOUNT = Claim("first-account")
PEOPLE = (User, Session, Token, Invitation, Tries, Claim)


def hash_secret(secret: str) -> str:
    """Return a random secret in its stored form: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def clean_name(name: str) -> str:
    """Return the name of a person or token: printable, single spaces, at most 80 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
