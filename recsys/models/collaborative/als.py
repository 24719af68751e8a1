"""Implicit matrix factorisation by alternating least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.numeric.item_item import leading_axes
from recsys.models.rating_weights import deviations, interest
from recsys.models.registry import register

TOGETHER = 8  # rows of one length from which solving them together pays
BLOCK = 1024  # such rows solved at once


@register
class Als(Recommender):
    """iALS with frequency-scaled regularisation.

    Minimises sum_seen (1 - p_u.q_i)^2 + alpha sum_all (p_u.q_i)^2
    + reg' sum_u (n_u + alpha n_items) |p_u|^2 + reg' sum_i (n_i + alpha n_users) |q_i|^2
    (Hu, Koren and Volinsky 2008; frequency scaling as in Rendle et al. 2021), where
    reg' = reg / sqrt(alpha sqrt(n_users n_items)), so that one `reg` suits data of any size. Started from a
    truncated SVD, so that few sweeps suffice. A history is folded in by one solve; clear dislikes are left out of it.

    Learnt: Q (n_items, n_factors) float32.
    """

    name = "als"
    title = "Hidden tastes"
    summary = "A few dozen hidden tastes found in who rated what; a person is placed among them by their history."
    family = "collaborative"
    order = 60
    scales = True
    preferred = 2

    @dataclass(frozen=True)
    class Config:
        n_factors: int = setting(64, "Hidden tastes.", low=1, high=512, search=(32, 48, 64, 96))
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
        self.sd = float(data.matrix.data.std(dtype=np.float64)) if data.has_ratings else 0.0
        pattern = sparse.csr_array(
            (np.ones(data.matrix.nnz, np.float32), data.matrix.indices, data.matrix.indptr), shape=data.matrix.shape
        )
        n_users, n_items = pattern.shape
        alpha = self.config.alpha
        self.reg = self.config.reg / np.sqrt(alpha * np.sqrt(n_users * n_items))
        by_item = sparse.csr_array(pattern.T.tocsr())
        items = _start(pattern, self.config.n_factors, seed)
        for _ in range(self.config.n_epochs):
            users = solve_rows(pattern, items, alpha, self.reg)
            items = solve_rows(by_item, users, alpha, self.reg)
        self._take(items)

    def _take(self, factors: np.ndarray) -> None:
        self.factors = factors
        # at tens of thousands of items this takes longer than a fold-in
        self.common = _common(factors, self.config.alpha)

    def fold_in(self, histories: Histories) -> np.ndarray:
        """User factors (n, n_factors) float32 of histories."""
        matrix = histories.matrix
        liked = interest(deviations(matrix, self.mean, self.sd), 0.2) > 0
        if len(histories) == 1:
            seen = self.factors[matrix.indices[liked]]
            return _folded(seen, self.common, self.config.alpha, self.reg, len(self.factors))[None]
        if liked.all():
            return solve_rows(matrix, self.factors, self.config.alpha, self.reg, self.common)
        counts = np.bincount(
            np.repeat(np.arange(len(histories)), np.diff(matrix.indptr))[liked], minlength=len(histories)
        )
        indptr = np.concatenate([[0], np.cumsum(counts)])
        kept = sparse.csr_array((matrix.data[liked], matrix.indices[liked], indptr), shape=matrix.shape)
        return solve_rows(kept, self.factors, self.config.alpha, self.reg, self.common)

    def _score(self, histories: Histories) -> np.ndarray:
        scores = self.fold_in(histories) @ self.factors.T
        scores[:, ~self.rated] = np.nan
        return scores

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Exact for one history: p = A^-1 sum_i q_i, so item i adds q_j' A^-1 q_i (Hu, Koren and Volinsky 2008)."""
        seen = self.factors[histories.matrix.indices]
        liked = interest(deviations(histories.matrix, self.mean, self.sd), 0.2) > 0
        system = _system(seen[liked], self.common, self.config.alpha, self.reg, len(self.factors))
        # solved for the few items asked about: a history may be long
        return (_solved(system, self.factors[numbers].T).T @ seen.T) * liked

    def _similar(self, number: int) -> np.ndarray:
        """Cosine of item factors."""
        norms = np.linalg.norm(self.factors, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosines = (self.factors @ self.factors[number]) / (norms * norms[number])
        return np.where(self.rated & (norms > 0), cosines, np.nan)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"factors": self.factors}

    def _state(self) -> dict[str, Any]:
        return {"reg": self.reg, "sd": self.sd}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.reg, self.sd = float(state["reg"]), float(state["sd"])
        self._take(arrays["factors"])


