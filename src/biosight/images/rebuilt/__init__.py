"""Picture files built anew from what a decoder needs, one module a format; pixels are untouched.

Not here: which format a file has, and what becomes of one that can't be rebuilt
(images/placeless.py).
"""

from biosight.images.rebuilt.kept import Content, NotRebuilt

__all__ = ["Content", "NotRebuilt"]
