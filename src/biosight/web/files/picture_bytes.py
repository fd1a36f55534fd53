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
) -> Response:
    """Return stored bytes with a policy that lets them do nothing. Raises NotFound or
    Unavailable."""
    found = find()
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=86400"}
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
    headers["Content-Disposition"] = f"{kind}; filename*=utf-8''{quote(found.name)}"
    return stream_answer(request, start_stream(blobs.stream(found.key)), found.media_type, headers)


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
        "Content-Disposition": f"{kind}; filename*=utf-8''{quote(drawn.name)}",
    }
    return Response(drawn.content, media_type=drawn.media_type, headers=headers)
