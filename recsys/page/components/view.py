"""What the tabs of the page have in common: what they are built with, and how they are drawn for an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from recsys.page.components.address import Query
from recsys.runtime.jobs import Background
from recsys.serving.filters import Filters
from recsys.serving.service import Service


@dataclass(frozen=True)
class Context:
    """What a tab is built with.

    Attributes:
        service: answers every question.
        background: runs the operator's jobs.
        header: component whose value is the filters.
        visitor: component whose value is what the visitor has marked; triggers `marked` when that changes.
    """

    service: Service
    background: Background
    header: gr.HTML
    visitor: gr.HTML


@dataclass(frozen=True)
class View:
    """A built tab.

    Attributes:
        outputs: components whose values depend on the address.
        show: returns their values, in order, for an address, number of results, filters and visitor.
    """

    outputs: list[gr.Component]
    show: Callable[[Query, int, Filters, dict[str, Any]], list[object]]


@dataclass(frozen=True)
class Tab:
    """An entry of the list of tabs.

    Attributes:
        key: its name in the address.
        title: its label; may use `{items}`, the plural of what the catalogue holds.
        build: makes its components. The first card list among them shows errors and has the id `rs-<key>`.
    """

    key: str
    title: str
    build: Callable[[Context], View]
