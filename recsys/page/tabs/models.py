"""Tab "Models": quality and training of the models; for the operator also training, the Hub and releases."""

from __future__ import annotations

import hmac
import secrets
from time import time
from typing import Any

from recsys.errors import NotAllowed, RecsysError
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import sentence
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.page.reports import training
from recsys.page.reports.model_comparison import comparison
from recsys.page.reports.release import trained_models
from recsys.page.reports.sections import CachedValue
from recsys.page.reports.status import replica_list, service_status
from recsys.runtime import zero_gpu
from recsys.runtime.admin import SPLITS, Admin
from recsys.runtime.status import figures, training_status
from recsys.serving.filters import Filters

MOST_MODELS = 100  # largest number of names in a request


def build(context: Context) -> View:
    """Build the comparison, and the operator's panel."""
    service, background = context.service, context.background
    admin, token = Admin(background), secrets.token_urlsafe(16)
    compared = CachedValue(lambda: comparison(service) + training.report(service), lambda: service.release_version)
    found = part("sheet", {}, elem_id="rs-models", elem_classes=["rs-list"], waiting="Loading the comparison …")

    def operate(request: dict[str, Any]) -> dict[str, Any]:
        return operated(admin, token, request)

    panel = part("operator", {}, server=[operate], elem_id="rs-operator", splits=list(SPLITS))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        state = {"token": token, **panel_state(admin)} if admin.is_open else {"locked": True, "has_key": admin.has_key}
        return [{"html": compared() + trained_models(service, background)}, state]

    return View([found, panel], show)


TAB = Tab("models", "Models", "How good each model is, and how it was trained.", build)


def operated(admin: Admin, token: str, request: object) -> dict[str, Any]:
    """Run an action of the operator; return the panel's state after it, with `error` if it is refused.

    Any client can send this. If other machines can reach the page, every call needs the admin key. Otherwise it needs
    the token of this start, which other sites that are open in the same browser cannot read.
    """
    request = request if isinstance(request, dict) else {}
    try:
        admin.check(_word(request, "key"))
        sent = _word(request, "token").encode(errors="replace")
        if admin.is_open and not hmac.compare_digest(sent, token.encode()):
            raise NotAllowed("The service was restarted after this page was loaded. Load the page again.")
        message = _done(admin, request)
    except RecsysError as error:
        state = {"locked": True} if isinstance(error, NotAllowed) else panel_state(admin)
        return {**state, "error": sentence(error)}
    return {**panel_state(admin), "token": token, "message": message}


def panel_state(admin: Admin) -> dict[str, Any]:
    """State of the operator's panel."""
    service, status = admin.service, training_status(admin.background)
    took = {line["name"]: line["training_seconds"] for line in service.models()}
    return {
        "job": admin.job(),
        "models": [
            {"name": name, "title": title, "trained": name in status.trained, "seconds": took.get(name)}
            for name, title in status.trainable.items()
        ],
        "versions": admin.versions(),
        "served": status.version,
        "pinned": admin.pinned,
        "repo": admin.hub_repo,
        "newer": status.newer_ratings,
        "notes": [*service.about()["notes"], *([zero_gpu.NOTE] if zero_gpu.available() else [])],
        "rated": service.has_ratings,
        "html": service_status(figures(service)) + replica_list(admin.replicas(), time()),
    }


def _done(admin: Admin, request: dict[str, Any]) -> str:
    action = _word(request, "action")
    given = request.get("models")
    names = [str(name)[:LONGEST] for name in given[:MOST_MODELS]] if isinstance(given, list) else []
    if action == "train":
        admin.train(names)
    elif action == "evaluate":
        admin.evaluate(names, _word(request, "split") or "random")
    elif action == "push":
        admin.push(_word(request, "repo"), request.get("private") is True)
    elif action == "pull":
        admin.pull(_word(request, "repo"), _word(request, "revision"))
    elif action == "cancel":
        admin.cancel()
    elif action == "switch":
        return f"Release {admin.switch(_word(request, 'version')).version} is served."
    elif action == "roll_back":
        return f"Rolled back: release {admin.roll_back().version} is served."
    elif action == "unpin":
        admin.unpin()
        return "The newest release is followed again."
    return ""


def _word(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    return value.strip()[:LONGEST] if isinstance(value, str) else ""
