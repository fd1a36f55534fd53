"""The filter of pictures, in an address and in a body.

Not here: what each part means (gallery/browse.py).
"""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from biosight import gallery
from biosight.web.inputs import Input


class Matching(Input):
    """A filter, as in the list of images."""

    label: str | None = Field(None, max_length=200)
    who: str | None = Field(None, pattern="^(machine|person|nobody)$")
    unsure: bool = False
    above: int | None = Field(None, ge=0, le=101)
    below: int | None = Field(None, ge=0, le=101)
    since: str = Field("", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    until: str = Field("", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    text: str = Field("", max_length=200)
    session: str = Field("", max_length=64)
    trash: bool = False
    unfamiliar: bool = False

    def filter(self) -> gallery.Filter:
        """The gallery's form."""
        return gallery.Filter(**self.model_dump())


class InAddress(Matching, extra="ignore"):
    """The same, beside other parameters."""


def image_filter(said: Annotated[InAddress, Query()]) -> gallery.Filter:
    """The filter as it stands in the address."""
    return said.filter()


Filtered = Annotated[gallery.Filter, Depends(image_filter)]
