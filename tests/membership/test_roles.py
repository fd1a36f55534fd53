"""The one table of what a member may do, and that nobody asks for a role instead."""

import re
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from biosight.errors import BadRequest
from biosight.membership import ABILITIES, IN_WORDS, ROLES, Ability, Role, may, role_rank
from biosight.membership.roles import check_role, weakest_role

WEB = Path(__file__).parents[2] / "src" / "biosight" / "web"
# A role's name that something is compared with.
COMPARED = re.compile(rf"""[!=]==?\s*["']({"|".join(ROLES)})["']""")


def test_the_types_name_what_the_table_has() -> None:
    assert get_args(Role) == ROLES == tuple(IN_WORDS)
    assert set(get_args(Ability)) == {a for abilities in ABILITIES.values() for a in abilities}


def test_a_stronger_role_may_do_all_that_a_weaker_one_may() -> None:
    for weaker, stronger in pairwise(ROLES):
        assert set(ABILITIES[weaker]) < set(ABILITIES[stronger])
        assert role_rank(weaker) < role_rank(stronger)


def test_every_ability_has_a_weakest_role() -> None:
    for ability in get_args(Ability):
        first = weakest_role(ability)
        assert [may(role, ability) for role in ROLES] == [
            role_rank(r) >= role_rank(first) for r in ROLES
        ]


def test_an_unknown_role_may_nothing_and_is_refused() -> None:
    assert not may("stranger", "look")
    with pytest.raises(BadRequest, match="viewer, editor or owner"):
        check_role("stranger")


def test_pages_and_routes_ask_for_abilities() -> None:
    files = [p for ending in ("js", "html", "py") for p in WEB.rglob(f"*.{ending}")]
    assert len(files) > 100
    assert [p.name for p in files if COMPARED.search(p.read_text(encoding="utf-8"))] == []
