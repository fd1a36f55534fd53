"""Model versions: adding, listing, promoting, rolling back and retiring them, and keeping their
files.

A family is all versions of one name; its champion serves the collections that chose it. Not here:
training (learning), running (inference), or which family a collection chose (collection.py).
"""

from biosight.registry.files import forget_files, keep, materialise, store_files
from biosight.registry.model_version import (
    KINDS,
    ModelEvent,
    ModelVersion,
    add,
    add_bundled,
    before,
    candidate,
    champion,
    champion_key,
    champions,
    check_name,
    detector,
    experts,
    families,
    forget,
    get_version,
    is_there,
    label_names,
    next_release,
    promote,
    promotion,
    retire,
    roll_back,
    seen_by,
    trail,
    versions,
)

__all__ = [
    "KINDS",
    "ModelEvent",
    "ModelVersion",
    "add",
    "add_bundled",
    "before",
    "candidate",
    "champion",
    "champion_key",
    "champions",
    "check_name",
    "detector",
    "experts",
    "families",
    "forget",
    "forget_files",
    "get_version",
    "is_there",
    "keep",
    "label_names",
    "materialise",
    "next_release",
    "promote",
    "promotion",
    "retire",
    "roll_back",
    "seen_by",
    "store_files",
    "trail",
    "versions",
]
