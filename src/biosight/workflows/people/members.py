"""Members of a collection change their role or go, with what rests on it.

Not here: roles themselves (membership), or people who leave BioSight (joining_and_leaving.py).
"""

from biosight import membership
from biosight.accounts import User
from biosight.membership import Ability, Member, member_id
from biosight.storage.records import Records
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.job_kind import OWNERS_WORK
from biosight.workflows.people import link_makers


def change_role(records: Records, collection: str, user: str, role: str) -> Member:
    """Give a member another role; links that they may not make any more end. Raises NotFound,
    BadRequest or Conflict."""
    changed = membership.set_role(records, collection, user, role)
    if not membership.may(role, "own"):
        link_makers.end_links(records, user, collection)
        link_makers.stop_work(
            records, user, collection, OWNERS_WORK if membership.may(role, "change") else ()
        )
    return changed


def end_membership(records: Records, collection: str, user: str) -> None:
    """End a membership, with the links that the person made and the work that they started. Raises
    NotFound or Conflict."""
    membership.remove_member(records, collection, user)
    link_makers.end_links(records, user, collection)
    link_makers.stop_work(records, user, collection)


def may_go_on(records: Records, job: Job, need: Ability) -> bool:
    """May the person who asked for a job still do what it does? The server itself may."""
    if not job.by or not job.collection:
        return True
    member = records.get(Member, member_id(job.collection, job.by))
    person = records.get(User, job.by)
    if member is None or person is None or person.disabled:
        return False
    return membership.may(member.role, need)


def check_right(records: Records, job: Job, need: Ability) -> None:
    """Raise Dropped, and stop the job, where its person lost the right to it."""
    if not may_go_on(records, job, need):
        jobs.drop(records, job, link_makers.STOPPED)
        raise jobs.Dropped
