"""Links that let a person sign up or set a new password, and the first code of a server."""

import secrets
import time
from dataclasses import replace

from biosight.accounts.people import clean_email
from biosight.accounts.records import DAY, Invitation, User, hash_secret
from biosight.errors import BadRequest, NotFound
from biosight.storage.records import Insert, Records, Remove, Replace, Where, Write, find_all

RESET_SECONDS = DAY
INVITATION_DAYS = 14
SIGN_UP = "sign-up"


def invite(
    records: Records,
    by: User,
    email: str = "",
    *,
    collection: str = "",
    role: str = "",
    days: int = INVITATION_DAYS,
    uses: int = 1,
) -> tuple[str, Invitation]:
    """Create an invitation to sign up, for anyone with the link or for one address, and to a
    collection where one is named. Return the secret, and what is kept of it. Raises BadRequest."""
    email = clean_email(email) if email.strip() else ""
    if email and uses > 1:
        raise BadRequest("A link for one address works once; for more people, give no address.")
    return make_link(
        records, SIGN_UP, "", email, by.id, days * DAY, collection=collection, role=role, uses=uses
    )


def reset_link(records: Records, user: User, by: str) -> str:
    """Create a link to set a new password without the old one; return its secret."""
    return make_link(records, "reset", user.id, user.email, by, RESET_SECONDS)[0]


def make_link(
    records: Records,
    kind: str,
    user: str,
    email: str,
    by: str,
    seconds: float,
    *,
    collection: str = "",
    role: str = "",
    uses: int = 1,
) -> tuple[str, Invitation]:
    """Store an invitation; return its secret, and what is kept of it."""
    secret, now = secrets.token_urlsafe(32), time.time()
    made = Invitation(
        hash_secret(secret), kind, user, email, by, now, now + seconds, collection, role, uses
    )
    records.write(Insert(made))
    return secret, made


def find_link(records: Records, secret: str, kind: str) -> Invitation | None:
    """Return the invitation of a secret, unless it has expired."""
    found = records.get(Invitation, hash_secret(secret))
    return found if found and found.kind == kind and found.ends_at > time.time() else None


def first_code(records: Records) -> str:
    """Create a one-time code for the first account of a server that others can reach; codes of
    other instances stay valid."""
    old = [Where("kind", "=", "first"), Where("ends_at", "<", time.time())]
    records.remove(Invitation, old)
    return make_link(records, "first", "", "", "", DAY)[0]


def invitations(records: Records, collection: str = "") -> list[Invitation]:
    """Return the open invitations to a collection, or only to sign up."""
    where = [Where("kind", "=", SIGN_UP), Where("collection", "=", collection)]
    return [i for i in find_all(records, Invitation, where) if i.ends_at > time.time()]


def invitations_to(records: Records, email: str) -> list[Invitation]:
    """Return the open invitations of a person to collections."""
    where = [Where("email", "=", email), Where("kind", "=", SIGN_UP)]
    where.append(Where("collection", "!=", ""))
    return [i for i in find_all(records, Invitation, where) if i.ends_at > time.time()]


def find_invitation(records: Records, id: str, collection: str = "") -> Invitation:
    """Return an invitation by id. Raises NotFound where it is to another collection, or to sign
    up."""
    found = records.get(Invitation, id)
    if found is None or (found.kind, found.collection) != (SIGN_UP, collection):
        raise NotFound("There is no such invitation.")
    return found


def follow_invitation(records: Records, secret: str) -> Invitation:
    """Return the open invitation that a link stands for. Raises NotFound."""
    found = find_link(records, secret, SIGN_UP)
    if found is None:
        raise NotFound("This invitation has expired, was used or was withdrawn; ask for a new one.")
    return found


def used_up(link: Invitation | None) -> list[Write]:
    """Return the writes that use a link once: one use less, or its removal. They go with what the
    link allows."""
    if link is None:
        return []
    if link.uses <= 1:
        return [Remove(Invitation, link.id, link.version)]
    left = replace(link, uses=link.uses - 1, version=link.version + 1)
    return [Replace(left, link.version)]
