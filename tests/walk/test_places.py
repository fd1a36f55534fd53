"""From a memory card to a package: a site, a deployment, its clock, and what is published."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from biosight.bootstrap import open_archive
from biosight.images import Image
from biosight.settings import Settings
from biosight.storage.records import Replace
from tests import tiny
from tests.walk.chooser import name_it
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    # Playwright's own event loop is closed late by its driver.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

POSTED = """async ([url, said]) => (await fetch(url, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said),
})).status"""


@pytest.fixture
def card(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """A server with three pictures of a camera whose clock is a year off, and somebody's page."""
    from dataclasses import replace

    tiny.make_model(tmp_path / "model")
    server = Server(tmp_path / "data", tmp_path / "model")
    server.start()
    client, collection = server.first_person()
    for n in range(3):
        files = {"file": (f"IMG_{n}.jpg", tiny.picture("Red", n))}
        assert client.post(f"/api/v1/collections/{collection}/images", files=files).is_success
    archive = open_archive(Settings(data_dir=tmp_path / "data"))
    for n, image in enumerate(archive.records.find(Image)):
        dated = replace(image, taken_file=f"2025-05-03T14:0{n}:00", version=image.version + 1)
        archive.records.write(Replace(dated.in_step, image.version))
    archive.close()
    context = browser.new_context(base_url=server.url, timezone_id="Europe/Berlin")
    let_in(context, server, client)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened, collection
    context.close()
    server.close()
    assert problems == []


def test_a_package_is_asked_about_even_while_its_page_still_loads(card: tuple[Page, str]) -> None:
    page, collection = card
    held: list[Route] = []
    page.route("**/js/pages/collection.js", lambda route: held.append(route))
    page.goto(f"/collections/{collection}")
    page.locator("#download summary").click()
    page.get_by_role("link", name="Camtrap DP").click()
    assert held, "the page's module was not asked for"
    held[0].continue_()
    expect(page.locator("dialog")).to_contain_text("Camtrap DP package")
    # A button, too.
    page.route("**/js/pages/places.js", lambda route: held.append(route))
    page.goto(f"/collections/{collection}/places")
    page.get_by_role("button", name="Add a site").click()
    held[1].continue_()
    expect(page.locator("dialog")).to_contain_text("Add a site")


