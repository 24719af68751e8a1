"""One tab of the page without the rest of it."""

from __future__ import annotations

import gradio as gr

from recsys.page.components.parts import part
from recsys.page.components.view import Context, View
from recsys.page.components.visitor import EMPTY
from recsys.runtime.jobs import Background


def view(service, module) -> View:
    """The tab of a module, built around a service."""
    with gr.Blocks():
        visitor = part("visitor", EMPTY, events=["marked"])
        return module.TAB.build(Context(service, Background(service), part("shell", {}), visitor))
