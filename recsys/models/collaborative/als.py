"""Implicit matrix factorisation by alternating least squares."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # scipy.linalg is loaded at its first use, because a start does not need it
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models.base import ROUNDING, Recommender
from recsys.models.config import Span, setting
from recsys.models.numeric.svd import truncated_svd
from recsys.models.rating_weights import hinged, z_scores
from recsys.models.registry import register

log = logging.getLogger(__name__)

BATCH_FROM = 8  # fewest rows of one length for which solving them in a batch is faster
BATCH = 1024  # rows of a batch
LIKED_STRENGTH = 0.2  # strength of `hinged` with which ratings are divided into likes and dislikes


@register
class Als(Recommender):
    """Implicit ALS with frequency-scaled regularization.

    Minimises sum_seen (1 - p_u.q_i)^2 + alpha sum_all (p_u.q_i)^2
    + reg' sum_u (n_u + alpha n_items) |p_u|^2 + reg' sum_i (n_i + alpha n_users) |q_i|^2
    (Hu, Koren and Volinsky 2008; frequency scaling as in Rendle et al. 2021), where
    reg' = reg / sqrt(alpha sqrt(n_users n_items)), so that one `reg` suits data of any size. Training starts from a
    truncated SVD, so few sweeps suffice. A history is folded in by solving one linear system, without clear dislikes.

    Learned: Q (n_items, n_factors) float32.
    """

    name = "als"
    title = "Taste patterns (ALS)"
    summary = "A few dozen patterns of taste, found in who rated what; your history says which are yours."
    family = "collaborative"
    order = 60
    scales = True
    preferred = 2
    requires = ("sklearn",)

    @dataclass(frozen=True)
    class Config:
        n_factors: int = setting(64, "Taste patterns.", low=1, high=512, search=(32, 48, 64, 96))
        alpha: float = setting(
            0.3, "Weight of an unseen item, where a seen one weighs 1.", low=1e-4, search=Span(0.05, 1.0, log=True)
        )
        reg: float = setting(
            0.25,
            "Penalty in units that do not depend on the size of the data.",
            low=1e-4,
            search=Span(0.1, 0.6, log=True),
        )
        n_epochs: int = setting(3, "Sweeps over users and items.", low=1, search=(2, 3, 5))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.sd = data.sd
        pattern = data.pattern
        n_users, n_items = pattern.shape
        alpha = self.config.alpha
        self.reg = self.config.reg / np.sqrt(alpha * np.sqrt(n_users * n_items))
        by_item = csr.transposed(pattern)
        items = _start(pattern, self.config.n_factors, seed)
        for epoch in range(self.config.n_epochs):
            users = solve_rows(pattern, items, alpha, self.reg)
            items = solve_rows(by_item, users, alpha, self.reg)
            log.info("ALS: sweep %d of %d.", epoch + 1, self.config.n_epochs)
        self._set_factors(items)

    def _set_factors(self, factors: np.ndarray) -> None:
        self.factors = factors
        # computed once, because with tens of thousands of items it takes longer than a fold-in
        self.item_gram = _weighted_gram(factors, self.config.alpha)
        norms = np.linalg.norm(factors, axis=1)
        self._inverse_norms = np.divide(1.0, norms, out=np.full(len(norms), np.nan, np.float32), where=norms > 0)

    def _liked(self, matrix: sparse.csr_array) -> np.ndarray:
        """(nnz,) bool: the ratings that are not clear dislikes."""
        return hinged(z_scores(matrix, self.mean, self.sd), LIKED_STRENGTH) > 0

    def fold_in(self, histories: Histories) -> np.ndarray:
        """User factors (n, n_factors) float32 of histories."""
        matrix, config = histories.matrix, self.config
        liked = self._liked(matrix)
        if len(histories) == 1:
            seen = self.factors[matrix.indices[liked]]
            return _folded(seen, self.item_gram, config.alpha, self.reg, len(self.factors))[None]
        kept = matrix if liked.all() else csr.select(matrix, liked)
        return solve_rows(kept, self.factors, config.alpha, self.reg, self.item_gram)

    def _score(self, histories: Histories) -> np.ndarray:
        scores = self.fold_in(histories) @ self.factors.T
        np.copyto(scores, np.nan, where=~self.rated)
        return scores

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Exact for one history: p = A^-1 sum_i q_i, so item i adds q_j' A^-1 q_i (Hu, Koren and Volinsky 2008)."""
        seen = self.factors[histories.matrix.indices]
        liked = self._liked(histories.matrix)
        system = _system(seen[liked], self.item_gram, self.config.alpha, self.reg, len(self.factors))
        # solved for the few target items, because a history may be long
        solved = _solved(system, self.factors[numbers].T).T
        terms, most = solved @ seen.T, np.outer(np.linalg.norm(solved, axis=1), np.linalg.norm(seen, axis=1))
        return np.where(np.abs(terms) > ROUNDING * most, terms, 0.0) * liked

    def _similar(self, number: int) -> np.ndarray:
        """Cosine of item factors."""
        cosines = (self.factors @ (self.factors[number] * self._inverse_norms[number])) * self._inverse_norms
        np.copyto(cosines, np.nan, where=~self.rated)
        return cosines

    def arrays(self) -> dict[str, np.ndarray]:
        return {"factors": self.factors}

    def state(self) -> dict[str, Any]:
        return {"reg": self.reg, "sd": self.sd}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.reg, self.sd = float(state["reg"]), float(state["sd"])
        self._set_factors(arrays["factors"])