def solve_rows(
    matrix: sparse.csr_array, others: np.ndarray, alpha: float, reg: float, common: np.ndarray | None = None
) -> np.ndarray:
    """Factors (n, n_factors) float32 of each row: (alpha Y'Y + Y_s'Y_s + reg (n_s + alpha n) I)^-1 sum Y_s.

    Rows with few entries are solved together, by their number of entries s, in s unknowns instead of
    n_factors: (C + Y'Y)^-1 Y'1 = C^-1 Y' (I + Y C^-1 Y')^-1 1, with C from one eigendecomposition.
    `common` is alpha Y'Y where it is known already.
    """
    common = _common(others, alpha) if common is None else common
    n_others, n_factors = others.shape
    result = np.zeros((matrix.shape[0], n_factors), dtype=np.float32)
    indptr, indices, lengths = matrix.indptr, matrix.indices, np.diff(matrix.indptr)
    short, many = np.unique(lengths[(lengths > 0) & (lengths <= n_factors // 2)], return_counts=True)
    short = short[many >= TOGETHER]
    if len(short):
        values, axes = np.linalg.eigh(common)
        rotated = others @ axes
    for length in short:
        rows = np.flatnonzero(lengths == length)
        lengths[rows] = 0
        root = np.sqrt(np.maximum(values, 0) + reg * (length + alpha * n_others)).astype(np.float32)
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            seen = rotated[indices[indptr[part][:, None] + np.arange(length)]] / root
            system = seen @ seen.transpose(0, 2, 1)
            system[:, np.arange(length), np.arange(length)] += 1.0
            weights = np.linalg.solve(system, np.ones((len(part), length, 1), np.float32))
            result[part] = ((seen * weights).sum(axis=1) / root) @ axes.T
    for row in np.flatnonzero(lengths):
        result[row] = _folded(others[indices[indptr[row] : indptr[row + 1]]], common, alpha, reg, n_others)
    return result


def _folded(seen: np.ndarray, common: np.ndarray, alpha: float, reg: float, n_others: int) -> np.ndarray:
    return _solved(_system(seen, common, alpha, reg, n_others), seen.sum(axis=0))


def _common(others: np.ndarray, alpha: float) -> np.ndarray:
    return np.float32(alpha) * (others.T @ others)


def _system(seen: np.ndarray, common: np.ndarray, alpha: float, reg: float, n_others: int) -> np.ndarray:
    system = common + seen.T @ seen
    system.ravel()[:: len(system) + 1] += np.float32(reg * (len(seen) + alpha * n_others))
    return system.T  # symmetric: the transpose is in the order LAPACK wants


def _solved(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    return linalg.lapack.sposv(system, right, lower=1, overwrite_a=1)[1]


def _start(pattern: sparse.csr_array, n_factors: int, seed: int) -> np.ndarray:
    """Item factors from the leading axes of n_u^-1/4 X n_i^-1/4."""
    n_items = pattern.shape[1]
    by_user = np.maximum(np.diff(pattern.indptr), 1).astype(np.float32) ** -0.25
    by_item = np.maximum(np.bincount(pattern.indices, minlength=n_items), 1).astype(np.float32) ** -0.25
    scaled = pattern.copy()
    scaled.data = np.repeat(by_user, np.diff(pattern.indptr)) * by_item[pattern.indices]
    values, axes = leading_axes(scaled, n_factors, seed)
    start = np.zeros((n_items, n_factors), dtype=np.float32)
    start[:, : len(values)] = axes * np.sqrt(values)
    return start
