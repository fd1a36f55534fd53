"""A mail server for tests: what it was given, in order; on demand with accounts."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.walk.conftest import free_port


class Box:
    """What arrived."""

    def __init__(self) -> None:
        self.mails: queue.Queue[EmailMessage] = queue.Queue()
        self.url = ""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert envelope.rcpt_tos == [mail["To"]]
        self.mails.put(mail)
        return "250 OK"

    def next(self) -> EmailMessage:
        """The next mail, waited for."""
        return self.mails.get(timeout=10)


def right(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, said: Any) -> AuthResult:
    """Only bio with secret+word may."""
    fits = isinstance(said, LoginPassword) and (said.login, said.password) == (
        b"bio",
        b"secret+word",
    )
    return AuthResult(success=fits, handled=False)


@contextmanager
def post_office(**options: Any) -> Iterator[Box]:
    """A running mail server."""
    box = Box()
    port = free_port()
    running = Controller(box, hostname="127.0.0.1", port=port, **options)
    running.start()
    box.url = f"smtp://127.0.0.1:{port}"
    try:
        yield box
    finally:
        running.stop()
