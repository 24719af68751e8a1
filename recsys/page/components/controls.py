"""Fields that change the URL: texts, choices and sliders.

Gradio's fields are not used, because each kind loads several additional files: with them the first view needs 60
requests, without them about 40.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import gradio as gr

from recsys.page.components.parts import part


@dataclass(frozen=True)
class Field:
    """A field.

    Attributes:
        key: the URL parameter that it sets.
        kind: a text, a choice among values, or a slider from 0 to 1.
        label: display name.
        hint: placeholder of a text.
        low, high: names of the ends of a slider.
    """

    key: str
    kind: Literal["text", "choice", "slider"]
    label: str
    hint: str = ""
    low: str = ""
    high: str = ""


def controls(elem_id: str, *fields: Field, submit: str = "") -> gr.HTML:
    """Create a row of fields; a text is submitted by Enter, by leaving the field, or by the button `submit`."""
    return part("controls", {}, elem_id=elem_id, fields=[asdict(field) for field in fields], submit=submit)


def settings(
    values: Mapping[str, Any], choices: Mapping[str, Iterable[tuple[str, str]]] | None = None
) -> dict[str, Any]:
    """Value of the fields; a field without a value, or a choice without choices, is hidden.

    Args:
        values: values by key.
        choices: (value, title) of the choices, by key.
    """
    return {"values": dict(values), "choices": {key: list(map(list, pairs)) for key, pairs in (choices or {}).items()}}
