"""The experts of the hybrid: models and item-item weights, each of which scores every item for a history.

Most experts are recommenders of this package with different settings. The others reuse weights of these or are one
product of the history with a matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.errors import listing
from recsys.models.base import Recommender
from recsys.models.collaborative.als import Als
from recsys.models.collaborative.ease import Ease
from recsys.models.content_based.content import Content
from recsys.models.hybrid import transitions
from recsys.models.hybrid.arrays import joined, subset
from recsys.models.hybrid.item_statistics import ItemStatistics
from recsys.models.numeric import item_item, item_weights
from recsys.models.numeric.item_weights import SparseWeights, Weights
from recsys.models.numeric.nonnegative import nonnegative
from recsys.models.numeric.svd import truncated_svd
from recsys.models.rating_weights import exponential_decay, z_scores
from recsys.models.trained_on import TrainedOn

Members = dict[str, Recommender]

# These settings were tuned together: the experts complement one another, and alone all but the first are weaker.
EASE_SETTINGS: dict[str, dict[str, Any]] = {
    "ease": {
        "reg": 1.6,
        "dropout": 0.33,
        "user_power": 0.25,
        "rare_count": 0.0,
        "popularity_discount": 0.1,
        "rating_strength": 0.2,
        "recency_items": 12.0,
        "recent_share": 0.5,
    },
    "ease_strong": {
        "reg": 4.0,
        "dropout": 0.33,
        "user_power": 0.25,
        "rare_count": 0.0,
        "popularity_discount": 0.15,
        "rating_strength": 0.1,
        "recency_items": 4.0,
        "recent_share": 1.0,
    },
    "ease_weak": {
        "reg": 0.8,
        "dropout": 0.0,
        "user_power": 0.0,
        "rare_count": 0.0,
        "popularity_discount": 0.0,
        "rating_strength": 0.0,
        "recency_items": 0.0,
    },
}
# The order of the members and of `Experts.scores` is the order of the reranker's features.
MEMBERS: dict[str, tuple[type[Recommender], dict[str, Any]]] = {
    **{name: (Ease, settings) for name, settings in EASE_SETTINGS.items()},
    "als": (Als, {"alpha": 1.0}),
    "als_weak": (Als, {"alpha": 0.3}),
    "content": (Content, {}),
}
COMPARING = ("ease", "als", "content")  # members whose mean similarity is used for similar items
LIMITS = Ease.Config().limits
WALK_LEAVE, WALK_ARRIVE = 0.8, 0.4  # popularity exponents of the random walk
SLIM_MAX_ITEMS = 4_000  # most items for which the sparse weights are trained, because it multiplies dense matrices
# Penalties and step of the sparse weights in units of the mean count; the lasso in units of its root.
SLIM_RIDGE, SLIM_LASSO, SLIM_STEP = 0.4, 0.15, 4.0
SLIM_DISCOUNT = 0.1  # exponent of the discount on popular items
N_AXES = 48  # axes of the spectral expert
RATINGS_DECAY = 4.0  # length of the recency decay of the ratings expert, as a multiple of EASE's


@dataclass(frozen=True)
class Experts:
    """Fitted experts over the same items.

    Attributes:
        members: name -> fitted recommender.
        statistics: of the items.
        walk: weights of the random walk from item to item.
        axes: (n_items, at most N_AXES) float32 leading singular vectors of n_u^-1/2 X n_i^-1/2, a low-pass filter
            (Shen et al. 2021).
        slim: sparse nonnegative weights, or None if there are more than SLIM_MAX_ITEMS items.
        chain: CSR (n_items, n_items) transitions, or None if the order of histories is unknown.
    """

    members: Members
    statistics: ItemStatistics
    walk: Weights
    axes: np.ndarray
    slim: SparseWeights | None
    chain: sparse.csr_array | None

    @classmethod
    def fit(cls, data: Interactions, features: ItemFeatures | None, seed: int) -> Experts:
        """Train every expert; content only if there are features."""
        members = {
            name: kind(**settings).fit(data, features, seed)
            for name, (kind, settings) in MEMBERS.items()
            if features is not None or not kind.uses_features
        }
        n_items = len(data.items)
        max_per_row = LIMITS.weights_per_item if n_items > LIMITS.full_items else None
        return cls(
            members=members,
            statistics=ItemStatistics.of(data),
            walk=item_item.random_walk(data.matrix, WALK_LEAVE, WALK_ARRIVE, LIMITS),
            axes=_spectral_axes(data, seed),
            slim=_slim(_ease(members), data) if n_items <= SLIM_MAX_ITEMS else None,
            chain=None if data.times is None else transitions.transitions(data.histories, max_per_row),
        )

    @property
    def ease(self) -> Ease:
        """The strongest member."""
        return _ease(self.members)

    @property
    def trained_on(self) -> TrainedOn:
        """Facts about the training data, which all members share."""
        return self.ease.trained_on

    def scores(self, histories: Histories) -> dict[str, np.ndarray]:
        """Name of an expert -> scores (n, n_items) float32, NaN if it has none; always in the same order."""
        matrix, counts = histories.matrix, self.statistics.counts
        inputs = self._ease_inputs(histories)
        by_ease = self._ease_scores(inputs, matrix)
        scores = {
            name: by_ease["ease"] if member is self.ease else member.score(histories)
            for name, member in self.members.items()
        }
        scores["ratings"] = by_ease["ratings"]
        of_history = counts[matrix.indices]
        scores["walk"] = item_weights.apply_all(self.walk, [of_history**-WALK_LEAVE], matrix)[0]
        if self.slim is not None:
            sums = item_weights.apply_all(self.slim, [inputs["ease"]], matrix)[0]
            scores["slim"] = sums * counts**-SLIM_DISCOUNT
        damped = csr.with_data(matrix, of_history**-0.5)
        scores["spectral"] = ((damped @ self.axes) @ self.axes.T) * np.sqrt(counts)
        if self.chain is not None:
            scores["unordered"] = by_ease["unordered"]
            scores["transitions"] = transitions.next_scores(histories, self.chain)
        return scores

    def _ease_inputs(self, histories: Histories) -> dict[str, np.ndarray]:
        """Three inputs of the EASE weights, (nnz,) each: EASE's own, the ratings alone, and EASE's without the order.

        The third is left out if the order of histories is unknown.
        """
        ease, matrix = self.ease, histories.matrix
        histories = histories if ease.ordered else histories.unordered()
        decay = exponential_decay(histories.ages, RATINGS_DECAY * ease.config.recency_items)
        ratings = z_scores(matrix, ease.mean, ease.sd) * decay
        inputs = {"ease": ease.inputs(histories), "ratings": ratings.astype(np.float32)}
        if self.chain is not None:
            inputs["unordered"] = ease.inputs(histories.unordered())
        return inputs

    def _ease_scores(self, inputs: Mapping[str, np.ndarray], matrix: sparse.csr_array) -> dict[str, np.ndarray]:
        """Scores (n, n_items) for each input, reading the weights once; NaN for empty histories."""
        scores = self.ease.project(list(inputs.values()), matrix)
        scores[:, csr.row_lengths(matrix) == 0] = np.nan
        return dict(zip(inputs, scores, strict=True))

    def similar_scores(self, number: int) -> np.ndarray:
        """Mean similarity (n_items,) float32 of all items to one by the COMPARING members, each as z-scores."""
        rows = [self.members[name].similar_scores(number) for name in COMPARING if name in self.members]
        rows = [row.astype(np.float64) for row in rows if np.isfinite(row).any()]
        z = [np.nan_to_num((row - np.nanmean(row)) / (np.nanstd(row) + 1e-9)) for row in rows]
        return np.mean(z, axis=0).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learned, as arrays by name."""
        parts = {"statistics": self.statistics.arrays(), "walk": self.walk.arrays(), "spectral": {"axes": self.axes}}
        if self.slim is not None:
            parts["slim"] = self.slim.arrays()
        if self.chain is not None:
            parts["chain"] = csr.to_arrays(self.chain)
        parts |= {name: member.arrays() for name, member in self.members.items()}
        return joined(parts)

    def state(self) -> dict[str, Any]:
        """What was learned except for arrays, as JSON values by member."""
        return {name: member.state() for name, member in self.members.items()}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any], facts: TrainedOn) -> Experts:
        """Restore experts from what `arrays` and `state` returned.

        Args:
            facts: about the training data of all members.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or invalid.
        """
        members: Members = {}
        for name in (name for name in MEMBERS if name in state):
            kind, settings = MEMBERS[name]
            members[name] = kind(**settings)
            members[name].adopt(facts)
            members[name].restore(subset(arrays, f"{name}."), state[name])
        slim, chain = subset(arrays, "slim."), subset(arrays, "chain.")
        weights = item_weights.restore(slim) if slim else None
        if weights is not None and not isinstance(weights, SparseWeights):
            raise ValueError("the weights of slim are not sparse")
        statistics = ItemStatistics.restored(subset(arrays, "statistics."))
        walk, axes = item_weights.restore(subset(arrays, "walk.")), arrays["spectral.axes"]
        lengths = [len(walk), len(axes), len(statistics.counts), *([] if weights is None else [len(weights)])]
        if set(lengths) != {len(facts.items)}:
            raise ValueError(f"experts of {listing(lengths)} items, and there are {len(facts.items)}")
        return cls(
            members=members,
            statistics=statistics,
            walk=walk,
            axes=axes,
            slim=weights,
            chain=csr.from_arrays(chain, len(facts.items)) if chain else None,
        )


