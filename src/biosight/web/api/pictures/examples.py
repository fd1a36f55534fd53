"""API: example pictures, which the browser uploads like any others.

Not here: how they are drawn (biosight/examples), or the collection that they go into (POST
/collections with `example`).
"""

from fastapi import APIRouter, Response

from biosight.examples import EXAMPLES, draw_example
from biosight.web.access.deps import Signed

router = APIRouter(prefix="/examples", tags=["images"])


@router.get("")
def list_examples(person: Signed) -> list[str]:
    """List the files of the example pictures."""
    return [example.file for example in EXAMPLES]


@router.get("/{file}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def show_example(file: str, person: Signed) -> Response:
    """Return one example picture, drawn by BioSight."""
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(draw_example(file), media_type="image/jpeg", headers=headers)
