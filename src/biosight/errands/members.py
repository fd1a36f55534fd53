"""Members of a collection change their role or go, with what rests on it.

Not here: roles themselves (sharing.py), or people who leave BioSight (joining.py).
"""

from biosight import jobs, sharing
from biosight.accounts import User
from biosight.errands import makers
from biosight.errands.kind import OWNERS_WORK
from biosight.jobs import Job
from biosight.sharing import Member, member_id
from biosight.storage.records import Records


def change_role(records: Records, collection: str, user: str, role: str) -> Member:
    """Give a member another role; links that they may not make any more end. Raises NotFound,
    BadRequest or Conflict."""
    changed = sharing.set_role(records, collection, user, role)
    if role != "owner":
        makers.end_links(records, user, collection)
        makers.stop_work(records, user, collection, () if role == "viewer" else OWNERS_WORK)
    return changed


def end_membership(records: Records, collection: str, user: str) -> None:
    """End a membership, with the links that the person made and the work that they started. Raises
    NotFound or Conflict."""
    sharing.remove_member(records, collection, user)
    makers.end_links(records, user, collection)
    makers.stop_work(records, user, collection)


def may_go_on(records: Records, job: Job, need: str) -> bool:
    """May the person who asked for a job still do what it does? The server itself may."""
    if not job.by or not job.collection:
        return True
    member = records.get(Member, member_id(job.collection, job.by))
    person = records.get(User, job.by)
    if member is None or person is None or person.disabled:
        return False
    return sharing.ROLES.index(member.role) >= sharing.ROLES.index(need)


def check_right(records: Records, job: Job, need: str) -> None:
    """Raise Dropped, and stop the job, where its person lost the right to it."""
    if not may_go_on(records, job, need):
        jobs.drop(records, job, makers.STOPPED)
        raise jobs.Dropped
