"""People who join or leave, with everything that belongs to them.

Not here: passwords and links (accounts), or who owns a collection afterwards (membership).
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from biosight import accounts, logbook, membership, notices
from biosight.accounts import Invitation, User
from biosight.collection import FIRST_NAME, Collection
from biosight.errors import Conflict, Forbidden, NotFound, Stale
from biosight.logbook import Entry
from biosight.membership import Member
from biosight.review import picture_comments
from biosight.storage.records import Gone, InUse, Records, Remove, Where, find_all, one
from biosight.workflows.people import audit_log, link_makers

BY_PROXY = "proxy "  # prefix of the subject of a person whom a proxy signs in


def welcome(records: Records, user: User) -> User:
    """Give a new account its first collection; return the account."""
    membership.create_collection(records, user.id, FIRST_NAME)
    return user


def join(records: Records, user: User, invitation: Invitation) -> str:
    """Accept an invitation; return the collection's id, "" for an invitation that is only for
    signing up.

    A person who is a member already keeps their role, and no use is counted. Raises Forbidden or
    NotFound.
    """
    if invitation.email and invitation.email != user.email:
        raise Forbidden("This invitation is for another email address.")
    if not invitation.collection:
        return ""
    try:
        records.write(
            *link_makers.maker_rights(invitation.by, invitation.collection),
            *accounts.used_up(invitation),
            *membership.joining_writes(invitation.collection, user.id, invitation.role),
        )
    except InUse:
        pass
    except Gone as error:
        raise NotFound(words_for(error)) from error
    except Stale as error:
        raise NotFound("This invitation was used by somebody else just now.") from error
    return invitation.collection


def words_for(gone: Gone) -> str:
    """Return why an invitation no longer works, in words."""
    return "This collection no longer exists." if gone.kind is Collection else link_makers.ENDED


@dataclass(frozen=True, slots=True)
class Introduced:
    """A person as a provider describes them: `subject` is permanent, the address is verified.
    `role` comes from their groups, "" if the groups say nothing."""

    subject: str
    email: str
    name: str
    role: str


def signed_on(records: Records, known: Introduced, policy: str) -> User:
    """Return the account of a person whom a provider signed in.

    It is the account bound to them, else the one with their address, which becomes bound, else a
    new one. The role that their groups give replaces the account's, except for the only
    administrator. Raises Forbidden or Conflict.
    """
    user = accounts.find_subject(records, known.subject)
    if user is None:
        there = accounts.find_user(records, known.email)
        if there is None and policy == "closed":
            raise Forbidden(f"There is no account for {known.email}; ask an administrator.")
        user = bind_account(records, there or newcomer(records, known), known)
    if user.disabled:
        raise Forbidden("This account is disabled; ask an administrator.")
    if known.role and known.role != user.role:
        with suppress(Conflict):  # the only administrator keeps the role
            user = audit_log.set_standing(records, user, "", role=known.role)
    return user


def bind_account(records: Records, user: User, known: Introduced) -> User:
    """Let a provider sign a person in from now on.

    If nobody has proved the account's address, somebody else may have made the account. In that
    case their sign-ins and links end first. Raises Forbidden if it is bound to another subject.
    """
    if user.subject and not user.subject.startswith(BY_PROXY):
        raise Forbidden("This email address belongs to another person's account here.")
    if not (user.has_proved_address or was_here_by_proxy(records, user)):
        user = take_over(records, user)
    return accounts.bind(records, user, known.subject)


def was_here_by_proxy(records: Records, user: User) -> bool:
    """Return whether a proxy signed them in before accounts were bound to it."""
    by = [Where("by", "=", user.id), Where("kind", "=", logbook.SIGNED_IN)]
    return one(records, Entry, *by, Where("detail", "=", logbook.BY_PROXY)) is not None


def take_over(records: Records, user: User) -> User:
    """End everything that the maker of an account set up in it: ways to sign in, links and running
    work, and other people's access to collections made in it.

    The collections stay, with their pictures.
    """
    user = accounts.end_credentials(records, user)
    link_makers.end_links(records, user.id)
    link_makers.stop_work(records, user.id)
    notices.forget_person(records, user.id)
    for made in find_all(records, Collection, [Where("created_by", "=", user.id)]):
        for member in membership.members_of(records, made.id):
            if member.user != user.id:
                records.write(Remove(Member, member.id))
                notices.forget_collection(records, made.id, member.user)
                link_makers.end_links(records, member.user, made.id)
                link_makers.stop_work(records, member.user, made.id)
        records.remove(Invitation, [Where("collection", "=", made.id)])
        accounts.forget_shares(records, made.id)
    logbook.note(records, "account handed to its address", about=user.id)
    return user


def newcomer(records: Records, known: Introduced) -> User:
    """Create an account with a first collection and a random password that nobody knows."""
    password = secrets.token_urlsafe(32)
    return welcome(
        records, accounts.create_user(records, known.email, password, known.name, first=False)
    )


def sign_up_by(
    records: Records, policy: str, email: str, password: str, name: str, secret: str, *, first: bool
) -> User:
    """Create an account with its first collection, and make it a member of the collection it was
    invited to. `first` has the same meaning as in accounts.sign_up. Raises Forbidden, BadRequest or
    Conflict."""
    invitation = accounts.find_link(records, secret, accounts.SIGN_UP) if secret else None
    rights = link_makers.maker_rights(invitation.by, invitation.collection) if invitation else []
    try:
        user = accounts.sign_up(
            records, policy, email, password, name, secret, first=first, rests_on=rights
        )
    except Gone as error:
        raise Forbidden(link_makers.ENDED) from error
    welcome(records, user)
    if invitation and invitation.collection:
        # Signing up counted one use of the invitation, except where sign-up is open to everybody.
        used = accounts.used_up(invitation) if policy == "open" else []
        member = membership.joining_writes(invitation.collection, user.id, invitation.role)
        with suppress(InUse, Gone, Stale):  # the account stays even if this fails
            records.write(*rights, *used, *member)
    return user


def leave(records: Records, user: User, by: str = "") -> None:
    """Remove an account: shared collections are handed over, the others go to the trash. `by` is
    the administrator who removes it, "" for the person, or for a command.

    What they did in shared collections stays, shown as done by somebody who left
    (accounts/names.py). Its records keep an id that no longer belongs to an account. Raises
    Conflict when others would be left without an administrator.
    """
    accounts.check_leave(records, user)
    membership.leave_everything(records, user.id)
    link_makers.end_links(records, user.id)
    link_makers.stop_work(records, user.id)
    accounts.remove_user(records, user)
    picture_comments.forget_calls(records, user.id)
    notices.forget_person(records, user.id)
    logbook.forget(records, user.id)
    logbook.note(records, "account removed", by=by)
