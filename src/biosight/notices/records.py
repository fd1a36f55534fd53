"""The records of notices: who wants which, where they are sent, and what became of each.

Not here: what happened (workflows/notices/happened.py), or sending (workflows/notices/sending.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from biosight.errors import BadRequest

NoticeKind = Literal["finished", "failed", "mention", "drift", "camera"]
NOTICE_KINDS: Mapping[NoticeKind, str] = {
    "finished": "Work that I began is done, after over a minute",
    "failed": "Work that I began failed",
    "mention": "Somebody mentions me",
    "drift": "Pictures begin to differ from what the model learned",
    "camera": "A camera seems to need a visit",
}
ALL_KINDS = tuple(NOTICE_KINDS)
MailRhythm = Literal["", "none", "daily", "at once"]
RHYTHMS: tuple[MailRhythm, ...] = get_args(MailRhythm)
TEST = "test"  # the kind of a notice that only tries a webhook out
MAIL = "mail"  # what the way of a letter begins with


@dataclass(frozen=True, slots=True)
class NoticeChoice:
    """How a person wants mails: in all collections, or (with `collection`) in one.

    `mail` is "none", "daily" or "at once"; "" in one collection means as in all. `kinds` counts
    where `mail` is not "". `since` is when mails began: what happened before is not told. `secret`
    of the choice for all collections is in the links that stop the mails.
    """

    table: ClassVar[str] = "notice_choices"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("user", "id"),
        ("collection", "id"),
        ("secret",),
    )

    id: str
    user: str
    collection: str
    mail: MailRhythm
    kinds: tuple[str, ...]
    since: float
    secret: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that a person wants notices sent to: of all their collections, or of one.

    `secret` signs what is sent. `failing_since` is when it began to fail, 0 while it answers;
    `stopped_at` is when BioSight gave up on it, 0 before.
    """

    table: ClassVar[str] = "webhooks"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user", "id"), ("collection", "id"))

    id: str
    user: str
    collection: str
    address: str
    kinds: tuple[str, ...]
    since: float
    secret: str
    failing_since: float = 0.0
    stopped_at: float = 0.0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way to one person. `way` is mail_of the person, or a webhook's id.

    Its id follows from what happened and the way, so that no instance writes it twice. `due_at` is
    when it is tried next; `state` is waiting, sent, failed or dropped; `said` is the last outcome.
    """

    table: ClassVar[str] = "deliveries"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("state", "due_at", "id"),
        ("way", "at", "id"),
        ("way", "state", "due_at", "id"),
        ("user", "id"),
        ("collection", "id"),
        ("at", "id"),
    )

    id: str
    user: str
    way: str
    kind: str
    collection: str
    at: float
    title: str
    words: str
    path: str
    due_at: float
    tries: int = 0
    state: str = "waiting"
    said: str = ""
    ended_at: float = 0.0
    version: int = 1


KINDS = (NoticeChoice, Webhook, Delivery)


def mail_of(user: str) -> str:
    """Return the way of a person's letters."""
    return f"{MAIL}:{user}"


def is_mail(way: str) -> bool:
    return way.startswith(f"{MAIL}:")


def choice_id(user: str, collection: str) -> str:
    """Return the id of a person's choice for one collection, or ("") for all."""
    return f"{user}:{collection}"


def clean_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return each kind once, in their own order. Raises BadRequest for an unknown one."""
    if unknown := sorted(set(kinds) - set(ALL_KINDS)):
        raise BadRequest(f"There is no notice called {', '.join(unknown)}.")
    return tuple(kind for kind in ALL_KINDS if kind in kinds)
