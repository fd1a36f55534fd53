"""A person comes or goes, with what is theirs.

Not here: passwords and links (accounts), or who owns a collection afterwards (membership).
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from biosight import accounts, logbook, membership
from biosight.accounts import Invitation, User
from biosight.collection import FIRST_NAME, Collection
from biosight.errors import Conflict, Forbidden, NotFound, Stale
from biosight.logbook import Entry
from biosight.membership import Member
from biosight.review import picture_comments
from biosight.storage.records import Gone, InUse, Records, Remove, Where, find_all, one
from biosight.workflows.people import audit_log, link_makers

BY_PROXY = "proxy "  # what the subject of somebody begins with whom a proxy signs in


def welcome(records: Records, user: User) -> User:
    """Give a new account its first collection."""
    membership.create_collection(records, user.id, FIRST_NAME)
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
    """Why an invitation leads nowhere."""
    return "This collection no longer exists." if gone.kind is Collection else link_makers.ENDED


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
        user = bind_account(records, there or newcomer(records, known), known)
    if user.disabled:
        raise Forbidden("This account is disabled; ask an administrator.")
    if known.role and known.role != user.role:
        with suppress(Conflict):  # the only administrator stays one
            user = audit_log.set_standing(records, user, "", role=known.role)
    return user


def bind_account(records: Records, user: User, known: Introduced) -> User:
    """Let a provider sign somebody in from now on.

    Where nobody proved the address before, whoever made the account may be somebody else: what they
    set up ends first. Raises Forbidden where it is bound to another subject.
    """
    if user.subject and not user.subject.startswith(BY_PROXY):
        raise Forbidden("This email address belongs to another person's account here.")
    if not (user.has_proved_address or was_here_by_proxy(records, user)):
        user = take_over(records, user)
    return accounts.bind(records, user, known.subject)


def was_here_by_proxy(records: Records, user: User) -> bool:
    """Did a proxy sign them in before accounts were bound to it?"""
    by = [Where("by", "=", user.id), Where("kind", "=", logbook.SIGNED_IN)]
    return one(records, Entry, *by, Where("detail", "=", logbook.BY_PROXY)) is not None


def take_over(records: Records, user: User) -> User:
    """End what whoever made an account set up in it: ways to sign in, links, other people's access
    to the collections that they made, and work that is under way.

    The collections stay, with their pictures.
    """
    user = accounts.end_credentials(records, user)
    link_makers.end_links(records, user.id)
    link_makers.stop_work(records, user.id)
    for made in find_all(records, Collection, [Where("created_by", "=", user.id)]):
        for member in membership.members_of(records, made.id):
            if member.user != user.id:
                records.write(Remove(Member, member.id))
                link_makers.end_links(records, member.user, made.id)
                link_makers.stop_work(records, member.user, made.id)
        records.remove(Invitation, [Where("collection", "=", made.id)])
        accounts.forget_shares(records, made.id)
    logbook.note(records, "account handed to its address", about=user.id)
    return user


def newcomer(records: Records, known: Introduced) -> User:
    """An account with a first collection, and a password that nobody has."""
    password = secrets.token_urlsafe(32)
    return welcome(
        records, accounts.create_user(records, known.email, password, known.name, first=False)
    )


def sign_up_by(
    records: Records, policy: str, email: str, password: str, name: str, secret: str, *, first: bool
) -> User:
    """A new account with its first collection, and a member of the one it was invited to; `first`
    as accounts.sign_up has it. Raises Forbidden, BadRequest or Conflict."""
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
        # A use was taken by signing up, but not where everybody may.
        used = accounts.used_up(invitation) if policy == "open" else []
        member = membership.joining_writes(invitation.collection, user.id, invitation.role)
        with suppress(InUse, Gone, Stale):  # gone meanwhile: the account is there all the same
            records.write(*rights, *used, *member)
    return user


def leave(records: Records, user: User) -> None:
    """Remove an account: shared collections are handed over, the others go to the trash.

    What they did in shared collections stays, by somebody who left (accounts/names.py): its records
    carry an id that leads nowhere any more.
    Raises Conflict when others would be left without an administrator.
    """
    accounts.check_leave(records, user)
    membership.leave_everything(records, user.id)
    link_makers.end_links(records, user.id)
    link_makers.stop_work(records, user.id)
    accounts.remove_user(records, user)
    picture_comments.forget_calls(records, user.id)
    logbook.forget(records, user.id)
    logbook.note(records, "account removed")
