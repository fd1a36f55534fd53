"""A person comes or goes, with what is theirs.

Not here: passwords and links (accounts), or who owns a collection afterwards (sharing.py).
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from biosight import accounts, logbook, sharing
from biosight.accounts import Invitation, User
from biosight.collection import FIRST_NAME
from biosight.errors import Conflict, Forbidden, NotFound, Stale
from biosight.gallery import talk
from biosight.storage.records import Gone, InUse, Records


def welcome(records: Records, user: User) -> User:
    """Give a new account its first collection."""
    sharing.create_collection(records, user.id, FIRST_NAME)
    return user


def join(records: Records, user: User, invitation: Invitation) -> str:
    """Follow an invitation to a collection: its id, "" for one to sign up alone. Who is a member
    already stays what they are, and uses nothing up. Raises Forbidden or NotFound."""
    if invitation.email and invitation.email != user.email:
        raise Forbidden("This invitation is for another email address.")
    if not invitation.collection:
        return ""
    try:
        records.write(
            *accounts.used_up(invitation),
            *sharing.joining(invitation.collection, user.id, invitation.role),
        )
    except InUse:
        pass
    except Gone as error:
        raise NotFound("This collection is not there any more.") from error
    except Stale as error:
        raise NotFound("This invitation was used by somebody else just now.") from error
    return invitation.collection


@dataclass(frozen=True, slots=True)
class Introduced:
    """Somebody as a provider names them: `subject` for good, a verified address, a name, and the
    role that their groups give them, "" where groups say nothing."""

    subject: str
    email: str
    name: str
    role: str


def signed_on(records: Records, known: Introduced, policy: str) -> User:
    """The account of somebody whom a provider signed in: the one bound to them, the one of their
    address, which is bound now, or a new one. Their groups' role is theirs from now on, but for the
    only administrator's. Raises Forbidden or Conflict."""
    user = accounts.find_subject(records, known.subject)
    if user is None:
        there = accounts.find_user(records, known.email)
        if there is None and policy == "closed":
            raise Forbidden(f"There is no account for {known.email}; ask an administrator.")
        user = accounts.bind(records, there or newcomer(records, known), known.subject)
    if user.disabled:
        raise Forbidden("This account is disabled; ask an administrator.")
    if known.role and known.role != user.role:
        with suppress(Conflict):  # the only administrator stays one
            user = accounts.change_standing(records, user, role=known.role)
            logbook.note(records, "role changed", about=user.id, detail=f"{user.role}, by groups")
    return user


def newcomer(records: Records, known: Introduced) -> User:
    """An account with a first collection, and a password that nobody has."""
    password = secrets.token_urlsafe(32)
    return welcome(records, accounts.create_user(records, known.email, password, known.name))


def sign_up_by(
    records: Records, policy: str, email: str, password: str, name: str, secret: str
) -> User:
    """A new account with its first collection, and a member of the one it was invited to. Raises
    Forbidden, BadRequest or Conflict."""
    invitation = accounts.find_link(records, secret, accounts.SIGN_UP) if secret else None
    user = accounts.sign_up(records, policy, email, password, name, secret)
    welcome(records, user)
    if invitation and invitation.collection:
        with suppress(InUse, Gone):  # gone meanwhile: the account is there all the same
            records.write(*sharing.joining(invitation.collection, user.id, invitation.role))
    return user


def leave(records: Records, user: User) -> None:
    """Remove an account: shared collections are handed over, the others go to the trash.

    What they did in shared collections stays, by somebody who left (accounts/names.py): its records
    carry an id that leads nowhere any more.
    Raises Conflict when others would be left without an administrator.
    """
    accounts.check_leave(records, user)
    sharing.leave_everything(records, user.id)
    accounts.remove_user(records, user)
    sharing.forget_offers(records, user.email)
    talk.forget_calls(records, user.id)
    logbook.forget(records, user.id)
    logbook.note(records, "account removed")
