"""Webhooks: a notice as a signed request, after the specification Standard Webhooks 1.0
(standardwebhooks.com): webhook-id, webhook-timestamp, and webhook-signature, an HMAC-SHA256 of
both and of the body.

Not here: connecting (notices/outgoing.py), or when something is sent
(workflows/notices/sending.py).
"""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime

from biosight.errors import Unavailable
from biosight.notices.outgoing import Networks, post
from biosight.notices.records import Delivery, Webhook

GONE = 410
PREFIX = "whsec_"


class Unwanted(Exception):
    """Raised when the other side says that it wants no more requests (410 Gone)."""


def signature(secret: str, id: str, moment: int, body: bytes) -> str:
    """Return the value of webhook-signature, with which a receiver checks who sent the body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    said = b".".join((id.encode(), str(moment).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()}"


def payload(notice: Delivery, collection: str, link: str) -> bytes:
    """Return a notice as JSON: never a place, a picture or the text of a comment. `collection` is
    its name; `link` shows more to people who may see it."""
    words = ": ".join(filter(None, (notice.title, notice.words)))
    said = {
        "type": f"biosight.{notice.kind}",
        "timestamp": datetime.fromtimestamp(notice.at, UTC).isoformat().replace("+00:00", "Z"),
        "text": f"{words}\n{link}",  # what chat programs show (Slack, Mattermost, Rocket.Chat)
        "data": {
            "title": notice.title,
            "words": notice.words,
            "collection": {"id": notice.collection, "name": collection},
            "link": link,
        },
    }
    return json.dumps(said, ensure_ascii=False).encode()


def send_signed(webhook: Webhook, notice: Delivery, body: bytes, others: Networks) -> int:
    """Send a signed notice; return the status of the answer, from 200 to 299. Raises Unavailable
    for any other answer or none, and Unwanted."""
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "BioSight",
        "webhook-id": notice.id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(webhook.secret, notice.id, moment, body),
    }
    status = post(webhook.address, body, headers, others)
    if status == GONE:
        raise Unwanted
    if not 200 <= status < 300:
        raise Unavailable(f"It answered with {status}.")
    return status
