"""Names of saved arrays: those of a part begin with its name and a point."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def joined(parts: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of all parts by their saved names; `subset` returns those of one part."""
    return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def subset(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin with a prefix, by name without the prefix."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
