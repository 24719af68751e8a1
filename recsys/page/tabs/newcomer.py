"""Tab "New here?": like or skip a few films, get picks at once, keep them as a profile."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.models.hybrid.hybrid import Hybrid
from recsys.page.components import showcase
from recsys.page.components.address import Query
from recsys.page.components.card_list import card_list, failed, listing
from recsys.page.components.parts import part
from recsys.page.components.picker import picker
from recsys.page.components.view import View
from recsys.page.components.visitor import marked
from recsys.serving.filters import Filters
from recsys.serving.service import VERDICTS, Service

STARTERS = 12
PREFERRED = Hybrid.name


def build(service: Service) -> tuple[View, gr.HTML, gr.HTML]:
    """The tab, and its two components that change with every mark: what is marked, and the picks."""
    words = service.words
    starters = card_list(service, "rs-starters", waiting=True, strip=True)
    with gr.Row(elem_classes="rs-split"):
        with gr.Column(scale=2, min_width=280):
            find = picker(service, "rs-add", f"Or add another {words.item}", "Any title", mark=True)
        with gr.Column(scale=3, min_width=280):
            mine = part("marked", {}, events=["join", "enter", "leave"], elem_id="rs-marked")
    picks = card_list(service, "rs-newcomer")

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [choice(service, visitor, query.page), {"text": ""}, {}, picked(service, visitor, n, filters)]

    return View("newcomer", [starters, find, mine, picks], show), mine, picks


def choice(service: Service, visitor: dict[str, Any], page: int) -> dict[str, Any]:
    """Items to like or skip, without those that have a verdict."""
    words = service.words
    items = showcase.starters(service, STARTERS, set(marked(visitor, *VERDICTS)), page)
    return listing(
        items,
        heading=words.question,
        source="starters",
        marks=True,
        note="Three are enough to begin with; the picks below change with every one.",
        step=("Show others", {"tab": "newcomer", "page": page + 1}),
        refresh=service.tmdb is not None,
    )


def picked(service: Service, visitor: dict[str, Any], n: int, filters: Filters) -> dict[str, Any]:
    """Picks for what is marked so far."""
    words = service.words
    known = service.catalogue.ids
    liked, disliked, seen = ([one for one in marked(visitor, verdict) if one in known] for verdict in VERDICTS)
    if not liked:
        return {"heading": "Your picks", "empty": f"Choose a {words.item} above and your picks appear here."}
    model = PREFERRED if PREFERRED in service.release.names else service.default_model
    try:
        lines = service.recommend_for(liked, disliked, n, model, filters, seen)
    except RecsysError as error:
        return failed(error, "Your picks")
    return listing(
        lines,
        heading="Your picks",
        source="newcomer",
        model=model,
        empty="Nothing is left under these filters.",
        refresh=service.tmdb is not None,
        call=("recommend_for", {"liked": liked, "disliked": disliked, "n": n, "model": model}),
    )
