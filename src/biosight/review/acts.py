"""Acts on one or many images, with a history; KINDS is the table of them.

Every act keeps each image's standing before and after, so that any act can be undone. A new
kind is a row in KINDS and its function. Not here: writing what an act does (perform_acts.py),
undoing (undo_acts.py), or who may act where (membership).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from biosight.errors import BadRequest
from biosight.images import ActItem, Image, Standing
from biosight.labels import FORMERLY_UNDECIDED, IN_BULK, UNDECIDED, clean_label
from biosight.places.clocks import said_moment
from biosight.storage.records import new_id
from biosight.subjects import NO_DETAILS, Details, Subject
from biosight.subjects.subject import LIFE_STAGES, LONGEST_WORDS, MOST_SUBJECTS, SEXES
from biosight.taxa.kinds import thing_of

MOST_AT_ONCE = 500
MOST_LOOKED_AT = 100  # more than a person looks at one by one; the same number is in bulk.js
MAX_NOTE = 2000
MOST_INDIVIDUALS = 100_000


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a person did in a collection, to `count` images.

    `undone_at` is 0 until it is undone; `target` is where a move or copy went. `sensitive_change`
    holds names that it made sensitive ("added"), or names that are no longer sensitive under this
    name ("removed"). `shares_before` holds links to a label, by id, with the label before.
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
    sensitive_change: tuple[tuple[str, str], ...] = ()
    shares_before: tuple[tuple[str, str], ...] = ()
    version: int = 1

    @property
    def stays(self) -> bool:
        """Return whether it stays in the history whatever becomes of its pictures: it changed names
        or places."""
        return self.renamed_before is not None or bool(self.places_before)


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to an image, under a name in KINDS.

    `label` is the new label and `path` where it hangs in the collection's tree of names. `target`
    is a collection and `target_name` its name in words, `note` a text, `via` the queue that the
    change answers. For a deployment, `target` is its id, `site` its site's id, and `shift` the
    seconds by which its clock is corrected. `when` is a local time or day that a person says,
    `individuals` how many they counted. For imported labels, `source` and `said_at` say who gave
    the label there, in words, and when. `former` is the label that a rename replaces. `subjects`
    are all that a picture shows, the one that its label is about first.
    """

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
    source: str = ""
    said_at: float = 0.0
    former: str = ""
    subjects: tuple[Subject, ...] = ()

    def standing(self, image: Image) -> Standing:
        return KINDS[self.kind].apply(self, image)

    @property
    def summary(self) -> str:
        """The act in words, for the history."""
        return KINDS[self.kind].summary.format(label=self.words)

    @property
    def done(self) -> str:
        """Return what became of pictures, in words."""
        return KINDS[self.kind].done.format(label=self.words)

    @property
    def doing(self) -> str:
        """Return what is in progress, in words."""
        return KINDS[self.kind].doing.format(label=self.words)

    @property
    def words(self) -> str:
        """Return what the act is done with, in words: a name, a day, a number."""
        if self.kind == "count":
            return str(self.individuals or "none")
        return self.target_name or self.label or self.when


Apply = Callable[[Change, Image], Standing]
Prepare = Callable[[Change], Change]


@dataclass(frozen=True, slots=True)
class ActKind:
    """One kind of act.

    `summary` is what the history says, `done` what becomes of pictures, `doing` what is in
    progress, all with {label} for the label or the target's name. `apply` returns an image's new
    standing. `prepare` checks and cleans what was asked; without it nobody can ask for the act.
    `speaks` is set where the act says something about the label, `goes` where it needs a target
    collection, and `copies` where it makes images there instead.
    """

    summary: str
    done: str
    doing: str
    apply: Apply
    prepare: Prepare | None = None
    speaks: bool = False
    goes: bool = False
    copies: bool = False


def as_asked(change: Change) -> Change:
    """Return a change that needs neither a label nor a note, without them."""
    return replace(change, label="", note="")


def to_confirm(change: Change) -> Change:
    """Return a confirmation; one in bulk says so in the history."""
    words = ", accepted in bulk" if change.via == IN_BULK else ""
    return Change(change.kind, via=change.via, target_name=words)


def with_label(change: Change) -> Change:
    """Return a change with the label in its stored form. Raises BadRequest."""
    label = clean_label(change.label)
    if label == FORMERLY_UNDECIDED:
        return left_undecided(change)
    return Change(change.kind, label=label, via=change.via)


def left_undecided(change: Change) -> Change:
    """Return the change of a person who looked and can't name the picture."""
    return Change(UNDECIDED, via=change.via)


