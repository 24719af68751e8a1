"""Interface of a tab: its context, its components, and how to render them for a URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from recsys.page.components.address import Query
from recsys.runtime.jobs import Background
from recsys.serving.filters import Filters
from recsys.serving.service import Service


@dataclass(frozen=True)
class Context:
    """Objects for building a tab.

    Attributes:
        service: the service.
        background: the operator's jobs.
        header: component with the filters as value.
        visitor: component with the visitor's marks as value; triggers `marked` when they change.
        titles: title of each tab, by key.
    """

    service: Service
    background: Background
    header: gr.HTML
    visitor: gr.HTML
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """A built tab.

    Attributes:
        outputs: components with values that depend on the URL.
        show: returns their values, in order, for a URL query, number of results, filters and visitor.
    """

    outputs: list[gr.Component]
    show: Callable[[Query, int, Filters, dict[str, Any]], list[object]]


@dataclass(frozen=True)
class Tab:
    """An entry of the list of tabs.

    Attributes:
        key: name in the URL.
        title: label; may contain `{items}`, the catalogue's plural word for items.
        about: description for link previews, in one sentence; may contain `{items}`.
        build: creates its components. The first card list among them shows errors and has the id `rs-<key>`.
    """

    key: str
    title: str
    about: str
    build: Callable[[Context], View]
