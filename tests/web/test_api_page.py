"""The page about the API has every route with its fields, and every link on it leads somewhere."""

import re

from starlette.testclient import TestClient

from biosight.web.api_page import parts_of, types_of, with_code


def test_every_route_and_type_is_there_once(ada: TestClient) -> None:
    page = ada.get("/docs").text
    document = ada.get("/openapi.json").json()
    routes = [(m.upper(), p) for p, methods in document["paths"].items() for m in methods]
    shown = [(r.method, r.path) for part in parts_of(document) for r in part.routes]
    assert sorted(shown) == sorted(routes)
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    for method, path in routes:
        assert f"<b>{method}</b> {path}</code>" in page
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= set(anchors)
    assert {t.anchor for t in types_of(document)} <= set(anchors)


def test_a_route_says_what_it_takes_and_answers(ada: TestClient) -> None:
    document = ada.get("/openapi.json").json()
    routes = {r.anchor: r for part in parts_of(document) for r in part.routes}
    upload = routes["post-api-v1-collections-collection-images"]
    assert upload.body_kind == "multipart/form-data"
    assert "file" in {f.name for f in upload.body}
    assert upload.answer == "Uploaded"
    assert upload.curl == (
        'curl -H "Authorization: Bearer $TOKEN" -X POST -F file=@FILE -F session=… '
        '-F keywords=… -F path=… "$BIOSIGHT/api/v1/collections/$COLLECTION/images"'
    )
    assert routes["get-api-v1-images-image-original"].answer == "file"
    assert routes["delete-api-v1-me"].answer == "nothing"
    images = routes["get-api-v1-collections-collection-images"]
    kinds = {f.name: f.kind for f in images.asked}
    assert kinds["limit"] == "integer"
    assert kinds["labels"] == "list of string"
    assert images.title == "List images that a filter matches, page by page."


def test_texts_of_the_code_are_no_html() -> None:
    assert with_code("a `b<c>` <i>") == "a <code>b&lt;c&gt;</code> &lt;i&gt;"
