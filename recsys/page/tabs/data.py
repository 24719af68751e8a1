"""Tab "Data": figures and charts of the data set, and patterns that the models find in it."""

from __future__ import annotations

from typing import Any

from recsys.page.components.address import Query
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.reports import data_set, taste
from recsys.page.reports.sections import CachedValue
from recsys.serving.filters import Filters


def build(context: Context) -> View:
    """Build the sheet of charts. It is computed when the tab is first opened, and again for a new release."""
    service = context.service
    found = part("sheet", {}, elem_id="rs-data", elem_classes=["rs-list"], waiting="Counting and drawing …")
    counted = CachedValue(lambda: data_set.report(service), lambda: service.title)
    learned = CachedValue(lambda: taste.report(service), lambda: service.release_version)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [{"html": counted() + learned()}]

    return View([found], show)


TAB = Tab("data", "Data", "The catalogue and its ratings in charts.", build)
