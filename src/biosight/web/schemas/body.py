"""What every request body has in common.

Not here: the bodies themselves, which stand beside their routes (web/api).
"""

from pydantic import BaseModel, ConfigDict, Field


class Input(BaseModel):
    """Inputs refuse what they don't know."""

    model_config = ConfigDict(extra="forbid")


class Reason(Input):
    """Why a version shall serve, or not: kept in its history."""

    reason: str = Field("", max_length=500)


NO_REASON = Reason()
