"""Rules of Camtrap DP 1.0.2 for cells that BioSight keeps as texts.

Source: table schemas of camtrap-dp.tdwg.org. Not here: the columns (camtrap_tables.py).
"""

import math
import re
from datetime import datetime

LISTS = {
    "observationType": {"animal", "human", "vehicle", "blank", "unknown", "unclassified"},
    "cameraSetupType": {"setup", "calibration"},
    "classificationMethod": {"human", "machine"},
    "timestampIssues": {"true", "false"},
    "featureType": {
        "roadPaved",
        "roadDirt",
        "trailHiking",
        "trailGame",
        "roadUnderpass",
        "roadOverpass",
        "roadBridge",
        "culvert",
        "burrow",
        "nestSite",
        "carcass",
        "waterSource",
        "fruitingTree",
    },
}
WHOLE = {"cameraDelay", "cameraTilt", "cameraHeading"}
# The least and the most that a number may be.
NUMBERS = {
    "individualPositionRadius": (0.0, math.inf),
    "individualPositionAngle": (-90.0, 90.0),
    "individualSpeed": (0.0, math.inf),
    "classificationProbability": (0.0, 1.0),
    "cameraDelay": (0.0, math.inf),
    "cameraDepth": (0.0, math.inf),
    "cameraTilt": (-90.0, 90.0),
    "cameraHeading": (0.0, 360.0),
    "detectionDistance": (0.0, math.inf),
}
NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
MOMENTS = {"eventStart", "eventEnd", "classificationTimestamp"}


def is_sound_cell(name: str, text: str) -> bool:
    """Return whether a text follows the rules of its column; a column without rules takes any."""
    if not text:
        return True
    if name in LISTS:
        return text in LISTS[name]
    if name in NUMBERS:
        least, most = NUMBERS[name]
        if not NUMBER.fullmatch(text) or (name in WHOLE and "." in text):
            return False
        return least <= float(text) <= most
    return name not in MOMENTS or aware(text) is not None


def aware(said: str) -> datetime | None:
    """Return a moment with an offset, ISO 8601; None for any other text."""
    try:
        found = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    return found if found.tzinfo else None
