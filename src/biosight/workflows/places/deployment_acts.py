"""Acts on sites and deployments, each with undo: add, change and remove them, and assign pictures.

Not here: the records of sites and deployments (places), or how a picture changes (review/acts.py).
"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TypeVar

from pydantic import TypeAdapter

from biosight.errors import BadRequest, Conflict, NotFound, Stale
from biosight.images import Image
from biosight.places import Deployment, Site
from biosight.places.clocks import known_zone
from biosight.review.acts import DEPLOY, MOST_AT_ONCE, Act, Change, new_act
from biosight.review.perform_acts import HistoryLine, each_changed, in_pieces, perform
from biosight.storage.patience import tries
from biosight.storage.records import (
    Gone,
    Insert,
    InUse,
    Records,
    Remove,
    Replace,
    Require,
    Where,
    Write,
    among,
    find_all,
    new_id,
    pages,
)

Place = Site | Deployment
P = TypeVar("P", Site, Deployment)
LONGEST_NAME = 120
TABLES: dict[str, type[Site] | type[Deployment]] = {
    Site.table: Site,
    Deployment.table: Deployment,
}
WORDS = {Site.table: "site", Deployment.table: "deployment"}


def sites_of(records: Records, collection: str) -> list[Site]:
    """Return a collection's sites, sorted by name."""
    found = find_all(records, Site, [Where("collection", "=", collection)])
    return sorted(found, key=lambda s: s.name.casefold())


def deployments_of(records: Records, collection: str) -> list[Deployment]:
    """Return a collection's deployments, sorted by name."""
    found = find_all(records, Deployment, [Where("collection", "=", collection)])
    return sorted(found, key=lambda d: d.name.casefold())


def places_by_id(
    records: Records, collection: str
) -> tuple[dict[str, Site], dict[str, Deployment]]:
    """Return a collection's sites and deployments by id, as exports need them."""
    sites = {s.id: s for s in sites_of(records, collection)}
    return sites, {d.id: d for d in deployments_of(records, collection)}


def find_place(records: Records, kind: type[P], id: str, collection: str) -> P:
    """Return a site or deployment of a collection. Raises NotFound."""
    found = records.get(kind, id)
    if found is None or found.collection != collection:
        raise NotFound(f"There is no such {WORDS[kind.table]} in this collection.")
    return found


def checked_place(records: Records, place: P) -> P:
    """Return a site or deployment in its stored form, after checking that its site exists. Raises
    BadRequest or NotFound in words."""
    if isinstance(place, Deployment) and place.site:
        find_place(records, Site, place.site, place.collection)
    return sound_place(place)


