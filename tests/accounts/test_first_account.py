"""Only one person is the first, whoever else signs up at the same moment."""

from typing import cast

import pytest

from biosight import accounts
from biosight.bootstrap import BioSight
from biosight.errors import BioSightError, Conflict
from biosight.storage.records import Records
from biosight.workflows.people import joining_and_leaving
from tests.between import Between
from tests.conftest import PASSWORD


def sign_up(records: Records, email: str) -> accounts.User:
    first = not accounts.has_users(records)
    return joining_and_leaving.sign_up_by(records, "invite", email, PASSWORD, "", "", first=first)


def test_who_was_not_invited_is_first_or_turned_away(biosight: BioSight) -> None:
    """Somebody else signs up after the look at the accounts: whoever came second and has no
    invitation gets no account, not even a plain one."""
    records = biosight.archive.records

    def of_accounts(kind: type, *_: object, **__: object) -> bool:
        return kind is accounts.User

    def bob() -> None:
        sign_up(records, "bob@example.org")

    racing = Between(records, "find", bob, wanted=of_accounts, after=True)
    with pytest.raises(Conflict, match="first"):
        sign_up(cast(Records, racing), "ada@example.org")
    assert [user.email for user in records.find(accounts.User)] == ["bob@example.org"]


def test_a_code_that_was_not_asked_for_makes_no_first_account(biosight: BioSight) -> None:
    """Somebody was seen when the code was checked, and left since: nobody becomes administrator
    without the code."""
    with pytest.raises(BioSightError):
        joining_and_leaving.sign_up_by(
            biosight.archive.records, "invite", "a@example.org", PASSWORD, "", "", first=False
        )
    assert not accounts.has_users(biosight.archive.records)
