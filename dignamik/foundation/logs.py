"""Lines of the log, with the number by which a request is found there. Loaded before Django is ready: imports none."""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_number: ContextVar[str] = ContextVar("request_number", default="-")

# Errors that speak of the machine. The message of any other may quote what somebody wrote or what a row holds.
OF_THE_MACHINE = {"OSError", "ImportError", "MemoryError", "OperationalError", "InterfaceError", "ImproperlyConfigured"}


def clean(text: str) -> str:
    """The same text on one line, with what a terminal would obey or hide written out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class OneLine(logging.Formatter):
    """A line a record, with the number of its request. A user name with a line break forges no second one; lines of a
    trace are indented, so that none passes for a record."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_number = request_number.get()
        head, *trace = super().format(record).split("\n") if record.exc_info else [super().format(record)]
        return "\n".join([clean(head), *(f"  {clean(line)}" for line in trace)])


class JsonLine(logging.Formatter):
    """A JSON object a line. Keys: `time` (UTC), `level`, `logger`, `message`, `request`; of a request's own line also
    `method`, `route`, `status`, `milliseconds`, `user`; of an error `error` and `trace`.

    Escaped to ASCII: no control character, line separator or half of a pair is left as it was. Arguments that are
    requests or exceptions are named by their class only, and so are the messages of errors that may quote data.
    """

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
            "request": request_number.get(),
            **getattr(record, "said", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said |= self._error(record.exc_info[1])
        return json.dumps(said, default=lambda value: type(value).__name__)

    def _error(self, error: BaseException) -> dict[str, Any]:
        names = {kind.__name__ for kind in type(error).__mro__}
        told = f": {clean(str(error))}" if names & OF_THE_MACHINE else ""
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return {"error": f"{type(error).__name__}{told}", "trace": where}
