"""Every address of BioSight, asked by a viewer and by a visitor with a link: none tells where a
sensitive picture was taken. A new address has to be listed here.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from PIL import Image as Pillow
from starlette.testclient import TestClient

from biosight.bootstrap import BioSight
from biosight.collection import GRIDS
from biosight.labels import Identifications
from biosight.storage.records import Insert
from biosight.web import pages
from tests.conftest import first_collection, upload
from tests.publishing.test_standards import in_the_field
from tests.web.test_makers import show
from tests.web.test_shared import follow, visitor
from tests.web.test_sharing import Another, share

# The latitude of what is sensitive, in degrees (not as the end of a moment in seconds), as minutes
# of XMP, and as it stands in Exif.
TOLD = re.compile(rb"(?<!\d)47\.12[34]\d|47,7\.40")
RAW = b"Trap 5"  # stands in the same block of Exif as the place
COARSE = [{"coarse": str(grid)} for grid in (0, *GRIDS)]
BOX = {"box": "47.0,-9,47.13,-8"}
# How a viewer may ask for what can be seen; {} where there is nothing to say.
READ: dict[str, list[dict[str, Any]]] = {
    "/": [{}],
    "/account": [{}],
    "/account/notices": [{}],
    "/notices/stop": [{}],
    "/collections/{collection}": [{}, BOX],
    "/collections/{collection}/drift": [{}],
    "/collections/{collection}/history": [{}],
    "/collections/{collection}/model": [{}],
    "/collections/{collection}/names": [{}],
    "/collections/{collection}/places": [{}],
    "/collections/{collection}/review": [{}],
    "/collections/{collection}/review/{way}": [{}],
    "/collections/{collection}/settings": [{}],
    "/collections/{collection}/settings/{part}": [{}],
    "/collections/{collection}/times": [{}],
    "/collections/{collection}/try-on/{job}": [{}],
    "/collections/{collection}/unfamiliar": [{}],
    "/images/{image}": [{}],
    "/join": [{}],
    "/mentions": [{}],
    "/model": [{}],
    "/shared": [{}],
    "/trash": [{}],
    "/api/v1/collections": [{}, {"trash": "true"}],
    "/api/v1/collections/{collection}": [{}],
    "/api/v1/collections/{collection}/activity": [{}, BOX],
    "/api/v1/collections/{collection}/cameras": [{}],
    "/api/v1/collections/{collection}/likely-counts": [{}],
    "/api/v1/collections/{collection}/likely-counts/queue": [{"under": "/Red/"}],
    "/api/v1/collections/{collection}/layers": [{}],
    "/api/v1/collections/{collection}/layers/{layer}": [{}],
    "/api/v1/collections/{collection}/acts": [{}],
    "/api/v1/collections/{collection}/agreement": [{}],
    "/api/v1/collections/{collection}/audit": [{}],
    "/api/v1/collections/{collection}/brought-names": [{}],
    "/api/v1/collections/{collection}/camtrap-dp": COARSE,
    "/api/v1/collections/{collection}/camtrap-dp/preview": COARSE,
    "/api/v1/collections/{collection}/coco": COARSE,
    "/api/v1/collections/{collection}/conflicts": [{}],
    "/api/v1/collections/{collection}/count": [{}, BOX],
    "/api/v1/collections/{collection}/csv": [{}, {"nested": "true"}, {"trash": "true"}],
    "/api/v1/collections/{collection}/darwin-core": COARSE,
    "/api/v1/collections/{collection}/darwin-core/preview": COARSE,
    "/api/v1/collections/{collection}/days": [{}, BOX],
    "/api/v1/collections/{collection}/deployments": [{}],
    "/api/v1/collections/{collection}/doubted": [{}],
    "/api/v1/collections/{collection}/drift": [{}],
    "/api/v1/collections/{collection}/facets": [{"of": "cameras"}, {"of": "uploaders"}],
    "/api/v1/collections/{collection}/images": [
        {},
        {"trash": "true"},
        {"events": "true"},
        *({"sort": s} for s in ("oldest", "taken", "name", "unsure", "alike", "latitude", "cell")),
    ],
    "/api/v1/collections/{collection}/invitations": [{}],
    "/api/v1/collections/{collection}/jobs": [{}],
    "/api/v1/collections/{collection}/labels": [{}, BOX],
    "/api/v1/collections/{collection}/last-act": [{}],
    "/api/v1/collections/{collection}/map": [{}, BOX, {"trash": "true"}],
    "/api/v1/collections/{collection}/megadetector": COARSE,
    "/api/v1/collections/{collection}/members": [{}],
    "/api/v1/collections/{collection}/models-that-know": [{}],
    "/api/v1/collections/{collection}/names": [{"q": "re"}],
    "/api/v1/collections/{collection}/names/answerable": [{}],
    "/api/v1/collections/{collection}/names/below": [{}],
    "/api/v1/collections/{collection}/picture-kind": [{}],
    "/api/v1/collections/{collection}/queue": [{}],
    "/api/v1/collections/{collection}/shares": [{}],
    "/api/v1/collections/{collection}/sites": [{}],
    "/api/v1/collections/{collection}/to-identify": [{}],
    "/api/v1/collections/{collection}/unfamiliar": [{}],
    "/api/v1/collections/{collection}/verified-names": [{}, {"by_site": "true"}],
    "/api/v1/collections/{collection}/verified-names/events": [{}, {"by_site": "true"}],
    "/api/v1/collections/{collection}/verified-names/queue": [{}],
    "/api/v1/collections/{collection}/rates": [{}, {"under": "/Red/"}],
    "/api/v1/collections/{collection}/uploads": [{}],
    "/api/v1/collections/{collection}/frozen": [{}],
    "/api/v1/collections/{collection}/zip": [{}, {"nested": "true"}, {"placeless": "false"}],
    "/api/v1/examples": [{}],
    "/api/v1/examples/{file}": [{}],
    "/api/v1/images/{image}": [{}],
    "/api/v1/images/{image}/activation": [{}],
    "/api/v1/images/{image}/comments": [{}],
    "/api/v1/images/{image}/history": [{}],
    "/api/v1/images/{image}/scores": [{}],
    "/api/v1/images/{image}/identifications": [{}],
    "/api/v1/images/{image}/neighbours": [{}, BOX],
    "/api/v1/images/{image}/original": [
        {},
        {"download": "true"},
        {"placeless": "false"},
        {"placeless": "true"},
    ],
    "/api/v1/images/{image}/planes/{number}": [{}],
    "/api/v1/images/{image}/similar": [{}],
    "/api/v1/images/{image}/closer": [{}],
    "/api/v1/images/{image}/thumbnail": [{}],
    "/api/v1/images/{image}/view": [{}],
    "/api/v1/images/{image}/whole": [{}],
    "/api/v1/jobs": [{}],
    "/api/v1/jobs/{job}": [{}],
    "/api/v1/jobs/{job}/pairs": [{}],
    "/api/v1/me": [{}],
    "/api/v1/me/export": [{}],
    "/api/v1/me/sessions": [{}],
    "/api/v1/me/tokens": [{}],
    "/api/v1/me/notices": [{}],
    "/api/v1/me/webhooks/{webhook}/deliveries": [{}],
    "/api/v1/mentions": [{}],
    "/api/v1/models": [{}],
    "/api/v1/models/{key}": [{}],
    "/api/v1/models/{key}/card.json": [{}],
    "/api/v1/offers": [{}],
    "/api/v1/shared/images": [{}],
    "/api/v1/shared/labels": [{}],
    "/api/v1/shared/images/{image}/{kind}": [{}],
}
# Questions that are asked by POST.
ASKED: dict[str, dict[str, Any]] = {
    "/api/v1/collections/{collection}/deployments/{deployment}/clock": {
        "json": {"image": "{image}", "true": "2026-05-03 12:00:00"}
    },
    "/api/v1/collections/{collection}/group": {"json": {"label": "Red", "without": []}},
    "/api/v1/collections/{collection}/zip": {"data": {"images": '["{image}"]'}},
    "/api/v1/collections/{collection}/known": {"json": {"sha256": ["0" * 64]}},
}
# What tells of no picture: the server, the guide, signing in and up, models' files, the log.
OTHERWISE = re.compile(
    r"/(health|ready|metrics|openapi\.json|docs.*|help.*|sign-.*|register|forgotten|reset|admin"
    r"|static|robots\.txt|favicon\.ico|countries\.json|atlas.*|tiles.*|manifest.*)$"
    r"|/api/v1/(admin/.*|register|sign-in|sign-out|forgotten|reset|invitation|join|offers/.*)$"
    r"|/api/v1/models/\{key\}/files/\{name\}$|/models?/.*|/jobs/\{job\}.*$"
)


@dataclass
class Marsh:
    """Ada's collection: pictures of a sensitive name in every place where one can be met."""

    names: dict[str, str]
    images: list[str] = field(default_factory=list)

    def filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture
