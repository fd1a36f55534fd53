"""Scripts, styles and drawings of the pages: packed once, served under an address with a hash.

The hash is of all files together, since modules import each other by relative addresses. A browser
keeps what it got under the hash for a year; under any other address (another version of BioSight, a
bookmark) it asks again each time. Not here: which folders are served (web/app.py,
web/map_assets.py).
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from biosight.errors import NotFound
from biosight.web.files.compression import takes_gzip
from biosight.web.files.ranges import has_copy

YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
DIGEST = re.compile(r"^[0-9a-f]{16}/")
PACKED = {"text/css", "text/javascript", "application/json", "image/svg+xml"}
# The modules that a module needs at once; those of import() are fetched when they are needed.
IMPORTS = re.compile(r'^(?:import|export)\b[^"\n]*?(?:from )?"(\.{1,2}/[^"]+)";', re.MULTILINE)
SPREAD = re.compile(r'^\} from "(\.{1,2}/[^"]+)";', re.MULTILINE)
MEDIA_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}


@dataclass(slots=True)
class StaticFile:
    """A file with its media type and entity tag; `packed` is its content as gzip, made when it is
    first asked for."""

    content: bytes
    media_type: str
    tag: str
    packed: bytes | None = None

    def as_gzip(self) -> bytes | None:
        """Return the content as gzip, None for a kind that does not shrink."""
        if self.packed is None and self.media_type in PACKED:
            self.packed = gzip.compress(self.content, 9, mtime=0)
        return self.packed


@dataclass(frozen=True, slots=True)
class StaticTree:
    """An ASGI app that serves all files of a folder, mounted at `mount`."""

    mount: str
    files: dict[str, StaticFile]
    digest: str
    modules: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(folder: Path, mount: str) -> "StaticTree":
        """Return the app for a folder, with the files as they are now."""
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
        files = {p.relative_to(folder).as_posix(): read_file(p) for p in paths}
        whole = hashlib.sha256()
        for name, file in files.items():
            whole.update(f"{name}\0{file.tag}\0".encode())
        return StaticTree(mount, files, whole.hexdigest()[:16])

    def address(self, name: str) -> str:
        """Return where a file is served, with the hash."""
        return f"{self.mount}/{self.digest}/{name}"

    def modules_of(self, *names: str) -> tuple[str, ...]:
        """Return all modules that some modules need at once, themselves included, each once."""
        key = " ".join(names)
        if key not in self.modules:
            self.modules[key] = tuple(self.walk(names))
        return self.modules[key]

    def walk(self, names: tuple[str, ...]) -> Iterator[str]:
        """Yield modules and those that they import, breadth first."""
        waiting, seen = [n for n in names if n in self.files], set(names)
        while waiting:
            name = waiting.pop(0)
            yield name
            for found in imports_of(name, self.files[name].content.decode()):
                if found not in seen and found in self.files:
                    seen.add(found)
                    waiting.append(found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(self.mount).lstrip("/")
        found = DIGEST.match(name)
        own = found is not None and found.group() == f"{self.digest}/"
        file = self.files.get(DIGEST.sub("", name))
        if file is None or scope["method"] not in {"GET", "HEAD"}:
            raise NotFound("There is no such file.")
        await answer(file, Headers(scope=scope), YEAR if own else ASK_AGAIN)(scope, receive, send)


def read_file(path: Path) -> StaticFile:
    """Return a file of the disk."""
    content = path.read_bytes()
    media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    tag = hashlib.sha256(content).hexdigest()[:16]
    return StaticFile(content, media_type or "application/octet-stream", f'"{tag}"')


def imports_of(name: str, source: str) -> Iterator[str]:
    """Yield the names of the modules that a module imports at its head."""
    for pattern in (IMPORTS, SPREAD):
        for address in pattern.findall(source):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def answer(file: StaticFile, asked: Headers, caching: str) -> Response:
    """Return a file as this client takes it, or word that it has the file already."""
    headers = {"Cache-Control": caching, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if has_copy(asked, file.tag):
        return Response(status_code=304, headers=headers)
    packed = file.as_gzip() if takes_gzip(asked) else None
    if packed is None:
        return Response(file.content, headers=headers, media_type=file.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(packed, headers=headers, media_type=file.media_type)
