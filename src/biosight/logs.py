"""One log formatter, text or JSON: the event first, then key=value pairs and the request's id.

Not here: what is worth logging. Never log passwords, tokens, cookies or people's file names.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


@contextmanager
def of_request(id: str) -> Iterator[None]:
    """Add this request's id to all log lines inside the block; "" adds none."""
    token = request_id.set(id)
    try:
        yield
    finally:
        request_id.reset(token)


class Formatter(logging.Formatter):
    """Formats `extra` fields as key=value pairs and escapes line breaks."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        extra = {k: v for k, v in record.__dict__.items() if k not in STANDARD}
        if found := request_id.get():
            extra["request_id"] = found
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self.form == "json":
            return self.as_json(record, extra, trace)
        pairs = " ".join(f"{k}={one_line(v)}" for k, v in extra.items())
        moment = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        line = f"{moment} {record.levelname:<7} {one_line(record.getMessage())} {pairs}".rstrip()
        return f"{line}\n{trace}" if trace else line

    def as_json(self, record: logging.LogRecord, extra: dict[str, Any], trace: str) -> str:
        """Return the log line as one JSON object."""
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "event": record.getMessage(),
            **{k: str(v) for k, v in extra.items()},
        }
        return json.dumps(fields | ({"trace": trace} if trace else {}))


def one_line(value: object) -> str:
    """Return a value as text that can't forge a second log line."""
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def set_up(form: str, level: str) -> None:
    """Send all logs to stderr through the formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # At DEBUG, libraries log whole documents and statements, including password hashes.
    root.setLevel(max(logging.getLevelNamesMapping()[level], logging.INFO))
    logging.getLogger("biosight").setLevel(level)
    for noisy in ("uvicorn.access", "httpx", "PIL", "tifffile", "onnxscript", "onnx_ir"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
