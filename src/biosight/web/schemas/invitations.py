"""Invitations as the API accepts and returns them, wherever they are made.

Not here: what they allow (workflows/people/joining_and_leaving.py).
"""

from pydantic import BaseModel, Field

from biosight.accounts import INVITATION_DAYS, Invitation
from biosight.web.schemas.body import Input


class Invite(Input):
    """Whom to invite, and the limits of the link.

    `email` is "" for anyone with the link. `days` is how long the link is open, and `uses` how many
    people it lets in.
    """

    email: str = Field("", max_length=260)
    days: int = Field(INVITATION_DAYS, ge=1, le=365)
    uses: int = Field(1, ge=1, le=200)


class InvitationOut(BaseModel):
    """An open invitation; its secret is not kept and can't be shown again."""

    id: str
    email: str
    role: str
    uses: int
    ends_at: float


def invitation_out(invitation: Invitation) -> InvitationOut:
    """Return an invitation as the API shows it."""
    return InvitationOut(
        id=invitation.id,
        email=invitation.email,
        role=invitation.role,
        uses=invitation.uses,
        ends_at=invitation.ends_at,
    )
