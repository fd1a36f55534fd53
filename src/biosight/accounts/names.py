"""Names of people by id, for everything that shows who did something.

Not here: changing a name (people.py).
"""

from collections.abc import Callable, Iterable

from biosight.accounts.records import User
from biosight.storage.records import Records, among

LEFT = "somebody who left"


def names_of(records: Records, ahead: Iterable[str] = ()) -> Callable[[str], str]:
    """Return a function from a person's id to their name, which looks up each name once: LEFT for a
    person who is gone, "" for "" (BioSight itself). Names of the ids in `ahead` are looked up at
    once."""
    known = dict.fromkeys(ahead, LEFT) | {"": ""}
    known |= {user.id: user.name for user in among(records, User, [id for id in known if id])}

    def name(user: str) -> str:
        if user not in known:
            found = records.get(User, user)
            known[user] = found.name if found else LEFT
        return known[user]

    return name
