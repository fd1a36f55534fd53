"""Pictures outside the trash, as conditions: nearly every question about a collection is of them.

Not here: what else is asked (each verb), or what a picture is (images/record.py).
"""

from biosight.storage.records import Where

LIVING = Where("trashed", "=", False)


def living(collection: str) -> list[Where]:
    """The pictures of a collection that are not in its trash."""
    return [Where("collection", "=", collection), LIVING]


def named_by_people(collection: str) -> list[Where]:
    """The living pictures whose label a person said."""
    return [*living(collection), Where("who", "=", "person")]


def unreviewed(collection: str) -> list[Where]:
    """The living pictures whose label the machine alone said."""
    return [*living(collection), Where("who", "=", "machine")]
