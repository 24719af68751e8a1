"""Configure logging, as text or as one JSON object a line, and bound what other packages log."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from recsys.data.plain_text import printable
from recsys.errors import on_one_line

MOST = 300
"""Largest number of characters of a message of another package, because some of them log the content of requests."""
MOST_OF_KIND, WINDOW_S = 20, 600.0
"""Largest number of warnings of another package that begin with the same KIND characters, in a period of WINDOW_S."""
KIND = 24
MOST_KINDS = 200


class Limited(logging.Filter):
    """Filter that drops warnings of other packages beyond MOST_OF_KIND of a kind, because callers can cause them.

    The first warning of a kind in the next period says how many were dropped. Not thread-safe by itself; a handler
    filters its records one at a time if they come from one thread, and a lost count of several threads does no harm.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        super().__init__()
        self._now = now
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if record.name.startswith("recsys") or record.levelno > logging.WARNING:
            return True
        message = record.getMessage()
        kind, now = (record.name, message[:KIND]), self._now()
        begun, count = self._kinds.get(kind, (now, 0))
        if now - begun >= WINDOW_S:
            if count > MOST_OF_KIND:
                first = message.split("\n", 1)[0][:MOST]
                record.msg, record.args = f"{first} ({count - MOST_OF_KIND:,} more such warnings were left out)", None
            begun, count = now, 0
        if len(self._kinds) >= MOST_KINDS and kind not in self._kinds:
            self._kinds.clear()  # callers choose the messages, and memory is limited
        self._kinds[kind] = begun, count + 1
        return count < MOST_OF_KIND


class Bounded(logging.Formatter):
    """Formatter that cuts messages of other packages to their first line and to MOST characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, with its traceback if it has one; no character of it controls a terminal."""
        if not record.name.startswith("recsys"):
            whole = record.getMessage()
            first = whole.split("\n", 1)[0][:MOST]
            record.msg, record.args = (first if first == whole else f"{first} …"), None
        elif isinstance(record.args, tuple):  # a text of a visitor cannot look like another line of the log
            record.args = tuple(on_one_line(value) if isinstance(value, str) else value for value in record.args)
        return printable(super().format(record))


class JsonLines(Bounded):
    """Formatter that writes one JSON object a line: time (UTC), level, logger, message, and traceback if there is one.

    Its handler's format must be the message alone.
    """

    def formatException(self, ei: object) -> str:
        """Return nothing, because the traceback is a field of its own."""
        return ""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record."""
        traceback = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": super().format(record).rstrip("\n"),
        }
        return json.dumps(found | ({} if traceback is None else {"traceback": traceback}), ensure_ascii=False)


def configure() -> None:
    """Log warnings to standard error; do nothing if logging is already configured."""
    handler = logging.StreamHandler()
    handler.addFilter(Limited())
    handler.setFormatter(Bounded("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def use_json() -> None:
    """Write everything that is logged, and uncaught errors, as JSON lines."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines("%(message)s"))
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    logging.getLogger("recsys").critical("Uncaught error", exc_info=(kind, error, traceback))


def line(message: str) -> str:
    """A line of progress as a JSON line."""
    return JsonLines("%(message)s").format(
        logging.LogRecord("recsys.progress", logging.INFO, "", 0, message, None, None)
    )
