"""Sites, deployments, the correction of a camera's clock, and layers of the map.

Not here: which pictures belong to a deployment, which is part of each picture's standing (images),
or acts on any of it (workflows/places/deployment_acts.py).
"""

from biosight.places.records import (
    FAULTS,
    LONGEST_TERM,
    CameraCheck,
    CameraFault,
    CameraSign,
    Deployment,
    EventObservation,
    LayerShapes,
    MapLayer,
    Site,
    Terms,
)

__all__ = [
    "FAULTS",
    "KINDS",
    "LONGEST_TERM",
    "CameraCheck",
    "CameraFault",
    "CameraSign",
    "Deployment",
    "EventObservation",
    "LayerShapes",
    "MapLayer",
    "Site",
    "Terms",
]

KINDS = (Site, Deployment, CameraCheck, EventObservation, MapLayer, LayerShapes)
