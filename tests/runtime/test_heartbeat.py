"""Lines of progress come at least so often, and no longer than they are wanted."""

from __future__ import annotations

import threading

from progress_lines import Lines
from waiting import PATIENCE_S, until

from recsys.runtime.heartbeat import Heartbeat


def test_a_silent_step_is_reported_as_working():
    lines = Lines()
    with Heartbeat(lines, 0.02) as progress:
        progress("reading", 0.5)
        until(lambda: len(lines) >= 3)
    assert lines[0] == "reading" and set(lines[1:]) <= {f"Still working, {n} s after the last line" for n in range(99)}


def test_lines_of_steps_replace_it():
    lines = Lines()
    with Heartbeat(lines, PATIENCE_S) as progress:
        for number in range(20):
            progress(f"step {number}")
    assert lines == [f"step {number}" for number in range(20)]


def test_it_stops_where_the_page_is_served_and_at_a_failure():
    lines = Lines()
    with Heartbeat(lines, 0.01) as progress:
        until(lambda: len(lines) > 0)
        progress.stop()
        count = len(lines)
        until(lambda: all(thread.name != "heartbeat" for thread in threading.enumerate()))
        assert len(lines) == count
    try:
        with Heartbeat(lines, 0.01):
            raise OSError("no data")
    except OSError:
        until(lambda: all(thread.name != "heartbeat" for thread in threading.enumerate()))
