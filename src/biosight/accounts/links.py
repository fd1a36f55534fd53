"""Links that let a person sign up or set a new password, and the first code of a server."""

import secrets
import time

from biosight.accounts.people import clean_email
from biosight.accounts.records import DAY, Invitation, User, hashed
from biosight.errors import NotFound
from biosight.storage.records import Insert, Records, Remove, Where

RESET_SECONDS = DAY
INVITATION_SECONDS = 14 * DAY


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
    """A new one-time code for the first account of a server that others can reach; codes of other
    instances stay good."""
    old = [Where("kind", "=", "first"), Where("ends_at", "<", time.time())]
    records.remove(Invitation, old)
    return make_link(records, "first", "", "", "", DAY)


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
