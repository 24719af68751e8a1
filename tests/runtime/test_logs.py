"""What other packages log is one line of bounded length."""

from __future__ import annotations

import logging

from recsys.runtime.logs import MOST, Bounded


def formatted(name: str, message: str, *args: object) -> str:
    return Bounded("%(levelname)s: %(message)s").format(logging.LogRecord(name, 30, "", 0, message, args, None))


def test_a_message_of_another_package_is_one_short_line():
    assert formatted("mcp.server", "Tool %r\nis not there", "x") == "WARNING: Tool 'x' …"
    assert len(formatted("root", "%s", "x" * 1_000_000)) < MOST + 20
    assert formatted("root", "100 %") == "WARNING: 100 %"


def test_a_message_of_ours_stays_whole():
    assert formatted("recsys.api", "two\nlines %d", 3) == "WARNING: two\nlines 3"
