"""A collection's tree of names: what its model brings, and what people added, moved and renamed.

Not here: trees as such (taxa), or the pictures that bear the names (review, gallery).
"""

from biosight.own_names.known import KnownTaxon

KINDS = (KnownTaxon,)

__all__ = ["KINDS", "KnownTaxon"]
