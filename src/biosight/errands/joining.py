"""A person comes or goes, with what is theirs.

Not here: passwords and links (accounts), or who owns a collection afterwards (sharing.py).
"""

from biosight import accounts, logbook, sharing
from biosight.accounts import User
from biosight.collection import FIRST_NAME
from biosight.storage.records import Records


def welcome(records: Records, user: User) -> User:
    """Give a new account its first collection."""
    sharing.create_collection(records, user.id, FIRST_NAME)
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
    logbook.forget(records, user.id)
    logbook.note(records, "account removed")
