"""The server's threads for notices: every few seconds one looks what happened, and others send what
is due, a few ways at a time.

Not here: the work itself (workflows/notices).
"""

import logging
import threading
import time

from biosight import metrics
from biosight.accounts import DAY
from biosight.bootstrap import BioSight
from biosight.notices import anybody_wants
from biosight.settings import Settings, networks
from biosight.storage.causes import in_short
from biosight.storage.records import Records
from biosight.workflows.notices.sending import Sender, due_ways, send_by_way
from biosight.workflows.notices.written import write_deliveries
from biosight.workflows.people.mails import Post

log = logging.getLogger(__name__)
EVERY_SECONDS, IDLE_SECONDS = 5.0, 60.0  # between looks; the latter while nobody wants notices
AT_ONCE = 4  # ways that may be slow or hang at the same time
# A server that was away tells what happened meanwhile; looks overlap, since clocks differ.
LOOK_BACK_SECONDS, OVERLAP_SECONDS = 3 * DAY, 300.0


def sender_of(settings: Settings, records: Records) -> Sender:
    """Return what sending needs, as the settings say."""
    post = Post(settings.smtp_url, settings.mail_from, settings.public_url)
    return Sender(records, post, networks(settings.webhook_networks), settings.webhooks)


class NoticeThread:
    """A thread that runs until `close()`. A round that fails is logged, and the next one looks back
    as far as it would have. Ways are sent by threads that nobody waits for."""

    def __init__(self, biosight: BioSight) -> None:
        self.settings, self.records = biosight.settings, biosight.archive.records
        self.sender = sender_of(self.settings, self.records)
        self.looked_at = time.time() - LOOK_BACK_SECONDS
        self.busy: set[str] = set()
        self.stopping, self.asked = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, name="notices", daemon=True)
        self.thread.start()

    def run(self) -> None:
        wanted = True
        while not self.rest(EVERY_SECONDS if wanted else IDLE_SECONDS):
            try:
                wanted = anybody_wants(self.records)
                if wanted:
                    self.look()
                    self.send()
            except Exception as error:
                metrics.housekeeping.labels("failed").inc()
                log.exception("notices failed", extra={"reason": in_short(error)})

    def rest(self, seconds: float) -> bool:
        """Wait until somebody asks, or a time is over; return whether to stop."""
        self.asked.wait(seconds)
        self.asked.clear()
        return self.stopping.is_set()

    def look(self) -> None:
        """Write down what happened since the last look."""
        begun, since = time.time(), self.looked_at - OVERLAP_SECONDS
        mail = bool(self.settings.smtp_url)
        write_deliveries(self.records, since, mail=mail, hooks=self.settings.webhooks)
        self.looked_at = begun

    def send(self) -> None:
        """Begin to send by ways that have something due, as far as threads are free."""
        for way in due_ways(self.sender):
            if len(self.busy) >= AT_ONCE:
                return
            if way not in self.busy:
                self.busy.add(way)
                threading.Thread(target=self.send_by, args=(way,), daemon=True).start()

    def send_by(self, way: str) -> None:
        try:
            send_by_way(self.sender, way)
        except Exception as error:
            log.exception("a notice failed", extra={"reason": in_short(error)})
        finally:
            self.busy.discard(way)

    def close(self) -> None:
        """Stop after the current step; wait at most 5 seconds for it."""
        self.stopping.set()
        self.asked.set()
        self.thread.join(5)
