"""Pages for people: each is a template that its JavaScript module fills from the API.

Not here: anything that the API does not offer too.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from biosight import __version__, accounts, gallery, logbook, membership, metrics
from biosight.bootstrap import BioSight
from biosight.collection import GRIDS, Collection
from biosight.errors import BioSightError, NotFound, NotSignedIn
from biosight.images import Image, file_types
from biosight.images.file_types import MAX_PIXELS
from biosight.labels import OPENS_AT, PROPOSED_AT, TRUSTED_AT
from biosight.membership import Access
from biosight.places import Deployment, Site
from biosight.settings import Settings
from biosight.storage.conditions import living_images
from biosight.storage.records import Order, Records, Where
from biosight.subjects import picture_kind
from biosight.web import api_page
from biosight.web import help as guide
from biosight.web.access.deps import (
    Open,
    Person,
    Store,
    find_person,
    get_biosight,
    get_records,
    image_for,
)
from biosight.web.access.rights import seen_version
from biosight.web.map_assets import ground_of, tile_host
from biosight.web.schemas.filters import for_page, sheet
from biosight.web.security import PAGE_POLICY, client_address, needs_first_code
from biosight.web.sign_in import proxy
from biosight.web.sign_in.sessions import start_session
from biosight.work import jobs
from biosight.workflows.collection_names import naming_of
from biosight.workflows.people.mentions import calls_for
from biosight.workflows.serving_version import serving_key, serving_version_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
ICONS = (192, 512)
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
TEMPLATES.filters["inline"] = api_page.with_code
TEMPLATES.globals |= {
    "filter_parts": for_page(),
    "filter_sheet": sheet(),
    "sorts": gallery.SORTS,
    "roles": membership.IN_WORDS,
    "grids": GRIDS,
    "picture_kinds": picture_kind.IN_WORDS,
    "picture_types": file_types.formats_in_words(),
    "picture_suffixes": ",".join(sorted(file_types.KNOWN_SUFFIXES)),
}

# The parts of a collection's settings by address, the first without one.
SETTINGS = {
    "": "Pictures",
    "names": "Names",
    "labels": "Labels",
    "members": "Members and links",
    "collection": "Collection",
}


def render(request: Request, template: str, http_status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page from a template, with the values that every page needs."""
    person = getattr(request.state, "person", None)
    if person is None:
        with suppress(BioSightError):  # an error page must show even while the store is unavailable
            person = find_person(request)
    values |= {
        "user": person.user if person else None,
        "calls": calls_of(request, person),
        "version": __version__,
        "max_mb": request.app.state.biosight.settings.max_file_mb,
        "path": request.url.path,
        "static": request.app.state.static,
        "leaflet": request.app.state.map_files["/leaflet"],
        "clusters": request.app.state.map_files["/leaflet-clusters"],
    }
    page = HTMLResponse(TEMPLATES.get_template(template).render(values), http_status)
    return with_tiles(page, request.app.state.biosight.settings) if person else page


def calls_of(request: Request, person: Person | None) -> int:
    """Return how many unread mentions a signed-in person has; 0 while the store is unavailable."""
    with suppress(BioSightError):
        return len(calls_for(get_records(request), person.user.id)) if person else 0
    return 0


def error_page(request: Request, error: BioSightError, headers: dict[str, str]) -> Response:
    """Return an error in words; redirect a person who is not signed in to the sign-in page."""
    if isinstance(error, NotSignedIn):
        after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(after, safe='')}", 303)
    page = render(request, "error.html", error.status, status=error.status, detail=error.detail)
    page.headers.update(headers)
    return page


def visiting_person(request: Request) -> Person:
    """Return the signed-in person and how they signed in. Raises NotSignedIn."""
    person = find_person(request)
    if person is None:
        raise NotSignedIn("Sign in first.")
    request.state.person = person
    return person


def visitor(request: Request) -> accounts.User:
    """Return the account of the signed-in person. Raises NotSignedIn."""
    return visiting_person(request).user


