"""API for administrators: people, invitations, reset links, disk and counts."""

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import accounts, logbook
from biosight.accounts import Invitation, User
from biosight.bootstrap import GIGABYTE
from biosight.collection import Collection
from biosight.errors import BadRequest, NotFound
from biosight.images import Image
from biosight.storage.conditions import LIVING
from biosight.storage.records import Remove, Where
from biosight.web.access.deps import Admin, Bytes, Open, Store
from biosight.web.outbox import Letters
from biosight.web.schemas.body import Input
from biosight.web.schemas.invitations import InvitationOut, Invite, invitation_out
from biosight.workflows.people import audit_log, joining_and_leaving, link_makers, mails
from biosight.workflows.serving_version import serving_key
from biosight.workflows.upkeep import server_overview

router = APIRouter(prefix="/admin", tags=["admin"])


class UserOut(BaseModel):
    """An account as administrators see it.

    `bytes` is the storage that its pictures take, and `proved` whether the address is known to be
    theirs.
    """

    id: str
    email: str
    name: str
    role: str
    disabled: bool
    created_at: float
    images: int
    bytes: int
    quota_gb: float
    proved: bool


class UserPage(BaseModel):
    """Accounts, and where the next page begins."""

    users: list[UserOut]
    next: str


class UserChange(Input):
    """What to change in an account.

    `quota_gb` is the storage limit for pictures in gigabytes, 0 for what the settings say. `proved`
    says that the address is known to be this person's: single sign-on then keeps all that they set
    up.
    """

    role: Literal["admin", "member"] | None = None
    disabled: bool | None = None
    quota_gb: float | None = Field(None, ge=0, le=1_000_000)
    proved: Literal[True] | None = None


class Link(BaseModel):
    """A path to send to a person, shown only once; `mailed` says whether a letter is on its way to
    them."""

    path: str
    mailed: bool


class Overview(BaseModel):
    """Counts, and storage in bytes."""

    users: int
    collections: int
    images: int
    trashed: int
    picture_bytes: int
    free_bytes: int
    model: str


class LineOut(BaseModel):
    """One line of the log; `at` is in seconds since 1970."""

    at: float
    kind: str
    who: str
    about: str
    detail: str
    address: str


@router.get("/log")
def read_log(
    person: Admin, records: Store, before: float = 1e12, limit: int = 100
) -> list[LineOut]:
    """List sign-ins, failures, role changes, downloads and changes of models, the newest first.

    `before` is a moment in seconds since 1970.
    """
    limit = max(1, min(limit, 500))
    return [LineOut(**asdict(line)) for line in audit_log.read_log(records, before, limit)]


@router.get("/overview")
def overview(person: Admin, biosight: Open, records: Store, blobs: Bytes) -> Overview:
    """Show the server's counts and disk."""
    return Overview(
        users=records.count(User),
        collections=records.count(Collection),
        images=records.count(Image, [LIVING]),
        trashed=records.count(Image, [Where("trashed", "=", True)]),
        picture_bytes=records.total(Image, []),
        free_bytes=blobs.free_bytes(),
        model=serving_key(records, biosight.catalogue, ""),
    )


@router.get("/users")
def list_users(person: Admin, records: Store, after: str = "", limit: int = 100) -> UserPage:
    """List the accounts, the oldest first."""
    limit = max(1, min(limit, 500))
    users = accounts.all_users(records, after, limit)
    following = users[-1].id if len(users) == limit else ""
    return UserPage(users=[user_out(records, u) for u in users], next=following)


def user_out(records: Store, user: User) -> UserOut:
    """Return an account with what it holds."""
    mine = [Where("uploaded_by", "=", user.id)]
    return UserOut(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        disabled=user.disabled,
        created_at=user.created_at,
        images=records.count(Image, mine),
        bytes=records.total(Image, mine),
        quota_gb=user.quota / GIGABYTE,
        proved=user.has_proved_address,
    )


def get_user(records: Store, user: str) -> User:
    """Return an account by id. Raises NotFound."""
    found = records.get(User, user)
    if found is None:
        raise NotFound("There is no such person.")
    return found


@router.patch("/users/{user}")
def change_user(user: str, body: UserChange, person: Admin, records: Store) -> UserOut:
    """Change an account's role or storage limit, disable or enable it."""
    found, by = get_user(records, user), person.user.id
    changed = found
    if body.quota_gb is not None:
        changed = server_overview.limit_person(records, found, body.quota_gb, by)
    if body.proved:
        changed = audit_log.adopt(records, changed, by)
    if body.role is not None or body.disabled is not None:
        changed = audit_log.set_standing(
            records, changed, by, role=body.role, disabled=body.disabled
        )
    return user_out(records, changed)


@router.delete("/users/{user}", status_code=204)
def remove_user(user: str, person: Admin, records: Store) -> None:
    """Remove another person's account: shared collections are handed over, others go to the trash,
    and what they did in shared collections stays."""
    found = get_user(records, user)
    if found.id == person.user.id:
        raise BadRequest("Delete your own account on the page Account.")
    joining_and_leaving.leave(records, found, by=person.user.id)


@router.post("/users/{user}/reset-link", status_code=201)
def reset_link(user: str, person: Admin, records: Store, outbox: Letters) -> Link:
    """Make a link with which this person sets a new password; it is valid for a day."""
    found = get_user(records, user)
    secret = accounts.reset_link(records, found, person.user.id)
    logbook.note(records, "reset link made", by=person.user.id, about=user)
    path = f"/reset#{secret}"
    mailed = outbox.put(lambda post: mails.new_password(post, found, path))
    return Link(path=path, mailed=mailed)


@router.get("/invitations")
def list_invitations(person: Admin, records: Store) -> list[InvitationOut]:
    """List the open invitations to sign up."""
    good = link_makers.good_invitations(records, accounts.invitations(records))
    return [invitation_out(i) for i in good]


@router.post("/invitations", status_code=201)
def invite(body: Invite, person: Admin, records: Store, outbox: Letters) -> Link:
    """Make a link to sign up with; a link for an address is mailed there."""
    by = person.user
    outbox.allow(records, by, body.email)
    secret, made = accounts.invite(records, by, body.email, days=body.days, uses=body.uses)
    path = f"/join#{secret}"
    return Link(path=path, mailed=outbox.invite(records, by, made, path))


@router.delete("/invitations/{invitation}", status_code=204)
def withdraw(invitation: str, person: Admin, records: Store) -> None:
    """Withdraw an invitation to sign up."""
    found = accounts.find_invitation(records, invitation)
    records.write(Remove(Invitation, found.id))