def test_a_camera_is_placed_and_its_clock_put_right(card: tuple[Page, str]) -> None:
    page, collection = card
    page.goto(f"/collections/{collection}/places")
    expect(page.locator("#nothing")).to_contain_text("No sites and deployments yet")
    page.get_by_role("button", name="Add a site").click()
    page.get_by_label("Name (required)", exact=True).fill("Pond")
    page.get_by_label("Latitude").fill("152.5")
    page.get_by_label("Longitude").fill("13.4")
    page.locator("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("dialog .problem")).to_contain_text("swapped")
    page.get_by_label("Latitude").fill("52\u00b0 30' N")
    page.locator("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("#sites")).to_contain_text("52.50000")
    page.get_by_role("button", name="Add a deployment").click()
    page.get_by_label("Name (required)", exact=True).fill("Cam 1")
    page.locator("dialog [name=site]").select_option(label="Pond")
    expect(page.locator("dialog [name=zone]")).to_have_value("Europe/Berlin")
    page.locator("dialog").get_by_role("button", name="Add").click()
    expect(page.locator("#deployments")).to_contain_text("Cam 1")

    page.goto(f"/collections/{collection}")
    expect(page.locator(".tile")).to_have_count(3)
    page.keyboard.press("Control+a")
    page.locator("#selected").get_by_role("button", name="Place").click()
    page.locator("dialog").get_by_role("button", name="Place").click()
    expect(page.locator("#toasts")).to_contain_text("3 pictures put into")

    page.goto(f"/collections/{collection}/places")
    page.get_by_role("button", name="Clock Cam 1").click()
    expect(page.locator("dialog")).to_contain_text("its file says 2025-05-03 14:00")
    page.locator("dialog .strip [data-id]").last.click()
    expect(page.locator("dialog")).to_contain_text("its file says 2025-05-03 14:02")
    page.get_by_label("True local time").fill("2026-05-03T15:02:00")
    page.get_by_label("True local time").dispatch_event("change")
    expect(page.locator("dialog [role=status]")).to_contain_text("+365 d 1 h")
    page.locator("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator("#deployments")).to_contain_text("+365 d 1 h")
    page.get_by_role("link", name="Cam 1").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#applied")).to_contain_text("deployment Cam 1")
    page.locator(".tile").first.dblclick()
    expect(page.locator("#panel")).to_contain_text("Pond")
    expect(page.locator("#panel")).to_contain_text("2025-05-03 14:0")
    expect(page.locator("#panel")).to_contain_text("2026-05-03 15:0")

    page.goto(f"/collections/{collection}")
    page.locator("#download summary").click()
    page.get_by_role("link", name="Camtrap DP").click()
    expect(page.locator("dialog")).to_contain_text("3 pictures go in.")
    page.get_by_label("Title").fill("Foxes of the pond")
    page.get_by_label("Licence").select_option("CC0-1.0")
    with page.expect_download() as waiting:
        page.locator("dialog").get_by_role("button", name="Download").click()
    package = zipfile.ZipFile(waiting.value.path())
    assert package.read("media.csv").decode().count("2026-05-03T15:0") == 3
    assert json.loads(package.read("datapackage.json"))["title"] == "Foxes of the pond"
    page.reload()
    page.locator("#download summary").click()
    page.get_by_role("link", name="Darwin Core").click()
    expect(page.get_by_label("Title")).to_have_value("Foxes of the pond")
    page.keyboard.press("Escape")

    page.goto(f"/collections/{collection}/times")
    expect(page.locator("#days svg")).to_be_visible()
    page.locator("#days a").first.click()
    expect(page.locator(".tile")).to_have_count(3)
    page.goto(f"/collections/{collection}/times")
    expect(page.locator("#activity figure")).to_contain_text("3 pictures, 1 event")
    page.get_by_role("button", name="Sun time").click()
    expect(page.locator("#activity-sun")).to_contain_text("the sun rises at 6 and sets at 18")
    expect(page.locator("#activity .night")).to_have_count(1)
    expect(page.get_by_role("link", name="by the sun")).to_have_count(0)
    page.get_by_role("button", name="Clock time").click()
    expect(page.locator("#activity-sun")).to_be_hidden()
    with page.expect_download() as waiting:
        page.locator("#activity-csv").click()
    assert '"Red",hour,15,3,1' in waiting.value.path().read_text()
    page.get_by_role("link", name="15:00 to 16:00: 3 pictures").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#applied")).to_contain_text("taken 15:00 to 16:00")
    page.get_by_role("link", name="taken 15:00 to 16:00").click()
    expect(page).to_have_url(re.compile(r"\?under=[^&]*$"))
    page.goto(f"/collections/{collection}?hour=14&month=05")
    expect(page.locator("#applied")).to_contain_text("No picture matches.")
    page.goto(f"/collections/{collection}/times")
    page.get_by_role("link", name="May: 3 pictures").click()
    expect(page.locator(".tile")).to_have_count(3)

    page.goto(f"/collections/{collection}/history")
    row = page.locator("#acts li", has_text="Corrected the clock")
    row.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("undone")
    page.goto(f"/collections/{collection}/places")
    expect(page.locator("#deployments")).not_to_contain_text("365")


def test_names_of_close_sites_do_not_cover_each_other(card: tuple[Page, str]) -> None:
    """A name that lies under another one is hidden until one looks closer."""
    page, collection = card
    page.goto(f"/collections/{collection}/places")
    souths = {"Pond 1": 52.5, "Pond 2": 52.502, "Pond 3": 52.504, "Ridge": 53.5}
    url = f"/api/v1/collections/{collection}/sites"
    for name, south in souths.items():
        said = {"name": name, "latitude": str(south), "longitude": "13.4"}
        assert page.evaluate(POSTED, [url, said]) == 201
    page.reload()
    shown = page.locator("#map .site-name").locator("visible=true")
    expect(shown).to_have_count(2)
    page.evaluate("document.querySelector('#map .leaflet-control-zoom-in').focus()")
    for _ in range(6):
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)  # the map's own animation
    expect(shown).to_have_count(4)


def test_distances_are_measured_on_the_map(card: tuple[Page, str]) -> None:
    page, collection = card
    page.goto(f"/collections/{collection}/places")
    url = f"/api/v1/collections/{collection}/sites"
    for name, south in (("Pond", "52.5"), ("Ridge", "52.6")):
        said = {"name": name, "latitude": south, "longitude": "13.4"}
        assert page.evaluate(POSTED, [url, said]) == 201
    page.reload()
    expect(page.locator("#map .site-name").locator("visible=true")).to_have_count(2)
    measure, told = page.get_by_role("button", name="Measure"), page.locator("#map-told")
    measure.click()
    page.evaluate("document.querySelector('#map').scrollIntoView({ block: 'center' })")
    pond, ridge = (page.locator("#map .site-name", has_text=name) for name in ("Pond", "Ridge"))
    for site in (pond, ridge):
        at = site.bounding_box()
        assert at is not None
        page.mouse.click(at["x"] - 8, at["y"] + at["height"] / 2)  # the middle of its point
    expect(told).to_contain_text("km in all")
    said_km = float((told.text_content() or "").split()[0])
    assert abs(said_km - 11.12) < 0.4  # a tenth of a degree of latitude
    page.get_by_role("button", name="Draw a box").click()
    expect(measure).to_have_attribute("aria-pressed", "false")


def test_an_event_stands_as_one_and_is_acted_on_as_one(card: tuple[Page, str]) -> None:
    page, collection = card
    api, body = page.request, {"name": "Cam 1"}
    page.goto(f"/collections/{collection}")
    headers = {"Origin": page.evaluate("location.origin")}
    path = f"/api/v1/collections/{collection}"
    made = api.post(f"{path}/deployments", data=body, headers=headers).json()["id"]
    put = {"kind": "deploy", "deployment": made, "matching": {}}
    assert api.post(f"{path}/acts", data=put, headers=headers).ok
    page.reload()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_role("button", name="Events").click()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".event-mark")).to_contain_text("3")
    page.locator("#grid").focus()
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("3 pictures confirmed")
    page.keyboard.press("x")
    page.locator("#selected").get_by_role("button", name="Count").click()
    page.get_by_label("Individuals").fill("2")
    page.locator("dialog").get_by_role("button", name="Keep").click()
    expect(page.locator("#toasts")).to_contain_text("3 pictures counted")
    page.get_by_role("button", name="Events").click()
    expect(page.locator(".tile")).to_have_count(3)