def with_note(change: Change) -> Change:
    """Return a change with a note of at most MAX_NOTE characters. Raises BadRequest."""
    if len(change.note) > MAX_NOTE:
        raise BadRequest(f"A note can be up to {MAX_NOTE} characters long.")
    return Change(change.kind, note=change.note.strip())


def clean_date(change: Change) -> Change:
    """Return a change to a local time or a day alone; none restores what the file says. Raises
    BadRequest."""
    words = "The date as the file says" if not change.when else ""
    return Change(change.kind, when=said_moment(change.when), target_name=words)


def with_count(change: Change) -> Change:
    """Return a change with a number of individuals, 0 where nobody said one. Raises BadRequest."""
    if not 0 <= change.individuals <= MOST_INDIVIDUALS:
        raise BadRequest(f"Individuals are counted from 0 to {MOST_INDIVIDUALS:,}.")
    return Change(change.kind, individuals=change.individuals)


def with_subjects(change: Change) -> Change:
    """Return a change with subjects in their stored form. Raises BadRequest."""
    if not change.subjects:
        raise BadRequest("A picture shows at least one thing: call it Empty if nothing is there.")
    if len(change.subjects) > MOST_SUBJECTS:
        raise BadRequest(f"A picture can have up to {MOST_SUBJECTS} subjects.")
    first, *others = change.subjects
    checked = replace(first, label=first.label and clean_label(first.label))
    named = [replace(s, label=clean_label(s.label)) for s in others]
    kept = tuple(replace(s, details=checked_details(s.details)) for s in (checked, *named))
    words = kept[0].label or "no name"
    if len(kept) > 1:
        words = f"{words} and {len(kept) - 1} more"
    return Change(change.kind, target_name=words, subjects=kept)


def checked_details(said: Details) -> Details:
    """Return details in their stored form. Raises BadRequest for words outside the lists, a count
    or a region that can't be, and for long texts."""
    for value, known, what in (
        (said.sex, SEXES, "sex"),
        (said.life_stage, LIFE_STAGES, "life stage"),
    ):
        if value and value not in known:
            raise BadRequest(f"The {what} is one of {', '.join(known)}, or nothing.")
    if not 0 <= said.count <= MOST_INDIVIDUALS:
        raise BadRequest(f"Individuals are counted from 0 to {MOST_INDIVIDUALS:,}.")
    if said.region and not said.region.is_inside:
        raise BadRequest("A box lies within the picture: x, y, width and height from 0 to 1.")
    behaviour, individual = (clean_text(t) for t in (said.behaviour, said.individual))
    return replace(said, behaviour=behaviour, individual=individual)


def clean_text(said: str) -> str:
    """Return a short text with single spaces. Raises BadRequest where it is too long."""
    kept = " ".join(said.split())
    if len(kept) > LONGEST_WORDS:
        raise BadRequest(f"Behaviour and individual can be up to {LONGEST_WORDS} characters long.")
    return kept


def confirm(change: Change, image: Image) -> Standing:
    """Return the standing with the same label, said by a person; unchanged where there is no label.
    A label accepted in bulk stays apart from one that somebody looked at."""
    if not image.label or (change.via == IN_BULK and image.who == "person"):
        return image.standing
    return replace(image.standing, who=IN_BULK if change.via == IN_BULK else "person")


def relabel(change: Change, image: Image) -> Standing:
    """Return the standing with another label, said by a person; one given in bulk stays apart from
    one that somebody looked at. An empty picture shows no further subjects."""
    who = IN_BULK if change.via == IN_BULK else "person"
    named = replace(image.standing, label=change.label, label_path=change.path, who=who)
    if thing_of(change.label) != "empty":
        return named
    return replace(named, details=NO_DETAILS, others=(), individuals=0)


def leave_undecided(_: Change, image: Image) -> Standing:
    """Return the standing without a label, as a person said."""
    return replace(image.standing, label="", label_path="", who="person")


def call_otherwise(change: Change, image: Image) -> Standing:
    """Return the standing with the label's new name on every subject that has it, said by the same
    as before. Where the label was removed, nobody names the first subject, and further ones go."""
    renamed = [
        replace(o, label=change.label, label_path=change.path) if o.label == change.former else o
        for o in image.others
    ]
    standing = replace(image.standing, others=tuple(o for o in renamed if o.label))
    if change.former not in {image.label, ""}:
        return standing
    who = image.who if change.label else "nobody"
    return replace(standing, label=change.label, label_path=change.path, who=who)


def say_subjects(change: Change, image: Image) -> Standing:
    """Return the standing with these subjects. Who said the label stays, unless it changes or the
    subjects come from a person elsewhere, who named them all."""
    first, *others = change.subjects
    standing = replace(image.standing, details=first.details, others=tuple(others))
    if first.label == image.label and not change.source:
        return standing
    # A count was about the subject that was the first one.
    individuals = image.individuals if first.label == image.label else 0
    named = replace(standing, label=first.label, label_path=first.label_path, who="person")
    return replace(named, individuals=individuals)


