"""Invitations from before there were links become links when a store is opened."""

from pathlib import Path

from biosight import accounts, membership
from biosight.accounts import User
from biosight.accounts.old_offers import Offer, convert_offers
from biosight.bootstrap import KINDS, open_records
from biosight.membership import Member, member_id
from biosight.settings import Settings
from biosight.storage.records import Insert, Records
from biosight.storage.sqlite.store import SqliteRecords
from biosight.workflows.people import joining_and_leaving, link_makers

BOB = User("bob", "bob@example.org", "Bob", "", "member", 0.0)


def test_an_offer_becomes_an_invitation_and_lets_in(records: Records) -> None:
    owner = User("ada", "ada@example.org", "Ada", "", "admin", 0.0)
    records.write(Insert(owner), Insert(BOB))
    pond = membership.create_collection(records, "ada", "Pond")
    records.write(Insert(Offer("o1", pond.id, BOB.email, "editor", "ada", 1000.0)))
    assert convert_offers(records) == 1
    assert records.find(Offer) == []
    (made,) = link_makers.good_invitations(records, accounts.invitations_to(records, BOB.email))
    assert (made.collection, made.role, made.by) == (pond.id, "editor", "ada")
    assert (made.created_at, made.uses) == (1000.0, 1)
    joining_and_leaving.join(records, BOB, made)
    member = records.get(Member, member_id(pond.id, BOB.id))
    assert member is not None
    assert member.role == "editor"


def test_two_instances_make_one_invitation(records: Records) -> None:
    offer = Offer("o1", "c", BOB.email, "viewer", "ada", 1000.0)
    records.write(Insert(offer))
    assert convert_offers(records) == 1
    records.write(Insert(offer))  # as the second instance still sees it
    convert_offers(records)
    assert len(accounts.invitations_to(records, BOB.email)) == 1


def test_a_store_is_converted_when_it_is_opened(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    before = SqliteRecords(settings.database_file, KINDS)
    before.write(Insert(Offer("o1", "c", BOB.email, "viewer", "ada", 1000.0)))
    before.close()
    opened = open_records(settings)
    assert len(accounts.invitations_to(opened, BOB.email)) == 1
    opened.close()
