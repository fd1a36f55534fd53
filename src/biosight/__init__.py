"""BioSight sorts biological pictures into labelled folders."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biosight.library import OpenModel, PictureAnswer, open_model, read_export

__all__ = ["OpenModel", "PictureAnswer", "open_model", "read_export"]

__version__ = "0.2.0"

# ONNX Runtime's wheels send usage data to their maker unless this is set before they are loaded.
# Every entry point, child process and worker imports this module first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def __getattr__(name: str) -> Any:
    """Return a name of library.py, which is loaded when it is first asked for: commands and the
    server need none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from biosight import library

    return getattr(library, name)
