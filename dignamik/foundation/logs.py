"""Lines of the log, with the number by which a request is found there. Loaded before Django is ready: imports none."""

from __future__ import annotations

import logging
from contextvars import ContextVar

request_number: ContextVar[str] = ContextVar("request_number", default="-")


class OneLine(logging.Formatter):
    """A line a record, with the number of its request. A user name with a line break forges no second one."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_number = request_number.get()
        head, *trace = super().format(record).split("\n") if record.exc_info else [super().format(record)]
        clean = "".join(char if char.isprintable() else repr(char)[1:-1] for char in head)
        return "\n".join([clean, *trace])
