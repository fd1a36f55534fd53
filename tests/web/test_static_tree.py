"""Scripts and styles: packed once, kept for a year under their hash; pages name their modules."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from biosight.web.app import HERE
from biosight.web.files.static_tree import StaticTree, imports_of
from tests.conftest import first_collection, upload_ids

TREE = StaticTree.of(HERE / "static", "/static")
PACKED = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


def test_a_file_is_kept_for_a_year_under_its_hash_alone(client: TestClient) -> None:
    hashed = client.get(TREE.address("app.css"), headers=PLAIN)
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.content == (HERE / "static" / "app.css").read_bytes()
    assert hashed.headers["content-type"].startswith("text/css")
    for other in ("/static/app.css", "/static/0123456789abcdef/app.css"):
        answer = client.get(other, headers=PLAIN)
        assert answer.content == hashed.content
        assert answer.headers["cache-control"] == "no-cache", "another version's page may ask"


def test_the_hash_is_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    before = StaticTree.of(tmp_path, "/s").digest
    assert StaticTree.of(tmp_path, "/s").digest == before
    (tmp_path / "b.js").write_text("3")
    changed = StaticTree.of(tmp_path, "/s").digest
    (tmp_path / "b.js").rename(tmp_path / "c.js")
    assert len({before, changed, StaticTree.of(tmp_path, "/s").digest}) == 3


def test_scripts_are_packed_for_those_who_take_it(client: TestClient) -> None:
    plain = client.get(TREE.address("js/app.js"), headers=PLAIN)
    with client.stream("GET", TREE.address("js/app.js"), headers=PACKED) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert "content-encoding" not in plain.headers
    refusing = client.get(TREE.address("js/app.js"), headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refusing.headers
    picture = client.get(TREE.address("icon-192.png"), headers=PACKED)
    assert "content-encoding" not in picture.headers


def test_who_has_a_file_is_told_so(client: TestClient) -> None:
    tag = client.get("/static/app.css").headers["etag"]
    answer = client.get("/static/app.css", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/nothing.js", "/static/../app.py", "/static/%2e%2e/app.py", "/static/js"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(TREE.address("app.css")).status_code in {404, 405}


def test_every_import_of_a_module_is_found() -> None:
    """The list is read from their sources; an import that it overlooks is fetched late."""
    for name, file in TREE.files.items():
        source = file.content.decode() if name.endswith(".js") else ""
        written = re.findall(r'(?:from |^import )"\.{1,2}/[^"]+";', source, re.MULTILINE)
        found = list(imports_of(name, source))
        assert len(found) == len(written), name
        assert set(found) <= TREE.files.keys(), name


def test_pages_name_all_modules_that_they_need(ada: TestClient) -> None:
    [image] = upload_ids(ada, first_collection(ada), "Red")
    page = ada.get(f"/images/{image}").text
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)"', page)
    needed = TREE.modules_of("js/app.js", "js/pages/image.js")
    assert named == [TREE.address(module) for module in needed[1:]]
    assert "js/pictures/stage.js" in needed
    assert f'<img src="/api/v1/images/{image}/view"' in page, "it begins to load with the page"
