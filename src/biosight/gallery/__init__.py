"""Browsing, searching and counting by label, beside trash.py and publishing/export.py.

Not here: changing labels (review).
"""

from biosight.gallery.browse import (
    SORTS,
    LabelCount,
    Page,
    get_image,
    label_counts,
    neighbours,
    page,
    page_cursor,
)
from biosight.gallery.filters import Filter, conditions

__all__ = [
    "SORTS",
    "Filter",
    "LabelCount",
    "Page",
    "conditions",
    "get_image",
    "label_counts",
    "neighbours",
    "page",
    "page_cursor",
]
