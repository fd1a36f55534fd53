"""API: a collection's tree of names; find a name while typing, add or move one, import a
checklist."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from pydantic import BaseModel, Field

from biosight.own_names.collected import Names
from biosight.storage.conditions import living_images
from biosight.storage.label_use import pictures_by_label, pictures_by_path
from biosight.taxa.checklist import Listed, read_checklist
from biosight.taxa.kinds import USUAL
from biosight.taxa.naming import alike
from biosight.taxa.paths import as_path
from biosight.taxa.tree import Taxon, kept_fields
from biosight.web.access.deps import MayChange, MayLook, Open, Signed, Store, task_of
from biosight.web.body_limits import body_limit, of_files
from biosight.web.schemas.body import Input
from biosight.web.schemas.pictures import TaxonOut, taxon_out
from biosight.workflows.collection_names import names_in
from biosight.workflows.names import answer_list, checklists, label_paths, tree_edits

router = APIRouter(tags=["names"])
Text = Annotated[str, Query(max_length=200)]


class NameFound(TaxonOut):
    """A label that can be chosen.

    `found` is the name that matched if it is another one: a common name or a synonym. `images` is
    how many pictures have the label.
    """

    found: str
    images: int


class NewName(Input):
    """A name to add below `parent`, "" for the top. Ranks are Darwin Core's taxonRank."""

    label: str = Field(min_length=1, max_length=200)
    parent: str = Field("", max_length=200)
    scientific_name: str = Field("", max_length=200)
    taxon_rank: str = Field("", max_length=40)
    vernacular_name: str = Field("", max_length=200)


class NameMoved(Input):
    """A label, and the name that it goes below ("" for the top)."""

    label: str = Field(min_length=1, max_length=200)
    parent: str = Field("", max_length=200)


class NamesChanged(BaseModel):
    """The act, which can be undone, and the label as it is written.

    `settled` says whether all pictures have their new place: call settle until they have.
    """

    act: str
    label: str
    settled: bool


class Settled(BaseModel):
    """Whether all pictures have their place in the tree as it is now."""

    settled: bool


class Below(TaxonOut):
    """A name of the tree.

    `children` is how many names are right below it, and `images` how many pictures have it or a
    name below it.
    """

    children: int
    images: int


