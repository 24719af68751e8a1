"""Fields that change the address: texts, choices and sliders.

Gradio's own fields are not used, because each kind loads several files more: with them the first view takes 60
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
    """One field.

    Attributes:
        key: the key of the address that it sets.
        kind: a text, a choice among values, or a slider from 0 to 1.
        label: its name.
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
    """The fields side by side; a text is taken over by Enter, by leaving the field, or by the button `submit`."""
    return part("controls", {}, elem_id=elem_id, fields=[asdict(field) for field in fields], submit=submit)


def settings(
    values: Mapping[str, Any], choices: Mapping[str, Iterable[tuple[str, str]]] | None = None
) -> dict[str, Any]:
    """The value of the fields; a field without a value, or a choice without choices, is not shown.

    Args:
        values: by key.
        choices: (value, title) of what can be chosen, by key.
    """
    return {"values": dict(values), "choices": {key: list(map(list, pairs)) for key, pairs in (choices or {}).items()}}
