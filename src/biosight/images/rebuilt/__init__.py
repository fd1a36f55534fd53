"""Picture files rebuilt from what a decoder needs, one module for each format; pixels stay
unchanged.

Not here: which format a file has, and what happens to one that can't be rebuilt
(images/placeless.py).
"""

from biosight.images.rebuilt.kept import Content, NotRebuilt

__all__ = ["Content", "NotRebuilt"]