def marsh(ada: TestClient, biosight: BioSight) -> Marsh:
    chosen = first_collection(ada)
    path = f"/api/v1/collections/{chosen}"
    ids = []
    for number in range(7):
        made = upload(ada, chosen, in_the_field("Red", number + 1), f"{number}.jpg")["image"]
        ids.append(str(made["id"]))  # type: ignore[index]
    changed = {"sensitive": ["Red"], "coarse": 0.1, "comments": True, "second_reader": True}
    assert ada.patch(path, json=changed).status_code == 200
    place = {"name": "Nest", "latitude": "47.123456", "longitude": "-8.5"}
    site = ada.post(f"{path}/sites", json=place).json()["id"]
    camera = {"name": "With a site", "site": site, "zone": "Europe/Berlin"}
    placed = ada.post(f"{path}/deployments", json=camera).json()["id"]
    camera = {"name": "Without one", "zone": "Europe/Berlin"}
    free = ada.post(f"{path}/deployments", json=camera).json()["id"]
    for body in (
        {"kind": "deploy", "deployment": placed, "images": ids[1:2]},
        {"kind": "deploy", "deployment": free, "images": ids[2:3]},
        {"kind": "trash", "images": ids[3:4]},
        {"kind": "undecided", "images": ids[4:5]},
        {"kind": "relabel", "label": "Scarlet", "images": ids[5:6]},
    ):
        assert ada.post(f"{path}/acts", json=body).status_code == 201, body
    renamed = ada.post(f"{path}/labels/rename", json={"old": "Scarlet", "new": "Red"})
    assert renamed.status_code == 200
    two = Identifications(ids[6], chosen, "a", "Red", 1.0, "b", "Green", 2.0, state="differ")
    biosight.archive.records.write(Insert(two))
    ada.post(f"/api/v1/images/{ids[0]}/comments", json={"text": "a red one"})
    names = {"collection": chosen, "image": ids[0], "deployment": free, "key": "tiny@1"}
    return Marsh(
        names | {"job": "none", "kind": "original", "way": "doubted", "part": "names"}, ids
    )


