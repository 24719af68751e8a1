"""What other packages log is one line of bounded length."""

from __future__ import annotations

import json
import logging
import sys

from recsys.runtime import logs
from recsys.runtime.logs import MOST, MOST_KINDS, MOST_OF_KIND, WINDOW_S, Bounded, Limited


def formatted(name: str, message: str, *args: object) -> str:
    return Bounded("%(levelname)s: %(message)s").format(logging.LogRecord(name, 30, "", 0, message, args, None))


def test_a_message_of_another_package_is_one_short_line():
    assert formatted("mcp.server", "Tool %r\nis not there", "x") == "WARNING: Tool 'x' …"
    assert len(formatted("root", "%s", "x" * 1_000_000)) < MOST + 20
    assert formatted("root", "100 %") == "WARNING: 100 %"


def test_no_message_controls_a_terminal():
    shown = "WARNING: a\\x1b[31mb\\x9b2J\\u202e"
    assert formatted("recsys.hub", "%s", "a\x1b[31mb\x9b2J\u202e") == shown
    assert formatted("root", "%s", "a\x1b[31mb\x9b2J\u202e") == shown


def test_a_message_of_ours_stays_whole():
    assert formatted("recsys.api", "two\nlines %d", 3) == "WARNING: two\nlines 3"


def test_a_value_in_a_message_of_ours_cannot_look_like_another_line():
    assert (
        formatted("recsys.api", "no user %s", "a\nERROR: b\x85c\u2028d") == r"WARNING: no user a\nERROR: b\x85c\u2028d"
    )


def test_json_lines_have_the_same_texts_and_the_traceback_in_a_field():
    formatter = logs.JsonLines("%(message)s")
    try:
        raise ValueError("no\nway")
    except ValueError:
        raised = sys.exc_info()
    record = logging.LogRecord("recsys.api", logging.ERROR, "", 0, "/%s failed", ("user",), raised)
    written = formatter.format(record)
    found = json.loads(written)
    assert "\n" not in written and found["message"] == "/user failed" and found["level"] == "ERROR"
    assert found["logger"] == "recsys.api" and "ValueError: no\nway" in found["traceback"]
    assert found["time"].endswith("+00:00") and json.loads(formatter.format(record)) == found
    other = json.loads(formatter.format(logging.LogRecord("mcp", 30, "", 0, "x" * 1000, (), None)))
    assert len(other["message"]) < MOST + 20 and "traceback" not in other
    assert json.loads(logs.line("Serving films"))["message"] == "Serving films"


def test_equal_warnings_of_another_package_are_limited_and_counted():
    now = [0.0]
    limited = Limited(lambda: now[0])

    def logged(name: str, message: str, level: int = logging.WARNING) -> str:
        record = logging.LogRecord(name, level, "", 0, message, (), None)
        return record.getMessage() if limited.filter(record) else ""

    invalid = [logged("uvicorn.error", "Invalid HTTP request received.") for _ in range(MOST_OF_KIND + 1234)]
    assert invalid == ["Invalid HTTP request received."] * MOST_OF_KIND + [""] * 1234
    assert logged("uvicorn.error", "Invalid HTTP request received.", logging.ERROR) and logged("mcp", "another kind")
    assert all(logged("recsys.hub", "The Hub is away.") for _ in range(100))
    now[0] = WINDOW_S
    again = logged("uvicorn.error", "Invalid HTTP request received.")
    assert again == "Invalid HTTP request received. (1,234 more such warnings were left out)"
    for number in range(10 * MOST_KINDS):
        logged("mcp", f"{number} is unknown")
    assert len(limited._kinds) <= MOST_KINDS
