"""Metrics of a model in a manifest as one flat mapping of numbers."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_SPLIT = "random"  # its metrics go by their own names; those of other splits carry the split's name


def flatten(metrics: object, prefix: str = "") -> dict[str, float]:
    """Numbers of nested metrics by joined name; anything that is not a number is left out.

    >>> flatten({"random": {"hr@10": 0.5}, "temporal": {"hr@10": 0.4}})
    {'hr@10': 0.5, 'temporal hr@10': 0.4}
    """
    found: dict[str, float] = {}
    for name, value in metrics.items() if isinstance(metrics, Mapping) else ():
        if isinstance(value, Mapping):
            found.update(flatten(value, prefix if name == DEFAULT_SPLIT else f"{prefix}{name} "))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[f"{prefix}{name}"] = float(value)
    return found
