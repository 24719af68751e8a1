"""Predict ratings, or like and dislike, from the embeddings that `ncf` has learned."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.collaborative.embedding_pairs import PairFeatures, item_biases
from recsys.models.collaborative.ncf import TABLES, Ncf, Network
from recsys.models.config import setting
from recsys.models.neural.recommender import NeuralRecommender
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.numeric.svd import principal_components
from recsys.models.rating_prediction.star_model import MARGIN
from recsys.models.registry import register
from recsys.ranking import metrics

log = logging.getLogger(__name__)

HELD_OUT = 0.1  # share of the ratings that is held out to choose the penalty
PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
MAX_PAIRS = 120_000  # ratings a head is fitted to, with several hundred features each
BLOCK = 20_000  # pairs whose features are computed at once
BINS = 20  # number of bins of predicted ratings in the report
ROC_POINTS = 40  # number of points of the ROC curve in the report
OWN_ARRAYS = ("head", "pairs.vectors", "pairs.biases", "pairs.counts")


class EmbeddingHead(NeuralRecommender):
    """Base of linear models on the features of `PairFeatures`, which an `ncf` provides; it is reused or fitted too.

    The score is the network's probability that the item is chosen, times the head's prediction, because a good rating
    does not help if the item would never be chosen. Fitted with scikit-learn, served in NumPy.
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
        """Learn, and reuse an `ncf` in `ready` if it was fitted with the same settings."""
        fresh, given = Ncf(n_factors=self.config.n_factors, n_steps=self.config.n_steps), ready.get(Ncf.name)
        fresh.progress, fresh.checkpoint = self.progress, self.checkpoint
        if not (isinstance(given, Ncf) and given.settings == fresh.settings):
            fresh.fit(data, features, seed)
            given = fresh
        self.network, self.report, self.head = given.network, {}, np.zeros(0)
        log_counts = np.log1p(data.item_counts)
        self.pairs = PairFeatures(
            self._item_vectors(),
            item_biases(data),
            (log_counts - log_counts.mean()).astype(np.float32),
            data.mean,
        )
        if self.has_ratings:
            self._fit_head(data, np.random.default_rng(seed))

    def training_steps(self, data: Interactions) -> int:
        return Ncf(n_factors=self.config.n_factors, n_steps=self.config.n_steps).training_steps(data)

    def _item_vectors(self) -> np.ndarray:
        """Embeddings (n_items, n_components) float32 on their principal components, zero for unrated items."""
        embeddings = np.hstack([self.network.weights[table] for table in TABLES]).astype(np.float64)
        rated = embeddings[self.rated]
        components = principal_components(rated, None)[0][: self.config.n_components]
        vectors = np.zeros((len(embeddings), len(components)), np.float32)
        centred = (rated - rated.mean(axis=0)) @ components.T if len(rated) else rated @ components.T
        spread = np.sqrt((centred**2).sum(axis=0).max(initial=0.0) / len(embeddings)) or 1.0
        vectors[self.rated] = centred / spread
        return vectors

    def _fit_head(self, data: Interactions, rng: np.random.Generator) -> None:
        """Choose the penalty on held-out pairs, then fit to all pairs."""
        matrix, users, used = data.matrix, data.rows, np.arange(data.matrix.nnz)
        if len(used) > MAX_PAIRS:
            used = np.sort(rng.choice(used, MAX_PAIRS, replace=False))
        blocks = np.array_split(used, math.ceil(len(used) / BLOCK))
        log.info("%s: features of %d ratings.", self.name, len(used))
        x = np.vstack([self.pairs(matrix, users[part], matrix.indices[part], matrix.data[part]) for part in blocks])
        ratings, held = matrix.data[used], rng.random(len(used)) < HELD_OUT
        penalty = PENALTIES[0]
        if self._can_judge(ratings[held]) and self._can_judge(ratings[~held]):
            log.info("%s: trying %d penalties.", self.name, len(PENALTIES))
            tried = self._predictions(x[held], self._solve(x[~held], ratings[~held], PENALTIES))
            losses = self._losses(tried, ratings[held]).astype(np.float64)
            best = int(np.argmin(losses))
            penalty = PENALTIES[best]
            self.report = {
                "reg": penalty,
                "held_out": int(held.sum()),
                **self._describe(tried[:, best], ratings[held]),
                "tried": {"reg": list(PENALTIES), "loss": losses.round(5).tolist()},
            }
        self.head = self._solve(x, ratings, (penalty,))[:, 0]

    def _pair_predictions(self, matrix: sparse.csr_array, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Predictions (n_pairs,) for pairs of history row and item, -1 unknown."""
        blocks = [
            self._predictions(self.pairs(matrix, rows[i : i + BLOCK], items[i : i + BLOCK], None), self.head)
            for i in range(0, len(rows), BLOCK)
        ]
        return np.concatenate([np.zeros(0), *blocks])

    def _all_predictions(self, histories: Histories) -> np.ndarray:
        """Predictions (n, n_items) of every item for every history."""
        shape = (len(histories), len(self.rated))
        rows, columns = (index.ravel() for index in np.indices(shape))
        return self._pair_predictions(histories.matrix, rows, columns).reshape(shape)

    def _score(self, histories: Histories) -> np.ndarray:
        scores = 1.0 / (1.0 + np.exp(-self.network.logits(histories.matrix)))
        if self.has_ratings:
            scores = scores * (self._liking(self._all_predictions(histories)) + MARGIN)
        return np.where(self.rated, scores, np.nan)

    def _similar(self, number: int) -> np.ndarray:
        return damped_cosine(self.pairs.vectors, number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Contributions to the network's factor of the score."""
        return self.network.contributions(histories.matrix, numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        own = (self.head, self.pairs.vectors, self.pairs.biases, self.pairs.log_counts)
        return {**self.network.weights, **dict(zip(OWN_ARRAYS, own, strict=True))}

    def state(self) -> dict[str, Any]:
        return {"report": self.report}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.head, self.report = arrays["head"], state["report"]
        self.pairs = PairFeatures(*(arrays[name] for name in OWN_ARRAYS[1:]), mean=self.mean)
        self.network = Network({name: array for name, array in arrays.items() if name not in OWN_ARRAYS})
        if any(len(arrays[name]) != len(self.rated) for name in (*TABLES, *OWN_ARRAYS[1:])):
            raise ValueError(f"embeddings of {len(arrays['pairs.vectors'])} items")

    def _can_judge(self, ratings: np.ndarray) -> bool:
        """Whether a head can be fitted to these ratings, or evaluated on them."""
        return len(ratings) > 0

    def _solve(self, x: np.ndarray, ratings: np.ndarray, penalties: tuple[float, ...]) -> np.ndarray:
        """Heads (f, n_penalties) float32 fitted to features (n, f) and ratings (n,)."""
        raise NotImplementedError

    def _predictions(self, x: np.ndarray, head: np.ndarray) -> np.ndarray:
        """Predictions (n,) or (n, n_heads) of features (n, f) with a head (f,) or heads (f, n_heads)."""
        raise NotImplementedError

    def _losses(self, predictions: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        """Held-out loss (n_heads,) of predictions (n, n_heads)."""
        raise NotImplementedError

    def _describe(self, predictions: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        """Held-out results for the report, as JSON values."""
        raise NotImplementedError

    def _liking(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions as a liking from 0 to 1."""
        raise NotImplementedError


@register
class EmbeddingRegression(EmbeddingHead):
    """Ridge regression of ratings on the embeddings of history and item (Hoerl and Kennard 1970).

    r(h, j) = mu + w.x(h, j), clipped to the scale; see `PairFeatures` for x. The penalty is chosen on a tenth of the
    ratings.
    """

    name = "embedding_regression"
    title = "Stars from embeddings (ridge regression)"
    summary = "Predicts your rating from what a neural network learned of your history and of the item."
    order = 85
    report_kind = "regression"
    predicts_ratings = True

    def _solve(self, x: np.ndarray, ratings: np.ndarray, penalties: tuple[float, ...]) -> np.ndarray:
        from sklearn.linear_model import Ridge

        # one target for each penalty, so that all share one Gram matrix
        targets = np.tile((ratings - self.mean)[:, None], (1, len(penalties)))
        found = Ridge(alpha=np.array(penalties), fit_intercept=False, solver="cholesky").fit(x, targets)
        return found.coef_.reshape(len(penalties), -1).T

    def _predictions(self, x: np.ndarray, head: np.ndarray) -> np.ndarray:
        return self.mean + x @ head

    def _losses(self, predictions: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        return ((np.clip(predictions, *self.scale) - ratings[:, None]) ** 2).mean(axis=0)

    def _describe(self, predictions: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        predictions = np.clip(predictions, *self.scale)
        levels = np.unique(ratings)
        quartiles = [np.percentile(predictions[ratings == level], [25, 50, 75]).round(3).tolist() for level in levels]
        return {
            "rmse": round(metrics.rmse(predictions, ratings), 4),
            "mae": round(metrics.mae(predictions, ratings), 4),
            "levels": levels.tolist(),
            "quartiles": quartiles,
            "cells": _cells(predictions, ratings, self.scale),
        }

    def _liking(self, predictions: np.ndarray) -> np.ndarray:
        low, high = self.scale
        return (np.clip(predictions, low, high) - low) / (high - low)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        if not self.has_ratings:
            return np.full(len(users), self.mean)
        return self._pair_predictions(histories.matrix, users, items)


@register
class EmbeddingClassification(EmbeddingHead):
    """Logistic regression of like or dislike on the embeddings of history and item (Cox 1958).

    P(r(h, j) >= mu) = 1 / (1 + exp(-w.x(h, j))); see `PairFeatures` for x. The penalty is chosen on a tenth of the
    ratings.
    """

    name = "embedding_classification"
    title = "Like or not, from embeddings (logistic regression)"
    summary = "The probability that you would rate it above average, from what a neural network learned."
    order = 86
    report_kind = "classification"

    def _can_judge(self, ratings: np.ndarray) -> bool:
        return len(np.unique(ratings >= self.mean)) == 2

    def _solve(self, x: np.ndarray, ratings: np.ndarray, penalties: tuple[float, ...]) -> np.ndarray:
        from sklearn.linear_model import LogisticRegression

        heads = np.zeros((x.shape[1], len(penalties)), np.float32)
        found = LogisticRegression(fit_intercept=False, warm_start=True, max_iter=500)
        # the head of a stronger penalty is a good start for a weaker one
        for place in np.argsort(penalties)[::-1]:
            found.set_params(C=1 / penalties[place]).fit(x, ratings >= self.mean)
            heads[:, place] = found.coef_[0]
        return heads

    def _predictions(self, x: np.ndarray, head: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-np.clip(x @ head, -30, 30)))

    def _losses(self, predictions: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        from sklearn.metrics import log_loss

        return np.array([log_loss(ratings >= self.mean, one) for one in predictions.T])

    def _describe(self, predictions: np.ndarray, ratings: np.ndarray) -> dict[str, Any]:
        from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score, roc_curve

        liked, predicted = ratings >= self.mean, predictions >= 0.5
        false, true, cuts = roc_curve(liked, predictions)
        shown = np.unique(np.linspace(0, len(cuts) - 1, ROC_POINTS).round().astype(int))
        return {
            "accuracy": round(float(accuracy_score(liked, predicted)), 4),
            "liked": round(float(liked.mean()), 4),
            "auc": round(float(roc_auc_score(liked, predictions)), 4),
            "confusion": confusion_matrix(liked, predicted, labels=[False, True]).tolist(),
            "roc": {
                "cut": np.minimum(cuts[shown], 1.0).round(4).tolist(),  # the first one is infinite
                "true": true[shown].round(4).tolist(),
                "false": false[shown].round(4).tolist(),
            },
        }

    def chances(self, histories: Histories) -> np.ndarray:
        """P(like) (n, n_items) float32 of each history and item; without ratings all are 1."""
        if not self.has_ratings:
            return np.ones((len(histories), len(self.rated)), np.float32)
        return self._all_predictions(histories).astype(np.float32)

    def _liking(self, predictions: np.ndarray) -> np.ndarray:
        return predictions


def _cells(predictions: np.ndarray, ratings: np.ndarray, scale: tuple[float, float]) -> dict[str, Any]:
    """Counts of predictions by rating: `ratings` (k), `answers` (m) the middles of the bins, and `counts` (k, m).

    Each rating has its own row if there are at most BINS of them.
    """
    edges = np.linspace(*scale, BINS + 1)
    middles = ((edges[1:] + edges[:-1]) / 2).round(4).tolist()

    def place(values: np.ndarray) -> np.ndarray:
        return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)

    levels, rows = np.unique(ratings, return_inverse=True)
    if len(levels) > BINS:
        levels, rows = np.array(middles), place(ratings)
    counts = np.bincount(rows * BINS + place(predictions), minlength=len(levels) * BINS).reshape(-1, BINS)
    return {"ratings": levels.tolist(), "answers": middles, "counts": counts.tolist()}
