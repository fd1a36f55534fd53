"""Outgoing letters: they are sent after the response, on their own threads, so that a mail server
that hangs delays nobody.

Not here: what letters say (workflows/people/mails.py), or how mail travels (mail.py).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request

from biosight import metrics
from biosight.accounts import Invitation, User
from biosight.errors import Unavailable
from biosight.storage.causes import in_short
from biosight.storage.records import Records
from biosight.web.access.deps import Open
from biosight.web.thread_pools import ThreadPool, pools
from biosight.workflows.people import mails
from biosight.workflows.people.mails import Post

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The letters that one response sends."""

    post: Post
    pool: ThreadPool
    after: BackgroundTasks

    def put(self, letter: Callable[[Post], object]) -> bool:
        """Send a letter after the response. Return False if this server sends no mail."""
        if self.post.server:
            self.after.add_task(self.deliver, letter)
        return bool(self.post.server)

    def allow(self, records: Records, by: User, email: str) -> None:
        """Count an invitation that will be sent. Raises TooMany."""
        if email and self.post.server:
            mails.allow_invitation(records, by, email)

    def invite(self, records: Records, by: User, made: Invitation, path: str) -> bool:
        """Send an invitation to its address, if it has one. Return whether it is on its way."""
        return bool(made.email) and self.put(
            lambda post: mails.invitation(records, post, by, made, path)
        )

    async def deliver(self, letter: Callable[[Post], object]) -> None:
        try:
            await self.pool.run(lambda: letter(self.post))
        except Unavailable as error:
            metrics.letters.labels("failed").inc()
            log.warning("a letter was not sent", extra={"reason": in_short(error)})
        else:
            metrics.letters.labels("sent").inc()


async def outbox(request: Request, after: BackgroundTasks, biosight: Open) -> Outbox:
    settings = biosight.settings
    post = Post(settings.smtp_url, settings.mail_from, settings.public_url)
    return Outbox(post, pools(request).letters, after)


Letters = Annotated[Outbox, Depends(outbox)]
