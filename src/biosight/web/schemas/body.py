"""What every request body has in common.

Not here: the bodies themselves, which are defined beside their routes (web/api).
"""

from pydantic import BaseModel, ConfigDict, Field


class Input(BaseModel):
    """A request body; it refuses fields that it does not define."""

    model_config = ConfigDict(extra="forbid")


class Reason(Input):
    """The reason why a version is promoted, retired, rolled back or applied; kept in its
    history."""

    reason: str = Field("", max_length=500)


NO_REASON = Reason()
