"""Collections, from creation to removal, their members, and the one function that says who may see
what.

Not here: what each role may do (roles.py), what a collection is (collection.py), what is in it
(gallery), or who people are (accounts).
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypedDict, Unpack

from biosight.collection import (
    FIRST_NAME,
    Collection,
    Wanted,
    changed_collection,
    clean_collection_name,
)
from biosight.errors import Conflict, Forbidden, NotFound
from biosight.membership import roles
from biosight.membership.roles import OWNER, Ability, check_role, role_rank
from biosight.storage.conditions import still_there
from biosight.storage.records import (
    Insert,
    Records,
    Remove,
    Replace,
    Require,
    Where,
    Write,
    among,
    find_all,
    new_id,
    parts,
)
from biosight.subjects.picture_kind import PictureKind


@dataclass(frozen=True, slots=True)
class Member:
    """One person's role in one collection; the id is made of both, so it is unique."""

    table: ClassVar[str] = "members"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user", "id"), ("collection", "id"))

    id: str
    collection: str
    user: str
    role: str
    since: float
    version: int = 1


@dataclass(frozen=True, slots=True)
class Access:
    """A collection as one person may use it."""

    collection: Collection
    role: str

    def may(self, ability: Ability) -> bool:
        """Return whether this person has an ability here."""
        return roles.may(self.role, ability)

    @property
    def abilities(self) -> tuple[Ability, ...]:
        """Return everything that this person may do here."""
        return roles.ABILITIES[self.role]


KINDS = (Collection, Member)


def member_id(collection: str, user: str) -> str:
    """Return the key of a membership."""
    return hashlib.sha256(f"{collection}/{user}".encode()).hexdigest()[:32]


def access(
    records: Records,
    user: str,
    collection: str,
    need: Ability = "look",
    *,
    trashed: bool = False,
) -> Access:
    """Return how a person may use a collection. THE function that says who may see what: everything
    else asks it.

    Raises NotFound for a collection that is absent, trashed (unless `trashed`) or not theirs, and
    Forbidden where they may look but not do.
    """
    found = records.get(Collection, collection)
    member = records.get(Member, member_id(collection, user)) if found else None
    if found is None or member is None or (found.trashed_at > 0) != trashed:
        raise NotFound("There is no such collection, or it is not shared with you.")
    granted = Access(found, member.role)
    if not granted.may(need):
        needed = roles.weakest_role(need)
        raise Forbidden(f"Your role here is {member.role}; this needs the role {needed}.")
    return granted


def collections_of(records: Records, user: str, *, trashed: bool = False) -> list[Access]:
    """Return all collections that a person is a member of, by name."""
    members = find_all(records, Member, [Where("user", "=", user)])
    roles = {m.collection: m.role for m in members}
    found = [
        Access(c, roles[c.id])
        for c in among(records, Collection, list(roles))
        if (c.trashed_at > 0) == trashed
    ]
    return sorted(found, key=lambda a: (a.collection.name.casefold(), a.collection.id))


class Beginning(TypedDict, total=False):
    """What a new collection begins with: a model family that is known to exist ("" for the server's
    default), what its pictures are, and whether it holds examples."""

    model: str
    picture_kind: PictureKind
    example: bool


def create_collection(
    records: Records, user: str, name: str, **said: Unpack[Beginning]
) -> Collection:
    """Create a collection with one owner. Raises BadRequest for a bad name."""
    now = time.time()
    kept = clean_collection_name(name)
    made = Collection(new_id(), kept, user, now, unsettled=False, **said)
    owner = Member(member_id(made.id, user), made.id, user, OWNER, now)
    records.write(Insert(made), Insert(owner))
    return made


def first_collection(records: Records, user: str) -> Collection:
    """Return a person's oldest own collection; create one where there is none."""
    own = [a.collection for a in collections_of(records, user) if a.role == OWNER]
    if own:
        return min(own, key=lambda c: c.created_at)
    return create_collection(records, user, FIRST_NAME)


def change_collection(
    records: Records, collection: Collection, **wanted: Unpack[Wanted]
) -> Collection:
    """Store the collection that `collection.changed` returns. Raises BadRequest or Stale."""
    new = changed_collection(collection, **wanted)
    records.write(Replace(new, collection.version))
    return new


def set_trashed(records: Records, collection: Collection, *, trashed: bool) -> Collection:
    """Put a collection into the trash, or take it out."""
    moment = time.time() if trashed else 0.0
    new = replace(collection, trashed_at=moment, version=collection.version + 1)
    records.write(Replace(new, collection.version))
    return new


