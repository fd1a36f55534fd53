"""Rename of a label in a collection: its pictures, and how its model's name is shown from then on.

Not here: the pictures alone (review/names.py), or single labels (review/acts.py).
"""

from collections.abc import Sequence
from dataclasses import replace

from biosight import accounts
from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import Conflict, Stale
from biosight.images import ActItem, Image
from biosight.membership import with_names
from biosight.own_names import editing
from biosight.own_names.collected import Names
from biosight.review import names
from biosight.review.acts import MOST_AT_ONCE, Act, Change, new_act
from biosight.review.perform_acts import Done
from biosight.storage.conditions import labelled
from biosight.storage.label_use import pictures_by_label
from biosight.storage.records import Gone, Insert, Records, Replace, Where, Write, pages
from biosight.taxa.naming import Naming, are_alike
from biosight.work.jobs import Job
from biosight.workflows.collection_names import former_naming, names_in, naming_of
from biosight.workflows.names import label_paths, sensitivity
from biosight.workflows.pictures import long_acts
from biosight.workflows.places import deployment_acts
from biosight.workflows.task import Task


def rename_label(task: Task, old: str, new: str, *, sensitive: bool | None = None) -> Done | Job:
    """Rename `old` to `new` ("" removes it), trash included; return a job if more than MOST_AT_ONCE
    pictures have it.

    When a sensitive name is merged into one that is not, `sensitive` says whether the result is
    sensitive. The collection's names change before the first picture does, in one write with the
    act that remembers the former names. Raises BadRequest, Conflict, NeedsAnswer or NotFound.
    """
    change = names.checked_rename(old, new)
    records, catalogue, c = task.records, task.catalogue, task.id
    here = [Where("collection", "=", c), labelled(old)]
    known = names_in(records, catalogue, task.collection_now())
    bear = records.count(Image, here)
    if old not in known.tree and not bear:
        return Done("", [], 0, 0)
    check_twin(records, known, c, old, change.label)
    act, job = begin_rename(task, old, change, here, many=bear > MOST_AT_ONCE, sensitive=sensitive)
    if job:
        return job
    path = naming_of(records, catalogue, task.collection_now()).path(change.label)
    done = names.rename(records, task.by, c, old, replace(change, path=path), act=act.id)
    label_paths.settle(records, catalogue, c)  # pictures of names below it follow, or most of them
    return done


def check_twin(records: Records, known: Names, collection: str, old: str, new: str) -> None:
    """Raise Conflict if the new name differs from another label only by case, accents or Unicode
    form: there would be two spellings of one name."""
    if not new or are_alike(old, new):
        return
    used = pictures_by_label(records, [Where("collection", "=", collection)])
    labels = {*used, *known.tree.taxa} - {old, ""}
    twin = next((x for x in sorted(labels) if x != new and are_alike(x, new)), "")
    if twin and new not in labels:
        raise Conflict(f"There is already a label {twin}. Rename {old} to {twin} to merge them.")


def begin_rename(
    task: Task,
    old: str,
    change: Change,
    here: Sequence[Where],
    *,
    many: bool,
    sensitive: bool | None,
) -> tuple[Act, Job | None]:
    """Write the act with the former names and the collection with the new ones, in one write. If
    `many` pictures have the label, that write includes the job that continues the act.

    It tries again when somebody changes the collection at the same moment. Raises NotFound, or
    BadRequest if the new name lies below the old one.
    """
    records, c, new = task.records, task.id, change.label
    while True:
        found = task.collection_now()
        known = names_in(records, task.catalogue, found)
        edit = editing.rename_edit(records, c, known.tree, old, new)
        joins = is_known(records, c, known, new)
        hiding = sensitivity.renamed_sensitive(found, known, old, new, sensitive, joins=joins)
        follow = "" if joins else new
        links, shares = accounts.relabel_shares(records, c, old, follow)
        made = replace(
            new_act(task.by, c, change, renamed_before=found.renamed, taxa_before=edit.before),
            sensitive_change=hiding,
            shares_before=shares,
        )
        changed = replace(
            sensitivity.with_sensitive(found, hiding),
            renamed=names.renamed_with(dict(found.renamed), old, new),
            favourites=renamed_labels(found.favourites, old, new),
            answerable=with_name(found.answerable, old, new),
        )
        asked, job = long_acts.job_writes(records, made, change, here) if many else ([], None)
        try:
            write: list[Write] = [with_names(changed), Insert(made)]
            records.write(*write, *edit.writes, *asked, *links)
            return made, job
        except Stale:
            continue