def put_in_trash(_: Change, image: Image) -> Standing:
    """Return the standing in the trash, since now unless it was there already."""
    return replace(image.standing, trashed_at=image.trashed_at or time.time())


def take_from_trash(_: Change, image: Image) -> Standing:
    return replace(image.standing, trashed_at=0.0)


def put_in_collection(change: Change, image: Image) -> Standing:
    """Return the standing in another collection, and out of its deployment, which stays behind."""
    return replace(image.standing, collection=change.target, deployment="", site="", shift=0)


def put_in_deployment(change: Change, image: Image) -> Standing:
    """Return the standing in a deployment, with its site and clock; in none for an empty target."""
    return replace(image.standing, deployment=change.target, site=change.site, shift=change.shift)


def date_said(change: Change, image: Image) -> Standing:
    """Return the standing with the time that a person says."""
    return replace(image.standing, dated=change.when)


def set_count(change: Change, image: Image) -> Standing:
    """Return the standing with the number of individuals in its event."""
    return replace(image.standing, individuals=change.individuals)


def set_note(change: Change, image: Image) -> Standing:
    return replace(image.standing, note=change.note)


def leave_unchanged(_: Change, image: Image) -> Standing:
    """Return the standing as it is: a copy does not change its original."""
    return image.standing


DEPLOY, SUBJECTS = "deploy", "subjects"
KINDS = {
    "confirm": ActKind(
        "Confirmed{label}", "confirmed{label}", "Confirming", confirm, to_confirm, speaks=True
    ),
    "relabel": ActKind(
        "Relabelled as {label}",
        "relabelled as {label}",
        "Relabelling as {label}",
        relabel,
        with_label,
        speaks=True,
    ),
    UNDECIDED: ActKind(
        "Left undecided",
        "left undecided",
        "Leaving undecided",
        leave_undecided,
        left_undecided,
        speaks=True,
    ),
    # Its name until form 5, for programs that still use it.
    "unsure": ActKind("", "left undecided", "", leave_undecided, left_undecided, speaks=True),
    "trash": ActKind(
        "Moved to the trash", "moved to the trash", "Moving to the trash", put_in_trash, as_asked
    ),
    "restore": ActKind(
        "Restored from the trash", "restored", "Restoring", take_from_trash, as_asked
    ),
    "move": ActKind(
        "Moved to {label}",
        "moved to {label}",
        "Moving to {label}",
        put_in_collection,
        as_asked,
        goes=True,
    ),
    "copy": ActKind(
        "Copied to {label}",
        "copied to {label}",
        "Copying to {label}",
        leave_unchanged,
        as_asked,
        goes=True,
        copies=True,
    ),
    "note": ActKind("Changed the note", "noted", "Noting", set_note, with_note),
    "date": ActKind("Dated: {label}", "dated", "Dating", date_said, clean_date),
    "count": ActKind(
        "Counted {label} individuals",
        "counted",
        "Counting {label} each",
        set_count,
        with_count,
    ),
    SUBJECTS: ActKind(
        "Described what it shows: {label}",
        "described",
        "Describing what they show",
        say_subjects,
        with_subjects,
        speaks=True,
    ),
    DEPLOY: ActKind("{label}", "put into their deployment", "{label}", put_in_deployment),
    "place": ActKind("{label}", "put elsewhere", "{label}", leave_unchanged),
    "rename": ActKind("{label}", "renamed", "{label}", call_otherwise),
    "tree": ActKind("{label}", "put elsewhere", "{label}", leave_unchanged),
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
    subjects: tuple[Subject, ...] = (),
) -> Change:
    """Return a checked Change. Raises BadRequest for kinds that nobody can ask for and empty
    labels."""
    prepare = KINDS[kind].prepare if kind in KINDS else None
    if prepare is None:
        raise BadRequest(f"An act is one of {', '.join(k for k in KINDS if KINDS[k].prepare)}.")
    asked = Change(kind, label, target, target_name, note, via)
    return prepare(replace(asked, when=when, individuals=individuals, subjects=subjects))


def new_act(
    by: str,
    collection: str,
    change: Change,
    renamed_before: tuple[tuple[str, str], ...] | None = None,
    taxa_before: tuple[tuple[str, str], ...] = (),
    places_before: tuple[tuple[str, str], ...] = (),
) -> Act:
    """Return an act that has not done anything yet. `renamed_before` are the former names of what
    the model says, `taxa_before` people's own names before (own_names/editing.py), and
    `places_before` sites and deployments before (workflows/places/deployment_acts.py)."""
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
