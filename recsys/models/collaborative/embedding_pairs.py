"""Compute features of (history, item) pairs from item embeddings and ratings, the inputs of the embedding heads."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data import Interactions, csr

ITEM_PRIOR, USER_PRIOR = 5.0, 7.0  # number of ratings at which the bias of an item or user counts half
POOL_PRIOR = 3.0  # number of ratings at which the taste vector counts half
BIAS_ROUNDS = 10
LOG_COUNT_CENTRE = 4.0  # ln(1 + n_h) of a typical history


class PairFeatures:
    """Function that computes the features of (history, item) pairs.

    With e_i = r_i - mu - b_i - b(h), and z_i an item's embeddings on their first principal components:
    x = [1, b(h), b_j, ln n_h, ln n_j, z_j, t, p, t (x) z_j, p * z_j], where t = sum e_i z_i / (n_h + prior) is the
    taste by the rating errors of a history, and p = sum z_i / n_h the mean of the chosen items. If the pair is part of
    the history, it is removed from the history first.

    Attributes:
        vectors: (n_items, d) float32 z.
        biases: (n_items,) float32 b_i.
        log_counts: (n_items,) float32 ln(1 + n_i) minus its mean.
        mean: mu.
    """

    def __init__(self, vectors: np.ndarray, biases: np.ndarray, log_counts: np.ndarray, mean: float):
        self.vectors, self.biases, self.log_counts, self.mean = vectors, biases, log_counts, mean

    def __call__(
        self, matrix: sparse.csr_array, rows: np.ndarray, items: np.ndarray, own: np.ndarray | None
    ) -> np.ndarray:
        """Features (n_pairs, f) float32.

        Args:
            matrix: CSR (n, n_items) of the histories.
            rows, items: (n_pairs,) row and column of each pair; -1 is an empty history or an average item.
            own: (n_pairs,) rating of each pair if the pairs are part of the histories, else None.
        """
        errors = csr.with_data(matrix, (matrix.data - self.mean - self.biases[matrix.indices]).astype(np.float32))
        chosen, tastes = csr.pattern(matrix) @ self.vectors, errors @ self.vectors
        known_row, known_item = (rows >= 0).astype(np.float32), (items >= 0).astype(np.float32)
        z = self.vectors[items] * known_item[:, None]
        bias, log_count = self.biases[items] * known_item, self.log_counts[items] * known_item
        size, total = csr.row_lengths(matrix)[rows] * known_row, csr.row_sums(errors)[rows] * known_row
        pool, taste = chosen[rows] * known_row[:, None], tastes[rows] * known_row[:, None]
        if own is not None:
            error = own - self.mean - bias
            size, total = size - 1, total - error
            pool, taste = pool - z, taste - error[:, None] * z
        user_bias = total / (size + USER_PRIOR)
        taste = (taste - user_bias[:, None] * pool) / (size + POOL_PRIOR)[:, None]
        pool = pool / np.maximum(size, 1)[:, None]
        crossed = (taste[:, :, None] * z[:, None, :]).reshape(len(rows), -1)
        parts = [np.ones(len(rows)), user_bias, bias, np.log1p(size) - LOG_COUNT_CENTRE, log_count]
        return np.hstack([np.column_stack(parts), z, taste, pool, crossed, pool * z]).astype(np.float32)


def item_biases(data: Interactions) -> np.ndarray:
    """b_i (n_items,) float32: damped means of r - mu - b_u, alternating with those of users."""
    users, items, ratings = data.rows, data.matrix.indices, data.matrix.data - data.mean
    of_items, of_users = np.zeros(len(data.items)), np.zeros(len(data.users))
    for _ in range(BIAS_ROUNDS):
        of_items = csr.column_sums(data.matrix, ratings - of_users[users]) / (data.item_counts + ITEM_PRIOR)
        of_users = csr.row_sums(data.matrix, ratings - of_items[items]) / (data.user_counts + USER_PRIOR)
    return of_items.astype(np.float32)