def as_one_event(page: Page, collection: str) -> None:
    """The card's pictures in one deployment, and shown as one event."""
    page.goto(f"/collections/{collection}")
    headers = {"Origin": page.evaluate("location.origin")}
    path = f"/api/v1/collections/{collection}"
    body = {"name": "Cam 1"}
    made = page.request.post(f"{path}/deployments", data=body, headers=headers).json()["id"]
    put = {"kind": "deploy", "deployment": made, "matching": {}}
    assert page.request.post(f"{path}/acts", data=put, headers=headers).ok
    page.reload()
    page.get_by_role("button", name="Events").click()
    expect(page.locator(".tile")).to_have_count(1)


def test_an_event_of_several_names_asks_before_it_is_confirmed(card: tuple[Page, str]) -> None:
    page, collection = card
    page.goto(f"/collections/{collection}")
    headers = {"Origin": page.evaluate("location.origin")}
    path = f"/api/v1/collections/{collection}"
    first = page.request.get(f"{path}/images?sort=id").json()["images"][-1]["id"]
    said = page.request.patch(f"/api/v1/images/{first}", data={"label": "Fox"}, headers=headers)
    assert said.ok
    as_one_event(page, collection)
    front = page.locator(".tile").first.inner_text()
    page.locator("#grid").focus()
    page.keyboard.press("a")
    asked = page.locator("dialog[open]")
    expect(asked).to_contain_text("of this event")
    page.keyboard.press("Escape")
    labels = {i["label"] for i in page.request.get(f"{path}/images").json()["images"]}
    assert labels == {"Red", "Fox"}  # nothing without an answer
    page.locator("#grid").focus()
    page.keyboard.press("a")
    asked.get_by_role("button", name="Name them").click()
    expect(page.locator("#toasts")).to_contain_text("picture")
    images = page.request.get(f"{path}/images").json()["images"]
    assert {i["label"] for i in images} == {"Fox" if "Fox" in front else "Red"}


