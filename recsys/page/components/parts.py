"""Our own components: a `gr.HTML` whose script in `js/` draws from the value with DOM calls.

Gradio evaluates an HTML component's template, values included, as a JavaScript template literal: `${…}` in a
title would run, and `{{…}}` does not stop it. Here the template is empty and fixed, and values reach the page
only as data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).resolve().parents[1]
SCRIPTS = ("core", "cards", "picker", "details", "shell", "panels", "insight")
STYLES = ("style", "insight")


def part(
    script: str,
    value: Any = None,
    *,
    events: Sequence[str] = (),
    server: Sequence[Callable] = (),
    elem_id: str | None = None,
    elem_classes: Sequence[str] = (),
    **options: Any,
) -> gr.HTML:
    """One component drawn by `recsys.<script>`.

    Args:
        value: what it draws, as plain dicts and lists.
        events: what it may trigger; each becomes a listener method of the component.
        server: functions the script may await; they take one argument, which anyone may send.
        options: constants for the script. Gradio drops an HTML component's own props when its value changes before
            its tab was opened, so they travel in the script's call.
    """
    # Gradio takes as events only names that stand quoted in the script.
    quoted = "".join(f"/* '{event}' */" for event in events)
    return gr.HTML(
        value,
        html_template="<div></div>",
        js_on_load=f"{quoted} recsys.{script}(element, props, trigger, server, watch, {json.dumps(options)});",
        apply_default_css=False,
        server_functions=list(server) or None,
        elem_id=elem_id,
        elem_classes=["rs-bare", *elem_classes],
    )


@cache
def head() -> str:
    """Styles and scripts, for the head of the page, where they are ready before any component.

    Given as Gradio's `css` the styles would come late and rewritten: it puts a prefix before each selector and
    loses the rules for narrow screens.
    """
    scripts = "\n".join((FOLDER / "js" / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    styles = "\n".join((FOLDER / f"{name}.css").read_text("utf-8") for name in STYLES)
    return f"<style>{styles}</style><script>{scripts}</script>"