def seen_collection(request: Request, collection: str) -> Access:
    """Return a collection as the visitor may use it. Raises NotSignedIn or NotFound."""
    records = get_biosight(request).archive.records
    return membership.access(records, visitor(request).id, collection)


def labels_of(biosight: BioSight, collection: Collection) -> tuple[str, ...]:
    """Return the labels that a collection's model can give, as they are called there.

    The result is empty while no model serves.
    """
    records, catalogue = biosight.archive.records, biosight.catalogue
    try:
        names = serving_version_of(records, catalogue, collection.model).card.label_names
    except NotFound:
        return ()
    shown = map(naming_of(records, catalogue, collection).shown, names)
    return tuple(dict.fromkeys(name for name in shown if name))


def tree_names(biosight: BioSight, collection: Collection) -> dict[str, bool]:
    """Return the names in the tree of a collection's model, as they are called there, and whether
    the model may answer with each; empty while no model serves."""
    records, catalogue = biosight.archive.records, biosight.catalogue
    try:
        card = serving_version_of(records, catalogue, collection.model).card
    except NotFound:
        return {}
    naming = naming_of(records, catalogue, collection)
    return {naming.shown(t.id): t.threshold > 0 or t.id == t.group for t in card.taxa}


@router.get("/")
def library(request: Request, records: Store) -> Response:
    """Show all collections; a new server asks for its first account."""
    if not accounts.has_users(records):
        return RedirectResponse("/register", 303)
    visitor(request)
    return render(request, "library.html")


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """Return what a phone needs to install BioSight as an app."""
    address = request.app.state.static.address
    icons = [{"src": address("icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    for side in ICONS:
        file = address(f"icon-{side}.png")
        icons.append({"src": file, "sizes": f"{side}x{side}", "type": "image/png"})
    said = {
        "name": "BioSight",
        "short_name": "BioSight",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#f6f7f6",
        "theme_color": "#1f6f54",
        "icons": icons,
    }
    return JSONResponse(said, media_type="application/manifest+json")


@router.get("/help")
def help_search(request: Request, q: str = "") -> Response:
    """Search the guide; without words, list its pages."""
    return framed_help(request, guide.FIRST, q)


@router.get("/help/{name}")
def help_page(request: Request, name: str) -> Response:
    """Show a page of the guide, or return a picture in it."""
    if name.endswith(".png"):
        return FileResponse(guide.picture(name))
    return framed_help(request, name, "")


def framed_help(request: Request, name: str, query: str) -> Response:
    """Return the guide's frame around a page or around search results."""
    titles = [(n, guide.source(n).partition("\n")[0].lstrip("# ")) for n in guide.pages()]
    return render(
        request,
        "help.html",
        page=name,
        titles=titles,
        query=query[: guide.LONGEST_QUERY],
        found=guide.find_sections(query),
        body="" if query else guide.page_html(name),
    )


@router.get("/sign-in")
def sign_in(request: Request, biosight: Open, records: Store, next: str = "/") -> Response:
    """Show the sign-in form; sign in at once if a proxy has signed the person in."""
    if not accounts.has_users(records):
        return RedirectResponse("/register", 303)
    user = proxy.person_of(request, biosight)
    if user is None:
        settings = biosight.settings
        provider = settings.oidc_name if settings.oidc_issuer else ""
        here = quote(proxy.inside(next), safe="")
        return render(
            request, "sign_in.html", provider=provider, next=here, mails=bool(settings.smtp_url)
        )
    answer = RedirectResponse(proxy.inside(next), 303)
    start_session(request, answer, biosight, user)
    metrics.sign_ins.labels("ok").inc()
    address = client_address(request, biosight.settings)
    logbook.note(
        biosight.archive.records,
        logbook.SIGNED_IN,
        by=user.id,
        detail=logbook.BY_PROXY,
        address=address,
    )
    return answer


@router.get("/forgotten")
def forgotten(request: Request) -> Response:
    """Show the form that sends a link for a new password."""
    return render(request, "forgotten.html")


@router.get("/register")
def sign_up(request: Request, biosight: Open, records: Store) -> Response:
    """Show the form to sign up."""
    first = not accounts.has_users(records)
    needs_code = first and needs_first_code(request, biosight.settings)
    policy = biosight.settings.registration
    return render(request, "register.html", first=first, needs_code=needs_code, policy=policy)


@router.get("/join")
def join(request: Request, biosight: Open) -> Response:
    """Show an invitation: people follow it with their account, or with a new one."""
    closed = biosight.settings.registration == "closed"
    return render(request, "join.html", closed=closed)


@router.get("/shared")
def shared(request: Request) -> Response:
    """Show what a share link shows, to anyone who has the link."""
    page = render(request, "shared.html")
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page


@router.get("/reset")
def reset(request: Request) -> Response:
    """Show the form for a new password, reached by a reset link."""
    return render(request, "reset.html")


@router.get("/collections/{collection}")
def collection_page(request: Request, collection: str, biosight: Open) -> Response:
    """Show the label folders and the grid of a collection."""
    access = seen_collection(request, collection)
    return render(
        request,
        "collection.html",
        access=access,
        max_megapixels=MAX_PIXELS // 1_000_000,
        labels=labels_of(biosight, access.collection),
    )


@router.get("/collections/{collection}/review")
@router.get("/collections/{collection}/review/{way}")
def review_page(
    request: Request,
    collection: str,
    biosight: Open,
    way: Literal["review", "groups", "doubted", "readers", "conflicts", "agreement"] = "review",
) -> Response:
    """Show review: one by one, in groups, labels that are likely wrong, or two readers."""
    access = seen_collection(request, collection)
    return render(
        request,
        "review.html",
        access=access,
        way=way,
        labels=labels_of(biosight, access.collection),
    )


@router.get("/collections/{collection}/model")
def collection_model_page(request: Request, collection: str, biosight: Open) -> Response:
    """Show which model names the pictures here and how well, and how to teach it."""
    access = seen_collection(request, collection)
    name = access.collection.name.encode("ascii", "ignore").decode().lower()
    return render(
        request,
        "collection_model.html",
        access=access,
        labels=labels_of(biosight, access.collection),
        serving=serving_key(biosight.archive.records, biosight.catalogue, access.collection.model),
        tree=tree_names(biosight, access.collection),
        proposed_at=PROPOSED_AT,
        opens_at=OPENS_AT,
        trusted_at=TRUSTED_AT,
        slug="-".join(re.findall("[a-z0-9]+", name))[:40] or "mine",
    )


@router.get("/collections/{collection}/try-on/{job}")
def try_on_page(request: Request, collection: str, job: str, records: Store) -> Response:
    """Show which labels another version would change. Raises NotFound."""
    access = seen_collection(request, collection)
    found = jobs.get_job(records, job)
    if found.collection != access.collection.id:
        raise NotFound("There is no such try-on.")
    return render(request, "try_on.html", access=access, job=found)


@router.get("/collections/{collection}/unfamiliar")
def unfamiliar_page(request: Request, collection: str, biosight: Open) -> Response:
    """Show pictures unlike all that the model knows, in groups."""
    access = seen_collection(request, collection)
    labels = labels_of(biosight, access.collection)
    return render(request, "unfamiliar.html", access=access, labels=labels)


@router.get("/collections/{collection}/drift")
def drift_page(request: Request, collection: str) -> Response:
    """Show whether the pictures change."""
    return render(request, "drift.html", access=seen_collection(request, collection))


@router.get("/collections/{collection}/places")
def places_page(request: Request, collection: str, biosight: Open) -> Response:
    """Show sites, deployments and their clocks."""
    access = seen_collection(request, collection)
    return render(
        request,
        "places.html",
        access=access,
        **what_is_placed(biosight.archive.records, access.collection.id),
        **ground_of(request.app),
    )


def with_tiles(page: HTMLResponse, settings: Settings) -> HTMLResponse:
    """Let a page load the map's tiles, if they come from elsewhere. Any page: the browser goes on
    with the policy of the first one while a person moves through BioSight."""
    if host := tile_host(settings):
        policy = PAGE_POLICY.replace("img-src 'self'", f"img-src 'self' {host}")
        page.headers["Content-Security-Policy"] = policy
    return page


def what_is_placed(records: Records, collection: str) -> dict[str, bool]:
    """Return whether a collection has sites or deployments, and whether its map has points: so the
    page keeps room for what its script draws."""
    here = [Where("collection", "=", collection)]
    has_sites = bool(records.find(Site, here, limit=1))
    placed = [*living_images(collection), Where("site", "=", ""), Where("cell", ">", "")]
    return {
        "has_places": has_sites or bool(records.find(Deployment, here, limit=1)),
        "has_points": has_sites or bool(records.find(Image, placed, order=Order("cell"), limit=1)),
    }


@router.get("/collections/{collection}/times")
def times_page(request: Request, collection: str) -> Response:
    """Show the days of each deployment, and the hours and months of names."""
    return render(request, "times.html", access=seen_collection(request, collection))


@router.get("/collections/{collection}/names")
def names_page(request: Request, collection: str) -> Response:
    """Show what lives here: names, their likeliest pictures, and which of them are verified."""
    return render(request, "names.html", access=seen_collection(request, collection))


@router.get("/collections/{collection}/history")
def history_page(request: Request, collection: str) -> Response:
    """Show what was done in a collection, with undo."""
    return render(request, "history.html", access=seen_collection(request, collection))


@router.get("/collections/{collection}/settings")
@router.get("/collections/{collection}/settings/{part}")
def settings_page(
    request: Request,
    collection: str,
    part: Literal["", "names", "labels", "members", "collection"] = "",
) -> Response:
    """Show one part of a collection's settings: pictures, names, labels, members or itself."""
    access = seen_collection(request, collection)
    parts = {k: words for k, words in SETTINGS.items() if k != "collection" or access.may("own")}
    if part not in parts:
        raise NotFound("There is nothing at this address.")
    return render(request, "settings.html", access=access, part=part, parts=parts)


@router.get("/images/{image}")
def image_page(request: Request, image: str, biosight: Open, records: Store) -> Response:
    """Show one picture, large."""
    shown = image_for(image, "look", visiting_person(request), records)
    return render(
        request,
        "image.html",
        access=shown.access,
        image=shown.image,
        labels=labels_of(biosight, shown.access.collection),
        **ground_of(request.app),
    )


@router.get("/trash")
def trash_page(request: Request) -> Response:
    """Show trashed collections and pictures."""
    visitor(request)
    return render(request, "trash.html", days=get_biosight(request).settings.trash_days)


@router.get("/mentions")
def mentions_page(request: Request) -> Response:
    """Show the comments that mention the person."""
    visitor(request)
    return render(request, "mentions.html")


@router.get("/account")
def account_page(request: Request) -> Response:
    """Show the person's own account."""
    visitor(request)
    return render(request, "account.html")


@router.get("/account/notices")
def notices_page(request: Request, biosight: Open) -> Response:
    """Show what the person is told by mail and webhook."""
    visitor(request)
    return render(request, "notices.html", mails=bool(biosight.settings.smtp_url))


@router.get("/notices/stop")
def stop_notices_page(request: Request) -> Response:
    """Show the button that ends mails with notices, reached by the link in each."""
    return render(request, "stop_notices.html")


@router.get("/admin")
def admin_page(request: Request) -> Response:
    """Show people, invitations and disk to administrators. Raises NotFound for others."""
    if not visitor(request).is_admin:
        raise NotFound("There is nothing at this address.")
    return render(request, "admin.html")


@router.get("/model")
def models_page(request: Request) -> Response:
    """Show all versions, those that serve first."""
    visitor(request)
    return render(request, "model_list.html")


@router.get("/models/{key}")
def version_page(request: Request, key: str, records: Store) -> Response:
    """Show one version: its card, its quality and its history."""
    shown = seen_version(records, visiting_person(request), key)
    return render(request, "version.html", shown=shown)


@router.get("/docs")
def docs_page(request: Request) -> Response:
    """Show all routes of the API."""
    document = request.app.openapi()
    parts, types = api_page.parts_of(document), api_page.types_of(document)
    return render(request, "api.html", parts=parts, types=types)
