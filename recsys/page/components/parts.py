"""Custom components: `gr.HTML` with a script in `js/` that draws the value with DOM calls.

Gradio evaluates the template of an HTML component, including its values, as a JavaScript template literal: `${…}` in a
title would run, and `{{…}}` does not prevent it. Here the template is empty and fixed, and values reach the page only
as data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import gradio as gr

from recsys.page import assets
from recsys.page.components import address, filters

# Options of events that belong to the page and are not endpoints of the API.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}


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
    """Create a component that `recsys.components.<script>` draws.

    Args:
        value: its value, as plain dicts and lists.
        events: events that it may trigger; each becomes a listener method of the component.
        server: functions that the script may await. Each takes one argument, which is untrusted.
        options: constants for the script. Gradio drops custom props of an HTML component if its value changes before
            its tab is opened, so they are passed in the script's call.
    """
    # Gradio accepts as events only names that occur in quotes in the script.
    quoted = "".join(f"/* '{event}' */" for event in events)
    call = f"{{ element, props, trigger, server, watch, options: {json.dumps(options)} }}"
    return gr.HTML(
        value,
        html_template="<div></div>",
        js_on_load=f"{quoted} recsys.components.{script}({call});",
        apply_default_css=False,
        server_functions=list(server) or None,
        elem_id=elem_id,
        elem_classes=["rs-bare", *elem_classes],
    )


def config() -> dict[str, Any]:
    """Constants that the scripts share with the server."""
    return {
        "address": {"keys": [*address.KEYS, "details"], "tabByKeys": address.TAB_BY_KEYS},
        "filters": filters.DEFAULTS,
    }


def early() -> str:
    """Styles and scripts for the head of the document, which the browser needs before it paints."""
    start = f'"use strict";\nglobalThis.recsys = {{ config: {json.dumps(config())}, components: {{}} }};'
    return _tags(assets.EARLY_STYLES, assets.EARLY_SCRIPTS, start)


def late() -> str:
    """Styles and scripts for the end of the document, where they are loaded before any component.

    Gradio would load styles passed as `css` later and rewrite them: it adds a prefix to each selector and drops the
    rules for narrow screens.
    """
    return _tags(assets.STYLES, assets.SCRIPTS, '"use strict";')


@cache
def _tags(styles: Sequence[str], scripts: Sequence[str], start: str) -> str:
    return f"<style>{assets.styles(styles)}</style><script>{start}\n{assets.scripts(scripts)}</script>"
