"""The server's thread for notices: every few seconds it looks what happened, and sends what is due.

Not here: the work itself (workflows/notices).
"""

import logging
import threading
import time

from biosight import metrics
from biosight.accounts import DAY
from biosight.bootstrap import BioSight
from biosight.settings import networks
from biosight.storage.causes import in_short
from biosight.workflows.notices.sending import Sender, send_due
from biosight.workflows.notices.written import write_deliveries
from biosight.workflows.people.mails import Post

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
# A server that was away tells what happened meanwhile; looks overlap, since clocks differ.
LOOK_BACK_SECONDS, OVERLAP_SECONDS = 3 * DAY, 300.0


class NoticeThread:
    """A thread that runs until `close()`. A round that fails is logged, and the next one looks back
    as far as it would have."""

    def __init__(self, biosight: BioSight) -> None:
        self.biosight = biosight
        self.looked_at = time.time() - LOOK_BACK_SECONDS
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="notices", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stopping.wait(EVERY_SECONDS):
            try:
                self.round()
            except Exception as error:
                metrics.housekeeping.labels("failed").inc()
                log.exception("notices failed", extra={"reason": in_short(error)})

    def round(self) -> None:
        """Write down what happened since the last round, and send what is due."""
        begun, settings = time.time(), self.biosight.settings
        records, since = self.biosight.archive.records, self.looked_at - OVERLAP_SECONDS
        write_deliveries(records, since, mail=bool(settings.smtp_url), hooks=settings.webhooks)
        self.looked_at = begun
        post = Post(settings.smtp_url, settings.mail_from, settings.public_url)
        send_due(Sender(records, post, networks(settings.webhook_networks), settings.webhooks))

    def close(self) -> None:
        """Stop after the current step; wait at most 5 seconds for it."""
        self.stopping.set()
        self.thread.join(5)
