"""API: invitations to a collection.

Each is a link that an owner makes, for people with or without an account.
"""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from biosight import accounts, logbook, membership
from biosight.accounts import Invitation
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.membership import Role
from biosight.storage.records import Records, Remove
from biosight.web.access.deps import MayOwn, Signed, Store
from biosight.web.outbox import Letters
from biosight.web.schemas.body import Input
from biosight.web.schemas.invitations import InvitationOut, Invite, invitation_out
from biosight.workflows.people import joining_and_leaving, link_makers

router = APIRouter(tags=["invitations"])


class InviteTo(Invite):
    """An invitation to a collection, and the role that it gives."""

    role: Role = "viewer"


class InvitationMade(InvitationOut):
    """A new invitation.

    `path` is the link without the server's address; it is shown only this once. `mailed` says
    whether a letter is on its way to the address that it is for.
    """

    path: str
    mailed: bool


class Secret(Input):
    """The part of a link after the #."""

    secret: str = Field(max_length=200)


class Invited(BaseModel):
    """What a link offers.

    `by` says who invites, `collection` to which collection ("" to sign up alone), and `role` as
    what. `may` says in words what that role may do. `email` is the address that it is for, "" for
    anyone.
    """

    by: str
    collection: str
    role: str
    may: str
    email: str


class Joined(BaseModel):
    """The collection of which you are a member now, "" for none."""

    collection: str


class OfferOut(BaseModel):
    """An invitation to a collection that waits for your answer."""

    id: str
    role: str
    by: str
    collection: str
    collection_name: str


class Answer(Input):
    """Whether to accept the invitation; false declines it."""

    accept: bool


@router.get("/collections/{collection}/invitations")
def list_invitations(access: MayOwn, records: Store) -> list[InvitationOut]:
    """List the open invitations to a collection."""
    c = access.collection.id
    good = link_makers.good_invitations(records, accounts.invitations(records, c))
    return [invitation_out(i) for i in good]


@router.post("/collections/{collection}/invitations", status_code=201)
def invite(
    body: InviteTo, access: MayOwn, person: Signed, records: Store, outbox: Letters
) -> InvitationMade:
    """Make a link that lets people in; a link for an address is mailed there."""
    c = access.collection.id
    outbox.allow(records, person.user, body.email)
    secret, made = accounts.invite(
        records,
        person.user,
        body.email,
        collection=c,
        role=body.role,
        days=body.days,
        uses=body.uses,
    )
    logbook.note(records, "invited", by=person.user.id, about=c, detail=f"as {body.role}")
    path = f"/join#{secret}"
    mailed = outbox.invite(records, person.user, made, path)
    return InvitationMade(**invitation_out(made).model_dump(), path=path, mailed=mailed)


@router.delete("/collections/{collection}/invitations/{invitation}", status_code=204)
def withdraw(invitation: str, access: MayOwn, records: Store) -> None:
    """Withdraw an invitation: its link no longer works."""
    found = accounts.find_invitation(records, invitation, access.collection.id)
    records.write(Remove(Invitation, found.id))


@router.post("/invitation")
def look(body: Secret, records: Store) -> Invited:
    """Show what a link offers; anyone who has it may ask."""
    found = link_makers.open_invitation(records, body.secret)
    c = records.get(Collection, found.collection) if found.collection else None
    if found.collection and (c is None or c.trashed_at):
        raise NotFound("The collection of this invitation no longer exists.")
    return Invited(
        by=accounts.names_of(records)(found.by),
        collection=c.name if c else "",
        role=found.role,
        may=membership.IN_WORDS.get(found.role, ""),
        email=found.email,
    )


@router.post("/join")
def join(body: Secret, person: Signed, records: Store) -> Joined:
    """Follow a link with the account that you have."""
    found = link_makers.open_invitation(records, body.secret)
    return Joined(collection=joining_and_leaving.join(records, person.user, found))


@router.get("/offers")
def my_offers(person: Signed, records: Store) -> list[OfferOut]:
    """List invitations to collections for your own address.

    They are shown only if a mail, a sign-in provider or an administrator proved that the address is
    yours; other people need the link.
    """
    if not person.user.has_proved_address:
        return []
    email, name = person.user.email, accounts.names_of(records)
    mine = link_makers.good_invitations(records, accounts.invitations_to(records, email))
    links = [(i, records.get(Collection, i.collection)) for i in mine]
    return [
        OfferOut(id=i.id, role=i.role, by=name(i.by), collection=c.id, collection_name=c.name)
        for i, c in links
        if c is not None and not c.trashed_at
    ]


@router.post("/offers/{offer}", status_code=204)
def answer(offer: str, body: Answer, person: Signed, records: Store) -> None:
    """Accept or decline an invitation for your own proved address."""
    if not person.user.has_proved_address:
        raise NotFound("There is no such invitation.")
    found = own_invitation(records, offer, person.user.email)
    if body.accept:
        joining_and_leaving.join(records, person.user, found)
    else:
        records.write(Remove(Invitation, found.id))


def own_invitation(records: Records, id: str, email: str) -> Invitation:
    """Return an open invitation for this address. Raises NotFound."""
    open_now = link_makers.good_invitations(records, accounts.invitations_to(records, email))
    found = next((i for i in open_now if i.id == id), None)
    if found is None:
        raise NotFound("There is no such invitation.")
    return found