def pieces(content: bytes) -> Iterator[bytes]:
    """An answer, or what is in it where it is a zip."""
    if not content.startswith(b"PK\x03\x04"):
        yield content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        for name in zipped.namelist():
            yield from pieces(zipped.read(name))


def tells_place(content: bytes) -> bool:
    """Does an answer say where a sensitive picture was taken?"""
    return any(map(piece_tells, pieces(content)))


def piece_tells(piece: bytes) -> bool:
    if piece.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF")):
        with Pillow.open(io.BytesIO(piece)) as picture:
            has_gps = bool(picture.getexif().get_ifd(0x8825))
        return has_gps or RAW in piece
    return TOLD.search(piece) is not None


def addresses(app: FastAPI, method: str) -> set[str]:
    """All of the app's own addresses that answer a method: the API's, and the pages'."""
    api = {path for path, methods in app.openapi()["paths"].items() if method.lower() in methods}
    routes = [
        r for r in pages.router.routes if isinstance(r, APIRoute) and method in (r.methods or ())
    ]
    return api | {route.path for route in routes}


def opened(client: TestClient) -> FastAPI:
    app = client.app
    assert isinstance(app, FastAPI)
    return app


def test_every_address_is_listed(client: TestClient) -> None:
    found = {path for path in addresses(opened(client), "GET") if not OTHERWISE.fullmatch(path)}
    assert found == set(READ)


