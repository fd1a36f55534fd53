"""What is in a picture and where: boxes, subjects, and the area that a network looks at.

Not here: finding the boxes (inference/detection/detector.py).
"""

from biosight.subjects.box import KINDS, Box
from biosight.subjects.subject import NO_DETAILS, Details, Region, Subject

__all__ = ["KINDS", "NO_DETAILS", "Box", "Details", "Region", "Subject"]
