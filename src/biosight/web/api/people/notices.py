"""API: what a person is told by mail or webhook, and ending the mails by the link in each.

Not here: sending (workflows/notices).
"""

from threading import Event
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from biosight import accounts, logbook, membership, notices
from biosight.errors import BadRequest
from biosight.notices import Delivery, MailRhythm, Webhook
from biosight.web.access.deps import Browser, Open, Store
from biosight.web.schemas.body import Input

router = APIRouter(tags=["people"])
MOST_TESTS = 30


class NoticeChoiceIn(Input):
    """How mails come, of all collections (`collection` is "") or of one, and what they tell. In one
    collection, "" means as in all."""

    collection: str = Field("", max_length=64)
    mail: MailRhythm
    kinds: list[str] = Field(max_length=10)


class NoticeChoiceOut(BaseModel):
    """What a person chose about mails, of all collections or of one."""

    collection: str
    mail: MailRhythm
    kinds: list[str]


class NewWebhook(Input):
    """An address that notices are sent to, of all collections ("") or of one."""

    address: str = Field(max_length=2000)
    collection: str = Field("", max_length=64)
    kinds: list[str] = Field(min_length=1, max_length=10)


class WebhookOut(BaseModel):
    """One webhook, without its secret. `failing_since` and `stopped_at` are 0 while it answers."""

    id: str
    address: str
    collection: str
    kinds: list[str]
    created_at: float
    failing_since: float
    stopped_at: float


class WebhookMade(WebhookOut):
    """A new webhook; `secret`, which signs what is sent, is shown only this once."""

    secret: str


class DeliveryOut(BaseModel):
    """One notice to a webhook, and what became of it."""

    id: str
    kind: str
    title: str
    at: float
    state: str
    tries: int
    said: str
    due_at: float


class NoticesOut(BaseModel):
    """What a person is told; `kinds` are all there are, with words. Without `mail_works`, no mails
    come: this server sends none, or the person's address is not proved."""

    mail_works: bool
    kinds: dict[str, str]
    choices: list[NoticeChoiceOut]
    webhooks: list[WebhookOut]


@router.get("/me/notices")
def show_notices(person: Browser, biosight: Open, records: Store) -> NoticesOut:
    """Show what you are told by mail and webhook."""
    user = person.user
    chosen = notices.choices_of(records, user.id)
    return NoticesOut(
        mail_works=bool(biosight.settings.smtp_url) and user.has_proved_address,
        kinds=dict(notices.NOTICE_KINDS),
        choices=[choice_out(c) for c in chosen],
        webhooks=[WebhookOut(**told(w)) for w in notices.webhooks_of(records, user.id)],
    )


def choice_out(choice: notices.NoticeChoice) -> NoticeChoiceOut:
    """Return a choice as the API shows it: without the secret of its links."""
    return NoticeChoiceOut(collection=choice.collection, mail=choice.mail, kinds=list(choice.kinds))


def told(hook: Webhook) -> dict[str, object]:
    """Return a webhook's fields for the API."""
    return {
        "id": hook.id,
        "address": hook.address,
        "collection": hook.collection,
        "kinds": list(hook.kinds),
        "created_at": hook.since,
        "failing_since": hook.failing_since,
        "stopped_at": hook.stopped_at,
    }


@router.put("/me/notices")
def choose_notices(
    body: NoticeChoiceIn, person: Browser, request: Request, records: Store
) -> NoticeChoiceOut:
    """Choose how mails come, of all collections or of one that you may see."""
    if body.collection:
        membership.access(records, person.user.id, body.collection)
    made = notices.choose_mails(records, person.user.id, body.collection, body.mail, body.kinds)
    wake(request)
    return choice_out(made)


def wake(request: Request) -> None:
    """Let this server look for notices now: it rests longer while nobody wants any."""
    asked: Event | None = getattr(request.app.state, "notices_asked", None)
    if asked:
        asked.set()


@router.post("/me/webhooks", status_code=201)
def add_webhook(body: NewWebhook, person: Browser, biosight: Open, records: Store) -> WebhookMade:
    """Add an address that notices are sent to, signed; only this response has the secret."""
    user = person.user.id
    if not biosight.settings.webhooks:
        raise BadRequest("This server sends no webhooks.")
    if body.collection:
        membership.access(records, user, body.collection)
    made = notices.add_webhook(records, user, body.address, body.collection, body.kinds)
    logbook.note(records, "webhook added", by=user)
    return WebhookMade(**told(made), secret=made.secret)


@router.delete("/me/webhooks/{webhook}", status_code=204)
def remove_webhook(webhook: str, person: Browser, records: Store) -> None:
    """Remove one of your webhooks."""
    notices.remove_webhook(records, person.user.id, webhook)


@router.post("/me/webhooks/{webhook}/test", status_code=202)
def test_webhook(webhook: str, person: Browser, request: Request, records: Store) -> DeliveryOut:
    """Send a test to one of your webhooks, within seconds; a stopped one that answers works
    again."""
    hook = notices.own_webhook(records, person.user.id, webhook)
    words = f"Webhooks are tried out up to {MOST_TESTS} times a day."
    accounts.count_of_day(records, f"tests of webhooks by {hook.user}", MOST_TESTS, words)
    made = notices.ask_test(records, hook)
    wake(request)
    return delivery_out(made)


@router.get("/me/webhooks/{webhook}/deliveries")
def list_deliveries(webhook: str, person: Browser, records: Store) -> list[DeliveryOut]:
    """List the last notices to one of your webhooks, newest first."""
    hook = notices.own_webhook(records, person.user.id, webhook)
    return [delivery_out(d) for d in notices.sent_to(records, hook.id)]


def delivery_out(delivery: Delivery) -> DeliveryOut:
    """Return a delivery as the API shows it."""
    return DeliveryOut(
        id=delivery.id,
        kind=delivery.kind,
        title=delivery.title,
        at=delivery.at,
        state=delivery.state,
        tries=delivery.tries,
        said=delivery.said,
        due_at=delivery.due_at,
    )


@router.get("/notices/stop", include_in_schema=False)
def show_stop(secret: str) -> Response:
    """Lead to the page that stops the mails: mail programs that know no one-click open this."""
    return RedirectResponse(f"/notices/stop#{quote(secret, safe='')}", 303)


@router.post("/notices/stop", status_code=204)
def stop_mails(secret: str, records: Store) -> None:
    """End all mails with notices by the secret of the link in each, as mail programs do with one
    click (RFC 8058); no sign-in is needed."""
    notices.stop_mails(records, secret)
