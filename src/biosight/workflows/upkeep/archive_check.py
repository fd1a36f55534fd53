"""Check that an archive is whole, name each damaged picture, and repair it from a folder.

Not here: the command (cli/server/archive.py), or removing what nobody names (gallery/trash.py).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from biosight import accounts, registry
from biosight.bootstrap import Archive
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.images import Image
from biosight.storage.blobs import keys
from biosight.storage.records import Records, pages
from biosight.workflows.places import deployment_acts

RepairStep = Callable[[], object]
WORDS = {"missing": "its bytes are gone", "changed": "its bytes are not what was sent"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Bytes that are "missing" or "changed", and the picture or model they belong to, in words."""

    key: str
    state: str
    of: str

    def __str__(self) -> str:
        return f"{self.state}: {self.of}: {WORDS[self.state]} ({keys.sha256_of(self.key)})"


def problems(archive: Archive, step: RepairStep = lambda: None) -> Iterator[Problem]:
    """Yield the problems of the originals and the models' files; every byte is read."""
    return problems_of(archive.records, lambda key: state_of(archive, key), step)


def problems_of(
    records: Records, state_of: Callable[[str], str], step: RepairStep = lambda: None
) -> Iterator[Problem]:
    """Yield the files that records name and that are "missing" or "changed" according to
    `state_of`, which is called once per key."""
    name = describer(records)
    checked: set[str] = set()
    for page in pages(records, Image):
        for image in page:
            step()
            key = keys.original(image.sha256)
            if key not in checked and (state := state_of(key)):
                yield Problem(key, state, name(image))
            checked.add(key)
    for version in registry.versions(records):
        for file, sha256 in version.files:
            if state := state_of(keys.model(sha256)):
                yield Problem(keys.model(sha256), state, f"{file} of the model {version.id}")


@dataclass(frozen=True, slots=True)
class Misplaced:
    """How many pictures of a deployment differ from it in site or clock, and the collection's name.
    `deployment` is "" for pictures whose deployment is gone."""

    collection: str
    deployment: str
    pictures: int

    def __str__(self) -> str:
        what = f"of {self.deployment}" if self.deployment else "of a deployment that is gone"
        return f"misplaced: {self.pictures} pictures {what} in {self.collection}"


def misplaced_pictures(records: Records, *, repair: bool = False) -> Iterator[Misplaced]:
    """Yield how many pictures differ in site or clock from their deployment; with `repair`, correct
    them."""
    for page in pages(records, Collection):
        for collection in page:
            for deployment in deployment_acts.deployments_of(records, collection.id):
                if wrong := sum(1 for _ in deployment_acts.misplaced_images(records, deployment)):
                    yield Misplaced(collection.name, deployment.name, wrong)
                    if repair:
                        deployment_acts.align_pictures(records, deployment.id)
            if lost := list(deployment_acts.without_deployment(records, collection.id)):
                yield Misplaced(collection.name, "", len(lost))
                if repair:
                    for image in lost:
                        deployment_acts.take_out(records, image)


def describer(records: Records) -> Callable[[Image], str]:
    """Return a function that describes an image in words: its name, its collection, and who sent
    it."""
    person, collections = accounts.names_of(records), dict[str, str]()

    def name(image: Image) -> str:
        if image.collection not in collections:
            found = records.get(Collection, image.collection)
            collections[image.collection] = found.name if found else "a collection that is gone"
        where = collections[image.collection]
        return f"{image.path} in {where}, sent by {person(image.uploaded_by)}, image {image.id}"

    return name


def state_of(archive: Archive, key: str) -> str:
    """Return "missing" or "changed" for a key, or "" if its bytes are there and match its name."""
    digest = hashlib.sha256()
    try:
        for piece in archive.blobs.stream(key):
            digest.update(piece)
    except NotFound:
        return "missing"
    return "" if digest.hexdigest() == keys.sha256_of(key) else "changed"


def mend(
    archive: Archive, found: Iterable[Problem], folder: Path, step: RepairStep
) -> list[Problem]:
    """Restore bytes from the files below a folder, matched by hash; return the remaining
    problems."""
    wanted = {keys.sha256_of(p.key): p for p in found}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        step()
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if problem := wanted.pop(sha256, None):
            with path.open("rb") as file:
                received = archive.blobs.receive(file)
            archive.blobs.replace(received.path, problem.key)
    return list(wanted.values())
