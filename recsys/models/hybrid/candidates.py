"""Select candidates for a history by a blend of the experts, and compute the features that the reranker sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys.data import Histories, csr
from recsys.models.hybrid.experts import Experts
from recsys.models.hybrid.item_statistics import ItemStatistics

# Weights of the experts in the blend that selects the candidates.
BLEND = {"ease": 1.0, "slim": 0.5, "als": 0.4, "unordered": 0.5, "transitions": 0.3}
NO_SCORE = -2.0  # z-score of an item for which an expert has no score
UNRANKED = "ratings"  # the expert whose rank and share of the best are not used as features


class Candidates(NamedTuple):
    """The candidates of n histories, k each.

    Attributes:
        numbers: (n, k) int64, best of the blend first.
        features: (n, k, n_features) float32; the first is the z-score of the first expert.
        blend: (n, n_items) float32 weighted sum of z-scores, -inf for seen items and items no expert knows.
        owners: (n_features,) the expert that each feature comes from; "popularity" for the statistics of items.
    """

    numbers: np.ndarray
    features: np.ndarray
    blend: np.ndarray
    owners: tuple[str, ...]


def select(experts: Experts, histories: Histories, size: int) -> Candidates:
    """The candidates of each history and their features.

    Args:
        size: number of candidates; fewer if there are fewer items.
    """
    matrix = histories.matrix
    unseen = np.broadcast_to(experts.trained_on.rated, matrix.shape).copy()
    unseen[csr.row_numbers(matrix), matrix.indices] = False
    scores = experts.scores(histories)
    z = _z_scores(np.stack(list(scores.values())), unseen)
    places = {name: place for place, name in enumerate(scores)}
    blend = np.zeros(z.shape[1:], np.float32)
    for name in BLEND:
        if name in places:
            blend += BLEND[name] * z[places[name]]
    blend[~unseen] = -np.inf
    numbers = _best(blend, min(size, matrix.shape[1]))
    columns = _of_experts(list(scores), np.take_along_axis(z, numbers[None], axis=2))
    columns += _of_statistics(experts.statistics, histories, numbers)
    features = np.stack([column for _, column in columns], axis=-1).astype(np.float32)
    return Candidates(numbers, features, blend, tuple(owner for owner, _ in columns))


Columns = list[tuple[str, np.ndarray]]  # owner and values (n, k) of each feature


def _of_experts(names: list[str], z: np.ndarray) -> Columns:
    """Three features of each expert: z-score, minus log2 of the rank, and share of the best z-score.

    Args:
        names: the experts.
        z: (n_experts, n, k).
    """
    k = z.shape[2]
    log_rank = np.empty_like(z)
    order = np.argsort(-z, axis=2, kind="stable")
    np.put_along_axis(log_rank, order, np.log2(np.arange(2, k + 2, dtype=np.float32))[None, None], 2)
    share = z / np.maximum(z.max(axis=2, keepdims=True), 1e-6)
    columns: Columns = []
    for place, name in enumerate(names):
        columns.append((name, z[place]))
        if name != UNRANKED:
            columns += [(name, -log_rank[place]), (name, share[place])]
    return columns


def _of_statistics(statistics: ItemStatistics, histories: Histories, numbers: np.ndarray) -> Columns:
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


def _best(blend: np.ndarray, k: int) -> np.ndarray:
    """Numbers (n, k) of the highest values of each row, the highest first; lower numbers first if values are equal."""
    n, n_items = blend.shape
    best = np.argpartition(-blend, k - 1, axis=1)[:, :k] if k < n_items else np.tile(np.arange(k), (n, 1))
    order = np.lexsort((best, -np.take_along_axis(blend, best, axis=1)), axis=1)
    return np.take_along_axis(best, order, axis=1)


def _z_scores(scores: np.ndarray, unseen: np.ndarray) -> np.ndarray:
    """Scores (n_experts, n, n_items) as z-scores over the unseen items of each row; NO_SCORE if there is none.

    Args:
        unseen: (n, n_items) bool.
    """
    usable = unseen & np.isfinite(scores)
    values = np.where(usable, scores, np.float32(0.0))
    counts = np.maximum(usable.sum(axis=2), 1)
    mean = values.sum(axis=2, dtype=np.float64) / counts
    variance = np.einsum("eij,eij->ei", values, values, dtype=np.float64) / counts - mean**2
    sd = np.sqrt(np.maximum(variance, 0.0)) + 1e-9
    values -= mean[:, :, None].astype(np.float32)
    values /= sd[:, :, None].astype(np.float32)
    values[~usable] = NO_SCORE
    return values
