"""Convert the metrics of a model in a manifest to a flat mapping of numbers."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_SPLIT = "random"  # the names of its metrics have no prefix; those of other splits begin with the split's name


def flatten(metrics: object, prefix: str = "") -> dict[str, float]:
    """Flatten nested metrics to numbers by joined name; values that are not numbers are left out.

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
