"""The values that most workflows need: the stores, the collection, and the person they act for.

Not here: whether the person may do it; routes and commands check that first (membership).
"""

from dataclasses import dataclass

from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.errors import NotFound
from biosight.storage.records import Records


@dataclass(frozen=True, slots=True)
class Task:
    """Work on one collection for one person. `collection` is as the caller read it. `by` is the
    person's id, or "" for a command that no particular person runs."""

    records: Records
    catalogue: Catalogue
    collection: Collection
    by: str

    @property
    def id(self) -> str:
        """The id of the collection."""
        return self.collection.id

    def collection_now(self) -> Collection:
        """Read the collection again. Raises NotFound if it was removed in the meantime."""
        found = self.records.get(Collection, self.id)
        if found is None:
            raise NotFound("This collection no longer exists.")
        return found