def test_another_name_for_an_event_of_several_names_asks_first(card: tuple[Page, str]) -> None:
    """What the stack hides was not looked at: it is named in bulk, if at all."""
    page, collection = card
    page.goto(f"/collections/{collection}")
    headers = {"Origin": page.evaluate("location.origin")}
    path = f"/api/v1/collections/{collection}"
    first = page.request.get(f"{path}/images?sort=id").json()["images"][-1]["id"]
    assert page.request.patch(f"/api/v1/images/{first}", data={"label": "Fox"}, headers=headers).ok
    as_one_event(page, collection)
    page.locator("#grid").focus()
    page.keyboard.press("r")
    name_it(page, "Oddling")
    asked = page.locator("dialog[open]")
    expect(asked).to_contain_text("Relabel 3 pictures as Oddling in bulk?")
    asked.get_by_role("button", name="Relabel").click()
    expect(page.locator("#toasts")).to_contain_text("3 pictures")
    images = page.request.get(f"{path}/images").json()["images"]
    assert {(i["label"], i["who"]) for i in images} == {("Oddling", "bulk")}


@pytest.mark.long
def test_the_map_leads_to_pictures_by_pointer_and_by_keyboard(card: tuple[Page, str]) -> None:
    page, collection = card
    page.goto(f"/collections/{collection}/places")
    expect(page.locator("#map-section")).to_be_hidden()
    headers = {"Origin": page.evaluate("location.origin")}
    path = f"/api/v1/collections/{collection}"
    for site in (
        {"name": "Pond", "latitude": "52.5", "longitude": "13.4"},
        {"name": "Ridge", "latitude": "-33.2", "longitude": "-70.5"},
    ):
        made = page.request.post(f"{path}/sites", data=site, headers=headers).json()["id"]
    put = {"kind": "deploy", "site": made, "matching": {}}
    assert page.request.post(f"{path}/acts", data=put, headers=headers).ok
    page.reload()
    expect(page.locator("#map canvas")).to_be_visible()
    page.get_by_role("button", name="Draw a box").click()
    page.locator("#map").evaluate("map => map.scrollIntoView({ block: 'end' })")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 25, steps=4)
    page.mouse.up()
    expect(page.locator("#map-told")).to_contain_text("2 points in the box")
    page.get_by_role("link", name="3 pictures of 1 site").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#applied")).to_contain_text("site Ridge")
    # Hundreds of them are drawn as clusters.
    rows = "".join(f"d{n},s{n},{40 + n % 20},{n % 30}\n" for n in range(501))
    table = f"deploymentID,locationName,latitude,longitude\n{rows}".encode()
    payload: FilePayload = {"name": "t.csv", "mimeType": "text/csv", "buffer": table}
    sent = page.request.post(
        f"{path}/deployments/table", multipart={"file": payload}, headers=headers
    )
    assert sent.ok
    page.goto(f"/collections/{collection}/places")
    expect(page.locator("#map .cluster").first).to_be_visible(timeout=30_000)
    page.locator("#sites").get_by_role("button", name="Show all 503").click()
    expect(page.locator("#sites tbody tr")).to_have_count(503)
    # The same by the list below the map, without a pointer.
    page.goto(f"/collections/{collection}/places")
    link = page.locator("#sites").get_by_role("link", name="Ridge")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tile")).to_have_count(3)


