"""Browse, search, count by label, trash and export. Not here: changing labels (review)."""

from biosight.gallery.browse import (
    SORTS,
    Filter,
    LabelCount,
    Page,
    conditions,
    get_image,
    label_counts,
    neighbours,
    page,
    page_cursor,
)

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
