"""The server's housekeeping thread, which works at start and then every hour.

Not here: the work itself (workflows/upkeep/housekeeping.py).
"""

import logging
import threading

from biosight import metrics
from biosight.bootstrap import BioSight
from biosight.certificate import certificate_end
from biosight.work.leases import take_lease
from biosight.workflows.upkeep.housekeeping import keep_house, tidy

log = logging.getLogger(__name__)
EVERY_SECONDS = 3600.0
TURN_SECONDS = 300.0  # only one of several instances that start together sweeps


class Housekeeping:
    """A thread that runs until `close()`; it logs a failure and tries again an hour later."""

    def __init__(self, biosight: BioSight) -> None:
        self.biosight = biosight
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="housekeeping", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopping.wait(0):
            try:
                tidy(self.biosight)
                if take_lease(self.biosight.archive.records, "housekeeping", TURN_SECONDS):
                    keep_house(self.biosight)
            except Exception:
                metrics.housekeeping.labels("failed").inc()
                log.exception("housekeeping failed")  # the thread must survive to try again
            if end := certificate_end(self.biosight.settings.public_url):
                metrics.certificate_ends.set(end)  # a look that failed keeps the last one
            self.stopping.wait(EVERY_SECONDS)

    def close(self) -> None:
        """Stop after the current step; wait at most 5 seconds for it."""
        self.stopping.set()
        self.thread.join(5)
