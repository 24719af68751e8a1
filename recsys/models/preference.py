"""How much a rating counts as liking: the one place where stars become weights."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def preference(matrix: sparse.csr_array, mean: float, scale: tuple[float, float], strength: float) -> sparse.csr_array:
    """CSR of the same pattern holding p = 1 + 2 strength (r - mean) / (high - low), float32.

    An average rating counts 1, as in implicit data; with strength 0, or where all ratings are equal,
    every interaction does. With strength 0.75 the lowest rating of a 1-5 scale counts about nothing,
    with more it counts against.
    """
    low, high = scale
    if strength == 0 or high <= low:
        data = np.ones(matrix.nnz, dtype=np.float32)
    else:
        data = (1.0 + 2.0 * strength * (matrix.data - mean) / (high - low)).astype(np.float32)
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