@router.get("/collections/{collection}/names")
def find_names(
    access: MayLook,
    biosight: Open,
    records: Store,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[NameFound]:
    """Find labels by a part of a scientific name, a common name or a synonym.

    Case, accents and Unicode form make no difference. Words that occur only on pictures are found
    too.
    """
    c = access.collection
    names = names_in(records, biosight.catalogue, c)
    used = pictures_by_label(records, living_images(c.id))
    own = own_words(names, used, q)
    met = {e.label: e.name for e in names.finder.find(q, limit)}
    found = [*((label, label) for label in own), *met.items()]
    return [name_found(names, label, name, used) for label, name in found][:limit]


def own_words(names: Names, used: dict[str, int], typed: str) -> list[str]:
    """Return the labels outside the tree that contain what is typed.

    These are labels of pictures that the tree does not know, and the usual things that are no taxa.
    """
    sought = alike(typed)
    words = {*used, *USUAL} - set(names.tree.taxa) - {""}
    return sorted(w for w in words if sought and sought in alike(w))


def name_found(names: Names, label: str, name: str, used: dict[str, int]) -> NameFound:
    """Return one label as the chooser shows it."""
    taxon = taxon_out(names.tree, label)
    assert taxon is not None
    other = "" if alike(name) == alike(label) else name
    return NameFound(**taxon.model_dump(), found=other, images=used.get(label, 0))


@router.get("/collections/{collection}/names/below")
def below(access: MayLook, biosight: Open, records: Store, of: Text = "") -> list[Below]:
    """List the names right below one ("" for the top), in alphabetical order."""
    c = access.collection
    tree = names_in(records, biosight.catalogue, c).tree
    used = pictures_by_path(records, living_images(c.id))
    return [
        Below(
            **taxon.model_dump(),
            children=len(tree.children.get(label, ())),
            images=used.get(as_path(tree.line(label)), 0),
        )
        for label in sorted(tree.children.get(of, ()), key=str.casefold)
        if (taxon := taxon_out(tree, label))
    ]


@router.post("/collections/{collection}/names", status_code=201)
def add(
    body: NewName, access: MayChange, person: Signed, biosight: Open, records: Store
) -> NamesChanged:
    """Add a name below another one."""
    wanted = Taxon(body.label, **kept_fields(body))
    label, act = tree_edits.add_name(task_of(biosight, access, person), wanted)
    settled = label_paths.settle(records, biosight.catalogue, access.collection.id)
    return NamesChanged(act=act.id, label=label, settled=settled)


@router.post("/collections/{collection}/names/move")
def move(
    body: NameMoved, access: MayChange, person: Signed, biosight: Open, records: Store
) -> NamesChanged:
    """Move a name below another one, with all that is below it."""
    c = access.collection.id
    act = tree_edits.move_name(task_of(biosight, access, person), body.label, body.parent)
    settled = label_paths.settle(records, biosight.catalogue, c)
    return NamesChanged(act=act.id, label=body.label, settled=settled)


class ChecklistSeen(BaseModel):
    """What a checklist would do.

    `new`, `synonyms`, `known` and `doubtful` count new names, new synonyms, names that are known
    already, and doubtful entries. `doubts` are the first of the doubts, in words.
    """

    new: int
    synonyms: int
    known: int
    doubtful: int
    doubts: list[str]


class ChecklistTaken(BaseModel):
    """How far a checklist was imported: send it again with `act` until `left` is 0."""

    act: str
    added: int
    left: int
    settled: bool


@contextmanager
def sent_checklist(file: UploadFile) -> Iterator[list[Listed]]:
    """Yield the names of a checklist that was sent. Raises BadRequest."""
    with NamedTemporaryFile(suffix=".checklist") as kept:
        copyfileobj(file.file, kept)
        kept.flush()
        yield read_checklist(Path(kept.name))


@router.post("/collections/{collection}/names/checklist/preview")
@body_limit(of_files)
def preview_checklist(
    file: Annotated[UploadFile, File()], access: MayChange, person: Signed, biosight: Open
) -> ChecklistSeen:
    """Preview a checklist, which is a CSV or a Darwin Core Archive; nothing changes."""
    with sent_checklist(file) as listed:
        seen = checklists.preview(task_of(biosight, access, person), listed)
    return ChecklistSeen(**asdict(seen))


@router.post("/collections/{collection}/names/checklist")
@body_limit(of_files)
def take_checklist(
    file: Annotated[UploadFile, File()],
    access: MayChange,
    person: Signed,
    biosight: Open,
    records: Store,
    act: Annotated[str, Query(max_length=64)] = "",
) -> ChecklistTaken:
    """Import up to 20,000 names of a checklist; all calls together are one act with undo."""
    c, title = access.collection.id, (file.filename or "checklist")[:100]
    with sent_checklist(file) as listed:
        task = task_of(biosight, access, person)
        done = checklists.take_names(task, listed, title, act=act)
    settled = bool(done.left) or label_paths.settle(records, biosight.catalogue, c)
    return ChecklistTaken(**asdict(done), settled=settled)


class AnswersOut(BaseModel):
    """The names that alone may be answered; none for all.

    `told` are those that the collection's model can tell, `above` those that a name above them
    stands for. `words` says so in a sentence.
    """

    names: list[str]
    told: list[str]
    above: dict[str, str]
    words: str


@router.get("/collections/{collection}/names/answerable")
def show_answerable(access: MayLook, biosight: Open, records: Store) -> AnswersOut:
    """Show the names that alone may be answered, and what the model can make of them."""
    found = answer_list.answer_list(records, biosight.catalogue, access.collection)
    return AnswersOut(**asdict(found))


@router.post("/collections/{collection}/names/checklist/answerable")
@body_limit(of_files)
def answer_with_checklist(
    file: Annotated[UploadFile, File()],
    access: MayChange,
    person: Signed,
    biosight: Open,
    records: Store,
) -> AnswersOut:
    """Let only the names of a checklist be answered. Import it first: names that the tree does not
    have are passed over."""
    with sent_checklist(file) as listed:
        changed = answer_list.answer_with_listed(task_of(biosight, access, person), listed)
    return AnswersOut(**asdict(answer_list.answer_list(records, biosight.catalogue, changed)))


@router.post("/collections/{collection}/names/settle")
def settle(access: MayChange, biosight: Open, records: Store) -> Settled:
    """Move up to 2,000 more pictures to their place in the tree."""
    done = label_paths.settle(records, biosight.catalogue, access.collection.id)
    return Settled(settled=done)
