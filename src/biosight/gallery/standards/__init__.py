"""A collection in the field's own formats: Darwin Core Archive, Camtrap DP, COCO Camera Traps.

Not here: pictures by label (gallery/export.py), or BioSight's own CSV (gallery/table.py).
"""

from biosight.gallery.standards.camtrap import Survey, camtrap_dp, left_out_words, survey_of
from biosight.gallery.standards.coco import coco
from biosight.gallery.standards.darwin_core import darwin_core, no_names, occurrences
from biosight.gallery.standards.facts import LICENSES, Credits, Scope, hidden_among

__all__ = [
    "LICENSES",
    "Credits",
    "Scope",
    "Survey",
    "camtrap_dp",
    "coco",
    "darwin_core",
    "hidden_among",
    "left_out_words",
    "no_names",
    "occurrences",
    "survey_of",
]
