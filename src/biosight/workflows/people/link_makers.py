"""Links work only while the person who made them could still make them.

An invitation or a share depends on its maker's right: an owner of the collection, or an
administrator for an invitation to sign up. When the right is lost, the links end. Not here: what a
link is (accounts/links.py, accounts/sharing.py), or who follows one (joining_and_leaving.py).
"""

from collections.abc import Sequence

from biosight import accounts
from biosight.accounts import Invitation, Share, User
from biosight.errors import NotFound
from biosight.membership import OWNER, Member, member_id
from biosight.storage.records import Records, Require, Where, find_all
from biosight.work import jobs
from biosight.work.jobs import LIVE, Job

STOPPED = "Stopped: the person who asked for it may not do this any more."
ENDED = "This link ended: the person who made it may not share this any more."


def maker_rights(by: str, collection: str) -> list[Require]:
    """Return the conditions for a link made by this person; none for one made by the server
    itself."""
    if not by:
        return []
    if not collection:
        return [Require(User, by, holds=(("disabled", False), ("role", "admin")))]
    return [
        Require(User, by, holds=(("disabled", False),)),
        Require(Member, member_id(collection, by), holds=(("role", OWNER),)),
    ]


def hold(records: Records, rights: list[Require]) -> bool:
    """Return whether all of these conditions hold now."""
    for right in rights:
        found = records.get(right.kind, right.id)
        if found is None or any(getattr(found, name) != value for name, value in right.holds):
            return False
    return True


def open_invitation(records: Records, secret: str) -> Invitation:
    """Return the invitation of a link. Raises NotFound if it expired, was used, or has ended."""
    found = accounts.follow_invitation(records, secret)
    if not hold(records, maker_rights(found.by, found.collection)):
        raise NotFound(ENDED)
    return found


def stands(records: Records, share: Share) -> bool:
    """Return whether the maker of a share could still make it."""
    return hold(records, maker_rights(share.by, share.collection))


def check_share(records: Records, share: Share) -> Share:
    """Return the share if its maker could still make it. Raises NotFound."""
    if not stands(records, share):
        raise NotFound(ENDED)
    return share


def good_invitations(records: Records, found: list[Invitation]) -> list[Invitation]:
    """Return the invitations whose makers could still make them."""
    return [i for i in found if hold(records, maker_rights(i.by, i.collection))]


def end_links(records: Records, user: str, collection: str | None = None) -> None:
    """Remove the links that a person made: to one collection, only to sign up (""), or all (None).

    Call it after the right is lost: links made later do not work anyway.
    """
    mine = [Where("by", "=", user)]
    mine += [] if collection is None else [Where("collection", "=", collection)]
    records.remove(Invitation, mine)
    for share in find_all(records, Share, mine):
        accounts.end_share(records, share.collection, share.id)


def stop_work(
    records: Records, user: str, collection: str | None = None, kinds: Sequence[str] = ()
) -> None:
    """Stop the unfinished work that a person started, in one collection or all, of these kinds or
    all. Call it after the right is lost."""
    live = [Where("by", "=", user), Where("state", "in", LIVE)]
    live += [] if collection is None else [Where("collection", "=", collection)]
    live += [Where("kind", "in", tuple(kinds))] if kinds else []
    for job in find_all(records, Job, live):
        jobs.drop(records, job, STOPPED)
