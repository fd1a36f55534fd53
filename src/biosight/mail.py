"""Mail: send one plain message through the mail server that the settings name.

Not here: the text of messages (workflows/people/mails.py).
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from biosight.errors import Unavailable

SECONDS = 10.0
NO_HEADERS: Mapping[str, str] = {}
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


def message(
    sender: str, to: str, subject: str, text: str, headers: Mapping[str, str] = NO_HEADERS
) -> EmailMessage:
    """Return a message of plain text (RFC 5322) with further headers. Raises ValueError for a line
    break in a header."""
    made = EmailMessage()
    for name, value in headers.items():
        made[name] = value
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = formatdate(usegmt=True)
    made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or None)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    made.set_content(text)
    return made


def send(server: str, mail: EmailMessage) -> None:
    """Send a message through a server given as smtp://…, smtps://… or
    smtp+starttls://USER:PASSWORD@HOST:PORT. The connection is never less secure than the address
    says. Each step times out after about ten seconds. Raises Unavailable."""
    with signed_in(server) as client:
        client.send_message(mail)


def greet(server: str) -> None:
    """Sign in to a mail server and disconnect. Raises Unavailable."""
    with signed_in(server) as client:
        client.noop()


@contextmanager
def signed_in(server: str) -> Iterator[smtplib.SMTP]:
    """Open a connection that is ready to send. Raises Unavailable."""
    where = urlsplit(server)
    host, port = where.hostname or "", where.port or PORTS[where.scheme]
    try:
        with connect(where.scheme, host, port) as client:
            if where.username:
                client.login(unquote(where.username), unquote(where.password or ""))
            yield client
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable("The mail server can't be reached, or refuses the mail.") from error


def connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    """Return a connection, encrypted where the scheme says so."""
    if scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    client = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if scheme == "smtp+starttls":
            client.starttls(context=ssl.create_default_context())
    except BaseException:
        client.close()
        raise
    return client
