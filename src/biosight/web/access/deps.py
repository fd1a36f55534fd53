"""Dependencies of routes: the open BioSight, the person, and a collection as they may use it.

Rights that depend on the path are checked here and in rights.py, by what a route declares. Where a
right depends on the body (only an owner may rename a collection), the route asks Access.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from biosight import accounts, gallery, membership
from biosight.accounts import User
from biosight.bootstrap import BioSight
from biosight.errors import Forbidden, NotFound, NotSignedIn
from biosight.images import Image
from biosight.membership import Ability, Access
from biosight.review import undo_acts
from biosight.review.acts import KINDS, Act
from biosight.storage.blobs.port import Blobs
from biosight.storage.records import Records
from biosight.web.security import SAFE, cookie_name
from biosight.workflows.task import Task


@dataclass(frozen=True, slots=True)
class Person:
    """Who sends this request: somebody with a session or with an API token.

    With a token, `session` is "".
    """

    user: User
    session: str
    token: str
    scopes: tuple[str, ...]


def get_biosight(request: Request) -> BioSight:
    opened: BioSight = request.app.state.biosight
    return opened


def get_records(request: Request) -> Records:
    return get_biosight(request).archive.records


def get_blobs(request: Request) -> Blobs:
    return get_biosight(request).archive.blobs


# FastAPI runs plain dependencies in threads. These three are async: they only look something up.
async def opened(request: Request) -> BioSight:
    return get_biosight(request)


async def opened_records(request: Request) -> Records:
    return get_records(request)


async def opened_blobs(request: Request) -> Blobs:
    return get_blobs(request)


def find_person(request: Request) -> Person | None:
    """Return the person to whom the token or cookie of a request belongs; None for nobody."""
    settings, records = get_biosight(request).settings, get_records(request)
    header = request.headers.get("authorization", "")
    if header.startswith("Bearer "):
        found = accounts.token_user(records, header.removeprefix("Bearer ").strip())
        return Person(found[0], "", found[1].id, found[1].scopes) if found else None
    secret = request.cookies.get(cookie_name(settings), "")
    if not secret:
        return None
    signed = accounts.session_user(records, secret, settings.session_idle_days)
    return Person(signed[0], signed[1].id, "", accounts.SCOPES) if signed else None


def signed_in(request: Request) -> Person:
    """Return the signed-in person.

    A token's scope must cover the method. Raises NotSignedIn or Forbidden.
    """
    person = find_person(request)
    if person is None:
        raise NotSignedIn("Sign in first.")
    need = "read" if request.method in SAFE else "write"
    if need not in person.scopes:
        raise Forbidden(f"This token may not {need}.")
    return person


def in_browser(person: Annotated[Person, Depends(signed_in)]) -> Person:
    """Return a person with a session, for what tokens may not do. Raises Forbidden."""
    if not person.session:
        raise Forbidden("A token can't do this; sign in instead.")
    return person


def administrator(person: Annotated[Person, Depends(in_browser)]) -> Person:
    """Return a signed-in administrator.

    Raises NotFound for others, as for everything that is not theirs.
    """
    if not person.user.is_admin:
        raise NotFound("There is nothing at this address.")
    return person


Open = Annotated[BioSight, Depends(opened)]
Store = Annotated[Records, Depends(opened_records)]
Bytes = Annotated[Blobs, Depends(opened_blobs)]
Signed = Annotated[Person, Depends(signed_in)]
Browser = Annotated[Person, Depends(in_browser)]
Admin = Annotated[Person, Depends(administrator)]


def may_look(collection: str, person: Signed, records: Store) -> Access:
    """Return the collection of the path, for looking."""
    return membership.access(records, person.user.id, collection)


def may_change_pictures(collection: str, person: Signed, records: Store) -> Access:
    """Return the collection of the path, for changing pictures."""
    return membership.access(records, person.user.id, collection, "change")


def may_answer(collection: str, person: Signed, records: Store) -> Access:
    """Return the collection of the path, for saying what pictures show."""
    return membership.access(records, person.user.id, collection, "answer")


def may_own(collection: str, person: Signed, records: Store) -> Access:
    """Return the collection of the path, for decisions about it and its members."""
    return membership.access(records, person.user.id, collection, "own")


def task_of(biosight: BioSight, access: Access, person: Person) -> Task:
    """Return what a workflow needs to act in a collection for a person."""
    return Task(biosight.archive.records, biosight.catalogue, access.collection, person.user.id)


MayLook = Annotated[Access, Depends(may_look)]
MayAnswer = Annotated[Access, Depends(may_answer)]
MayChange = Annotated[Access, Depends(may_change_pictures)]
MayOwn = Annotated[Access, Depends(may_own)]


@dataclass(frozen=True, slots=True)
class SendingPerson:
    """A person who sends a picture, and the collection that it is for."""

    person: Person
    access: Access


def sending_person(collection: str, request: Request) -> SendingPerson:
    """Do `signed_in` and `may_change_pictures` in one thread, because uploads are frequent."""
    person = signed_in(request)
    return SendingPerson(person, may_change_pictures(collection, person, get_records(request)))


Sender = Annotated[SendingPerson, Depends(sending_person)]


@dataclass(frozen=True, slots=True)
class Seen:
    """An image and the collection through which the person sees it."""

    image: Image
    access: Access


def access_to(
    records: Records, person: Person, collection: str, need: Ability, otherwise: str
) -> Access:
    """Return the person's access to the collection of what the path names.

    Raises NotFound with the message `otherwise` for people who don't see it, and Forbidden for
    people who may look but not do what `need` says.
    """
    try:
        return membership.access(records, person.user.id, collection, need)
    except NotFound:
        raise NotFound(otherwise) from None


def image_for(image: str, need: Ability, person: Person, records: Records) -> Seen:
    """Return the image of the path, if the person may. Raises NotFound or Forbidden."""
    found = gallery.get_image(records, image)
    words = "There is no such picture, or it is not shared with you."
    return Seen(found, access_to(records, person, found.collection, need, words))


def image_to_see(image: str, person: Signed, records: Store) -> Seen:
    """Return the image of the path, for looking."""
    return image_for(image, "look", person, records)


def image_to_answer(image: str, person: Signed, records: Store) -> Seen:
    """Return the image of the path, for saying what it shows."""
    return image_for(image, "answer", person, records)


def image_to_change(image: str, person: Signed, records: Store) -> Seen:
    """Return the image of the path, for changing."""
    return image_for(image, "change", person, records)


ImageToSee = Annotated[Seen, Depends(image_to_see)]
ImageToAnswer = Annotated[Seen, Depends(image_to_answer)]
ImageToChange = Annotated[Seen, Depends(image_to_change)]


@dataclass(frozen=True, slots=True)
class OwnAct:
    """An act that the person may undo, and its collection."""

    act: Act
    access: Access


def act_to_undo(act: str, person: Signed, records: Store) -> OwnAct:
    """Return the act of the path: the person's own act, or any act for an owner.

    Raises NotFound or Forbidden.
    """
    found = undo_acts.get_act(records, act)
    granted = access_to(records, person, found.collection, "change", "There is no such act.")
    if found.target and KINDS[found.kind].goes:  # of other kinds, the target is no collection
        membership.access(records, person.user.id, found.target, "change")
    if found.by != person.user.id and not granted.may("own"):
        raise Forbidden("Only the person who did this, or an owner, can undo it.")
    return OwnAct(found, granted)


ActToUndo = Annotated[OwnAct, Depends(act_to_undo)]
