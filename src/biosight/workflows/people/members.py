"""Changes of a member's role, and removal of a member, with everything that depends on the role.

Not here: roles themselves (membership), or people who leave BioSight (joining_and_leaving.py).
"""

from biosight import membership, notices
from biosight.accounts import User
from biosight.membership import Ability, Member, member_id
from biosight.storage.records import Records
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.job_kind import OWNERS_WORK
from biosight.workflows.people import link_makers


def change_role(records: Records, collection: str, user: str, role: str) -> Member:
    """Give a member another role, and end links that they could no longer make. Raises NotFound,
    BadRequest or Conflict."""
    changed = membership.set_role(records, collection, user, role)
    if not membership.may(role, "own"):
        link_makers.end_links(records, user, collection)
        link_makers.stop_work(
            records, user, collection, OWNERS_WORK if membership.may(role, "change") else ()
        )
    return changed


def end_membership(records: Records, collection: str, user: str) -> None:
    """Remove a member, their links and their running work. Raises NotFound or Conflict."""
    membership.remove_member(records, collection, user)
    notices.forget_collection(records, collection, user)
    link_makers.end_links(records, user, collection)
    link_makers.stop_work(records, user, collection)


def may_go_on(records: Records, job: Job, need: Ability) -> bool:
    """Return whether the person who asked for a job may still do it. The server's own jobs always
    may."""
    if not job.by or not job.collection:
        return True
    member = records.get(Member, member_id(job.collection, job.by))
    person = records.get(User, job.by)
    if member is None or person is None or person.disabled:
        return False
    return membership.may(member.role, need)


def check_right(records: Records, job: Job, need: Ability) -> None:
    """Stop the job and raise Dropped if the person who asked for it lost the right to it."""
    if not may_go_on(records, job, need):
        jobs.drop(records, job, link_makers.STOPPED)
        raise jobs.Dropped
