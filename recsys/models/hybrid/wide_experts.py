"""Experts that score all items with sparse weights, also those that are rated too rarely for the other experts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import DataSize, Histories, Interactions, csr
from recsys.models.collaborative.ease import Ease
from recsys.models.hybrid import transitions
from recsys.models.hybrid.arrays import joined, subset
from recsys.models.hybrid.item_statistics import ItemStatistics
from recsys.models.hybrid.transitions import Steps
from recsys.models.numeric.item_weights import relevant
from recsys.models.sequential.sequential import Sequential
from recsys.models.trained_on import TrainedOn

# Chosen on the validation parts of the next-item file Beauty. Only the weights between the most rated items come from
# the inverse of the Gram matrix (`dense_items`), because an inverse of all would take minutes and memory.
TRUNCATED: dict[str, Any] = {"full_items": 1, "dense_items": 2_500, "weights_per_item": 200, "rare_count": 0.0}
EASE_SETTINGS: dict[str, dict[str, Any]] = {
    "wide_latest": {**TRUNCATED, "recency_items": 4.0, "recent_share": 0.7},
    "wide_ease": {**TRUNCATED, "recency_items": 0.0},
}
CHAIN_SETTINGS: dict[str, Steps] = {
    "wide_next": Steps(max_gap=4, gap_decay=2.0, recency_decay=2.0, damping=100.0, power=0.2),
    "wide_soon": Steps(max_gap=12, gap_decay=6.0, recency_decay=8.0, damping=30.0, power=0.2),
}
SEQUENTIAL = "wide_sequential"  # the name of `sequential` as an expert
CHAIN_ROW = 200  # largest number of followers that are stored of an item
MAX_RATINGS = 2_000_000  # with more ratings there are no wide experts, because their matrices would be too large
POPULARITY_SHARE = 1e-3  # weight of the popularity in the evidence, which orders items without any


@dataclass(frozen=True)
class WideExperts:
    """Fitted experts over all items.

    Attributes:
        members: name -> EASE with sparse weights.
        chains: name -> CSR (n_items, n_items) transitions.
        statistics: of all items.
        rated: (n_items,) bool, items with ratings.
        sequential: the attention network, or None where it does not pay.
    """

    members: dict[str, Ease]
    chains: dict[str, sparse.csr_array]
    statistics: ItemStatistics
    rated: np.ndarray
    sequential: Sequential | None = None

    @classmethod
    def fit(cls, data: Interactions, seed: int, sequential: Sequential | None = None) -> WideExperts:
        """Train every expert on interactions with times; `sequential` is one that was trained on them."""
        chains = {name: transitions.transitions(data.histories, CHAIN_ROW, of) for name, of in CHAIN_SETTINGS.items()}
        return cls(
            members={name: Ease(**settings).fit(data, None, seed) for name, settings in EASE_SETTINGS.items()},
            chains=chains,
            statistics=ItemStatistics.of(data),
            rated=data.item_counts > 0,
            sequential=sequential,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the experts in the order of `scores`."""
        return (*self.members, *self.chains, *([] if self.sequential is None else [SEQUENTIAL]))

    def scores(self, histories: Histories) -> np.ndarray:
        """Square roots of the positive scores, (n_experts, n, n_items) float32; 0 if an expert has no evidence.

        The scores of `sequential` are probabilities of the next item.
        """
        found = np.empty((len(self.names), len(histories), len(self.statistics.counts)), np.float32)
        for place, member in enumerate(self.members.values()):
            found[place] = member.score(histories)
        for place, (name, chain) in enumerate(self.chains.items(), start=len(self.members)):
            found[place] = transitions.next_scores(histories, chain, CHAIN_SETTINGS[name])
        if self.sequential is not None:
            found[-1] = probabilities(self.sequential.score(histories))
        np.copyto(found, 0.0, where=~(found > 0))
        return np.sqrt(found, out=found)

    def evidence(self, scores: np.ndarray) -> np.ndarray:
        """Mean of the experts' shares of their best score, (n, n_items) float32; -inf for items without ratings.

        Items with equal shares differ by their popularity.

        Args:
            scores: from `scores`, with 0 for seen items.
        """
        shares = shares_of_best(scores).mean(axis=0)
        log_counts = self.statistics.log_counts
        evidence = shares + np.float32(POPULARITY_SHARE) * (log_counts - log_counts.min(initial=0.0))
        np.copyto(evidence, -np.inf, where=~self.rated)
        return evidence

    def shares(self, histories: Histories, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """What each expert's score of some items owes to each item of one history: (len(numbers), n_history)."""
        items = histories.matrix.indices
        found = {name: member.shares(histories, numbers, 0.0) for name, member in self.members.items()}
        for name, chain in self.chains.items():
            weights = transitions.latest_weights(histories, CHAIN_SETTINGS[name])
            mask = relevant(weights[None])
            terms = np.zeros((len(numbers), len(items)), np.float32)
            terms[:, mask] = (csr.block(chain, items[mask], numbers) * weights[mask, None]).T
            found[name] = terms / np.maximum(terms.sum(axis=1, keepdims=True), 1e-12)
        if self.sequential is not None:
            found[SEQUENTIAL] = self.sequential.shares(histories, numbers)
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learned, as arrays by name."""
        parts = {"statistics": self.statistics.arrays()}
        parts |= {name: member.arrays() for name, member in self.members.items()}
        parts |= {name: csr.to_arrays(chain) for name, chain in self.chains.items()}
        if self.sequential is not None:
            parts[SEQUENTIAL] = self.sequential.arrays()
        return joined(parts)

    def state(self) -> dict[str, Any]:
        """What was learned except for arrays, as JSON values by expert."""
        sequential = {} if self.sequential is None else {SEQUENTIAL: self.sequential.state()}
        return {name: member.state() for name, member in self.members.items()} | sequential

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any], facts: TrainedOn) -> WideExperts:
        """Restore experts from what `arrays` and `state` returned.

        Args:
            facts: about the training data.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or invalid.
        """
        members = {name: Ease(**settings) for name, settings in EASE_SETTINGS.items()}
        sequential = Sequential() if SEQUENTIAL in state else None
        for name, member in (members if sequential is None else members | {SEQUENTIAL: sequential}).items():
            member.adopt(facts)
            member.restore(subset(arrays, f"{name}."), state[name])
        statistics = ItemStatistics.restored(subset(arrays, "statistics."))
        if len(statistics.counts) != len(facts.items):
            raise ValueError(f"statistics of {len(statistics.counts)} items")
        return cls(
            members=members,
            chains={name: csr.from_arrays(subset(arrays, f"{name}."), len(facts.items)) for name in CHAIN_SETTINGS},
            statistics=statistics,
            rated=facts.rated,
            sequential=sequential,
        )


def join(data: Interactions) -> bool:
    """Whether the wide experts are trained: if users have short histories with times, and there is not too much data.

    Users with long histories mostly choose items that the other experts know; there, the gain was small (MovieLens 100K
    by time: 0.7 %) and answers took 20 % longer.
    """
    return DataSize.of(data).short_histories and data.matrix.nnz <= MAX_RATINGS


def shares_of_best(scores: np.ndarray) -> np.ndarray:
    """Scores (…, n_items), at least 0, divided by the best of each row."""
    return scores / np.maximum(scores.max(axis=-1, keepdims=True), np.float32(1e-9))


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Softmax of scores (n, n_items); 0 where they are NaN."""
    logits = np.where(np.isnan(scores), -np.inf, scores)
    most = logits.max(axis=1, initial=-np.inf, keepdims=True)
    found = np.exp(logits - np.where(np.isfinite(most), most, 0.0))
    return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-30)
