"""Letters: invitations and links for a new password, sent to the person they are for.

Not here: the links themselves (accounts), or the mail transport (mail.py).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from biosight import accounts, mail
from biosight.accounts import Invitation, User
from biosight.collection import Collection
from biosight.errors import BioSightError
from biosight.storage.records import Records

log = logging.getLogger(__name__)
# Invitations by mail per day; a member can invite about one course.
MOST_BY_MEMBER, MOST_BY_ADMINISTRATOR, MOST_TO_ADDRESS = 20, 200, 3
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Post:
    """The mail server for letters, their sender, and the `address` that their links begin with.
    With no `server`, nothing is sent."""

    server: str
    sender: str
    address: str

    def sent(
        self, to: str, subject: str, text: str, headers: Mapping[str, str] = mail.NO_HEADERS
    ) -> bool:
        """Send a letter; return whether the server accepted it. The log gives the reason if not,
        without the link."""
        if not self.server or not to:
            return False
        try:
            mail.send(self.server, mail.message(self.sender, to, subject, text, headers))
        except (BioSightError, ValueError) as error:
            log.warning("a letter was not sent", extra={"reason": str(error)})
            return False
        return True

    def link(self, path: str) -> str:
        return self.address.rstrip("/") + path


def allow_invitation(records: Records, by: User, email: str) -> None:
    """Count one letter to an address. Raises TooMany if this account sent too many today, or this
    address received too many."""
    most = MOST_BY_ADMINISTRATOR if by.is_admin else MOST_BY_MEMBER
    accounts.count_of_day(
        records,
        f"letters by {by.id}",
        most,
        f"You sent {most} invitations by mail today. Make one without an address, and send "
        "the link yourself.",
    )
    accounts.count_of_day(
        records,
        f"letters to {email.strip().casefold()}",
        MOST_TO_ADDRESS,
        f"{email} was sent {MOST_TO_ADDRESS} invitations today. Make one without an address, and "
        "send the link yourself.",
    )


def invitation(records: Records, post: Post, by: User, made: Invitation, path: str) -> bool:
    """Send an invitation to its address; return False for one without an address.

    Names that people chose appear only in the text, in quotes: the subject holds only BioSight's
    own words.
    """
    found = records.get(Collection, made.collection) if made.collection else None
    days = max(1, round((made.ends_at - time.time()) / accounts.DAY))
    text = (
        "You are invited to BioSight, where people sort biological pictures.\n\n"
        f"From: “{on_one_line(by.name)}” ({by.email})\n"
        + (f"To the collection: “{on_one_line(found.name)}”\n" if found else "")
        + f"\n{post.link(path)}\n\nThe link works only for you, for {days} days. If you don't "
        "know the sender, ignore this email: nothing happens.\n"
    )
    return post.sent(made.email, "An invitation to BioSight", text)


def on_one_line(name: str) -> str:
    """Return a name that can't imitate other parts of the letter."""
    return " ".join(name.split())[:LONGEST_NAME]


def new_password(post: Post, user: User, path: str) -> bool:
    """Send a link for setting a new password; return whether it was sent."""
    text = (
        f"Set a new password for {user.email} with this link:\n\n{post.link(path)}\n\n"
        "It works once, for a day. If you did not ask for it, ignore it: your password stays.\n"
    )
    return post.sent(user.email, "A new password for BioSight", text)


def forgotten(records: Records, post: Post, email: str) -> None:
    """Send a reset link if this address has an account with a password here. Otherwise send
    nothing; nobody is told which of the two happened."""
    user = accounts.find_user(records, email)
    if user is None or user.disabled or user.subject or not post.server:
        return
    secret = accounts.reset_link(records, user, user.id)
    new_password(post, user, f"/reset#{secret}")
