"""The experts behind the hybrid: models that score every item, and the features a reranker reads off them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.collaborative.als import Als
from recsys.models.collaborative.ease import Ease
from recsys.models.content_based.content import Content
from recsys.models.hybrid import transitions
from recsys.models.numeric import item_item, item_weights
from recsys.models.numeric.item_item import Limits
from recsys.models.numeric.svd import truncated_svd
from recsys.models.rating_weights import exponential_decay, z_scores
from recsys.models.trained_on import TrainedOn

# name -> class and settings; together they are diverse, alone each but the first is weaker.
MEMBERS: dict[str, tuple[type[Recommender], dict[str, Any]]] = {
    "ease": (
        Ease,
        {
            "reg": 1.6,
            "dropout": 0.33,
            "user_power": 0.25,
            "rare_count": 0.0,
            "popularity_discount": 0.1,
            "rating_strength": 0.2,
            "recency_items": 12.0,
        },
    ),
    "ease_firm": (
        Ease,
        {
            "reg": 4.0,
            "dropout": 0.33,
            "user_power": 0.25,
            "rare_count": 0.0,
            "popularity_discount": 0.15,
            "rating_strength": 0.1,
            "recency_items": 4.0,
        },
    ),
    "ease_loose": (
        Ease,
        {
            "reg": 0.8,
            "dropout": 0.0,
            "user_power": 0.0,
            "rare_count": 0.0,
            "popularity_discount": 0.0,
            "rating_strength": 0.0,
            "recency_items": 0.0,
        },
    ),
    "als": (Als, {"alpha": 1.0}),
    "als_loose": (Als, {"alpha": 0.3}),
    "content": (Content, {}),
}
WALK_LEAVE, WALK_ARRIVE = 0.8, 0.4  # popularity exponents of the random walk
SPARSE_DISCOUNT = 0.1  # exponent of the discount on popular items of the sparse expert
FEW_ITEMS = 4_000  # up to which the sparse expert is worth its products of whole matrices
RIDGE, LASSO, STEP = 0.4, 0.15, 4.0  # its penalties and step, in units of the mean count, for the lasso of its root
N_AXES = 48  # axes of the spectral expert
LIMITS: Limits = Ease.Config().limits
CANDIDATES = {"ease": 1.0, "sparse": 0.5, "als": 0.4, "lasting": 0.5, "follows": 0.3}
Features = tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]
NO_OPINION = -2.0  # standard deviations given to an item that an expert cannot score


class Panel:
    """Fitted experts.

    Attributes:
        members: name -> fitted recommender.
        walk: weights of the random walk from item to item.
        axes: (n_items, at most N_AXES) float32 leading axes of n_u^-1/2 X n_i^-1/2 (low-pass filter, Shen et al. 2021).
        counts: (n_items,) float32 ratings of each item, at least 1.
        sparse: weights of which none is below 0 and few are above it, or None where items are too many.
        steps: transitions between items, or None without times.
        log_counts: (n_items,) float32 ln(1 + ratings), less their mean over ratings.
        quality: (n_items,) float32 damped mean deviation of an item's ratings.
        late: (n_items,) float32 how late in histories an item comes, or None without times.
    """

    def __init__(self, members: dict[str, Recommender]):
        self.members = members
        self.sparse = self.steps = self.late = None

    @classmethod
    def fit(cls, data: Interactions, features: ItemFeatures | None, seed: int) -> Panel:
        """Train every expert; content only where there are features."""
        panel = cls(
            {
                name: kind(**settings).fit(data, features, seed)
                for name, (kind, settings) in MEMBERS.items()
                if features is not None or not kind.uses_features
            }
        )
        matrix = data.matrix
        panel.counts = np.maximum(data.item_counts, 1).astype(np.float32)
        panel.walk = item_item.random_walk(matrix, WALK_LEAVE, WALK_ARRIVE, LIMITS)
        if matrix.shape[1] <= FEW_ITEMS:
            panel.sparse = _sparse(panel.members["ease"], data)
        lengths = np.diff(matrix.indptr)
        spectrum = np.repeat(np.maximum(lengths, 1) ** -0.5, lengths) * panel.counts[matrix.indices] ** -0.5
        scaled = sparse.csr_array((spectrum.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
        n_axes = max(1, min(N_AXES, min(matrix.shape) // 3))  # all axes together would only repeat the history
        panel.axes = truncated_svd(scaled, n_axes, seed)[1]
        log_counts = np.log1p(data.item_counts)
        centre = log_counts[matrix.indices].mean() if matrix.nnz else 0.0
        panel.log_counts = (log_counts - centre).astype(np.float32)
        stars = z_scores(matrix, data.mean, panel.members["ease"].sd)
        sums = np.bincount(matrix.indices, weights=stars, minlength=len(data.items))
        panel.quality = (sums / (data.item_counts + 5)).astype(np.float32)
        if data.times is not None:
            panel.steps = transitions.transitions(
                data.histories, LIMITS.weights_per_item if matrix.shape[1] > LIMITS.full_items else None
            )
            panel.late = transitions.positions(data.histories)
        return panel

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learnt, by name."""
        arrays = {
            "panel.log_counts": self.log_counts,
            "panel.quality": self.quality,
            "panel.axes": self.axes,
            "panel.counts": self.counts,
        }
        if self.steps is not None:
            steps = self.steps
            arrays |= {
                "steps.data": steps.data,
                "steps.indices": steps.indices,
                "steps.indptr": steps.indptr,
                "panel.late": self.late,
            }
        arrays |= {f"walk.{key}": array for key, array in self.walk.arrays().items()}
        if self.sparse is not None:
            arrays |= {f"sparse.{key}": array for key, array in self.sparse.arrays().items()}
        for name, member in self.members.items():
            arrays |= {f"{name}.{key}": array for key, array in member.arrays().items()}
        return arrays

    @classmethod
    def restore(cls, arrays: dict[str, np.ndarray], states: dict[str, Any], facts: TrainedOn) -> Panel:
        """A panel back from its arrays.

        Args:
            arrays: from `arrays`.
            states: name -> state of each member.
            facts: about the training data of all members.
        """
        members = {}
        for name, (kind, settings) in MEMBERS.items():  # in this order: it is the order of the features
            if name in states:
                member = kind(**settings)
                member.adopt(facts)
                member.restore(taken(arrays, f"{name}."), states[name])
                members[name] = member
        panel = cls(members)
        panel.log_counts, panel.quality = arrays["panel.log_counts"], arrays["panel.quality"]
        panel.axes, panel.counts = arrays["panel.axes"], arrays["panel.counts"]
        panel.walk = item_weights.restore(taken(arrays, "walk."))
        if "sparse.data" in arrays:
            panel.sparse = item_weights.restore(taken(arrays, "sparse."))
        if "steps.data" in arrays:
            size = len(panel.counts)
            panel.steps = sparse.csr_array(
                (arrays["steps.data"], arrays["steps.indices"], arrays["steps.indptr"]), shape=(size, size)
            )
            panel.steps.check_format(full_check=True)
            panel.late = arrays["panel.late"]
        return panel

    @property
    def rated(self) -> np.ndarray:
        return self.members["ease"].rated

    def scores(self, histories: Histories) -> dict[str, np.ndarray]:
        """Expert -> scores (n, n_items) float32, NaN where it cannot say."""
        inputs = self._of_ease_inputs(histories)
        of_ease = self._of_ease(inputs, histories.matrix)
        # in this order: it is the order of the features
        result = {
            name: of_ease["ease"] if name == "ease" else member.score(histories)
            for name, member in self.members.items()
        }
        result["stars"] = of_ease["stars"]
        matrix = histories.matrix
        popular = self.counts[matrix.indices]
        result["walk"] = item_weights.apply_all(self.walk, [popular**-WALK_LEAVE], matrix)[0]
        if self.sparse is not None:
            said = item_weights.apply_all(self.sparse, [inputs["ease"]], matrix)[0]
            result["sparse"] = said * self.counts**-SPARSE_DISCOUNT
        damped = sparse.csr_array((popular**-0.5, matrix.indices, matrix.indptr), shape=matrix.shape)
        result["spectrum"] = ((damped @ self.axes) @ self.axes.T) * np.sqrt(self.counts)
        if self.steps is not None:
            result["lasting"] = of_ease["lasting"]
            result["follows"] = transitions.follow(histories, self.steps)
        return result

    def _of_ease_inputs(self, histories: Histories) -> dict[str, np.ndarray]:
        """What the first EASE is asked with: histories, their ratings alone, and, where order counts, without it."""
        ease, matrix = self.members["ease"], histories.matrix
        if not ease.ordered:
            histories = Histories(matrix)
        stars = z_scores(matrix, ease.mean, ease.sd) * exponential_decay(histories.ages, 4 * ease.config.recency_items)
        inputs = {"ease": ease.inputs(histories), "stars": stars.astype(np.float32)}
        if self.steps is not None:
            inputs["lasting"] = ease.inputs(Histories(matrix))
        return inputs

    def _of_ease(self, inputs: dict[str, np.ndarray], matrix: sparse.csr_array) -> dict[str, np.ndarray]:
        scores = self.members["ease"].project(list(inputs.values()), matrix)
        scores[:, np.diff(matrix.indptr) == 0] = np.nan
        return dict(zip(inputs, scores, strict=True))

    def features(self, histories: Histories, n_candidates: int) -> Features:
        """What the reranker sees.

        Returns:
            candidates (n, k) item numbers, best first by the plain blend; features (n, k, n_features) float32;
            blend (n, n_items) float32, -inf for items seen or that no expert knows; the expert of each feature.
        """
        matrix, size = histories.matrix, len(histories)
        lengths = np.diff(matrix.indptr)
        rows = np.repeat(np.arange(size), lengths)
        open_items = np.broadcast_to(self.rated, matrix.shape).copy()
        open_items[rows, matrix.indices] = False
        scores = self.scores(histories)
        names = list(scores)
        standard = _standard(np.stack(list(scores.values())), open_items)
        blend = sum(weight * standard[names.index(name)] for name, weight in CANDIDATES.items() if name in scores)
        blend[~open_items] = -np.inf
        k = min(n_candidates, matrix.shape[1])
        chosen = (
            np.argpartition(-blend, k - 1, axis=1)[:, :k] if k < matrix.shape[1] else np.tile(np.arange(k), (size, 1))
        )
        order = np.lexsort((chosen, -np.take_along_axis(blend, chosen, axis=1)), axis=1)
        chosen = np.take_along_axis(chosen, order, axis=1)
        said = np.take_along_axis(standard, chosen[None], axis=2)
        place = np.empty_like(said)
        falling = np.argsort(-said, axis=2, kind="stable")
        np.put_along_axis(place, falling, np.log2(np.arange(2, k + 2, dtype=np.float32))[None, None], 2)
        share = said / np.maximum(said.max(axis=2, keepdims=True), 1e-6)
        columns, owners = [], []

        def add(owner: str, *arrays: np.ndarray) -> None:
            columns.extend(arrays)
            owners.extend([owner] * len(arrays))

        for number, name in enumerate(names):
            add(name, said[number])
            if name != "stars":
                add(name, -place[number], share[number])
        popular = self.log_counts[chosen]
        taste = np.bincount(rows, weights=self.log_counts[matrix.indices], minlength=size) / np.maximum(lengths, 1)
        known = np.broadcast_to(np.log1p(lengths)[:, None], chosen.shape)
        add("popular", popular, popular - taste[:, None], known, self.quality[chosen])
        if self.late is not None:
            gap = self.late[chosen] - known
            add("follows", self.late[chosen], gap, np.abs(gap))
        return chosen, np.stack(columns, axis=-1).astype(np.float32), blend, owners


