"""The page about the API: every route of the OpenAPI document in words, with its fields.

Not here: the routes (web/api), or docs/reference/api.md, which lists them for the repository.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

Schema = Mapping[str, Any]
REF = "#/components/schemas/"
# Tags of routes -> the part of the page in which they stand, in the order of the page.
PARTS = {
    "pictures": "Pictures",
    "images": "Pictures",
    "acts": "Acts on pictures",
    "likeness": "Pictures",
    "review": "Review",
    "names": "Names",
    "places": "Places and times",
    "export": "Exports",
    "collections": "Collections",
    "invitations": "Collections",
    "links": "Collections",
    "models": "Models and drift",
    "drift": "Models and drift",
    "jobs": "Long work",
    "people": "People",
    "admin": "Administration",
    "health": "Health",
}


@dataclass(frozen=True, slots=True)
class ApiField:
    """One value that is sent or answered: its type in words, `link` the anchor of a type that has
    fields itself, "" for none."""

    name: str
    kind: str
    link: str
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One operation: what it takes in its address and its body, and what it answers."""

    anchor: str
    method: str
    path: str
    title: str
    words: str
    asked: tuple[ApiField, ...]
    body: tuple[ApiField, ...]
    body_kind: str
    body_words: str
    answer: str
    answer_link: str
    curl: str


@dataclass(frozen=True, slots=True)
class ApiPart:
    """Routes that belong together."""

    title: str
    routes: tuple[ApiRoute, ...]


@dataclass(frozen=True, slots=True)
class ApiType:
    """A JSON object of the API, with its fields."""

    name: str
    anchor: str
    words: str
    fields: tuple[ApiField, ...]


def parts_of(document: Schema) -> list[ApiPart]:
    """Return all routes of an OpenAPI document, by part, in the document's order."""
    found: dict[str, list[ApiRoute]] = {title: [] for title in PARTS.values()}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            [tag] = said["tags"]
            found[PARTS[tag]].append(route_of(document, path, method.upper(), said))
    return [ApiPart(title, tuple(routes)) for title, routes in found.items() if routes]


def route_of(document: Schema, path: str, method: str, said: Schema) -> ApiRoute:
    """Return one operation in words."""
    content = resolved(document, said.get("requestBody", {})).get("content", {})
    media = next(iter(content), "")
    body = resolved(document, content[media].get("schema", {})) if media else {}
    kind, link = kind_of(answer_of(said))
    fields = tuple(fields_of(body))
    title, _, words = said.get("description", said.get("summary", "")).partition("\n\n")
    return ApiRoute(
        anchor=anchor_of(f"{method} {path}"),
        method=method,
        path=path,
        title=" ".join(title.split()),
        words=" ".join(words.split()),
        asked=tuple(asked_of(said)),
        body=fields,
        body_kind=media,
        body_words=" ".join(body.get("description", "").split()),
        answer=kind,
        answer_link=link,
        curl=curl_of(method, path, media, fields),
    )


def asked_of(said: Schema) -> Iterator[ApiField]:
    """Yield the parts of the address and of the query that an operation takes."""
    for given in said.get("parameters", ()):
        kind, link = kind_of(given.get("schema", {}))
        words = given.get("description", "")
        yield ApiField(given["name"], kind, link, bool(given.get("required")), words)


def fields_of(schema: Schema) -> Iterator[ApiField]:
    """Yield the fields of an object."""
    required = schema.get("required", ())
    for name, said in schema.get("properties", {}).items():
        kind, link = kind_of(said)
        yield ApiField(name, kind, link, name in required, said.get("description", ""))


def answer_of(said: Schema) -> Schema:
    """Return the schema of the answer to a request that worked, {} for none (204)."""
    for status, answer in said.get("responses", {}).items():
        if status.startswith("2") and status != "204":
            for media, content in answer.get("content", {}).items():
                found: Schema = content.get("schema") or {"type": media}
                return found
            return {"type": "file"}
    return {}


def kind_of(schema: Schema) -> tuple[str, str]:
    """Return a type in words, and the anchor of the object that it holds ("" for none)."""
    if ref := schema.get("$ref", ""):
        name = ref.removeprefix(REF)
        return name, anchor_of(name)
    if schema.get("type") == "array":
        kind, link = kind_of(schema.get("items", {}))
        return f"list of {kind}", link
    if choices := schema.get("enum", ()):
        return " | ".join(f'"{choice}"' for choice in choices), ""
    if several := schema.get("anyOf", schema.get("oneOf", ())):
        kinds = [kind_of(one) for one in several]
        return " or ".join(kind for kind, _ in kinds), next((a for _, a in kinds if a), "")
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file", ""
    return str(schema.get("format") or schema.get("type") or "nothing"), ""


def resolved(document: Schema, schema: Schema) -> Schema:
    """Return the object that a reference names, else the schema itself."""
    if ref := schema.get("$ref", ""):
        found: Schema = document["components"]["schemas"][ref.removeprefix(REF)]
        return found
    return schema


def types_of(document: Schema) -> list[ApiType]:
    """Return all objects of the API, by name."""
    found = document.get("components", {}).get("schemas", {})
    return [
        ApiType(
            name,
            anchor_of(name),
            " ".join(schema.get("description", "").split()),
            tuple(fields_of(schema)),
        )
        for name, schema in sorted(found.items())
    ]


def curl_of(method: str, path: str, media: str, fields: Sequence[ApiField]) -> str:
    """Return an example of a request for a shell: BIOSIGHT is the address, TOKEN a token, and the
    parts of the path are variables too."""
    words = ["curl", '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        words.append(f"-X {method}")
    if media == "application/json":
        words.append("-H 'Content-Type: application/json' -d '{…}'")
    elif media:
        words += [f"-F {f.name}={'@FILE' if f.kind == 'file' else '…'}" for f in fields]
    where = re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", path)
    return " ".join([*words, f'"$BIOSIGHT{where}"'])


def anchor_of(text: str) -> str:
    """Return a text as the id of an element."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def with_code(text: str) -> Markup:
    """Return a text of the code as HTML, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
