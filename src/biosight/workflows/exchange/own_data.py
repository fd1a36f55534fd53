"""Everything that BioSight keeps about one person, as one zip that they can ask for.

It holds tables of JSON lines, with each record as stored but without secrets, and the originals
that they uploaded. Not here: exports for others (publishing/export.py), or leaving
(workflows/people/joining_and_leaving.py).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

from biosight.accounts import Invitation, Session, Share, Token, User
from biosight.accounts.old_offers import Offer
from biosight.bootstrap import Archive
from biosight.collection import Collection
from biosight.drift import DriftBaseline
from biosight.images import Image
from biosight.images.comments import Comment, Mention
from biosight.labels import Annotation, Identifications
from biosight.logbook import Entry
from biosight.membership import Member
from biosight.notices import Delivery, NoticeChoice, Webhook
from biosight.places import MapLayer
from biosight.publishing.export import exported_file, path_in_zip, text_entry, zip_entry
from biosight.publishing.file_names import UniqueNames
from biosight.publishing.table import Telling
from biosight.publishing.zips import ZipEntry, zip_of
from biosight.registry import ModelEvent, ModelVersion
from biosight.review.acts import Act
from biosight.storage.records import Record, Where, pages
from biosight.work.jobs import Job

SECRET = {"password", "hash", "secret"}
SECRET_IDS: set[type[Record]] = {Session, Invitation, Share}  # their ids are hashes of secrets
# Fields that name a person by id; add a row for each new kind of record that has one.
NAMED: tuple[tuple[type[Record], str], ...] = (
    (User, "id"),
    (Session, "user"),
    (Token, "user"),
    (Invitation, "user"),
    (Invitation, "by"),
    (Share, "by"),
    (Collection, "created_by"),
    (Offer, "by"),
    (Member, "user"),
    (Act, "by"),
    (Act, "undone_by"),
    (Annotation, "by"),
    (Identifications, "first_by"),
    (Identifications, "second_by"),
    (Identifications, "settled_by"),
    (Comment, "by"),
    (Mention, "user"),
    (NoticeChoice, "user"),
    (Webhook, "user"),
    (Delivery, "user"),
    (MapLayer, "by"),
    (Image, "uploaded_by"),
    (Job, "by"),
    (ModelVersion, "by"),
    (ModelEvent, "by"),
    (DriftBaseline, "by"),
    (Entry, "by"),
    (Entry, "about"),
)
ADDRESSED: tuple[type[Record], ...] = (Offer, Invitation)  # by e-mail address


def export_chunks(archive: Archive, user: User) -> Iterator[bytes]:
    """Stream a zip of everything that is kept about `user`; lost originals are left out.

    Raises Unavailable, even midway, when the store can't be reached.
    """

    def members() -> Iterator[ZipEntry]:
        for kind, field in NAMED:
            yield json_lines(archive, kind, Where(field, "=", user.id))
        for kind in ADDRESSED:
            yield json_lines(archive, kind, Where("email", "=", user.email))
        yield from originals(archive, user)

    return zip_of(members())


def json_lines(archive: Archive, kind: type[Record], where: Where) -> ZipEntry:
    """Return one file of JSON lines, named after its table and the field that names the person."""
    lines = (
        json.dumps(shown(record), ensure_ascii=False) + "\n"
        for page in pages(archive.records, kind, [where])
        for record in page
    )
    return text_entry(f"{kind.table}-{where.field}.jsonl", lines)


def shown(record: Record) -> dict[str, Any]:
    """Return a record's fields without its secrets."""
    hidden = SECRET | ({"id"} if type(record) in SECRET_IDS else set())
    return {k: v for k, v in asdict(cast(Any, record)).items() if k not in hidden}


def originals(archive: Archive, user: User) -> Iterator[ZipEntry]:
    """Yield the pictures that the person uploaded, byte for byte, in folders by label."""
    names, telling = UniqueNames(), Telling(str)
    for images in pages(archive.records, Image, [Where("uploaded_by", "=", user.id)]):
        for image in images:
            if (file := exported_file(archive.records, archive.blobs, image)) is not None:
                yield zip_entry(image, f"pictures/{path_in_zip(names, image, telling)}", file)
