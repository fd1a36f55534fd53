"""The upload flow: check, store, classify and record a picture.

Not here: HTTP (web/api/pictures/uploads.py), folders on disk (cli), or later answers of people
(review).
"""

from biosight.intake.upload import record, session_key, take_in, take_in_known
from biosight.intake.values import (
    ANY_FRAMING,
    Destination,
    Duplicate,
    Intake,
    Outcome,
    Rejected,
    Stored,
    Upload,
)
from biosight.intake.verdicts import as_read, classify_again, look_again, thing_seen

__all__ = [
    "ANY_FRAMING",
    "Destination",
    "Duplicate",
    "Intake",
    "Outcome",
    "Rejected",
    "Stored",
    "Upload",
    "as_read",
    "classify_again",
    "look_again",
    "record",
    "session_key",
    "take_in",
    "take_in_known",
    "thing_seen",
]
