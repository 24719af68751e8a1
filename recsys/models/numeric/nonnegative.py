"""Learn sparse nonnegative item-item weights by ADMM, for blocks of items at once.

Symbols: X (n_users, n_items) weighted histories, D (n_items,) the diagonal that is added to X'X,
P = (X'X + diag D)^-1.
"""

from __future__ import annotations

import logging

import numpy as np
import scipy  # scipy.linalg is loaded at its first use, because a start does not need it
from scipy import sparse

from recsys.data import csr
from recsys.models.numeric.gram import gram
from recsys.models.numeric.item_item import inverse, user_system
from recsys.models.numeric.item_weights import SparseWeights

log = logging.getLogger(__name__)

COLUMNS = 128  # items in a block; blocks of more items leave the cache
SPARSE_COST = 8.0  # time of a multiplication with X as a multiple of the time of one in a product of dense matrices


def nonnegative(
    matrix: sparse.csr_array, ridge: np.ndarray, lasso: np.ndarray, step: float, rounds: int = 12
) -> SparseWeights:
    """Sparse nonnegative weights (SLIM, Ning and Karypis 2011) by ADMM (ADMM SLIM, Steck et al. 2020).

    Minimises 1/2 |X - X B|^2 + 1/2 sum_ij ridge_i B_ij^2 + sum_ij lasso_j B_ij over B >= 0 with zero diagonal. The
    columns of B do not depend on each other.

    Args:
        matrix: X.
        ridge: (n_items,), positive.
        lasso: (n_items,), at least 0; a larger value leaves fewer weights.
        step: ADMM's rho; the scale of the Gram matrix works well.
        rounds: iterations of ADMM, each with one product with P.
    """
    n_items, diagonal = matrix.shape[1], ridge + step
    log.info("Sparse weights of %d items in %d rounds.", n_items, rounds)
    precision = _PrecisionOfUsers(matrix, diagonal) if _users_are_fewer(matrix) else _Precision(matrix, diagonal)
    blocks = []
    for start in range(0, n_items, COLUMNS):
        items = np.arange(start, min(start + COLUMNS, n_items))
        blocks.append(sparse.csc_array(_admm(precision, diagonal, lasso, step, rounds, items)))
    weights = sparse.csr_array(sparse.hstack(blocks, format="csr", dtype=np.float32))
    log.info("Sparse weights: %d of %d entries are positive.", weights.nnz, n_items**2)
    return SparseWeights(weights)


def _admm(
    precision: _Precision | _PrecisionOfUsers,
    diagonal: np.ndarray,
    lasso: np.ndarray,
    step: float,
    rounds: int,
    items: np.ndarray,
) -> np.ndarray:
    """Columns `items` of B, (n_items, len(items)) float32."""
    own = (items, np.arange(len(items)))  # the diagonal of B
    unit = np.zeros((len(diagonal), len(items)), np.float32)
    unit[own] = 1.0
    columns = precision.times(unit)  # of P
    share = columns / columns[own]
    unpenalised = unit - columns * diagonal[items].astype(np.float32)  # P X'X
    rho, penalty = np.float32(step), lasso[items].astype(np.float32)
    weights, dual = np.zeros_like(columns), np.zeros_like(columns)
    for _ in range(rounds):
        relaxed = precision.times(rho * weights - dual)
        relaxed += unpenalised
        relaxed -= share * relaxed[own]  # a zero diagonal
        weights = np.maximum(relaxed + (dual - penalty) / rho, np.float32(0.0))
        relaxed -= weights
        relaxed *= rho
        dual += relaxed
    return weights


def _users_are_fewer(matrix: sparse.csr_array) -> bool:
    """Whether products with P take less time through the system of users than with P itself."""
    n_users, n_items = matrix.shape
    return 2 * SPARSE_COST * matrix.nnz + float(n_users) ** 2 < float(n_items) ** 2


class _Precision:
    """P in dense form, for more users than items."""

    def __init__(self, matrix: sparse.csr_array, diagonal: np.ndarray):
        self.matrix = np.ascontiguousarray(inverse(gram(matrix), diagonal).T)  # symmetric

    def times(self, block: np.ndarray) -> np.ndarray:
        """P block, float32."""
        return self.matrix @ block


class _PrecisionOfUsers:
    """P by Woodbury's identity, for few users: D^-1 - D^-1 X' (I + X D^-1 X')^-1 X D^-1 with D as a diagonal matrix."""

    def __init__(self, matrix: sparse.csr_array, diagonal: np.ndarray):
        self.scale = (1.0 / diagonal).astype(np.float32)[:, None]
        self.by_user = matrix.astype(np.float32)
        self.by_item = csr.transposed(self.by_user)
        _, system = user_system(matrix, diagonal)
        self.inner = scipy.linalg.inv(system, assume_a="pos", overwrite_a=True).astype(np.float32)

    def times(self, block: np.ndarray) -> np.ndarray:
        """P block, float32."""
        scaled = self.scale * block
        scaled -= self.scale * (self.by_item @ (self.inner @ (self.by_user @ scaled)))
        return scaled
