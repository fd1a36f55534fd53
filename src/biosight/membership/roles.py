"""Roles and abilities: the one table of what a member of a collection may do.

Routes, templates and JavaScript ask for an ability, never for a role. A new role is a row of
ABILITIES. Not here: who has which role (members.py), or what an administrator may do
(web/access/deps.py).
"""

from collections.abc import Mapping
from typing import Literal

from biosight.errors import BadRequest

Role = Literal["viewer", "editor", "owner"]
# See pictures; say what they show; add and change them; decide about members and the collection.
Ability = Literal["look", "answer", "change", "own"]

# The weakest role first.
ABILITIES: Mapping[str, tuple[Ability, ...]] = {
    "viewer": ("look",),
    "editor": ("look", "answer", "change"),
    "owner": ("look", "answer", "change", "own"),
}
# What each role may do, for invitations: "you may ...".
IN_WORDS: Mapping[str, str] = {
    "viewer": "look at pictures",
    "editor": "add and change pictures",
    "owner": "do everything",
}
ROLES = tuple(ABILITIES)
OWNER = "owner"


def may(role: str, ability: Ability) -> bool:
    """Return whether a role has an ability; an unknown role has none."""
    return ability in ABILITIES.get(role, ())


def weakest_role(ability: Ability) -> str:
    """Return the first role that has an ability."""
    return next(role for role in ROLES if may(role, ability))


def role_rank(role: str) -> int:
    """Return how much a role may do, compared with the others; a higher number means more."""
    return ROLES.index(role)


def check_role(role: str) -> None:
    """Raise BadRequest for an unknown role."""
    if role not in ROLES:
        raise BadRequest(f"A role is {', '.join(ROLES[:-1])} or {ROLES[-1]}.")
