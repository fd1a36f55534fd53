"""Site, Deployment, CameraCheck, EventObservation and MapLayer: the records of a named place, of a
camera (or a person) that was there, of what its pictures say about it, of what was said of a whole
event there, and of shapes on the map.

Terms are Camtrap DP's (tdwg.org, 1.0.2). Not here: how they are changed
(workflows/places/deployment_acts.py).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

Terms = tuple[tuple[str, str], ...]
LONGEST_TERM = 1_000  # characters of a text among them


@dataclass(frozen=True, slots=True)
class Site:
    """A named place of a collection: decimal degrees (WGS 84), `uncertainty` in metres."""

    table: ClassVar[str] = "sites"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"),)
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "name"),)

    id: str
    collection: str
    name: str
    latitude: float
    longitude: float
    uncertainty: int | None = None
    habitat: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """A camera, or a person with one, at a site from `start` to `end`.

    `site` is a Site's id, "" for none yet. `shift` in seconds is added to what the clock said.
    `zone` (IANA) is where it stood, "" if unknown. `start` and `end` are corrected local times to
    the second, "" for those of the first and last picture. `height` is the camera's in metres.
    `bait` is None where nobody said. `event_gap` in seconds is None for the collection's
    (field/gaps.py). `off` says when it did not work: pairs of the day on which it stopped and the
    day on which it worked again (YYYY-MM-DD). `terms` are cells of an imported table that no other
    field holds: columns of Camtrap DP with their texts.
    """

    table: ClassVar[str] = "deployments"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"), ("site", "id"))
    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "name"),)

    id: str
    collection: str
    name: str
    site: str = ""
    camera: str = ""
    start: str = ""
    end: str = ""
    zone: str = ""
    shift: int = 0
    height: float | None = None
    bait: bool | None = None
    comments: str = ""
    event_gap: int | None = None
    version: int = 1
    terms: Terms = ()
    off: Terms = ()


CameraFault = Literal[
    "lens", "turned", "flash", "dark", "bright", "covered", "clock", "silent", "fewer"
]
FAULTS: tuple[CameraFault, ...] = get_args(CameraFault)


@dataclass(frozen=True, slots=True)
class CameraSign:
    """A fault of a camera, as its pictures say: from `since` to `until` (corrected local times, or
    days for pictures that are missing). `open` is whether it lasts. `first` is the id of the first
    picture that shows it and `before` of the last one without it, "" for none."""

    fault: CameraFault
    since: str
    until: str
    open: bool
    first: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class CameraCheck:
    """What the pictures of a deployment, whose id it has, say about its camera.

    `at` is when they were looked at, and `found_at` when a fault was first seen that people should
    hear of, 0 for never: seconds since 1970. `seen` says of which pictures, deployment and site, so
    that a change shows. `pictures` is how many were compared. Pictures taken up to `fine_until`
    (corrected local time) count no more, since somebody said that all was fine.
    """

    table: ClassVar[str] = "camera_checks"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"), ("found_at", "id"))

    id: str
    collection: str
    at: float
    seen: str
    pictures: int
    signs: tuple[CameraSign, ...] = ()
    found_at: float = 0.0
    fine_until: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class EventObservation:
    """What another archive says of a whole event: a row of its event-based observations.

    `images` are the event's pictures in order of time, `taken` are the corrected times of the first
    and the last of them, and `said` is a digest of what was said of each when the row came in: the
    row counts while that stays the same (field/event_observations.py). `terms` are the row's
    columns of Camtrap DP with their texts.
    """

    table: ClassVar[str] = "event_observations"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "deployment", "id"),)
    listed: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "images"),)

    id: str
    collection: str
    deployment: str
    images: tuple[str, ...]
    taken: tuple[str, str]
    said: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class MapLayer:
    """Shapes that people laid over the map of a collection: tracks, plots, a border. `by` added it
    at a moment in seconds since 1970. Its shapes are LayerShapes of the same id."""

    table: ClassVar[str] = "map_layers"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"),)

    id: str
    collection: str
    name: str
    by: str
    at: float
    shapes: int
    size: int


@dataclass(frozen=True, slots=True)
class LayerShapes:
    """The shapes of a map layer, as GeoJSON (RFC 7946) without other properties than a name."""

    table: ClassVar[str] = "layer_shapes"
    precious: ClassVar[bool] = True
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("collection", "id"),)

    id: str
    collection: str
    geojson: str
