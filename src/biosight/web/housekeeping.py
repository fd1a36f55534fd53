"""What the server does by itself: sweep what crashes left, empty old trash, classify late ones.

Not here: how each is done (gallery/trash.py, intake.py).
"""

import logging
import threading
import time

from biosight.bootstrap import BioSight, serving_key
from biosight.collection import Collection
from biosight.errors import BioSightError
from biosight.gallery import trash
from biosight.images import Image
from biosight.intake import classify_again
from biosight.jobs import my_turn
from biosight.storage.records import Where

log = logging.getLogger(__name__)
EVERY_SECONDS = 3600.0
TURN_SECONDS = 300.0  # instances that start together don't all sweep
STALE_UPLOAD_SECONDS = 6 * 3600.0


class Housekeeping:
    """A thread that keeps house at start and every hour."""

    def __init__(self, biosight: BioSight) -> None:
        self.biosight = biosight
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="housekeeping", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Until stopped."""
        while not self.stopping.wait(0):
            try:
                tidy(self.biosight)
                if my_turn(self.biosight.archive.records, "housekeeping", TURN_SECONDS):
                    keep_house(self.biosight)
            except Exception:
                log.exception("housekeeping failed")  # it must live to try again
            self.stopping.wait(EVERY_SECONDS)

    def close(self) -> None:
        """Stop after the step under way."""
        self.stopping.set()
        self.thread.join(5)


def tidy(biosight: BioSight) -> None:
    """This instance's own: a reserve, and what a crash left of uploads."""
    biosight.archive.records.keep_reserve()
    biosight.archive.blobs.sweep_incoming(STALE_UPLOAD_SECONDS, time.time())


def keep_house(biosight: BioSight) -> None:
    """One round for all instances: old trash, orphans, pictures that wait for the model."""
    records, blobs = biosight.archive.records, biosight.archive.blobs
    purged = trash.purge_old(records, blobs, biosight.settings.trash_days)
    swept = trash.sweep_orphans(records, blobs)
    swept += trash.purge_homeless(records, blobs, lambda c: records.get(Collection, c) is not None)
    named = classify_waiting(biosight)
    if purged or swept or named:
        log.info("kept house", extra={"purged": purged, "orphans": swept, "classified": named})


def classify_waiting(biosight: BioSight) -> int:
    """Classify pictures that were kept while the model failed; how many."""
    records, named = biosight.archive.records, 0
    where = [Where("who", "=", "nobody"), Where("model", "=", "")]
    for image in records.find(Image, where, limit=1000):
        collection = records.get(Collection, image.collection)
        if collection is None:
            continue
        try:
            model = serving_key(biosight, collection.model)
            renamed = dict(collection.renamed)
            records.write(*classify_again(biosight.intake, model, image, renamed))
            named += 1
        except BioSightError as error:
            log.warning("still unclassified", extra={"code": error.code})
    return named
