"""The response with the bytes of a picture, for every route that sends them.

Not here: which bytes, and whether they are there (workflows/pictures/derived.py), or threads
(streaming.py).
"""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import Request, Response

from biosight.bootstrap import BioSight
from biosight.images import Image
from biosight.storage.blobs.port import Blobs
from biosight.subjects import Region
from biosight.web.files.ranges import ByteRange, Unsatisfiable, has_copy, wanted_part
from biosight.web.files.streaming import OpenFile, start_stream, stream_answer
from biosight.web.security import FILE_POLICY
from biosight.workflows.pictures.derived import Derived
from biosight.workflows.pictures.people import SIDES, DrawnPicture, PictureForm, draw_blurred


def answer_with(
    request: Request,
    blobs: Blobs,
    find: Callable[[], Derived],
    *,
    inline: bool,
    tag: str,
) -> Response:
    """Return stored bytes, or the part of them that is asked for, with a policy that lets them do
    nothing. A client that has them already, by their `tag`, is told so without asking the store.
    Raises NotFound or Unavailable."""
    headers = {
        "Content-Security-Policy": FILE_POLICY,
        "Cache-Control": "private, max-age=86400",
        "ETag": tag,
    }
    if has_copy(request.headers, tag):
        return Response(status_code=304, headers=headers)
    found = find()
    kind = "inline" if inline else "attachment"
    file = blobs.file(found.key)
    if file is not None:
        return OpenFile(
            file,
            media_type=found.media_type,
            filename=found.name,
            content_disposition_type=kind,
            headers=headers,
        )
    headers["Content-Disposition"] = saved_as(kind, found.name)
    return streamed(request, blobs, found, headers)


def streamed(request: Request, blobs: Blobs, found: Derived, headers: dict[str, str]) -> Response:
    """Return bytes of a store without local files, with their length, whole or in part. Raises
    NotFound or Unavailable."""
    size = blobs.size(found.key)
    headers["Accept-Ranges"] = "bytes"
    try:
        part = wanted_part(request.headers, headers["ETag"], size)
    except Unsatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    sent = part or ByteRange(0, size, size)
    headers["Content-Length"] = str(sent.length)
    if part:
        headers["Content-Range"] = part.content_range
    pieces = start_stream(blobs.stream(found.key, start=sent.start, length=sent.length))
    answer = stream_answer(request, pieces, found.media_type, headers)
    answer.status_code = 206 if part else 200
    return answer


def form_tag(form: str, image: Image) -> str:
    """Return the entity tag of a picture's form, which changes with the code that drew it. It tells
    nothing of the bytes: their hash is not for everybody who may see the picture."""
    return f'"{form}-{image.id}-{image.reading}"'


def answer_blurred(
    biosight: BioSight, image: Image, people: tuple[Region, ...], form: PictureForm, *, inline: bool
) -> Response:
    """Return a picture with people blurred, in one of the forms of SIDES. It is drawn for this
    answer and kept nowhere. Raises NotFound, BadPicture or Unavailable."""
    blobs, decoders = biosight.archive.blobs, biosight.model.decoders
    drawn = draw_blurred(blobs, decoders, image, people, SIDES[form])
    return answer_drawn(drawn, "private, no-store", inline=inline)


def answer_drawn(drawn: DrawnPicture, caching: str, *, inline: bool = True) -> Response:
    """Return a picture that was drawn for this answer, with a policy that lets it do nothing."""
    kind = "inline" if inline else "attachment"
    headers = {
        "Content-Security-Policy": FILE_POLICY,
        "Cache-Control": caching,
        "Content-Disposition": saved_as(kind, drawn.name),
    }
    return Response(drawn.content, media_type=drawn.media_type, headers=headers)


def saved_as(kind: str, name: str) -> str:
    """Return a Content-Disposition, "inline" or "attachment", with a file name (RFC 6266)."""
    return f"{kind}; filename*=utf-8''{quote(name)}"
