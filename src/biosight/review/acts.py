"""Acts on one or many images, with a history; KINDS is the table of them.

Every act keeps each image's standing before and after, so that any act can be undone. A new
kind is a row in KINDS and its function. Not here: undoing (undoing.py), copies (copies.py), or who
may act where (sharing.py).
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from biosight import metrics
from biosight.errors import BadRequest, NotFound, Stale
from biosight.images import ActItem, Image, Standing
from biosight.labels import FORMERLY_UNDECIDED, UNDECIDED, Annotation, clean_label
from biosight.places.clocks import said_moment
from biosight.storage.records import Insert, InUse, Records, Remove, Replace, Require, new_id

MOST_AT_ONCE = 500
TRIES = 8
LONGEST_PAUSE = 0.05  # seconds at random between tries, so that those who meet don't meet again
MAX_NOTE = 2000
MOST_INDIVIDUALS = 100_000


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did in a collection, to `count` images.

    `undone_at` is 0 until undone; `target` is where a move or copy went.
    """

    table: ClassVar[str] = "acts"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("collection", "at", "id"),
        ("target", "at", "id"),
        ("by", "undone_at", "at", "id"),
    )

    id: str
    collection: str
    by: str
    at: float
    kind: str
    summary: str
    count: int
    undone_at: float = 0.0
    undone_by: str = ""
    renamed_before: tuple[tuple[str, str], ...] | None = None
    target: str = ""
    taxa_before: tuple[tuple[str, str], ...] = ()
    places_before: tuple[tuple[str, str], ...] = ()
    version: int = 1

    @property
    def stays(self) -> bool:
        """Does it stand in the history whatever became of pictures? It changed names or places."""
        return self.renamed_before is not None or bool(self.places_before)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of some images: changed ones anew, how many were so already or could not be
    (their bytes are there), and how many others changed or removed at the same moment."""

    act: str
    changed: list[Image]
    unchanged: int
    conflicts: int

    @staticmethod
    def of(act: str, outcomes: "Sequence[Image | Left]") -> "Done":
        """The sum of what became of each."""
        changed = [o for o in outcomes if isinstance(o, Image)]
        return Done(act, changed, outcomes.count(Left.UNCHANGED), outcomes.count(Left.CONFLICT))


class Left(Enum):
    """Why an image was not changed."""

    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to an image, under a name in KINDS. `label` is the new label and `path` where it
    hangs in the collection's tree of names, `target` a collection and `target_name` its name in
    words, `note` a text, `via` the queue it answers. Of a
    deployment `target` is the id, `site` its site's, `shift` what its clock is put right by.
    `when` is a local time or day that a person says, `individuals` how many they counted.
    What was said elsewhere was so by `speaker` (a person's id) at `said_at`."""

    kind: str
    label: str = ""
    target: str = ""
    target_name: str = ""
    note: str = ""
    via: str = ""
    path: str = ""
    site: str = ""
    shift: int = 0
    when: str = ""
    individuals: int = 0
    speaker: str = ""
    said_at: float = 0.0

    def standing(self, image: Image) -> Standing:
        return KINDS[self.kind].apply(self, image)

    @property
    def summary(self) -> str:
        """The act in words, for the history."""
        return KINDS[self.kind].summary.format(label=self.words)

    @property
    def words(self) -> str:
        """What it does it with: a name, a day, a number."""
        return self.target_name or self.label or self.when or str(self.individuals or "none")


Apply = Callable[[Change, Image], Standing]
Prepare = Callable[[Change], Change]


@dataclass(frozen=True, slots=True)
class ActKind:
    """One kind of act.

    `summary` is what the history says, `done` what becomes of pictures, both with {label} for the
    label or the target's name. `apply` makes an image's standing. `prepare` checks and cleans what
    was asked; without it nobody can ask. `speaks` where it says something of the label, `goes`
    where it needs a collection to go to, `copies` where it makes images there instead.
    """

    summary: str
    done: str
    apply: Apply
    prepare: Prepare | None = None
    speaks: bool = False
    goes: bool = False
    copies: bool = False


def as_asked(change: Change) -> Change:
    """What needs neither a label nor a note."""
    return replace(change, label="", note="")


def with_label(change: Change) -> Change:
    """A label in its kept form. Raises BadRequest."""
    label = clean_label(change.label)
    if label == FORMERLY_UNDECIDED:
        return left_undecided(change)
    return Change(change.kind, label=label, via=change.via)


def left_undecided(change: Change) -> Change:
    """A person looked, and can't name it."""
    return Change(UNDECIDED, via=change.via)


def with_note(change: Change) -> Change:
    """A note of at most MAX_NOTE characters. Raises BadRequest."""
    if len(change.note) > MAX_NOTE:
        raise BadRequest(f"A note can be {MAX_NOTE} characters long at most.")
    return Change(change.kind, note=change.note.strip())


