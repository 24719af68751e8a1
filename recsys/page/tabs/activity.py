"""Tab "Activity": shown lists and feedback, as charts and as a log to filter and download."""

from __future__ import annotations

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

    def activity(asked: dict[str, Any]) -> dict[str, Any]:
        return shown(service, asked) | {"exports": admin.is_open}

    def export(asked: dict[str, Any]) -> dict[str, Any]:
        return exported(admin, asked)

    found = part("activity", {}, server=[activity, export], elem_id="rs-activity", said=usage.verdicts(service))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [activity({})]

    return View([found], show)


TAB = Tab("activity", "Activity", "Shown lists and the feedback of visitors.", build)


def shown(service: Service, asked: object) -> dict[str, Any]:
    """Value of the tab for the filters `{"model", "verdict", "first", "last"}`, without the field `exports`.

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


def exported(admin: Admin, asked: object) -> dict[str, Any]:
    """The filtered log as a file for the operator, `{"name", "type", "text"}`, or `{"error"}`.

    `asked["format"]` is csv or json; `asked["key"]` is the admin key, unless the page is served only to this machine.
    """
    asked = asked if isinstance(asked, dict) else {}
    key, file_format = (str(asked.get(name) or "")[:LONGEST] for name in ("key", "format"))
    try:
        admin.check(key)
        return admin.service.activity.export(read(asked), file_format)
    except RecsysError as error:
        return {"error": sentence(error)}


def read(asked: object) -> Limits:
    """Parse the filters of the log that a browser sent.

    Raises:
        BadInput: a day or verdict is invalid.
    """
    asked = asked if isinstance(asked, dict) else {}
    names = ("model", "verdict", "first", "last")
    return Limits(**{name: value[:LONGEST] for name in names if isinstance(value := asked.get(name), str)})
