"""Sites, deployments, the correction of a camera's clock, and layers of the map.

Not here: which pictures belong to a deployment, which is part of each picture's standing (images),
or acts on any of it (workflows/places/deployment_acts.py).
"""

from biosight.places.records import (
    LONGEST_TERM,
    Deployment,
    EventObservation,
    LayerShapes,
    MapLayer,
    Site,
    Terms,
)

__all__ = [
    "KINDS",
    "LONGEST_TERM",
    "Deployment",
    "EventObservation",
    "LayerShapes",
    "MapLayer",
    "Site",
    "Terms",
]

KINDS = (Site, Deployment, EventObservation, MapLayer, LayerShapes)
