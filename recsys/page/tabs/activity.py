"""Tab "Activity": shown lists and feedback, as charts and as a log to filter and download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import sentence
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.reports import usage
from recsys.runtime.admin import Admin
from recsys.serving.activity import Limits
from recsys.serving.filters import Filters
from recsys.serving.service import Service


def build(context: Context) -> View:
    """Build the filters, the charts and the log."""
    service = context.service

    admin = Admin(context.background)

    def activity(request: dict[str, Any]) -> dict[str, Any]:
        return shown(service, request, context.titles) | {"exports": admin.is_open}

    def export(request: dict[str, Any]) -> dict[str, Any]:
        return exported(admin, request)

    found = part("activity", {}, server=[activity, export], elem_id="rs-activity", verdicts=usage.verdicts(service))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [activity({})]

    return View([found], show)


TAB = Tab("activity", "Activity", "Shown lists and the feedback of visitors.", build)


def shown(service: Service, request: object, tabs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Value of the tab for the filters `{"model", "verdict", "first", "last"}`, without the field `exports`.

    Args:
        request: the filters; untrusted.
        tabs: title of each tab of the page, by key.

    Returns:
        `html`, `models` to choose from, and `filters`, the filters in use; or `error`.
    """
    try:
        limits = read(request)
        found = service.activity.summary(limits)
    except RecsysError as error:
        return {"error": sentence(error)}
    models = [{"name": name, "title": usage.model_title(service, name)} for name in found["models"] if name]
    return {"html": usage.report(service, found, limits, tabs or {}), "models": models, "filters": vars(limits)}


def exported(admin: Admin, request: object) -> dict[str, Any]:
    """The filtered log as a file for the operator, `{"name", "type", "text"}`, or `{"error"}`.

    `request["format"]` is csv or json; `request["key"]` is the admin key, needed unless the page is served only to this
    machine.
    """
    request = request if isinstance(request, dict) else {}
    key, file_format = (str(request.get(name) or "")[:LONGEST] for name in ("key", "format"))
    try:
        admin.check(key)
        return admin.service.activity.export(read(request), file_format)
    except RecsysError as error:
        return {"error": sentence(error)}


def read(request: object) -> Limits:
    """Parse the filters of the log that a browser sent.

    Raises:
        BadInput: a day or verdict is invalid.
    """
    request = request if isinstance(request, dict) else {}
    names = ("model", "verdict", "first", "last")
    return Limits(**{name: value[:LONGEST] for name in names if isinstance(value := request.get(name), str)})