def solve_rows(
    matrix: sparse.csr_array, others: np.ndarray, alpha: float, reg: float, gram: np.ndarray | None = None
) -> np.ndarray:
    """Factors (n, k) float32 of each row: (alpha Y'Y + Y_s'Y_s + reg (n_s + alpha n_others) I)^-1 sum Y_s.

    Rows with few entries s are solved in batches of the same s, in s unknowns instead of k:
    (C + Y'Y)^-1 Y'1 = C^-1 Y' (I + Y C^-1 Y')^-1 1, with C from one eigendecomposition.

    Args:
        matrix: CSR (n, n_others), the pattern of the rows.
        others: Y, (n_others, k) float32, factors of the other side.
        gram: alpha Y'Y if it has been computed, otherwise None.
    """
    gram = _weighted_gram(others, alpha) if gram is None else gram
    n_others, n_factors = others.shape
    result = np.zeros((matrix.shape[0], n_factors), dtype=np.float32)
    indptr, indices, lengths = matrix.indptr, matrix.indices, csr.row_lengths(matrix)
    short, counts = np.unique(lengths[(lengths > 0) & (lengths <= n_factors // 2)], return_counts=True)
    short = short[counts >= BATCH_FROM]
    if len(short):
        values, axes = np.linalg.eigh(gram)
        rotated = others @ axes
        for length in short:
            rows = np.flatnonzero(lengths == length)
            root = np.sqrt(np.maximum(values, 0) + reg * (length + alpha * n_others)).astype(np.float32)
            for start in range(0, len(rows), BATCH):
                part = rows[start : start + BATCH]
                seen = rotated[indices[indptr[part][:, None] + np.arange(length)]] / root
                result[part] = (_batch(seen) / root) @ axes.T
    for row in np.flatnonzero((lengths > 0) & ~np.isin(lengths, short)):
        result[row] = _folded(others[indices[indptr[row] : indptr[row + 1]]], gram, alpha, reg, n_others)
    return result


def _batch(seen: np.ndarray) -> np.ndarray:
    """Y'(I + Y Y')^-1 1 for a batch of Y, (n, s, k): (n, k)."""
    n_rows, length, _ = seen.shape
    system = seen @ seen.transpose(0, 2, 1)
    system[:, np.arange(length), np.arange(length)] += 1.0
    weights = np.linalg.solve(system, np.ones((n_rows, length, 1), np.float32))
    return (seen * weights).sum(axis=1)


def _folded(seen: np.ndarray, gram: np.ndarray, alpha: float, reg: float, n_others: int) -> np.ndarray:
    return _solved(_system(seen, gram, alpha, reg, n_others), seen.sum(axis=0))


def _weighted_gram(others: np.ndarray, alpha: float) -> np.ndarray:
    return np.float32(alpha) * (others.T @ others)


def _system(seen: np.ndarray, gram: np.ndarray, alpha: float, reg: float, n_others: int) -> np.ndarray:
    system = gram + seen.T @ seen
    system.ravel()[:: len(system) + 1] += np.float32(reg * (len(seen) + alpha * n_others))
    return system.T  # symmetric; the transpose has the memory order that LAPACK expects


def _solved(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    return scipy.linalg.lapack.sposv(system, right, lower=1, overwrite_a=1)[1]


def _start(pattern: sparse.csr_array, n_factors: int, seed: int) -> np.ndarray:
    """Item factors from the truncated SVD of n_u^-1/4 X n_i^-1/4."""
    n_items = pattern.shape[1]
    by_user = np.maximum(csr.row_lengths(pattern), 1).astype(np.float32) ** -0.25
    by_item = np.maximum(csr.column_counts(pattern), 1).astype(np.float32) ** -0.25
    scaled = csr.with_data(pattern, csr.per_entry(by_user, pattern) * by_item[pattern.indices])
    values, axes = truncated_svd(scaled, n_factors, seed, n_iter=2)
    start = np.zeros((n_items, n_factors), dtype=np.float32)
    start[:, : len(values)] = axes * np.sqrt(values)
    return start