def test_folders_that_came_in_may_become_deployments(
    card: tuple[Page, str], tmp_path: Path
) -> None:
    page, collection = card
    for n, name in enumerate(("cards/SD 1/a.jpg", "cards/SD 2/a.jpg", "cards/SD 2/b.jpg")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(tiny.taken(f"2026:05:0{n + 3} 10:00:00", seed=20 + n))
    page.goto(f"/collections/{collection}")
    expect(page.locator(".tile")).to_have_count(3)
    page.locator("#folder").set_input_files(tmp_path / "cards")
    page.get_by_role("button", name="One deployment for each folder").click()
    page.get_by_label("A deployment for SD 1").uncheck()
    page.get_by_label("Name of the deployment for SD 2").fill("Ridge, May")
    page.get_by_role("button", name="Make deployments").click()
    expect(page.locator("#toasts")).to_contain_text("2 pictures put into Ridge, May")
    page.goto(f"/collections/{collection}?folder=%2Fcards%2FSD%201%2F")
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#folders")).to_contain_text("All pictures")
    page.locator("#filters summary").click()
    page.locator('[name="deployment"]').select_option(label="no deployment (1)")
    expect(page.locator("#applied")).to_contain_text("no deployment")
    page.goto(f"/collections/{collection}/places")
    expect(page.locator("#deployments")).to_contain_text("Ridge, May")
    expect(page.locator("#deployments")).not_to_contain_text("SD 1")


def test_a_site_is_made_while_a_deployment_is(card: tuple[Page, str]) -> None:
    page, collection = card
    page.goto(f"/collections/{collection}/places")
    page.get_by_role("button", name="Add a deployment").click()
    page.get_by_label("Name (required)", exact=True).fill("Cam 2")
    page.locator("dialog [name=site]").select_option(label="a new site …")
    page.locator("dialog").get_by_role("button", name="Add").click()
    site = page.get_by_role("dialog", name="Add a site")
    site.get_by_role("button", name="Cancel").click()
    expect(page.locator("dialog .problem")).to_contain_text("No site was added")
    page.locator("dialog").get_by_role("button", name="Add").click()
    site.get_by_label("Name (required)", exact=True).fill("Brook")
    site.get_by_label("Latitude").fill("52.6")
    site.get_by_label("Longitude").fill("13.5")
    site.get_by_role("button", name="Add").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#deployments")).to_contain_text("Brook")
    expect(page.locator("#map .site-name")).to_have_text("Brook")
    expect(page.locator("#map .leaflet-control-scale-line")).to_be_visible()
    page.locator("#map").hover()
    expect(page.locator("#map .coordinates")).to_contain_text("52.")


def dated(seed: int, taken: str) -> bytes:
    """A picture whose Exif says when it was taken."""
    exif = Pillow.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    buffer = io.BytesIO()
    Pillow.open(io.BytesIO(tiny.picture("Blue", seed))).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_every_picture_can_correct_a_clock(card: tuple[Page, str]) -> None:
    """The strip holds the first 24 pictures; the later ones are a click away."""
    page, collection = card
    here = f"/api/v1/collections/{collection}"
    client, own = page.context.request, {"Sec-Fetch-Site": "same-origin"}
    said = {"name": "Cam 3", "zone": "Europe/Berlin"}
    made = client.post(f"{here}/deployments", data=said, headers=own)
    for n in range(27):
        taken = f"2025:05:04 10:{n:02}:00"
        file: FilePayload = {
            "name": f"N{n}.jpg",
            "mimeType": "image/jpeg",
            "buffer": dated(50 + n, taken),
        }
        client.post(f"{here}/images", multipart={"file": file}, headers=own)
    ids = [
        i["id"]
        for i in client.get(f"{here}/images?limit=100").json()["images"]
        if i["name"].startswith("N")
    ]
    act = {"kind": "deploy", "deployment": made.json()["id"], "images": ids}
    assert client.post(f"{here}/acts", data=act, headers=own).status == 201
    page.goto(f"/collections/{collection}/places")
    page.get_by_role("button", name="Clock Cam 3").click()
    strip = page.locator("dialog .strip [data-id]")
    expect(strip).to_have_count(24)
    page.get_by_role("button", name="Later ones").click()
    expect(strip).to_have_count(27)
    strip.last.click()
    expect(page.locator("dialog")).to_contain_text("its file says 2025-05-04 10:26")