def clean_date(change: Change) -> Change:
    """A local time or a day alone; none for what the file says. Raises BadRequest."""
    words = "The date as the file says" if not change.when else ""
    return Change(change.kind, when=said_moment(change.when), target_name=words)


def with_count(change: Change) -> Change:
    """A number of individuals, 0 for unsaid. Raises BadRequest."""
    if not 0 <= change.individuals <= MOST_INDIVIDUALS:
        raise BadRequest(f"Individuals are counted from 0 to {MOST_INDIVIDUALS:,}.")
    return Change(change.kind, individuals=change.individuals)


def confirmed(_: Change, image: Image) -> Standing:
    """The same label, said by a person; nothing where there is none."""
    return replace(image.standing, who="person" if image.label else image.who)


def relabelled(change: Change, image: Image) -> Standing:
    """Another label, said by a person."""
    return replace(image.standing, label=change.label, label_path=change.path, who="person")


def undecided(_: Change, image: Image) -> Standing:
    """No label, and a person said so."""
    return replace(image.standing, label="", label_path="", who="person")


def renamed(change: Change, image: Image) -> Standing:
    """The label under another name, said by whoever said it; without one nobody said any."""
    who = image.who if change.label else "nobody"
    return replace(image.standing, label=change.label, label_path=change.path, who=who)


def trashed(_: Change, image: Image) -> Standing:
    """In the trash, since now unless it was there already."""
    return replace(image.standing, trashed_at=image.trashed_at or time.time())


def restored(_: Change, image: Image) -> Standing:
    return replace(image.standing, trashed_at=0.0)


def moved(change: Change, image: Image) -> Standing:
    """In another collection, and out of its deployment, which stays behind."""
    return replace(image.standing, collection=change.target, deployment="", site="", shift=0)


def deployed(change: Change, image: Image) -> Standing:
    """Of a deployment, at its site and by its clock; of none for an empty one."""
    return replace(image.standing, deployment=change.target, site=change.site, shift=change.shift)


def date_said(change: Change, image: Image) -> Standing:
    """Taken when a person says so."""
    return replace(image.standing, dated=change.when)


def tallied(change: Change, image: Image) -> Standing:
    """With so many individuals in its event."""
    return replace(image.standing, individuals=change.individuals)


def noted(change: Change, image: Image) -> Standing:
    return replace(image.standing, note=change.note)


def untouched(_: Change, image: Image) -> Standing:
    """As it is: a copy changes nothing of what it is made from."""
    return image.standing


DEPLOY = "deploy"
KINDS = {
    "confirm": ActKind("Confirmed", "confirmed", confirmed, as_asked, speaks=True),
    "relabel": ActKind(
        "Relabelled as {label}", "relabelled as {label}", relabelled, with_label, speaks=True
    ),
    UNDECIDED: ActKind("Left undecided", "left undecided", undecided, left_undecided, speaks=True),
    # By its name until form 5, for programs that ask for it so.
    "unsure": ActKind("", "left undecided", undecided, left_undecided, speaks=True),
    "trash": ActKind("Moved to the trash", "moved to the trash", trashed, as_asked),
    "restore": ActKind("Restored from the trash", "restored", restored, as_asked),
    "move": ActKind("Moved to {label}", "moved", moved, as_asked, goes=True),
    "copy": ActKind("Copied to {label}", "copied", untouched, as_asked, goes=True, copies=True),
    "note": ActKind("Changed the note", "noted", noted, with_note),
    "date": ActKind("Dated: {label}", "dated", date_said, clean_date),
    "count": ActKind("Counted {label} individuals", "counted", tallied, with_count),
    DEPLOY: ActKind("{label}", "put into their deployment", deployed),
    "place": ActKind("{label}", "put elsewhere", untouched),
    "rename": ActKind("{label}", "renamed", renamed),
    "tree": ActKind("{label}", "put elsewhere", untouched),
}
RECORDS = (Act, ActItem)


def change_of(
    kind: str,
    *,
    label: str = "",
    target: str = "",
    target_name: str = "",
    note: str = "",
    via: str = "",
    when: str = "",
    individuals: int = 0,
) -> Change:
    """A checked Change. Raises BadRequest for kinds that nobody can ask for and empty labels."""
    prepare = KINDS[kind].prepare if kind in KINDS else None
    if prepare is None:
        raise BadRequest(f"An act is one of {', '.join(k for k in KINDS if KINDS[k].prepare)}.")
    asked = Change(kind, label, target, target_name, note, via)
    return prepare(replace(asked, when=when, individuals=individuals))


