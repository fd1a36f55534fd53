"""Picture files built anew from what a decoder needs, one module a format; pixels are untouched.

Not here: which format a file has, and what is done with one that can't be rebuilt (placeless.py).
"""

from biosight.images.rebuilt.common import NotRebuilt, Pieces

__all__ = ["NotRebuilt", "Pieces"]
