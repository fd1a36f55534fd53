"""Where something is in a picture: boxes, and the area that a network looks at.

Not here: finding the boxes (inference/detection/detector.py).
"""

from biosight.subjects.box import KINDS, Box

__all__ = ["KINDS", "Box"]
