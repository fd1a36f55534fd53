"""Print the OpenAPI document, from which `make lint-js` makes the types of the API's answers."""

import json
import sys

from fastapi import FastAPI

from biosight.web.app import include


def document() -> str:
    """Return the document as JSON."""
    app = FastAPI()
    include(app)
    return json.dumps(app.openapi())


if __name__ == "__main__":
    sys.stdout.write(document())
