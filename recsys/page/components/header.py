"""The header component with filters, watch-list and theme."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.page.components import filters
from recsys.page.components.parts import part
from recsys.page.components.words import NAME, choices, spoken, tagline
from recsys.serving.service import Service


def shell(service: Service, tabs: dict[str, str]) -> gr.HTML:
    """Create the header. Its value is the filters.

    Args:
        tabs: title of each tab, by key.
    """

    def options(_: object = None) -> dict[str, Any]:
        return choices(service)

    def named(given: object) -> dict[str, Any]:
        return filters.named(service, given)

    return part(
        "shell",
        dict(filters.DEFAULTS),
        server=[options, named],
        elem_id="rs-shell",
        name=NAME,
        tagline=tagline(service),
        words=spoken(service),
        tabs=tabs,
    )
