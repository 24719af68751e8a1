"""Export the event log as CSV and JSON, without user ids or sessions of visitors."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypedDict

from recsys.data.plain_text import guarded
from recsys.visitors import event_log
from recsys.visitors.event_log import StoredEvent

COLUMNS = ("time", "kind", "verdict", "model", "version", "endpoint", "who", "source", "item_ids")


class LogLine(TypedDict):
    """An event as displayed and exported; texts are "" if missing.

    Attributes:
        time: UTC in ISO format.
        who: display name of the visitor, see the function `who`.
        source: the item or user that a list is based on.
        item_ids: the items in order.
    """

    time: str
    kind: str
    verdict: str
    model: str
    version: str
    endpoint: str
    who: str
    source: str
    item_ids: list[str]


def log_lines(
    events: Iterable[StoredEvent], is_public: Callable[[str], bool], short_name: Callable[[str], str]
) -> Iterator[LogLine]:
    """Convert events to log lines: the time in UTC, a name for the visitor, and item ids in order.

    Args:
        events: stored events.
        is_public: whether a user id may be shown, as for users of the data set; other users get a short name.
        short_name: returns a pseudonym of an id or session, which cannot be computed without a secret.
    """
    for event in events:
        yield {
            "time": datetime.fromtimestamp(event["time"], UTC).isoformat(timespec="seconds"),
            "kind": event["kind"],
            "verdict": event["verdict"] or "",
            "model": event["model"] or "",
            "version": event["version"] or "",
            "endpoint": event["endpoint"] or "",
            "who": who(event["user_id"], event["session"], is_public, short_name),
            "source": event["source"] or "",
            "item_ids": [one["item_id"] for one in event_log.positions(event["items"])],
        }


def who(user_id: str, session: str, is_public: Callable[[str], bool], short_name: Callable[[str], str]) -> str:
    """Return a pseudonym that distinguishes visitors in one log but does not identify them."""
    if user_id and is_public(user_id):
        return f"user {user_id}"
    if user_id:
        return f"profile {short_name(user_id)}"
    return f"visitor {short_name(session)}" if session else ""


def as_csv(lines: Iterable[LogLine]) -> str:
    """Return log lines as CSV; cells that a spreadsheet would run as formulas are converted to plain text."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        cells = [" ".join(line[name]) if name == "item_ids" else str(line[name]) for name in COLUMNS]
        writer.writerow([guarded(cell) for cell in cells])
    return text.getvalue()


def as_json(lines: Iterable[LogLine]) -> str:
    """Return log lines as JSON."""
    return json.dumps([{name: line[name] for name in COLUMNS} for line in lines], ensure_ascii=False, indent=1)