def sound_place(place: P) -> P:
    """Return a site or deployment with its name in stored form, after checking its values. Raises
    BadRequest in words."""
    name = " ".join(place.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadRequest(f"A {WORDS[place.table]} name has 1 to {LONGEST_NAME} characters.")
    if isinstance(place, Deployment):
        if place.zone:
            known_zone(place.zone)
        if place.start and place.end and place.start > place.end:
            raise BadRequest("A deployment ends after it starts: are start and end swapped?")
    return replace(place, name=name)


def add_place(records: Records, by: str, place: P) -> tuple[P, Act]:
    """Add a site or deployment under a new id; return it and its act. Raises BadRequest, Conflict
    or NotFound."""
    made = checked_place(records, replace(place, id=new_id(), version=1))
    words = f"Added the {WORDS[made.table]} {made.name}"
    act = act_on(by, made.collection, words, [(made, None)])
    write(records, made, Insert(act), Insert(made))
    return made, act


def change_place(records: Records, by: str, old: P, new: P) -> tuple[P, Act]:
    """Replace a site or deployment with `new`; return it and its act. Its pictures follow by
    `follow`.

    Raises as `add_place`, and Stale when somebody was faster.
    """
    made = checked_place(records, replace(new, id=old.id, version=old.version + 1))
    words = f"Changed the {WORDS[made.table]} {old.name}"
    if isinstance(old, Deployment) and isinstance(made, Deployment) and made.shift != old.shift:
        words = f"Corrected the clock of {old.name} by {in_words(made.shift - old.shift)}"
    act = act_on(by, made.collection, words, [(made, old)])
    write(records, made, Insert(act), Replace(made, old.version))
    return made, act


def remove_place(records: Records, by: str, place: Place) -> Act:
    """Remove a site or deployment; return the act. Raises Conflict while something belongs to
    it."""
    if place_in_use(records, place):
        raise Conflict(f"{place.name} is in use: take its pictures and deployments out first.")
    act = act_on(
        by, place.collection, f"Removed the {WORDS[place.table]} {place.name}", [(None, place)]
    )
    records.write(Insert(act), Remove(type(place), place.id, place.version))
    return act


def place_in_use(records: Records, place: Place, but: Container[str] = ()) -> bool:
    """Return whether pictures belong to it, or deployments other than those whose ids are in
    `but`."""
    at_it = [Where("site", "=", place.id)] if isinstance(place, Site) else []
    if at_it and any(d.id not in but for d in find_all(records, Deployment, at_it)):
        return True
    field = "site" if isinstance(place, Site) else "deployment"
    here = [Where("collection", "=", place.collection), Where(field, "=", place.id)]
    return bool(records.find(Image, here, limit=1))


def write(records: Records, made: Place, *writes: Write) -> None:
    """Make the writes at once. Raises Conflict for a name that exists already."""
    try:
        records.write(*writes)
    except InUse as error:
        raise Conflict(f"There is already a {WORDS[made.table]} called {made.name}.") from error


def act_on(
    by: str, collection: str, words: str, changed: Iterable[tuple[Place | None, Place | None]]
) -> Act:
    """Return the act for some changes; each is a pair of the place after and before."""
    before = []
    for now, was in changed:
        if (place := now or was) is not None:
            before.append((f"{place.table}/{place.id}", place_json(was)))
    of_one = [key for key, _ in before if key.startswith(f"{Deployment.table}/")]
    change = Change(DEPLOY if of_one else "place", target_name=words)
    return new_act(by, collection, change, places_before=tuple(before))


def place_json(place: Place | None) -> str:
    return json.dumps(asdict(place), ensure_ascii=False) if place else ""


def places_back(records: Records, before: Sequence[tuple[str, str]]) -> list[Write]:
    """Return the writes that restore sites and deployments to their former state. Raises Conflict
    where one that would be removed is in use."""
    writes: list[Write] = []
    named = {key.partition("/")[2] for key, _ in before}
    for key, text in before:
        table, _, id = key.partition("/")
        kind = TABLES[table]
        now = records.get(kind, id)
        was = TypeAdapter(kind).validate_json(text) if text else None
        if now is not None and was is None:
            if place_in_use(records, now, named):
                raise Conflict(f"{now.name} is in use now: take its pictures out first.")
            writes.append(Remove(kind, id, now.version))
        elif now is not None and was is not None:
            writes.append(Replace(replace(was, version=now.version + 1), now.version))
        elif was is not None:
            writes.append(Insert(was))
    return writes


def align(records: Records, before: Sequence[tuple[str, str]]) -> None:
    """Give the pictures of the deployments that an act changed their current sites and clocks. Both
    are derived from the deployment, so this is no act of its own."""
    for key, _ in before:
        table, _, id = key.partition("/")
        if table == Deployment.table:
            align_pictures(records, id)


def align_pictures(records: Records, deployment: str) -> int:
    """Give all pictures of a deployment its site and clock, and repeat until none differs; return
    how many were corrected."""
    mended = 0
    for _ in tries(deployment):
        found = records.get(Deployment, deployment)
        wrong = list(misplaced_images(records, found)) if found else []
        if found is None or not wrong:
            break
        mended += sum(align_one(records, image, found) for image in wrong)
    return mended


def misplaced_images(records: Records, deployment: Deployment) -> Iterator[Image]:
    """Yield the pictures of a deployment whose site or clock differs from it."""
    here = in_deployments(deployment.collection, [deployment.id])
    for field, value in (("shift", deployment.shift), ("site", deployment.site)):
        for page in pages(records, Image, [*here, Where(field, "!=", value)]):
            yield from page


def align_one(records: Records, image: Image, deployment: Deployment) -> bool:
    """Align one picture if neither it nor the deployment changed meanwhile; return whether it was
    written."""
    standing = replace(image.standing, site=deployment.site, shift=deployment.shift)
    if standing == image.standing:
        return False
    changed = replace(image.put(standing), version=image.version + 1)
    rests = Require(Deployment, deployment.id, deployment.version)
    try:
        records.write(rests, Replace(changed, image.version))
    except (Stale, Gone):
        return False
    return True


def without_deployment(records: Records, collection: str) -> Iterator[Image]:
    """Yield pictures of a collection whose deployment is gone or belongs to another collection."""
    here = [Where("collection", "=", collection)]
    used = [str(d) for d in records.count_by(Image, here, "deployment") if d]
    there = {d.id for d in among(records, Deployment, used) if d.collection == collection}
    for gone in sorted(set(used) - there):
        for page in pages(records, Image, in_deployments(collection, [gone])):
            yield from page


def take_out(records: Records, image: Image) -> bool:
    """Remove a picture from a deployment that no longer exists; return whether it was written."""
    standing = replace(image.standing, deployment="", site="", shift=0)
    changed = replace(image.put(standing), version=image.version + 1)
    try:
        records.write(Replace(changed, image.version))
    except (Stale, Gone):
        return False
    return True


def follow(records: Records, by: str, act: Act, deployments: Sequence[str]) -> int:
    """Give the pictures of deployments their sites and clocks, under the act that changed the
    deployments; return how many changed."""
    there = {d.id: d for d in among(records, Deployment, deployments)}
    line = HistoryLine(records, act, there=True)
    make = each_changed(records, act, by, lambda image: as_deployed(there, image))
    for page in pages(records, Image, in_deployments(act.collection, deployments)):
        in_pieces(line, make, page)
    for id in deployments:
        align_pictures(records, id)
    return len(line.changed)


def in_deployments(collection: str, deployments: Sequence[str]) -> list[Where]:
    """Return the conditions for the pictures of some deployments."""
    return [
        Where("collection", "=", collection),
        Where("deployment", "in", tuple(deployments)),
    ]


def as_deployed(there: Mapping[str, Deployment], image: Image) -> Change | None:
    """Return the change that gives an image the site and clock of its deployment."""
    found = there.get(image.deployment)
    return put_into(found) if found else None


def dated_picture(records: Records, deployment: Deployment, image: str) -> Image:
    """Return a picture of a deployment whose file has a date. Raises BadRequest or NotFound."""
    found = records.get(Image, image)
    if found is None or found.deployment != deployment.id:
        raise NotFound(f"There is no such picture in {deployment.name}.")
    if not found.taken_file:
        raise BadRequest("This picture's file does not say when it was taken; pick another.")
    return found


def put_into(deployment: Deployment | None) -> Change:
    """Return the change that puts pictures into a deployment, or takes them out of theirs for
    None."""
    if deployment is None:
        return Change(DEPLOY, target_name="Taken out of their deployment")
    return Change(
        DEPLOY,
        target=deployment.id,
        target_name=f"Put into {deployment.name}",
        site=deployment.site,
        shift=deployment.shift,
    )


def put_folders(
    records: Records, by: str, collection: str, folders: Mapping[str, Sequence[Image]]
) -> dict[str, int]:
    """Put each folder's pictures into the deployment of the same name, which is added if it is
    missing. Return how many were put into each."""
    there_by_name = {d.name: d for d in deployments_of(records, collection)}
    counts = {}
    for folder, images in folders.items():
        name = name_of_folder(folder)
        found = there_by_name.get(name)
        if found is None:
            found, _ = add_place(records, by, Deployment("", collection, name))
            there_by_name[name] = found
        changed, act = 0, ""
        for start in range(0, len(images), MOST_AT_ONCE):
            part = images[start : start + MOST_AT_ONCE]
            done = perform(records, by, collection, put_into(found), part, act=act)
            changed, act = changed + len(done.changed), done.act if done.changed else act
        counts[name] = changed
    return counts


def name_of_folder(folder: str) -> str:
    """Return the name of a folder's deployment. One that is too long is cut and ends with a part of
    its hash, so that two folders that begin alike stay two."""
    name = " ".join(folder.split())
    if len(name) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 10]}… {mark}"


def change_for(records: Records, collection: str, deployment: str, site: str = "") -> Change:
    """Return the change that puts pictures into a deployment of a collection ("" takes them out),
    or to a site without a deployment. Raises NotFound."""
    if site and not deployment:
        found = find_place(records, Site, site, collection)
        return Change(DEPLOY, target_name=f"Put at {found.name}", site=found.id)
    return put_into(find_place(records, Deployment, deployment, collection) if deployment else None)


def in_words(seconds: int) -> str:
    """Return a shift in words, such as +1 d 2 h 3 min 4 s."""
    sign, left = ("-" if seconds < 0 else "+"), abs(seconds)
    parts = []
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,} {word}")
    return f"{sign}{' '.join(parts)}" if parts else "nothing"
