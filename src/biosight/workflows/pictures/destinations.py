"""Destinations of pictures: a collection, the person who uploads, and the version that names them.

Not here: importing them (intake/upload.py).
"""

from biosight import accounts, membership
from biosight.accounts import User
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import BadRequest, NotFound
from biosight.intake import Destination
from biosight.storage.blobs.disk_space import RoomLimit, room_limits
from biosight.storage.conditions import still_there
from biosight.storage.records import Records
from biosight.workflows.collection_names import names_by
from biosight.workflows.serving_version import serving_key


def destination(
    records: Records, catalogue: Catalogue, collection: Collection, user: User
) -> Destination:
    """Return a collection in the form that intake needs. Raises NotFound while no model serves."""
    key = serving_key(records, catalogue, collection.model)
    naming = names_by(records, collection, key).naming
    there = still_there(collection.id)
    return Destination(
        collection.id,
        user.id,
        naming,
        there,
        key,
        user.quota,
        collection.quota,
        collection.picture_kind,
    )


def copy_limits(records: Records, quota: int, by: str, target: str) -> list[RoomLimit]:
    """Return the storage limits that apply when a person copies pictures into a collection. `quota`
    in bytes is the limit per person from the settings."""
    user, collection = records.get(User, by), records.get(Collection, target)
    own = (user.quota if user else 0) or quota
    return room_limits(by, own, target, collection.quota if collection else 0)


def find_collection(
    records: Records, email: str | None, name: str | None
) -> tuple[Collection, User]:
    """Return the collection that a command means, and the person whose pictures come in.

    Without an address it is the only account; without a name, that person's first collection.
    Raises NotFound or BadRequest.
    """
    user = find_account(records, email)
    if name is None:
        return membership.first_collection(records, user.id), user
    for a in membership.collections_of(records, user.id):
        if a.collection.name == name and a.may("change"):
            return a.collection, user
    raise NotFound(
        f"{user.email} has no collection named {name} that they may edit; "
        "biosight collection add makes one."
    )


def find_account(records: Records, email: str | None) -> User:
    """Return the account of an address; without one, the only account. Raises NotFound or
    BadRequest."""
    people = accounts.all_users(records, limit=2)
    if email is None and len(people) != 1:
        raise BadRequest("Say whose pictures these are: --user EMAIL.")
    user = people[0] if email is None else accounts.find_user(records, email)
    if user is None:
        raise NotFound(f"There is no account for {email}.")
    return user
