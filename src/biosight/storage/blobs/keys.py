"""The grammar of blob keys: `<kind>/<sha256>`, made by BioSight and never from user input.

Not here: the bytes under a key (port.py).
"""

import re

from biosight.errors import NotFound

KEY = re.compile(r"(original|swept|thumbnail|view|whole|placeless|model|parcel)/[0-9a-f]{64}")


def original(sha256: str) -> str:
    """Return the key of an upload's own bytes."""
    return f"original/{sha256}"


def swept(sha256: str) -> str:
    """Return the key of an original that no picture named, until the store's trash is emptied."""
    return f"swept/{sha256}"


def thumbnail(sha256: str) -> str:
    """Return the key of the small JPEG made at upload."""
    return f"thumbnail/{sha256}"


def view(sha256: str) -> str:
    """Return the key of a JPEG for browsers that can't show the original."""
    return f"view/{sha256}"


def whole(sha256: str) -> str:
    """Return the key of a JPEG of every pixel, for browsers that can't show the original."""
    return f"whole/{sha256}"


def placeless(sha256: str) -> str:
    """Return the key of a placeless file, the picture and nothing else, by the original's hash."""
    return f"placeless/{sha256}"


def model(sha256: str) -> str:
    """Return the key of a file of a model that was added or taught here."""
    return f"model/{sha256}"


def parcel(sha256: str) -> str:
    """Return the key of a file that was sent to be imported, until its import has ended."""
    return f"parcel/{sha256}"


def sha256_of(key: str) -> str:
    """Return the hash that the bytes under a key must have."""
    return key.split("/")[1]


def path_of(key: str) -> str:
    """Return the path of a key in its store: `<kind>/<ab>/<sha256>`. Raises NotFound for an invalid
    key."""
    if not KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    kind, name = key.split("/")
    return f"{kind}/{name[:2]}/{name}"


def key_at(path: str) -> str | None:
    """Return the key of the file at a path in a store; None for a file that BioSight did not
    write."""
    parts = path.split("/")
    key = f"{parts[0]}/{parts[-1]}"
    return key if KEY.fullmatch(key) and path_of(key) == path else None


# Everything that is made from an original, and is removed with it.
DERIVED = (thumbnail, view, whole, placeless)
