"""A collection in formats of others: Darwin Core Archive, Camtrap DP, COCO Camera Traps, and
MegaDetector's JSON.

Not here: pictures by label (publishing/export.py), or BioSight's own CSV (publishing/table.py).
"""

from biosight.publishing.standards.camtrap import Survey, camtrap_dp, left_out_words, survey_of
from biosight.publishing.standards.coco import coco
from biosight.publishing.standards.darwin_core import darwin_core, no_names, occurring
from biosight.publishing.standards.facts import (
    LICENSES,
    Credits,
    Scope,
    formulas_among,
    hidden_among,
)
from biosight.publishing.standards.megadetector import megadetector

__all__ = [
    "LICENSES",
    "Credits",
    "Scope",
    "Survey",
    "camtrap_dp",
    "coco",
    "darwin_core",
    "formulas_among",
    "hidden_among",
    "left_out_words",
    "megadetector",
    "no_names",
    "occurring",
    "survey_of",
]
