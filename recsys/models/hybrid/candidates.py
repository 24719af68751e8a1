"""Select candidates for a history by a blend of the experts, and compute the features that the reranker sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys.data import Histories, csr
from recsys.models.hybrid import features
from recsys.models.hybrid.ensemble import Ensemble
from recsys.models.hybrid.frequent_items import FrequentItems
from recsys.models.hybrid.wide_experts import WideExperts

# Weights of the experts in the blend that selects the candidates.
BLEND = {"ease": 1.0, "slim": 0.5, "als": 0.4, "unordered": 0.5, "transitions": 0.3}
NO_SCORE = -2.0  # z-score of an item for which an expert has no score


class Asked(NamedTuple):
    """Histories, and the same without the items that are rare.

    Attributes:
        histories: in the columns of all items.
        inner: in the columns of the frequent items.
        frequent: the frequent items.
    """

    histories: Histories
    inner: Histories
    frequent: FrequentItems

    @classmethod
    def of(cls, histories: Histories, frequent: FrequentItems) -> Asked:
        return cls(histories, frequent.histories(histories), frequent)


class Candidates(NamedTuple):
    """The candidates of n histories, k each: those of the blend, best first, then those of the wide experts.

    Attributes:
        numbers: (n, k) int64 items.
        usable: (n, k) bool, False for what only fills a row: seen items and items no expert knows.
        features: (n, k, n_features) float32; the first is the z-score of the first expert.
        blend: (n, n_frequent) float32 weighted sum of z-scores minus that of the last candidate of the blend, at most
            0, -inf for seen items and items no expert knows.
        owners: (n_features,) the expert that each feature comes from; "popularity" for the statistics of items.
    """

    numbers: np.ndarray
    usable: np.ndarray
    features: np.ndarray
    blend: np.ndarray
    owners: tuple[str, ...]


class Sizes(NamedTuple):
    """Number of candidates of the blend, and of those that the wide experts add."""

    blend: int
    wide: int


def select(ensemble: Ensemble, asked: Asked, sizes: Sizes) -> Candidates:
    """The candidates of each history and their features; fewer than `sizes` if there are fewer items."""
    experts, wide = ensemble.experts, ensemble.wide
    names, z, unseen = _expert_scores(ensemble, asked)
    blend = _blend(names, z)
    blend[~unseen] = -np.inf
    columns = _best(blend, min(sizes.blend, blend.shape[1]))
    of_blend = np.take_along_axis(blend, columns, axis=1)
    usable = np.isfinite(of_blend)
    with np.errstate(invalid="ignore"):
        blend = np.minimum(blend - np.min(np.where(usable, of_blend, np.inf), axis=1, keepdims=True), 0.0)
    numbers = asked.frequent.numbers[columns]
    if wide is None:
        owned = features.of_experts(names, np.take_along_axis(z, columns[None], axis=2))
        owned += features.of_statistics(experts.statistics, asked.inner, columns)
    else:
        scores = _wide_scores(wide, asked.histories)
        more, more_usable = _wide_candidates(wide, scores, asked.histories, np.where(usable, numbers, -1), sizes.wide)
        numbers, usable = np.concatenate([numbers, more], axis=1), np.concatenate([usable, more_usable], axis=1)
        columns = asked.frequent.column[numbers]
        of_experts = np.take_along_axis(z, np.maximum(columns, 0)[None], axis=2)
        np.copyto(of_experts, NO_SCORE, where=columns < 0)
        owned = features.of_experts(names, of_experts)
        owned += features.of_statistics(wide.statistics, asked.histories, numbers)
        owned.append(("popularity", (columns < 0).astype(np.float32)))
        owned += features.of_wide(wide.names, scores, numbers)
    values = np.stack([column for _, column in owned], axis=-1).astype(np.float32)
    return Candidates(numbers, usable, values, blend, tuple(owner for owner, _ in owned))


def _expert_scores(ensemble: Ensemble, asked: Asked) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names of the experts, z-scores (n_experts, n, n_frequent), and the unseen items (n, n_frequent) bool."""
    matrix = asked.inner.matrix
    unseen = np.broadcast_to(ensemble.experts.trained_on.rated, matrix.shape).copy()
    unseen[csr.row_numbers(matrix), matrix.indices] = False
    scores = ensemble.experts.scores(asked.inner)
    return list(scores), _z_scores(np.stack(list(scores.values())), unseen), unseen


def _blend(names: list[str], z: np.ndarray) -> np.ndarray:
    """Weighted sum (n, n_frequent) float32 of the z-scores."""
    blend = np.zeros(z.shape[1:], np.float32)
    for name, weight in BLEND.items():
        if name in names:
            blend += weight * z[names.index(name)]
    return blend


def _wide_scores(wide: WideExperts, histories: Histories) -> np.ndarray:
    """Scores (n_experts, n, n_items) of the wide experts, 0 for seen items."""
    scores = wide.scores(histories)
    scores[:, csr.row_numbers(histories.matrix), histories.matrix.indices] = 0.0
    return scores


def _wide_candidates(
    wide: WideExperts, scores: np.ndarray, histories: Histories, taken: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best items of the wide experts besides those `taken` (n, k; -1 for none), and which are usable."""
    evidence = wide.evidence(scores)
    evidence[csr.row_numbers(histories.matrix), histories.matrix.indices] = -np.inf
    rows, places = np.nonzero(taken >= 0)
    evidence[rows, taken[rows, places]] = -np.inf
    numbers = _best(evidence, min(size, evidence.shape[1]))
    return numbers, np.isfinite(np.take_along_axis(evidence, numbers, axis=1))


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