def is_known(records: Records, collection: str, known: Names, label: str) -> bool:
    """Return whether the tree or some picture has the label."""
    here = [Where("collection", "=", collection), labelled(label)]
    return bool(label) and (label in known.tree or records.count(Image, here) > 0)


def renamed_labels(labels: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    """Return labels with `old` renamed to `new`, each once; without it if the label was removed."""
    shown = (new if label == old else label for label in labels)
    return tuple(dict.fromkeys(label for label in shown if label))


def with_name(labels: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    """Return labels with `new` beside `old`, where `old` is one of them: an undo brings it back."""
    both = (x for label in labels for x in ((old, new) if label == old else (label,)))
    return tuple(dict.fromkeys(label for label in both if label))


def naming_before(task: Task, act: Act) -> Naming:
    """Return the names as they will be once the act is undone."""
    if act.renamed_before is None:
        return naming_of(task.records, task.catalogue, task.collection)
    return former_naming(task.records, task.catalogue, task.collection, act.renamed_before)


def going_back(records: Records, act: Act) -> list[Write]:
    """Return the writes that accompany the undo of an act: former names after a rename or move,
    former places; none for other acts."""
    if act.places_before:
        return deployment_acts.places_back(records, act.places_before)
    before = act.renamed_before
    found = records.get(Collection, act.collection) if before is not None else None
    if found is None or before is None:
        return []
    if act.kind == "tree" and not act.taxa_before:
        editing.drop_source(records, act.collection, act.id)
    writes = editing.taken_back(records, act.taxa_before)
    links = accounts.shares_back(records, act.shares_before)
    changed = replace(sensitivity.sensitive_back(found, act.sensitive_change), renamed=before)
    return [with_names(changed), *writes, *links]


def newcomers_back(records: Records, catalogue: Catalogue, act: Act) -> int:
    """Give former names back to pictures that the machine named while a rename or removal was in
    effect.

    Return how many. These labels follow from the collection's names, so this is no act of its own.
    """
    found = records.get(Collection, act.collection)
    if act.kind != "rename" or found is None:
        return 0
    naming = naming_of(records, catalogue, found)
    items = records.find(ActItem, [Where("act", "=", act.id)], limit=MOST_AT_ONCE)
    meant = {i.after.label for i in items} | names.new_names(act.summary)
    back = 0
    for who in ("machine", "nobody"):
        here = [Where("collection", "=", found.id), Where("who", "=", who)]
        for own, label in records.tally(Image, here, ("machine_label", "label")):
            shown = naming.shown(str(own))
            if own and label in meant and shown != label:
                pair = [Where("machine_label", "=", own), Where("label", "=", label)]
                for page in pages(records, Image, [*here, *pair]):
                    back += sum(renamed_one(records, image, naming, shown) for image in page)
    return back


def renamed_one(records: Records, image: Image, naming: Naming, label: str) -> bool:
    """Give a machine-labelled picture another label, "" for none; return whether it was written.
    Somebody who changes the picture at the same moment wins."""
    who = "machine" if label else "nobody"
    changed = replace(image.standing, label=label, label_path=naming.path(label), who=who)
    new = replace(image.put(changed), version=image.version + 1)
    try:
        records.write(Replace(new, image.version, image))
    except (Stale, Gone):
        return False
    return True


def all_back(records: Records, act: Act) -> None:
    """Forget the names that an undone act had made sensitive, once all its pictures are
    restored."""
    while act.sensitive_change and (found := records.get(Collection, act.collection)) is not None:
        left = sensitivity.forget_former(found, act.sensitive_change)
        try:
            if left != found:
                records.write(Replace(replace(left, version=found.version + 1), found.version))
            return
        except Stale:
            continue
