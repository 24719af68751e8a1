"""Features of the candidates of the hybrid: what its network sees of each."""

from __future__ import annotations

import numpy as np

from recsys.data import Histories, csr
from recsys.models.hybrid.item_statistics import ItemStatistics

UNRANKED = "ratings"  # the expert whose rank and share of the best are not used as features

Columns = list[tuple[str, np.ndarray]]  # owner and values (n, k) of each feature


def of_experts(names: list[str], z: np.ndarray) -> Columns:
    """Three features of each expert: z-score, minus log2 of the rank, and share of the best z-score.

    Args:
        names: the experts.
        z: (n_experts, n, k).
    """
    log_rank = _log_rank(z)
    share = z / np.maximum(z.max(axis=2, keepdims=True), 1e-6)
    columns: Columns = []
    for place, name in enumerate(names):
        columns.append((name, z[place]))
        if name != UNRANKED:
            columns += [(name, -log_rank[place]), (name, share[place])]
    return columns


def of_wide(names: tuple[str, ...], scores: np.ndarray, numbers: np.ndarray) -> Columns:
    """Three features of each wide expert: score, share of the best score, and minus log2 of the rank.

    Args:
        names: the experts.
        scores: (n_experts, n, n_items) at least 0; candidates with 0 share the last rank.
        numbers: (n, k) the candidates.
    """
    found = np.take_along_axis(scores, numbers[None], axis=2)
    best = scores.max(axis=2)[..., None]
    columns: Columns = []
    for name, values, most in zip(names, found, best, strict=True):
        columns += [(name, values), (name, values / np.maximum(most, 1e-9)), (name, -_log_rank(values, values <= 0))]
    return columns


def _log_rank(values: np.ndarray, last: np.ndarray | None = None) -> np.ndarray:
    """log2(1 + rank) of the values (…, k) in each row, the highest first; `last` marks those that share rank k."""
    k = values.shape[-1]
    log_rank = np.empty_like(values)
    order = np.argsort(-values, axis=-1, kind="stable")
    np.put_along_axis(
        log_rank, order, np.log2(np.arange(2, k + 2, dtype=np.float32)).reshape((1,) * (values.ndim - 1) + (k,)), -1
    )
    if last is not None:
        log_rank[last] = np.log2(k + 1)
    return log_rank


def of_statistics(statistics: ItemStatistics, histories: Histories, numbers: np.ndarray) -> Columns:
    """Popularity of a candidate, alone and relative to the history; length of the history; quality; position."""
    matrix = histories.matrix
    lengths = csr.row_lengths(matrix)
    popularity = statistics.log_counts[numbers]
    of_history = csr.row_sums(matrix, statistics.log_counts[matrix.indices]) / np.maximum(lengths, 1)
    log_length = np.broadcast_to(np.log1p(lengths)[:, None], numbers.shape)
    values = [popularity, popularity - of_history[:, None], log_length, statistics.quality[numbers]]
    columns: Columns = [("popularity", column) for column in values]
    if statistics.position is not None:
        position = statistics.position[numbers]
        distance = position - log_length
        columns += [("transitions", column) for column in (position, distance, np.abs(distance))]
    return columns
