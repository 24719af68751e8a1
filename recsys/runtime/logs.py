"""Configure logging: records of other packages are one line of bounded length."""

from __future__ import annotations

import logging

MOST = 300
"""Characters of a message of another package. Some of them log what a request holds, as often as it comes."""


class Bounded(logging.Formatter):
    """Formats records; a message of another package is cut to its first line and to MOST characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, with its traceback if it has one."""
        if not record.name.startswith("recsys"):
            whole = record.getMessage()
            first = whole.split("\n", 1)[0][:MOST]
            record.msg, record.args = (first if first == whole else f"{first} …"), None
        return super().format(record)


def configure() -> None:
    """Log warnings to standard error; without effect if logging is configured already."""
    handler = logging.StreamHandler()
    handler.setFormatter(Bounded("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
