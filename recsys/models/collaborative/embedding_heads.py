"""Rating and like/dislike heads on the embeddings that `ncf` has learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.collaborative.ncf import TABLES, Ncf, Network
from recsys.models.config import setting
from recsys.models.neural.recommender import NeuralRecommender
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.rating_prediction.star_model import MARGIN
from recsys.models.registry import register

HELD_OUT = 0.1
REGS = (3.0, 10.0, 30.0, 100.0, 300.0)
ITEM_PRIOR, USER_PRIOR = 5.0, 7.0  # ratings at which a mean counts half against the mean of all
POOL_PRIOR = 3.0
BINS = 20  # of predicted ratings in the report
BLOCK = 20_000  # pairs whose features are worked out at once
MOST_PAIRS = 120_000  # ratings a head is fitted to: some 600 features each


class Pairs:
    """Features of (history, item) pairs from item vectors and ratings.

    With e_i = r_i - mu - b_i - b(h), z_i an item's embeddings on their first principal components:
    x = [1, b(h), b_j, ln n_h, ln n_j, z_j, t, p, t (x) z_j, p * z_j],
    t = sum e_i z_i / (n_h + prior) what the person's errors say of their taste, p = sum z_i / n_h what they chose.
    A pair that is part of the history is taken out of it first.

    Args:
        vectors: (n_items, d) float32 z.
        biases: (n_items,) float32 b_i.
        counts: (n_items,) float32 ln(1 + n_i) - mean.
        mean: mu.
    """

    def __init__(self, vectors: np.ndarray, biases: np.ndarray, counts: np.ndarray, mean: float):
        self.vectors, self.biases, self.counts, self.mean = vectors, biases, counts, mean

    def __call__(
        self, matrix: sparse.csr_array, rows: np.ndarray, items: np.ndarray, own: np.ndarray | None
    ) -> np.ndarray:
        """(n_pairs, f) float32; `own` (n_pairs,) the rating of each pair where it stands in the history, else None.

        A row or item of -1 is unknown: an empty history, an average item.
        """
        lengths = np.diff(matrix.indptr)
        of = np.repeat(np.arange(len(lengths)), lengths)
        error = matrix.data - self.mean - self.biases[matrix.indices]
        sums = np.bincount(of, weights=error, minlength=len(lengths))
        chosen = matrix.indices
        pattern = sparse.csr_array((np.ones(len(of), np.float32), chosen, matrix.indptr), shape=matrix.shape)
        errors = sparse.csr_array((error.astype(np.float32), chosen, matrix.indptr), shape=matrix.shape)
        pooled, tastes = pattern @ self.vectors, errors @ self.vectors
        known_row, known = (rows >= 0).astype(np.float32), (items >= 0).astype(np.float32)
        z, bias, count = self.vectors[items] * known[:, None], self.biases[items] * known, self.counts[items] * known
        size, total = lengths[rows] * known_row, sums[rows] * known_row
        pool, taste = pooled[rows] * known_row[:, None], tastes[rows] * known_row[:, None]
        if own is not None:
            left = own - self.mean - bias
            size, total = size - 1, total - left
            pool, taste = pool - z, taste - left[:, None] * z
        mild = total / (size + USER_PRIOR)
        taste = (taste - mild[:, None] * pool) / (size + POOL_PRIOR)[:, None]
        pool = pool / np.maximum(size, 1)[:, None]
        crossed = (taste[:, :, None] * z[:, None, :]).reshape(len(rows), -1)
        parts = [np.ones(len(rows)), mild, bias, np.log1p(size) - 4, count]
        return np.hstack([np.column_stack(parts), z, taste, pool, crossed, pool * z]).astype(np.float32)


class EmbeddingHead(NeuralRecommender):
    """A linear head on the features of `Pairs`, over an `ncf` that is fitted with it or given ready.

    The ranking multiplies the network's chance that the item is picked with the head's answer: a liking nobody
    ever has the chance to confirm is not worth much.
    """

    family = "collaborative"
    requires = (*NeuralRecommender.requires, "sklearn")

    @dataclass(frozen=True)
    class Config:
        n_components: int = setting(16, "Principal components of the item embeddings.", low=1, search=(8, 16, 24))
        n_factors: int = setting(32, "Length of an item's vector in each branch of the network.", low=1)
        n_steps: int = setting(2000, "Training steps of the network.", low=1)

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self._fit_with({}, data, features, seed)

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        """Learn, taking over an `ncf` in `ready` that was fitted on the same data with the same settings."""
        fresh, given = Ncf(n_factors=self.config.n_factors, n_steps=self.config.n_steps), ready.get(Ncf.name)
        fresh.watcher = self.watcher
        base = given if isinstance(given, Ncf) and given.settings == fresh.settings else fresh.fit(data, features, seed)
        self.network, self.report, self.head = base.network, {}, np.zeros(0)
        vectors = np.hstack([self.network.weights[table] for table in TABLES]).astype(np.float64)
        vectors -= vectors[self.rated].mean(axis=0) if self.rated.any() else 0
        vectors[~self.rated] = 0
        _, _, axes = np.linalg.svd(vectors.T @ vectors)
        vectors = vectors @ axes[: self.config.n_components].T
        spread = np.sqrt((vectors**2).mean(axis=0).max()) or 1.0
        users = np.repeat(np.arange(len(data.users)), np.diff(data.matrix.indptr))
        counts = np.log1p(data.item_counts)
        self.pairs = Pairs(
            (vectors / spread).astype(np.float32),
            _item_biases(data, users),
            (counts - counts.mean()).astype(np.float32),
            data.mean,
        )
        if self.has_ratings:
            self._learn(data, users, np.random.default_rng(seed))

    def _learn(self, data: Interactions, users: np.ndarray, rng: np.random.Generator) -> None:
        matrix = data.matrix
        used = np.arange(matrix.nnz)
        if len(used) > MOST_PAIRS:
            used = np.sort(rng.choice(used, MOST_PAIRS, replace=False))
        rows = np.vstack(
            [
                self.pairs(matrix, users[part], matrix.indices[part], matrix.data[part])
                for part in np.array_split(used, -(-len(used) // BLOCK))
            ]
        )
        ratings, held = matrix.data[used], rng.random(len(used)) < HELD_OUT
        place = 0
        if held.any() and not held.all():
            tried = self._answer(rows[held], self._solve(rows[~held], ratings[~held], REGS))
            losses = self._losses(tried, ratings[held])
            place = int(np.argmin(losses))
            results = self._describe(tried[:, place], ratings[held])
            self.report = {
                "reg": REGS[place],
                "held_out": int(held.sum()),
                **results,
                "tried": {"reg": list(REGS), "loss": losses.round(5).tolist()},
            }
        self.head = self._solve(rows, ratings, REGS[place : place + 1])[:, 0]

    def _answers(self, matrix: sparse.csr_array, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        answers = [
            self._answer(self.pairs(matrix, rows[i : i + BLOCK], items[i : i + BLOCK], None), self.head)
            for i in range(0, len(rows), BLOCK)
        ]
        return np.concatenate(answers) if answers else np.zeros(0)

    def _score(self, histories: Histories) -> np.ndarray:
        logits = self.network.logits(histories.matrix)
        scores = 1.0 / (1.0 + np.exp(-logits))
        if self.has_ratings:
            users, items = len(histories), len(self.items)
            rows, columns = np.repeat(np.arange(users), items), np.tile(np.arange(items), users)
            liking = self._liking(self._answers(histories.matrix, rows, columns)).reshape(users, items)
            scores = scores * (liking + MARGIN)
        return np.where(self.rated, scores, np.nan)

    def _similar(self, number: int) -> np.ndarray:
        return damped_cosine(self.pairs.vectors, number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Those of the network's part of the score."""
        return self.network.contributions(histories.matrix, numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        pairs = self.pairs
        return {
            **self.network.weights,
            "head": self.head,
            "pairs.vectors": pairs.vectors,
            "pairs.biases": pairs.biases,
            "pairs.counts": pairs.counts,
        }

    def state(self) -> dict[str, Any]:
        return {"report": self.report}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.head, self.report = arrays["head"], state["report"]
        self.pairs = Pairs(arrays["pairs.vectors"], arrays["pairs.biases"], arrays["pairs.counts"], self.mean)
        own = ("head", "pairs.vectors", "pairs.biases", "pairs.counts")
        self.network = Network({name: array for name, array in arrays.items() if name not in own})
        if any(len(arrays[name]) != len(self.items) for name in (*TABLES, *own[1:])):
            raise ValueError(f"embeddings of {len(arrays['pairs.vectors'])} items")

    def _solve(self, rows: np.ndarray, ratings: np.ndarray, regs: tuple[float, ...]) -> np.ndarray:
        """Heads (f, n_regs) fitted to features (n, f) and ratings (n,)."""
        raise NotImplementedError

    def _answer(self, rows: np.ndarray, head: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _losses(self, answers: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        """Held-out loss (n_regs,) of answers (n, n_regs)."""
        raise NotImplementedError

    def _describe(self, answers: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        """Held-out results for the report."""
        raise NotImplementedError

    def _liking(self, answers: np.ndarray) -> np.ndarray:
        """Answers as a liking in 0..1."""
        raise NotImplementedError


@register
class EmbeddingRegression(EmbeddingHead):
    """Ridge regression of ratings on the embeddings of history and item (Hoerl and Kennard 1970).

    r(h, j) = w.x(h, j), clipped to the scale; see `Pairs` for x. The penalty is chosen on a tenth of the ratings.
    """

    name = "embedding_regression"
    title = "Stars from embeddings"
    summary = "Predicts your rating from what a neural network learned of your history and of the item."
    order = 85
    report_kind = "regression"
    predicts_ratings = True

    def _solve(self, rows: np.ndarray, ratings: np.ndarray, regs: tuple[float, ...]) -> np.ndarray:
        size = rows.shape[1]
        gram, right = (rows.T @ rows).astype(np.float64), rows.T @ (ratings - self.mean)
        return np.stack([np.linalg.solve(gram + reg * np.eye(size), right) for reg in regs], axis=1)

    def _answer(self, rows: np.ndarray, head: np.ndarray) -> np.ndarray:
        return self.mean + rows @ head

    def _losses(self, answers: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        return ((np.clip(answers, *self.scale) - ratings[:, None]) ** 2).mean(axis=0)

    def _describe(self, answers: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        answers = np.clip(answers, *self.scale)
        levels = np.unique(ratings)
        quartiles = [np.percentile(answers[ratings == level], [25, 50, 75]).round(3).tolist() for level in levels]
        return {
            "rmse": round(float(np.sqrt(np.mean((answers - ratings) ** 2))), 4),
            "mae": round(float(np.abs(answers - ratings).mean()), 4),
            "levels": levels.tolist(),
            "quartiles": quartiles,
            "cells": _cells(answers, ratings, self.scale),
        }

    def _liking(self, answers: np.ndarray) -> np.ndarray:
        low, high = self.scale
        return (np.clip(answers, low, high) - low) / (high - low)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        if not self.has_ratings:
            return np.full(len(users), self.mean)
        return self._answers(histories.matrix, users, items)


@register
class EmbeddingClassification(EmbeddingHead):
    """Logistic regression of like or dislike on the embeddings of history and item (Cox 1958).

    P(r(h, j) >= mean) = 1 / (1 + exp(-w.x(h, j))), by Newton's method; see `Pairs` for x.
    """

    name = "embedding_classification"
    title = "Like or not, from embeddings"
    summary = "The chance that you would rate it above average, from what a neural network learned."
    order = 86
    report_kind = "classification"

    def _solve(self, rows: np.ndarray, ratings: np.ndarray, regs: tuple[float, ...]) -> np.ndarray:
        size, liked = rows.shape[1], ratings >= self.mean
        heads = np.zeros((size, len(regs)))
        for place, reg in enumerate(regs):
            # the stronger penalty's head is a start two or three steps from this one's
            head = heads[:, place - 1].copy() if place else np.zeros(size)
            for _ in range(3 if place else 6):
                chance = self._answer(rows, head)
                spread = np.sqrt(chance * (1 - chance)).astype(np.float32)[:, None] * rows
                slope = rows.T @ (liked - chance) - reg * head
                head = head + np.linalg.solve(spread.T @ spread + reg * np.eye(size), slope)
            heads[:, place] = head
        return heads

    def _answer(self, rows: np.ndarray, head: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-np.clip(rows @ head, -30, 30)))

    def _losses(self, answers: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        liked = (ratings >= self.mean)[:, None]
        return -np.log(np.clip(np.where(liked, answers, 1 - answers), 1e-9, None)).mean(axis=0)

    def _describe(self, answers: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        liked = ratings >= self.mean
        cuts = np.linspace(0, 1, 21)
        hits = [round(float((answers[liked] >= cut).mean()), 4) if liked.any() else 0.0 for cut in cuts]
        alarms = [round(float((answers[~liked] >= cut).mean()), 4) if (~liked).any() else 0.0 for cut in cuts]
        said = answers >= 0.5
        confusion = [
            [int((~liked & ~said).sum()), int((~liked & said).sum())],
            [int((liked & ~said).sum()), int((liked & said).sum())],
        ]
        return {
            "accuracy": round(float((said == liked).mean()), 4),
            "liked": round(float(liked.mean()), 4),
            "auc": round(float(np.trapezoid(hits[::-1], alarms[::-1])), 4),
            "confusion": confusion,
            "roc": {"cut": cuts.round(2).tolist(), "true": hits, "false": alarms},
        }

    def chances(self, histories: Histories) -> np.ndarray:
        """P(like) (n, n_items) float32 of each history and item; without ratings all are 1."""
        users, items = len(histories), len(self.items)
        if not self.has_ratings:
            return np.ones((users, items), np.float32)
        rows, columns = np.repeat(np.arange(users), items), np.tile(np.arange(items), users)
        return self._answers(histories.matrix, rows, columns).reshape(users, items).astype(np.float32)

    def _liking(self, answers: np.ndarray) -> np.ndarray:
        return answers


def _cells(answers: np.ndarray, ratings: np.ndarray, scale: tuple[float, float]) -> dict[str, Any]:
    """Counts of answers by rating: `ratings` (k) and `answers` (m) the middles, `counts` (k, m).

    Each rating has its own row where there are at most BINS of them.
    """
    edges = np.linspace(*scale, BINS + 1)
    middles = ((edges[1:] + edges[:-1]) / 2).round(4).tolist()

    def place(values: np.ndarray) -> np.ndarray:
        return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)

    levels, rows = np.unique(ratings, return_inverse=True)
    if len(levels) > BINS:
        levels, rows = np.array(middles), place(ratings)
    counts = np.bincount(rows * BINS + place(answers), minlength=len(levels) * BINS).reshape(-1, BINS)
    return {"ratings": levels.tolist(), "answers": middles, "counts": counts.tolist()}


def _item_biases(data: Interactions, users: np.ndarray) -> np.ndarray:
    """b_i (n_items,) float32, damped means of r - mu - b_u, alternated with those of users."""
    items, ratings = data.matrix.indices, data.matrix.data - data.mean
    of_items, of_users = np.zeros(len(data.items)), np.zeros(len(data.users))
    item_counts, user_counts = data.item_counts, np.diff(data.matrix.indptr)
    for _ in range(10):
        sums = np.bincount(items, weights=ratings - of_users[users], minlength=len(of_items))
        of_items = sums / (item_counts + ITEM_PRIOR)
        sums = np.bincount(users, weights=ratings - of_items[items], minlength=len(of_users))
        of_users = sums / (user_counts + USER_PRIOR)
    return of_items.astype(np.float32)
