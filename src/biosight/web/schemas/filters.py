"""The filter of pictures in an address, in a body, and as the page's JavaScript reads it.

All are made from one table. Not here: the table (gallery/filters.py).
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BeforeValidator, Field, create_model

from biosight import gallery
from biosight.field.grid import box_on_grid
from biosight.gallery.filters import FIELDS, PARTS, FilterPart
from biosight.membership import Access
from biosight.storage.records import Where
from biosight.web.schemas.body import Input

MOST_VALUES = 400
LIMITS: dict[str, dict[str, Any]] = {
    "label": {"max_length": 200},
    "path": {"max_length": 2000, "pattern": r"^(/.*/)?$"},
    "text": {"max_length": 200},
    "key": {"max_length": 64},
    "many": {"max_length": MOST_VALUES},
    "moment": {"pattern": r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?)?$"},
    "box": {"pattern": r"^(-?\d{1,3}(\.\d{1,9})?(,-?\d{1,3}(\.\d{1,9})?){3})?$"},
    "day": {"pattern": r"^(\d{4}-\d\d-\d\d)?$"},
    "percent": {"ge": 0, "le": 101},
    "flag": {},
}


def limits(part: FilterPart) -> dict[str, Any]:
    """Return the limits of a part's value, as arguments of pydantic's Field."""
    if part.kind == "choice":
        return {"pattern": f"^({'|'.join(name for name, _ in part.choices)})$"}
    return LIMITS[part.kind]


def several(said: object) -> object:
    """Return a single text as a tuple of one, and anything else unchanged."""
    return (said,) if isinstance(said, str) else said


Several = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...],
    BeforeValidator(several),
]


class Asked(Input):
    """A filter, with the same parts as in the list of images."""

    def filter(self) -> gallery.Filter:
        return gallery.Filter(**self.model_dump())


ROWS: dict[str, Any] = {
    name: (
        Several if PARTS[name].kind == "many" else field.type,
        Field(field.default, **limits(PARTS[name])),
    )
    for name, field in FIELDS.items()
}
Matching = create_model("Matching", __base__=Asked, **ROWS)
InAddress = create_model("InAddress", __base__=Asked, __cls_kwargs__={"extra": "ignore"}, **ROWS)


def image_filter(said: Annotated[InAddress, Query()]) -> gallery.Filter:
    """Return the filter that the address holds beside other parameters."""
    asked: Asked = said
    return asked.filter()


def matching_images(access: Access, chosen: gallery.Filter) -> list[Where]:
    """Return a filter as conditions on a collection's images, for this person.

    Where a collection hides places, a viewer's box on the map is as coarse as the places, so that a
    box finds no hidden place.
    """
    c = access.collection
    if chosen.box and c.hiding and not access.may("change"):
        chosen = replace(chosen, box=box_on_grid(chosen.box, c.coarse))
    return gallery.conditions(c.id, c.threshold, chosen)


Filtered = Annotated[gallery.Filter, Depends(image_filter)]
TreePaths = Annotated[
    tuple[Annotated[str, Field(max_length=2000, pattern=r"^/.*/$")], ...], Query(max_length=12)
]


def for_page() -> list[dict[str, Any]]:
    """Return the table as the page's JavaScript reads it (grid/filters.js)."""
    known = ["kind", "field", "also", "op", "always", "unless", "chip", "title", "choices", "facet"]
    return [{"name": n} | {k: getattr(p, k) for k in known} for n, p in PARTS.items()]


def sheet() -> dict[str, list[tuple[str, FilterPart]]]:
    """Return the controls of the filter's sheet by their headings."""
    found: dict[str, list[tuple[str, FilterPart]]] = {}
    for name, part in PARTS.items():
        if part.title:
            found.setdefault(part.title, []).append((name, part))
    return found
