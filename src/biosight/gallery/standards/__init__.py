"""A collection in the field's own formats: Darwin Core Archive and Camtrap DP.

Not here: pictures by label (gallery/export.py), or BioSight's own CSV (gallery/table.py).
"""

from biosight.gallery.standards.camtrap import camtrap_dp, left_out_words, survey_of
from biosight.gallery.standards.darwin_core import darwin_core
from biosight.gallery.standards.facts import LICENSES, Credits, Scope

__all__ = [
    "LICENSES",
    "Credits",
    "Scope",
    "camtrap_dp",
    "darwin_core",
    "left_out_words",
    "survey_of",
]
