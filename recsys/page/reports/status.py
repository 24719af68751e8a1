"""Report on the running service for its operator: uptime, memory, errors and response times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.page.reports.sections import facts, notice, table, words
from recsys.runtime.replicas import AWAY_S, Replica


def service_status(found: dict[str, Any]) -> str:
    """The figures of `runtime.status.figures` as HTML."""
    pairs = [
        ("Uptime", span(found["uptime_s"]), f"recsys {found['version']}"),
        ("Memory", f"{found['memory_mb']:,.0f} MB", ""),
        ("Errors", f"{found['errors']:,}", f"{found['refused']:,} calls refused"),
        ("Dropped log entries", f"{found['lists_dropped']:,}", ""),
    ]
    if found["release"]["revision"]:
        pairs.append(("Hub commit", found["release"]["revision"][:12], ""))
    head = ["Endpoint", "Calls", "Median", "95th percentile", "Refused", "Failed"]
    rows = [
        [
            line["endpoint"],
            f"{line['count']:,}",
            f"{line['p50']:.1f} ms",
            f"{line['p95']:.1f} ms",
            f"{line['refused']:,}",
            f"{line['failed']:,}",
        ]
        for line in found["latencies"]
    ]
    return facts(pairs) + (table("Response time by endpoint", head, rows) if rows else "")


def replica_list(replicas: Sequence[Replica], now: float) -> str:
    """All replicas of a shared store as an HTML table; "" if there are none.

    Args:
        now: seconds since 1970.
    """
    if not replicas:
        return ""
    releases = {one.release for one in replicas if now - one.seen <= AWAY_S}
    head = ["Replica", words("State"), words("Release"), "Running for", "recsys"]
    rows = [
        [one.name, words(_state(one, now)), words(one.release), span(max(one.seen - one.since, 0)), one.program]
        for one in replicas
    ]
    note = notice("Replicas serve different releases.") if len(releases) > 1 else ""
    return f"<h3>Replicas</h3>{note}" + table("Replicas", head, rows, [one.trouble for one in replicas])


def _state(replica: Replica, now: float) -> str:
    if now - replica.seen > AWAY_S:
        return f"not heard from for {span(now - replica.seen)}"
    return f"running, busy with: {replica.job}" if replica.job else "running"


def span(seconds: float) -> str:
    """Format a duration in its two largest units.

    >>> span(5), span(125), span(3 * 3600 + 70), span(2 * 86400 + 3600)
    ('5 s', '2 min 5 s', '3 h 1 min', '2 d 1 h')
    """
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    for size, unit, rest, smaller in (
        (days, "d", hours, "h"),
        (hours, "h", minutes, "min"),
        (minutes, "min", seconds, "s"),
    ):
        if size:
            return f"{size} {unit} {rest} {smaller}"
    return f"{seconds} s"
