"""Letters: invitations and links for a new password, sent to the person they are for.

Not here: the links themselves (accounts), or how mail travels (mail.py).
"""

import logging
import time
from dataclasses import dataclass

from biosight import accounts, mail
from biosight.accounts import Invitation, User
from biosight.collection import Collection
from biosight.errors import BioSightError
from biosight.storage.records import Records

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """Where letters are handed in and whom they are from; their links begin with `address`. With no
    `server` none is sent."""

    server: str
    sender: str
    address: str

    def sent(self, to: str, subject: str, text: str) -> bool:
        """Was the letter handed to the server? Why not stands in the log, without the link."""
        if not self.server or not to:
            return False
        try:
            mail.send(self.server, mail.message(self.sender, to, subject, text))
        except (BioSightError, ValueError) as error:
            log.warning("a letter was not sent", extra={"reason": str(error)})
            return False
        return True

    def link(self, path: str) -> str:
        return self.address.rstrip("/") + path


def invitation(records: Records, post: Post, by: User, made: Invitation, path: str) -> bool:
    """Send an invitation to the address that it is for; False for one to anybody."""
    found = records.get(Collection, made.collection) if made.collection else None
    where = f"the collection “{found.name}” on BioSight" if found else "BioSight"
    days = max(1, round((made.ends_at - time.time()) / accounts.DAY))
    text = (
        f"{by.name} ({by.email}) invites you to {where}.\n\n{post.link(path)}\n\n"
        f"The link works for you alone, for {days} days. If you don't know {by.name}, "
        "leave it alone: nothing happens.\n"
    )
    return post.sent(made.email, f"{by.name} invites you to {where}", text)


def new_password(post: Post, user: User, path: str) -> bool:
    """Send a link with which somebody sets a new password."""
    text = (
        f"With this link you set a new password for {user.email}:\n\n{post.link(path)}\n\n"
        "It works once, for a day. If you did not ask for it, leave it: your password stays.\n"
    )
    return post.sent(user.email, "A new password for BioSight", text)


def forgotten(records: Records, post: Post, email: str) -> None:
    """Send a link to whoever has an account of this address and a password here; nothing to others,
    and nobody is told which it was."""
    user = accounts.find_user(records, email)
    if user is None or user.disabled or user.subject or not post.server:
        return
    secret = accounts.reset_link(records, user, user.id)
    new_password(post, user, f"/reset#{secret}")
