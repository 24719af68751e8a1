"""Progress callbacks for long operations: one type that all functions with progress reports accept."""

from __future__ import annotations

import logging
import sys
from typing import Protocol

from recsys.data.plain_text import printable
from recsys.errors import on_one_line

log = logging.getLogger(__name__)


class Progress(Protocol):
    """A function that is called with one line of text and, if known, the share of the work done (0 to 1)."""

    def __call__(self, line: str, share: float | None = None, /) -> None: ...


def quiet(line: str, share: float | None = None, /) -> None:
    """Discard the report."""


def to_stderr(line: str, share: float | None = None, /) -> None:
    """Print the report on standard error."""
    print(one_line(line, share), file=sys.stderr, flush=True)


def to_log(line: str, share: float | None = None, /) -> None:
    """Log the report at level INFO."""
    log.info("%s", one_line(line, share))


def partial_progress(progress: Progress, low: float, high: float) -> Progress:
    """Progress callback for one part of the work: maps its share, 0 to 1, to `low` to `high` of the whole.

    >>> partial_progress(lambda line, share=None: print(line, share), 0.5, 1.0)("fitting", 0.5)
    fitting 0.75
    """

    def report(line: str, share: float | None = None, /) -> None:
        progress(line, None if share is None else low + share * (high - low))

    return report


def one_line(line: str, share: float | None = None) -> str:
    """Return the line with its share in front as a percentage.

    >>> one_line("fitting ease", 0.5), one_line("done")
    (' 50% fitting ease', 'done')
    """
    line = on_one_line(printable(line))
    return line if share is None else f"{share:4.0%} {line}"
