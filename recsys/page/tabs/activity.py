"""Tab "Activity": what was shown and how people responded, as charts and as a log to filter and download."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import sentence
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.reports import usage
from recsys.serving.activity import Limits
from recsys.serving.filters import Filters
from recsys.serving.service import Service


def build(context: Context) -> View:
    """Build the filters, the charts and the log."""
    service = context.service

    def activity(asked: dict[str, Any]) -> dict[str, Any]:
        return shown(service, asked)

    def export(asked: dict[str, Any]) -> dict[str, Any]:
        return exported(service, asked)

    found = part("activity", {}, server=[activity, export], elem_id="rs-activity", said=usage.verdicts(service))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [shown(service, {})]

    return View([found], show)


TAB = Tab("activity", "Activity", build)


def shown(service: Service, asked: object) -> dict[str, Any]:
    """The tab's value for `{"model", "verdict", "first", "last"}`.

    Returns:
        `html`, `models` to choose from, and `asked`, the filters in use; or `error`.
    """
    try:
        limits = read(asked)
        found = service.activity.summary(limits)
    except RecsysError as error:
        return {"error": sentence(error)}
    models = [{"name": name, "title": usage.model_title(service, name)} for name in found["models"] if name]
    return {"html": usage.report(service, found, limits), "models": models, "asked": vars(limits)}


def exported(service: Service, asked: object) -> dict[str, Any]:
    """The filtered log as a file, `{"name", "type", "text"}`; `asked["format"]` is csv or json."""
    try:
        limits = read(asked)
    except RecsysError as error:
        return {"error": sentence(error)}
    file_format = asked.get("format") if isinstance(asked, dict) else ""
    return service.activity.export(limits, str(file_format))


def read(asked: object) -> Limits:
    """Filters of the log from what a browser sent.

    Raises:
        BadInput: not a day, or not a verdict.
    """
    asked = asked if isinstance(asked, dict) else {}
    names = ("model", "verdict", "first", "last")
    return Limits(**{name: value[:LONGEST] for name in names if isinstance(value := asked.get(name), str)})
