"""Accounts: creating, finding, changing and removing them.

Not here: signing up and in (password_sign_in.py).
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import replace

from biosight.accounts.passwords import HASHER, HASHING, check_password, hash_password
from biosight.accounts.records import (
    FIRST_ACCOUNT,
    Claim,
    Invitation,
    Session,
    Token,
    User,
    clean_name,
)
from biosight.accounts.sessions import end_sessions
from biosight.errors import BadRequest, Conflict, Forbidden
from biosight.storage.records import (
    Insert,
    InUse,
    Records,
    Remove,
    Replace,
    Require,
    Where,
    Write,
    behind,
    new_id,
    one,
)


def clean_email(email: str) -> str:
    """Return an address in lower case, trimmed, in one form of Unicode; ada@lab is allowed inside
    an institute.

    Raises BadRequest when it can't be an address (by RFC 5321 and 6531; no server is asked).
    """
    # Loaded with the first address, so that a server starts without it.
    from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

    # An institute's own network may end in .local, and no mail is sent (email-validator's README
    # explains the list).
    if "local" in SPECIAL_USE_DOMAIN_NAMES:
        SPECIAL_USE_DOMAIN_NAMES.remove("local")
    try:
        found = validate_email(
            email.strip(), check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise BadRequest(f"Give an email address, such as ada@example.org. {error}") from error
    return found.normalized.casefold()


def find_user(records: Records, email: str) -> User | None:
    """Return the account of an address, also one that was made before addresses were checked."""
    kept = email.strip().casefold()
    if found := one(records, User, Where("email", "=", kept)):
        return found
    try:
        return one(records, User, Where("email", "=", clean_email(email)))
    except BadRequest:
        return None


def find_subject(records: Records, subject: str) -> User | None:
    """Return the account that a provider's subject was bound to."""
    return one(records, User, Where("subject", "=", subject))


def bind(records: Records, user: User, subject: str) -> User:
    """Let a provider sign somebody in as `subject`, which also proves the address. Earlier reset
    links end. Raises Stale."""
    bound = change_user(records, user, replace(user, subject=subject, proved=True))
    end_reset_links(records, user)
    return bound


def end_credentials(records: Records, user: User) -> User:
    """End every way to sign in as somebody: the password, sessions, tokens and reset links.

    The password goes first, so that nobody opens a session meanwhile. Raises Stale."""
    changed = replace(user, password=hash_password(secrets.token_urlsafe(32)))
    changed = change_user(records, user, changed)
    end_sessions(records, user)
    records.remove(Token, [Where("user", "=", user.id)])
    end_reset_links(records, user)
    return changed


def end_reset_links(records: Records, user: User) -> None:
    """Remove the links by which somebody could set a new password."""
    records.remove(Invitation, [Where("user", "=", user.id), Where("kind", "=", "reset")])


def prove(records: Records, user: User) -> User:
    """Store that the address of an account belongs to its person. Raises Stale."""
    return user if user.proved else change_user(records, user, replace(user, proved=True))


def unproved_accounts(records: Records, after: str = "", limit: int = 100) -> list[User]:
    """Return the accounts whose address nobody proved, the oldest first."""
    where = [Where("proved", "=", False), Where("subject", "=", ""), Where("role", "!=", "admin")]
    return records.find(User, where, after=behind(after), limit=limit)


def has_users(records: Records) -> bool:
    """Return whether there is any account yet."""
    return one(records, User) is not None


def create_user(
    records: Records,
    email: str,
    password: str,
    name: str = "",
    role: str = "member",
    *,
    first: bool,
    using: Sequence[Write] = (),
) -> User:
    """Create an account; the `first` is an admin, and only one can be first. `using` are writes
    that go with it, such as using up the link.

    Raises BadRequest, Conflict, or Stale when the link was used meanwhile.
    """
    email = clean_email(email)
    check_password(password, email)
    name = clean_name(name) or email.split("@")[0]
    role = "admin" if first else role
    user = User(new_id(), email, name, hash_password(password), role, time.time())
    try:
        # The claim lets only one of two people who sign up at once be the first.
        records.write(*([Insert(FIRST_ACCOUNT)] if first else []), *using, Insert(user))
    except InUse as error:
        if first and has_users(records):
            raise Conflict("Somebody else has signed up first: sign in, or ask them.") from error
        raise Conflict("There is already an account with this email address.") from error
    return user


def change_user(
    records: Records, user: User, changed: User, rests_on: Sequence[Write] = ()
) -> User:
    """Replace an account by its changed form. Raises Stale when somebody was faster."""
    changed = replace(changed, version=user.version + 1)
    records.write(*rests_on, Replace(changed, user.version))
    return changed


def change_password(records: Records, user: User, old: str, new: str, keep_session: str) -> User:
    """Set a new password and end all other sessions. Raises BadRequest or Forbidden."""
    with HASHING:
        right = HASHER.verify(old, user.password)
    if not right:
        raise Forbidden("The old password is wrong.")
    return set_password(records, user, new, keep_session=keep_session)


def set_password(records: Records, user: User, new: str, *, keep_session: str = "") -> User:
    """Set a password without the old one (reset link, command line). End other sessions and all
    reset links."""
    check_password(new, user.email)
    changed = change_user(records, user, replace(user, password=hash_password(new)))
    end_sessions(records, user, but=keep_session)
    end_reset_links(records, user)
    return changed


def all_users(records: Records, after: str = "", limit: int = 100) -> list[User]:
    """Return accounts in order of creation, a page at a time."""
    return records.find(User, after=behind(after), limit=limit)


def another_admin(records: Records, user: User) -> list[Write]:
    """Return the condition for removing an administrator: another one must remain.

    Raises Conflict when there is no other.
    """
    active = [Where("role", "=", "admin"), Where("disabled", "=", False)]
    for other in records.find(User, [*active, Where("id", "!=", user.id)], limit=1):
        return [Require(User, other.id, other.version)]
    raise Conflict("This is the only administrator; make another one first.")


def change_standing(
    records: Records, user: User, *, role: str | None = None, disabled: bool | None = None
) -> User:
    """Set an account's role, or disable it; the last admin stays. Raises BadRequest or Conflict."""
    if role not in {None, "admin", "member"}:
        raise BadRequest("A role is admin or member.")
    changed = replace(
        user,
        role=user.role if role is None else role,
        disabled=user.disabled if disabled is None else disabled,
    )
    loses = (user.is_admin and not user.disabled) and (changed.disabled or not changed.is_admin)
    stays = another_admin(records, user) if loses else []
    changed = change_user(records, user, changed, stays)
    if disabled:
        end_sessions(records, user)
    return changed


def check_leave(records: Records, user: User) -> None:
    """Raise Conflict when others would be left without an administrator."""
    if user.is_admin and records.count(User) > 1:
        another_admin(records, user)


def remove_user(records: Records, user: User) -> None:
    """Remove an account with its sessions, tokens and links."""
    mine = [Where("user", "=", user.id)]
    for kind in (Session, Token, Invitation):
        records.remove(kind, mine)
    if user.has_proved_address:
        records.remove(Invitation, [Where("email", "=", user.email)])
    last = records.count(User) == 1
    stays = another_admin(records, user) if user.is_admin and not last else []
    gone: list[Write] = [Remove(Claim, FIRST_ACCOUNT.id)] if last else []
    records.write(*stays, *gone, Remove(User, user.id))
