"""The public endpoints with their parameters and defaults, as the README documents them."""

from __future__ import annotations

import ast
import re
from typing import Any

from film_app import PROJECT

REQUIRED = object()
"""Stands for the default of a parameter that has none."""


def documented(readme: str) -> dict[str, list[tuple[str, Any]]]:
    """Endpoint -> parameters and defaults in order, from the table of endpoints."""
    rows = re.findall(r"^\| (`/[^|]*) \|([^|]*)\|$", readme, re.MULTILINE)
    return {
        name: [_parameter(text) for text in re.findall(r"`([^`]+)`", parameters)]
        for names, parameters in rows
        for name in re.findall(r"`/(\w+)`", names)
    }


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, default = text.partition(" = ")
    return name, ast.literal_eval(default) if equals else REQUIRED


PARAMETERS = documented((PROJECT / "README.md").read_text(encoding="utf-8"))