def test_no_address_tells_a_viewer(ada: TestClient, another: Another, marsh: Marsh) -> None:
    bob = another("bob@example.org")
    share(ada, bob, marsh.names["collection"], "viewer")
    guest = visitor(ada)
    assert follow(guest, show(ada, marsh.names["collection"], download=True)) == 200
    told, seen = [], 0
    for path, params, names in asked(marsh):
        for who in (bob, guest):
            answer = who.get(names.filled(path), params=params)
            assert answer.status_code < 500, answer.text
            seen += answer.status_code == 200
            if tells_place(answer.content):
                told.append((path, params, names.names["image"], answer.text[:300]))
    assert told == []
    assert seen > 150


def asked(marsh: Marsh) -> Iterator[tuple[str, dict[str, Any], Marsh]]:
    """Every question, of each picture and kind of file that it may be about."""
    for path, variants in READ.items():
        for params in variants:
            for image in marsh.images if "{image}" in path else marsh.images[:1]:
                for kind in ("original", "view", "thumbnail") if "{kind}" in path else ("view",):
                    yield path, params, Marsh({**marsh.names, "image": image, "kind": kind})


def test_no_question_tells_a_viewer(ada: TestClient, another: Another, marsh: Marsh) -> None:
    bob = another("bob@example.org")
    share(ada, bob, marsh.names["collection"], "viewer")
    for path, how in ASKED.items():
        body = json.loads(marsh.filled(json.dumps(how)))
        if "data" in body:
            body["data"]["images"] = json.dumps(marsh.images)
        answer = bob.post(marsh.filled(path), **body)
        assert answer.status_code < 500
        assert not tells_place(answer.content), path


# What a viewer may do, to themselves or by saying something; nothing else changes by them.
OWN = re.compile(
    r"(DELETE|PATCH|POST) /api/v1/(me.*|collections|sign-out|sign-in|register|forgotten|reset"
    r"|join|invitation|shared|offers/.*|images/\{image\}/(comments|mentions).*"
    r"|collections/\{collection\}/members/\{user\}|models.*|admin/.*)"
)


def test_what_changes_pictures_answers_no_viewer(
    ada: TestClient, another: Another, marsh: Marsh
) -> None:
    bob = another("bob@example.org")
    share(ada, bob, marsh.names["collection"], "viewer")
    tried = 0
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        for path in sorted(addresses(opened(ada), method) - set(ASKED)):
            if OWN.fullmatch(f"{method} {path}"):
                continue
            filled = re.sub(r"\{\w+\}", "none", marsh.filled(path))
            answer = bob.request(method, filled, json={})
            assert 400 <= answer.status_code < 500, (method, path, answer.text)
            assert not tells_place(answer.content), (method, path)
            tried += 1
    assert tried > 30


def test_the_owner_is_told_everything(ada: TestClient, marsh: Marsh) -> None:
    """The walk looks for what is there."""
    collection = f"/api/v1/collections/{marsh.names['collection']}"
    for path in (f"/api/v1/images/{marsh.images[0]}", f"{collection}/sites", f"{collection}/zip"):
        assert tells_place(ada.get(path).content), path
    assert tells_place(ada.get(f"/api/v1/images/{marsh.images[0]}/original").content)
