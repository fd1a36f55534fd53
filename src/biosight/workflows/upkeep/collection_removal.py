"""Removal of a collection for good, with everything that belongs to it.

Not here: the trash, from which it can be restored (membership), or emptying that
(gallery/trash.py).
"""

from biosight import accounts, drift, membership, notices, places, reclassify, registry
from biosight.accounts import Invitation
from biosight.bootstrap import BioSight
from biosight.collection import Collection
from biosight.gallery import trash
from biosight.storage.records import Where
from biosight.work import jobs


def remove_collection(biosight: BioSight, collection: Collection) -> None:
    """Remove a trashed collection, then its jobs, drift reports, links, places, the models taught
    in it, and its pictures. Raises Stale when it was restored in the meantime."""
    records, blobs = biosight.archive.records, biosight.archive.blobs
    membership.remove_with_members(records, collection)
    for job in jobs.forget(records, collection.id):
        reclassify.forget(records, job)
    drift.forget(records, collection.id)
    records.remove(Invitation, [Where("collection", "=", collection.id)])
    accounts.forget_shares(records, collection.id)
    notices.forget_collection(records, collection.id)
    for kind in places.KINDS:
        records.remove(kind, [Where("collection", "=", collection.id)])
    gone, files = registry.forget(records, collection.id)
    registry.forget_files(blobs, gone, files, biosight.settings.models_folder)
    trash.purge(records, blobs, [Where("collection", "=", collection.id)])
