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
from biosight.notices.records import is_mail
from biosight.settings import Settings, networks
from biosight.storage.causes import in_short
from biosight.storage.records import Records
from biosight.workflows.notices.sending import DueWay, Sender, due_ways, send_by_way
from biosight.workflows.notices.written import write_deliveries
from biosight.workflows.people.mails import Post

log = logging.getLogger(__name__)
EVERY_SECONDS, IDLE_SECONDS = 5.0, 60.0  # between looks; the latter while nobody wants notices
AT_ONCE, MOST_HOOKS = 4, 3  # ways that may hang at the same time; one is kept for mails
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
        self.busy: dict[str, str] = {}  # a way of each person
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
        """Begin to send by ways that have something due, one of each person at a time, as far as
        threads are free."""
        for due in due_ways(self.sender):
            hooks = sum(not is_mail(way) for way in self.busy.values())
            full = len(self.busy) >= AT_ONCE or (not is_mail(due.way) and hooks >= MOST_HOOKS)
            if due.user not in self.busy and not full:
                self.busy[due.user] = due.way
                threading.Thread(target=self.send_by, args=(due,), daemon=True).start()

    def send_by(self, due: DueWay) -> None:
        try:
            send_by_way(self.sender, due.way)
        except Exception as error:
            log.exception("a notice failed", extra={"reason": in_short(error)})
        finally:
            self.busy.pop(due.user, None)

    def close(self) -> None:
        """Stop after the current step; wait at most 5 seconds for it."""
        self.stopping.set()
        self.asked.set()
        self.thread.join(5)
