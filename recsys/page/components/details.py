"""One item in full, in a dialog: everything known, why it was picked, and more like it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST
from recsys.page.components.parts import part
from recsys.serving.artwork import with_fallback
from recsys.serving.service import Service

ALIKE = 6


def dialog(service: Service) -> gr.HTML:
    """The dialog, opened by the scripts for an item id."""

    def details(request: dict[str, Any]) -> dict[str, Any]:
        with service.call("page details"):
            return told(service, request)

    return part("details", {}, server=[details], elem_id="rs-details")


def told(service: Service, request: object) -> dict[str, Any]:
    """What the dialog shows for `{"id", "user", "model"}`: item, similar, why; or `{"error"}`."""
    request = request if isinstance(request, dict) else {}
    item_id, user, model = (str(request.get(name) or "")[:LONGEST] for name in ("id", "user", "model"))
    try:
        item = service.item(item_id)
    except RecsysError as error:
        return {"error": str(error)}
    answer: dict[str, Any] = {
        "item": with_fallback(item),
        "page": "More on TMDb" if "themoviedb.org" in item["url"] else "More about it",
        "credit": service.artwork.credit,
        "similar": [],
        "why": None,
    }
    try:
        answer["similar"] = service.similar(item["item_id"], ALIKE)
        if user:
            answer["why"] = service.explain(user, item["item_id"], model)
    except RecsysError as error:
        # The item itself is known: the rest is extra, and a model may have nothing to say of it.
        answer["missing"] = str(error)
    return answer
