"""The details dialog: all fields of an item, why it was recommended, and similar items."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST
from recsys.page.components.card_list import sentence
from recsys.page.components.keys import key_of
from recsys.page.components.parts import part
from recsys.serving.artwork import with_fallback
from recsys.serving.filters import Filters
from recsys.serving.remarks import by_id
from recsys.serving.service import Service

SIMILAR = 6


def dialog(service: Service) -> gr.HTML:
    """Create the dialog. The scripts open it for the item id in the URL."""

    def details(request: dict[str, Any]) -> dict[str, Any]:
        with service.call("page details"):
            return shown(service, request)

    return part("details", {}, server=[details], elem_id="rs-details")


def shown(service: Service, request: object) -> dict[str, Any]:
    """Content of the dialog for `{"id", "user", "model", "key"}`: `item`, `similar`, `pick`, `why`; or `{"error"}`."""
    request = request if isinstance(request, dict) else {}
    item_id, user, model, key = (str(request.get(name) or "")[:LONGEST] for name in ("id", "user", "model", "key"))
    try:
        item = service.item(by_id(service, item_id))
        name = by_id(service, item["item_id"])
    except RecsysError as error:
        return {"error": sentence(error)}
    answer: dict[str, Any] = {
        "item": with_fallback(item),
        "page": "More on TMDb" if "themoviedb.org" in item["url"] else "More about it",
        "credit": service.artwork.credit,
        "similar": [],
        "pick": None,
        "why": None,
    }
    try:
        answer["similar"] = service.similar(name, SIMILAR)
        if user:
            answer["pick"] = picked(service, user, model, item["item_id"])
            answer["why"] = service.explain(user, name, model, key_of(service, user, key))
    except RecsysError as error:
        # The item is shown even if a model has no similar items or reasons.
        answer["missing"] = sentence(error)
    return answer


def picked(service: Service, user: str, model: str, item_id: str) -> dict[str, Any] | None:
    """Match and reason of an item as a pick for a user; None if the user knows it already."""
    with service.activity.unrecorded():
        lines = service.recommend(user, 1, model, Filters(only=(item_id,)))
    return {"match": lines[0]["match"], "reason": lines[0]["reason"]} if lines else None
