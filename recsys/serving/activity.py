"""Activity of visitors: counts, latest lines and export of the event log, with the names of items and users."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from recsys.catalogue.database import Catalogue
from recsys.errors import TooManyRequests
from recsys.models import registry
from recsys.serving import likeness
from recsys.serving.cards import label
from recsys.visitors import event_log
from recsys.visitors.analytics import Analytics, Limits
from recsys.visitors.event_export import LogLine, as_csv, as_json, log_lines
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import EventRecorder, unrecorded

__all__ = ["ActivityLog", "Limits", "LogLine"]

FLUSH_S = 0.5  # longest wait, in seconds, for recent lists to be stored
EXPORTED_LINES = 20_000  # largest number of exported lines, the latest; limit the days for earlier ones
EXPORT_S = 5.0  # seconds after which a refused export may be requested again
FORMATS = {"csv": ("text/csv", as_csv), "json": ("application/json", as_json)}


class ActivityLog:
    """The event log of one catalogue: counts, latest lines, export."""

    unrecorded = staticmethod(unrecorded)

    def __init__(self, catalogue: Catalogue, visitors: Visitors, events: EventRecorder):
        self._catalogue, self._visitors, self._events = catalogue, visitors, events
        self._counts = Analytics(visitors.store, visitors.catalogue)
        self._exporting = threading.Lock()

    def summary(self, limits: Limits) -> dict[str, Any]:
        """Counts by item, model, position and day; see `visitors.analytics.Analytics.summary`."""
        self._events.flush(FLUSH_S)
        return self._counts.summary(limits)

    def advance(self) -> bool:
        """Count events that are not counted yet; return whether there may be more."""
        return self._counts.advance()

    def lines(self, limits: Limits, n: int) -> list[LogLine]:
        """The latest n events, newest first; users are named only if they belong to the data set."""
        wanted = {"model": limits.model or None, "verdict": limits.verdict or None, **limits.times}
        events = event_log.latest(self._visitors.store, self._visitors.catalogue, n, **wanted)
        return list(log_lines(events, self._catalogue.has_user, self._visitors.short_name))

    def export(self, limits: Limits, file_format: str) -> dict[str, str]:
        """The latest EXPORTED_LINES of the log as a file: `name`, `type`, `text`. For the operator; one at a time.

        Args:
            file_format: "csv" or "json"; other values mean csv.

        Raises:
            TooManyRequests: another export is running.
        """
        file_format = file_format if file_format in FORMATS else "csv"
        media_type, written = FORMATS[file_format]
        if not self._exporting.acquire(blocking=False):
            raise TooManyRequests("Another export is running. Try again when it has finished.", EXPORT_S)
        try:
            text = written(self.lines(limits, EXPORTED_LINES))
        finally:
            self._exporting.release()
        return {"name": f"activity.{file_format}", "type": media_type, "text": text}

    def titles(self, item_ids: Iterable[str]) -> dict[str, str]:
        """Display titles by item id; the id itself if the catalogue has no such item."""
        item_ids = list(item_ids)
        known = [item_id for item_id in item_ids if item_id in self._catalogue.ids]
        names = {item["item_id"]: label(item) for item in self._catalogue.items(known)}
        return {item_id: item_id for item_id in item_ids} | names

    def model_title(self, name: str) -> str:
        """Display name of a model or of the mixture of all; the name itself if there is no such model."""
        if name == likeness.NAME:
            return likeness.TITLE
        return self._catalogue.wording.reword(registry.get(name).title) if name in registry.names() else name