def perform(
    records: Records,
    by: str,
    collection: str,
    change: Change,
    images: Sequence[Image],
    *,
    act: str = "",
    expected: int | None = None,
    rests_on: Sequence[Require] = (),
) -> Done:
    """Do `change` to at most MOST_AT_ONCE images, under a new act or the named one.

    `expected` is the version that a single image must still have: Stale is raised otherwise.
    Without it an image that changed meanwhile is read again and changed on top. `rests_on` is
    what must be there when each is written, such as the collection they move to.
    """
    if len(images) > MOST_AT_ONCE:
        raise BadRequest(f"At most {MOST_AT_ONCE} pictures at once.")
    if expected is not None and any(i.version != expected for i in images):
        raise Stale("Somebody changed this picture in the meantime.")
    current = open_act(records, by, collection, change, act)
    retry = expected is None
    return each(
        records,
        current,
        images,
        lambda image: change_one(
            records, current, by, change, image, retry=retry, rests_on=rests_on
        ),
    )


def each(
    records: Records, act: Act, images: Sequence[Image], do: Callable[[Image], Image | Left]
) -> Done:
    """Do it to each image; an act that breaks off counts what it did until then."""
    outcomes: list[Image | Left] = []
    try:
        for image in images:
            outcomes.append(do(image))
    finally:
        done = Done.of(act.id, outcomes)
        close_act(records, act, len(done.changed))
        metrics.acts.labels(act.kind).inc(len(done.changed))
    return done


def new_act(
    by: str,
    collection: str,
    change: Change,
    renamed_before: tuple[tuple[str, str], ...] | None = None,
    taxa_before: tuple[tuple[str, str], ...] = (),
    places_before: tuple[tuple[str, str], ...] = (),
) -> Act:
    """An act that has done nothing yet; `renamed_before` are the former names of what the model
    says, `taxa_before` people's own names before (taxonomy/editing.py), `places_before` sites and
    deployments before (errands/locating.py)."""
    return Act(
        new_id(),
        collection,
        by,
        time.time(),
        change.kind,
        change.summary,
        0,
        target=change.target,
        renamed_before=renamed_before,
        taxa_before=taxa_before,
        places_before=places_before,
    )


def open_act(records: Records, by: str, collection: str, change: Change, act: str) -> Act:
    """The act to add to. Raises NotFound when `act` isn't this person's, of this kind."""
    if not act:
        made = new_act(by, collection, change)
        records.write(Insert(made))
        return made
    found = records.get(Act, act)
    same = found and (found.by, found.collection, found.kind) == (by, collection, change.kind)
    if found is None or not same or found.undone_at:
        raise NotFound("There is no such act to go on with.")
    return found


def close_act(records: Records, act: Act, more: int) -> None:
    """Count what was done; an act that did nothing leaves the history."""
    now = records.get(Act, act.id)
    if now is not None and more:
        counted = replace(now, count=now.count + more, version=now.version + 1)
        records.write(Replace(counted, now.version))
    elif now is not None and not now.count and not now.stays:
        records.write(Remove(Act, act.id))


def change_one(
    records: Records,
    act: Act,
    by: str,
    change: Change,
    image: Image,
    *,
    retry: bool,
    rests_on: Sequence[Require] = (),
) -> Image | Left:
    """Change one image with its history in one write; the image anew, or why it was left.

    Raises Stale where it changed and may not be tried again, Gone where what it rests on went.
    """
    for _ in range(TRIES):
        standing = change.standing(image)
        if standing == image.standing:
            return Left.UNCHANGED
        new = replace(image.put(standing), version=image.version + 1)
        item = ActItem(new_id(), act.id, image.id, image.standing, standing)
        said = annotation(act, by, change, image, standing)
        try:
            records.write(*rests_on, *said, Insert(item), Replace(new, image.version))
            if said and image.who == "machine":
                metrics.checked.labels(kind_of(image, standing)).inc()
            return new
        except InUse:
            return Left.UNCHANGED  # the target collection has these bytes already
        except Stale:
            if not retry:
                raise
        found = met_again(records, image)
        if found is None:
            break
        image = found
    return Left.CONFLICT


def met_again(records: Records, image: Image) -> Image | None:
    """An image that somebody changed first, read anew after a short wait; None where it is not in
    its collection any more."""
    time.sleep(random.uniform(0, LONGEST_PAUSE))
    found = records.get(Image, image.id)
    return found if found is not None and found.collection == image.collection else None


def kind_of(image: Image, standing: Standing) -> str:
    """Did a person agree with the label that was there, say another, or none?"""
    if not standing.label:
        return UNDECIDED
    return "confirmed" if standing.label == image.label else "corrected"


def annotation(act: Act, by: str, change: Change, image: Image, standing: Standing) -> list[Insert]:
    """What a person said, where the act says something about the label."""
    if standing.who != "person" or not KINDS[change.kind].speaks:
        return []
    kind = kind_of(image, standing)
    who, when = change.speaker or by, change.said_at or time.time()
    said = Annotation(new_id(), image.id, standing.label, kind, who, when, act.id, change.via)
    return [Insert(said)]
