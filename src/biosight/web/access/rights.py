"""Who may see and change versions and jobs, and who sees exact places.

Collections, images and acts are in deps.py. Not here: what is done with them (workflows).
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from biosight import membership, registry
from biosight.bootstrap import BioSight
from biosight.errors import Forbidden, NotFound
from biosight.field.coarse_places import EXACT, Coarsening, coarsening_for
from biosight.membership import Ability, Access
from biosight.registry import ModelVersion
from biosight.storage.records import Records
from biosight.web.access.deps import Person, Signed, Store, access_to
from biosight.work import jobs
from biosight.work.jobs import Job
from biosight.workflows.collection_names import names_in


def visible_versions(records: Records, person: Person) -> list[ModelVersion]:
    """Return the versions that a person may see, the newest first."""
    mine = {a.collection.id for a in membership.collections_of(records, person.user.id)}
    return registry.seen_by(registry.versions(records), mine)


def seen_version(records: Records, person: Person, key: str) -> ModelVersion:
    """Return a version, if the person may see it. Raises NotFound."""
    found = registry.get_version(records, key)
    if found.collection:
        try:
            membership.access(records, person.user.id, found.collection)
        except NotFound:
            raise NotFound(f"There is no model {key}.") from None
    return found


def may_change(records: Records, person: Person, version: ModelVersion) -> bool:
    """Return whether the person may promote or retire a version.

    Shared versions need an administrator with a session.
    """
    if not version.collection:
        return person.user.is_admin and bool(person.session)
    try:
        membership.access(records, person.user.id, version.collection, "change")
    except (NotFound, Forbidden):
        return False
    return True


def version_to_see(key: str, person: Signed, records: Store) -> ModelVersion:
    """Return the version of the path. Raises NotFound."""
    return seen_version(records, person, key)


def version_to_change(key: str, person: Signed, records: Store) -> ModelVersion:
    """Return the version of the path, to promote or retire it.

    Raises NotFound or Forbidden.
    """
    found = seen_version(records, person, key)
    if not may_change(records, person, found):
        raise Forbidden("Everyone uses this model: only an administrator can change it.")
    return found


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job and the collection through which the person sees it."""

    job: Job
    access: Access


def job_for(job: str, need: Ability, person: Person, records: Records) -> SeenJob:
    """Return a job, if the person has the ability `need` in its collection.

    Raises NotFound or Forbidden.
    """
    found = jobs.get_job(records, job)
    words = "There is no such job."
    return SeenJob(found, access_to(records, person, found.collection, need, words))


def job_to_see(job: str, person: Signed, records: Store) -> SeenJob:
    """Return the job of the path, for looking."""
    return job_for(job, "look", person, records)


def job_to_change(job: str, person: Signed, records: Store) -> SeenJob:
    """Return the job of the path, to apply, stop or drop it."""
    return job_for(job, "change", person, records)


def member_to_remove(collection: str, user: str, person: Signed, records: Store) -> str:
    """Return the member of the path: any for an owner, only themselves for others.

    Raises NotFound or Forbidden.
    """
    granted = membership.access(records, person.user.id, collection)
    if user != person.user.id and not granted.may("own"):
        raise Forbidden("Only an owner can remove others.")
    return user


VersionToSee = Annotated[ModelVersion, Depends(version_to_see)]
VersionToChange = Annotated[ModelVersion, Depends(version_to_change)]
JobToSee = Annotated[SeenJob, Depends(job_to_see)]
JobToChange = Annotated[SeenJob, Depends(job_to_change)]
MemberToRemove = Annotated[str, Depends(member_to_remove)]


def seen_rule(access: Access, biosight: BioSight, records: Records) -> Coarsening:
    """Return the rule of what this person may not see exactly; editors see everything."""
    if access.may("change"):
        return EXACT
    names = names_in(records, biosight.catalogue, access.collection)
    return coarsening_for(records, access.collection, names.naming, names.accepted)


def hides_places(access: Access, biosight: BioSight, records: Records) -> bool:
    """Return whether the collection hides any place from this person."""
    return seen_rule(access, biosight, records).degrees > 0