def with_names(changed: Collection) -> Replace:
    """Return the write that gives a collection other names for a model's labels, or another tree.
    All else in `changed` is as it was read."""
    new = replace(changed, version=changed.version + 1, unsettled=True)
    return Replace(new, changed.version)


def remove_with_members(records: Records, collection: Collection) -> None:
    """Remove a trashed collection with its memberships; the caller or housekeeping removes its
    pictures. Raises Stale when it was restored meanwhile."""
    mine = [Where("collection", "=", collection.id)]
    records.write(Remove(Collection, collection.id, collection.version))
    records.remove(Member, mine)


def members_of(records: Records, collection: str) -> list[Member]:
    """Return everyone with a role in a collection."""
    return find_all(records, Member, [Where("collection", "=", collection)])


def owners_of(records: Records, collections: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the owners of each of some collections."""
    found: dict[str, list[str]] = {id: [] for id in collections}
    for part in parts(collections):
        owned = [Where("collection", "in", part), Where("role", "=", OWNER)]
        for member in find_all(records, Member, owned):
            found[member.collection].append(member.user)
    return found


def abandoned_among(records: Records, collections: Iterable[Collection]) -> set[str]:
    """Return the ids of those of some collections that are in the trash without any member, as a
    deleted account leaves them."""
    trashed = [c.id for c in collections if c.trashed_at > 0]
    left = set(trashed)
    for part in parts(trashed):
        theirs = [Where("collection", "in", part)]
        left -= set(map(str, records.count_by(Member, theirs, "collection")))
    return left


def revive(records: Records, collection: Collection, user: str) -> Collection:
    """Take an abandoned collection out of the trash, for a new owner. Raises Conflict where it has
    members, Stale where it changed."""
    if not abandoned_among(records, [collection]):
        raise Conflict("This collection has members; one of its owners can restore it.")
    new = replace(collection, trashed_at=0.0, version=collection.version + 1)
    owner = Member(member_id(collection.id, user), collection.id, user, OWNER, time.time())
    records.write(Replace(new, collection.version), Insert(owner))
    return new


def another_owner(records: Records, member: Member) -> list[Require]:
    """Return the condition under which an owner may leave: another owner must remain.

    Returns nothing for members who are no owners. Raises Conflict when there is no other.
    """
    if member.role != OWNER:
        return []
    others = members_of(records, member.collection)
    for other in others:
        if other.role == OWNER and other.id != member.id:
            return [Require(Member, other.id, other.version)]
    raise Conflict("A collection needs an owner; name another one first.")


def set_role(records: Records, collection: str, user: str, role: str) -> Member:
    """Change a member's role; the last owner stays. Raises NotFound or Conflict."""
    check_role(role)
    member = records.get(Member, member_id(collection, user))
    if member is None:
        raise NotFound("This person is not a member.")
    stays = another_owner(records, member) if role != OWNER else []
    new = replace(member, role=role, version=member.version + 1)
    records.write(*stays, Replace(new, member.version))
    return new


def remove_member(records: Records, collection: str, user: str) -> None:
    """End a membership; the last owner stays. Raises NotFound or Conflict."""
    member = records.get(Member, member_id(collection, user))
    if member is None:
        raise NotFound("This person is not a member.")
    records.write(*another_owner(records, member), Remove(Member, member.id, member.version))


def joining_writes(collection: str, user: str, role: str) -> list[Write]:
    """Return the writes that make somebody a member of an existing collection. They raise InUse for
    somebody who is one already."""
    check_role(role)
    key = member_id(collection, user)
    return [still_there(collection), Insert(Member(key, collection, user, role, time.time()))]


def leave_everything(records: Records, user: str) -> None:
    """End all memberships of a person who leaves. A shared collection passes to another owner (else
    to the longest-standing editor, else viewer); the others go to the trash."""
    for membership in find_all(records, Member, [Where("user", "=", user)]):
        others = [m for m in members_of(records, membership.collection) if m.user != user]
        if membership.role == OWNER and not any(m.role == OWNER for m in others):
            hand_over(records, membership.collection, others)
        stays = another_owner(records, membership) if others else []
        records.write(*stays, Remove(Member, membership.id, membership.version))


def hand_over(records: Records, collection: str, others: list[Member]) -> None:
    """Make the highest-ranking other member an owner, or trash the collection where there is
    none."""
    if others:
        heir = max(others, key=lambda m: (role_rank(m.role), -m.since))
        set_role(records, collection, heir.user, OWNER)
        return
    found = records.get(Collection, collection)
    if found is not None and not found.trashed_at:
        set_trashed(records, found, trashed=True)