def _ease(members: Members) -> Ease:
    ease = members["ease"]
    if not isinstance(ease, Ease):
        raise TypeError(f"the first expert is a {type(ease).__name__}")
    return ease


def _spectral_axes(data: Interactions, seed: int) -> np.ndarray:
    matrix = data.matrix
    by_user = csr.per_entry(np.maximum(data.user_counts, 1) ** -0.5, matrix)
    by_item = np.maximum(data.item_counts, 1).astype(np.float32)[matrix.indices] ** -0.5
    n_axes = max(1, min(N_AXES, min(matrix.shape) // 3))  # with all axes the scores would only repeat the history
    return truncated_svd(csr.with_data(matrix, (by_user * by_item).astype(np.float32)), n_axes, seed)[1]


def _slim(ease: Ease, data: Interactions) -> SparseWeights:
    """Sparse nonnegative weights learned from EASE's inputs without their order, more penalised for popular items."""
    counts = data.item_counts.astype(np.float64)
    liked = csr.with_data(data.matrix, ease.inputs(Histories(data.matrix)))
    mean_count = max((counts**2).sum() / max(counts.sum(), 1.0), 1.0)
    share = np.maximum(counts, 1.0) ** 0.75
    share /= share.mean()
    ridge, lasso = SLIM_RIDGE * mean_count * share, SLIM_LASSO * mean_count**0.5 * share
    return nonnegative(liked, ridge, lasso, SLIM_STEP * mean_count)