def _sparse(ease: Ease, data: Interactions) -> item_weights.SparseWeights:
    matrix, counts = data.matrix, data.item_counts.astype(np.float64)
    # the order of a history is for the asking; what goes with what is learnt from all of it
    values = ease.inputs(Histories(matrix))
    liked = sparse.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
    mean_count = max((counts**2).sum() / max(counts.sum(), 1.0), 1.0)
    share = np.maximum(counts, 1.0) ** 0.75
    share /= share.mean()
    return item_item.nonnegative(liked, RIDGE * mean_count * share, LASSO * mean_count**0.5 * share, STEP * mean_count)


def _standard(scores: np.ndarray, open_items: np.ndarray) -> np.ndarray:
    """Scores (n_experts, n, n_items) in standard deviations from the mean of a row's open items.

    NO_OPINION where an expert cannot say.
    """
    usable = open_items & np.isfinite(scores)
    values = np.where(usable, scores, np.float32(0.0))
    counts = np.maximum(usable.sum(axis=2), 1)
    mean = values.sum(axis=2, dtype=np.float64) / counts
    variance = np.einsum("eij,eij->ei", values, values, dtype=np.float64) / counts - mean**2
    spread = np.sqrt(np.maximum(variance, 0.0)) + 1e-9
    values -= mean[:, :, None].astype(np.float32)
    values /= spread[:, :, None].astype(np.float32)
    values[~usable] = NO_OPINION
    return values


def taken(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin with a prefix, without it."""
    return {key[len(prefix) :]: array for key, array in arrays.items() if key.startswith(prefix)}
