"""Letters with notices: what they say, and the links that stop them.

Not here: when they are sent (sending.py), or other letters (workflows/people/mails.py).
"""

from collections.abc import Sequence

from biosight import notices
from biosight.accounts import User
from biosight.collection import Collection
from biosight.notices import Delivery, NoticeChoice
from biosight.notices.records import choice_id
from biosight.storage.records import Records
from biosight.workflows.people.mails import Post, on_one_line


def send_notices(records: Records, post: Post, person: User, due: Sequence[Delivery]) -> bool:
    """Send one letter with some notices; return whether the mail server took it."""
    secret = notices.first_choice(records, person.id).secret
    subject, text = letter_subject(due), letter_text(records, post, due, secret)
    return post.sent(person.email, subject, text, stop_headers(post, secret))


def choice_for_mail(records: Records, delivery: Delivery) -> NoticeChoice | None:
    """Return the choice by which mails of this collection come, None where there are none now."""
    own = records.get(NoticeChoice, choice_id(delivery.user, delivery.collection))
    found = own if own and own.mail else records.get(NoticeChoice, choice_id(delivery.user, ""))
    return found if found and found.mail not in ("", "none") else None


def letter_subject(due: Sequence[Delivery]) -> str:
    """Return a subject in BioSight's own words alone."""
    return "A notice from BioSight" if len(due) == 1 else f"{len(due)} notices from BioSight"


def letter_text(records: Records, post: Post, due: Sequence[Delivery], secret: str) -> str:
    """Return the letter: each notice with its collection and link, and how to stop them."""
    names = {id: name_for_people(records, id) for id in {d.collection for d in due}}
    parts = []
    for delivery in due:
        where = f" (“{names[delivery.collection]}”)" if names[delivery.collection] else ""
        lines = [f"{delivery.title}{where}", delivery.words, post.link(delivery.path)]
        parts.append("\n".join(line for line in lines if line))
    stop = post.link(f"/notices/stop#{secret}")
    return "\n\n".join([*parts, f"You asked for these mails under Account. Stop them: {stop}", ""])


def name_for_people(records: Records, collection: str) -> str:
    """Return a collection's name on one line, "" for none."""
    found = records.get(Collection, collection) if collection else None
    return on_one_line(found.name) if found else ""


def stop_headers(post: Post, secret: str) -> dict[str, str]:
    """Return the headers by which mail programs offer to stop the mails (RFC 2369, RFC 8058)."""
    address = post.link(f"/api/v1/notices/stop?secret={secret}")
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
