"""Configure logging, and limit records of other packages to one short line."""

from __future__ import annotations

import logging

MOST = 300
"""Largest number of characters of a message of another package, because some of them log the content of requests."""


class Bounded(logging.Formatter):
    """Formatter that cuts messages of other packages to their first line and to MOST characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, with its traceback if it has one."""
        if not record.name.startswith("recsys"):
            whole = record.getMessage()
            first = whole.split("\n", 1)[0][:MOST]
            record.msg, record.args = (first if first == whole else f"{first} …"), None
        return super().format(record)


def configure() -> None:
    """Log warnings to standard error; do nothing if logging is already configured."""
    handler = logging.StreamHandler()
    handler.setFormatter(Bounded("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
