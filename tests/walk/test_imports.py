"""Sorted folders and zips come in through the browser with their names."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import tiny
from tests.images.test_keywords import bag, packet
from tests.walk.conftest import Server, let_in

pytestmark = [
    pytest.mark.walk,
    pytest.mark.xdist_group("walk"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SIZES = [(1440, 900), (390, 844)]


@pytest.fixture
def here(page: Page, server: Server) -> Page:
    """The empty collection of a person who is signed in, and its page."""
    client, collection = server.first_person()
    let_in(page.context, server, client)
    page.goto(f"/collections/{collection}")
    expect(page.locator("#empty")).to_be_visible()  # the page's module has loaded
    return page


def sorted_folder(folder: Path) -> Path:
    for seed, path in enumerate(("Aves/a.jpg", "Aves/2024/b.jpg", "Quux/c.jpg")):
        (folder / "trip" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "trip" / path).write_bytes(tiny.picture("Red", seed))
    return folder / "trip"


@pytest.mark.parametrize("size", SIZES)
def test_folder_names_become_labels(here: Page, tmp_path: Path, size: tuple[int, int]) -> None:
    page = here
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator("#folder").set_input_files(sorted_folder(tmp_path))
    page.get_by_role("button", name="Use folder names as labels").click()
    dialog = page.locator("dialog")
    expect(dialog.get_by_label("Label for /trip/Aves/", exact=True)).to_have_value("Aves")
    expect(dialog.get_by_label("Label for /trip/Quux/")).to_have_value("Quux")
    expect(dialog.get_by_label("Use /trip/Aves/2024/ as a label")).not_to_be_checked()
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    dialog.get_by_label("Use /trip/Quux/ as a label").uncheck()
    page.get_by_role("button", name="Give these labels").click()
    expect(page.locator("#toasts")).to_contain_text("2 pictures named")
    expect(page.get_by_role("button", name="Use folder names as labels")).to_have_count(0)
    expect(page.locator(".tile", has_text="Aves")).to_have_count(2)
    expect(page.locator(".tile", has_text="Quux")).to_have_count(0)


def test_keywords_of_sidecars_become_labels(here: Page, tmp_path: Path) -> None:
    page, folder = here, tmp_path / "birds"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(tiny.picture("Red", 1))
    words = bag("lr:hierarchicalSubject", "Aves") + bag("dc:subject", "Aves", "by the pond")
    (folder / "a.jpg.xmp").write_bytes(packet(words))
    page.locator("#folder").set_input_files(folder)
    page.get_by_role("button", name="keywords as labels").click()
    dialog = page.locator("dialog")
    expect(dialog.get_by_role("textbox")).to_have_count(2)
    page.get_by_role("button", name="Give these labels").click()
    expect(page.locator(".tile", has_text="Aves")).to_have_count(1)
    expect(page.locator("#dock")).not_to_contain_text("not a picture")
    (folder / "lonely.xmp").write_bytes(packet(bag("dc:subject", "Aves")))
    page.locator("#folder").set_input_files(folder)
    expect(page.locator("#dock")).to_contain_text("1 file is not a picture")


def test_a_zip_is_looked_into_and_imported(here: Page, tmp_path: Path) -> None:
    page = here
    with zipfile.ZipFile(tmp_path / "cells.zip", "w") as file:
        file.writestr("Red/a.jpg", tiny.picture("Red", 1))
        file.writestr("Red/bad.jpg", b"\xff\xd8\xff")
        file.writestr(
            "biosight.csv",
            "file,label,said_by,annotated_by,sha256\nRed/a.jpg,Scarlet,person,Bo,\n",
        )
    page.locator("#parcel").set_input_files(tmp_path / "cells.zip")
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("Import cells.zip?")
    expect(dialog).to_contain_text("2 pictures")
    expect(dialog).to_contain_text("1 label of people")
    expect(dialog).to_contain_text("Scarlet 1")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("1 left out")
    page.get_by_role("button", name="What was left out").click()
    expect(page.locator("dialog")).to_contain_text("bad.jpg")
    page.keyboard.press("Escape")
    expect(page.locator(".tile", has_text="Scarlet")).to_have_count(1)


def test_a_table_among_the_pictures_is_offered(here: Page, tmp_path: Path) -> None:
    page = here
    folder = sorted_folder(tmp_path)
    (folder / "biosight.csv").write_text(
        "file,label,said_by,annotated_by,sha256\nAves/a.jpg,Scarlet,person,Bo,\n"
    )
    page.locator("#folder").set_input_files(folder)
    page.get_by_role("button", name="Labels from biosight.csv").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("1 picture with a person's label from there")
    dialog.get_by_role("button", name="Import").click()
    expect(page.locator(".tile", has_text="Scarlet")).to_have_count(1)


def test_what_is_no_table_says_so(here: Page, tmp_path: Path) -> None:
    page = here
    (tmp_path / "plot.csv").write_text("plot,height\n1,2\n")
    page.locator("#parcel").set_input_files(tmp_path / "plot.csv")
    expect(page.locator("#toasts")).to_contain_text("of no known form")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_card_alone_is_called_after_its_folder(here: Page, tmp_path: Path) -> None:
    page = here
    card = tmp_path / "CAM01_Oak_ridge"
    for n, name in enumerate(("100RECNX", "101RECNX")):
        (card / "DCIM" / name).mkdir(parents=True)
        (card / "DCIM" / name / f"{n}.jpg").write_bytes(tiny.picture("Red", n))
    page.locator("#folder").set_input_files(card)
    expect(page.get_by_role("button", name="A deployment for CAM01_Oak_ridge")).to_be_visible()
    expect(page.locator("#sources")).to_contain_text("CAM01_Oak_ridge \u203a DCIM")
