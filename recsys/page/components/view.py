"""What a tab is to the page: components, and what they show for an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from recsys.page.components.address import Query
from recsys.serving.filters import Filters


@dataclass(frozen=True)
class View:
    """A built tab.

    Attributes:
        key: its name in the address.
        outputs: components whose values depend on the address.
        show: their values, in order, for an address, number of results, filters and visitor.
    """

    key: str
    outputs: list[gr.components.Component]
    show: Callable[[Query, int, Filters, dict[str, Any]], list[Any]]
