"""The hybrid recommender: a blend of experts selects candidates, and a neural network ranks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recsys.data import DataSize, Histories, Interactions, ItemFeatures, csr
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.hybrid import candidates, next_items
from recsys.models.hybrid.arrays import joined, subset
from recsys.models.hybrid.candidates import Asked, Candidates, Sizes
from recsys.models.hybrid.ensemble import Ensemble
from recsys.models.hybrid.learning import WIDE_CANDIDATES, blocks, learn
from recsys.models.hybrid.next_items import NextItems
from recsys.models.hybrid.reranker import Reranker
from recsys.models.hybrid.reranker_training import Training
from recsys.models.hybrid.trend import Trend
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register

LATELY = Reason(Kind.LATELY)
CACHED_HISTORIES = 4  # number of histories whose candidates are cached, for concurrent requests


@register
class Hybrid(Recommender):
    """Candidates from a blend of experts, ranked by a network whose inputs are the experts' scores.

    The experts are three EASE models, the first of them also with the ratings alone and without the order of the
    history; sparse nonnegative weights (SLIM) unless there are very many items; two iALS models; a random walk; the
    leading singular vectors; content if there are features; and transitions if there are times. They cover the items
    that are rated often enough. Where users have short histories with times, experts with sparse weights (see
    `wide_experts`) cover all items: transitions over short distances, and EASE; and `sequential`, if the
    interactions are events without ratings (see `next_items`). Elsewhere, rare items follow by popularity. The
    inputs of the network are each expert's score, rank and share of the best score, and popularity, quality and the
    length of the history, so that the weight of an expert can depend on the length of the history. The network
    learns from interactions hidden from the experts (see `holdout`), with whole and with shortened histories. Then
    the experts are trained again on all data. Where what is popular lately predicts what people choose next, its items
    get a higher score (see `trend`).

    Learned: the experts (see `Ensemble`), the network (see `Reranker`) and the trend (see `Trend`).
    """

    name = "hybrid"
    title = "Blend (learned ranking)"
    summary = "Candidates of several models, ranked by a network that learned when to trust which model."
    family = "hybrid"
    order = 200
    uses_features = True
    first_start = True
    scales = True

    @dataclass(frozen=True)
    class Config:
        n_candidates: int = setting(150, "Items that the network ranks.", low=1, search=(100, 150, 200))
        n_networks: int = setting(2, "Networks in the ensemble, whose mean is the score.", low=1)
        n_hidden: int = setting(64, "Hidden units of a network.", low=1, search=(32, 64, 96))
        n_epochs: int = setting(20, "Passes over the training lists.", low=1, search=(10, 20, 30))
        decay: float = setting(0.01, "Weight decay.", low=0.0, search=(0.003, 0.01, 0.03))

    @classmethod
    def training_seconds(cls, size: DataSize) -> float | None:
        return next_items.training_seconds(size)

    @classmethod
    def joins_later(cls, size: DataSize) -> bool:
        return True

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        config = self.config
        training = Training(config.n_networks, config.n_hidden, config.n_epochs, decay=config.decay)
        sequential = None
        if next_items.joins(DataSize.of(data)):
            sequential = NextItems(seed, self.progress, self.checkpoint, next_items.usable(ready))
        self._prepare(*learn(data, features, seed, training, sequential), Trend.of(data))

    def _prepare(self, ensemble: Ensemble, network: Reranker | None, trend: Trend | None) -> None:
        self.ensemble, self.network, self.trend = ensemble, network, trend
        # cached, because reasons need the candidates and scores of the history that was just scored
        self._cached_candidates = lru_cache(CACHED_HISTORIES)(lambda key: self._select(key.histories))
        self._cached_scores = lru_cache(CACHED_HISTORIES)(lambda key: self._plain_scores(key.histories))

    # -- scores ---------------------------------------------------------------------------------

    def _score(self, histories: Histories) -> np.ndarray:
        scores = np.empty((len(histories), len(self.items)), dtype=np.float32)
        for start, stop in blocks(len(histories), len(self.items)):
            part = histories.rows(start, stop)
            scores[start:stop] = self._without_trend(part)
            if self.trend is not None and (ratios := self.trend.ratios(scores[start:stop], part)) is not None:
                scores[start:stop] += np.log(ratios)
        return scores

    def _without_trend(self, histories: Histories) -> np.ndarray:
        """Scores (n, n_items) float32 of the network and the blend; do not change them, they may be cached."""
        return self._cached_scores(_Key(histories)) if len(histories) == 1 else self._plain_scores(histories)

    def _plain_scores(self, histories: Histories) -> np.ndarray:
        asked, found = self._candidates(histories)
        scores = self._ordered(found)
        if self.ensemble.wide is None:
            scores[csr.row_lengths(asked.inner.matrix) == 0] = np.nan
        return scores

    def _candidates(self, histories: Histories) -> tuple[Asked, Candidates]:
        """The histories with and without rare items, and their candidates; cached for single histories."""
        return self._cached_candidates(_Key(histories)) if len(histories) == 1 else self._select(histories)

    def _select(self, histories: Histories) -> tuple[Asked, Candidates]:
        asked = Asked.of(histories, self.ensemble.frequent)
        sizes = Sizes(self.config.n_candidates, WIDE_CANDIDATES)
        return asked, candidates.select(self.ensemble, asked, sizes)

    def _ordered(self, found: Candidates) -> np.ndarray:
        """Scores (n, n_items) float32: the network's for candidates; below them, the blend's for all others."""
        network = found.features[:, :, 0] if self.network is None else self.network(found.features)
        floor = np.min(np.where(found.usable, network, np.inf), axis=1, keepdims=True)
        blend = np.where(np.isfinite(found.blend), found.blend, np.nan)
        scores = self.ensemble.frequent.all_scores(blend, self.popularity, self.rated)
        if self.ensemble.wide is not None:
            without = ~np.isfinite(blend).any(axis=1)  # histories of all frequent items
            scores[np.ix_(without, self.rated)] = self.popularity[self.rated]
        scores += (floor - 0.01).astype(np.float32)
        rows, places = np.nonzero(found.usable)
        scores[rows, found.numbers[rows, places]] = network[rows, places]
        return scores

    def _similar(self, number: int) -> np.ndarray:
        """Mean similarity of the experts that compare items, each as z-scores."""
        column = int(self.ensemble.frequent.column[number])
        if column < 0:
            return np.full(len(self.items), np.nan)
        scores = self.ensemble.experts.similar_scores(column)[None]
        return self.ensemble.frequent.all_scores(scores, self.popularity, self.rated)[0]

    # -- explanations ---------------------------------------------------------------------------

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        """The strongest items of the history; for items that are there because of the trend, that they are popular."""
        reasons = super()._reasons(histories, numbers)
        if self.trend is None:
            return reasons
        ratios = self.trend.ratios(self._without_trend(histories), histories)
        if ratios is None:
            return reasons
        lately = self.trend.decides(ratios, histories)[0, numbers]
        return [LATELY if due else reason for reason, due in zip(reasons, lately.tolist(), strict=True)]

    def expert_contributions(self, histories: Histories, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """What each expert adds to the scores of some items for one history, compared with the mean candidate.

        Args:
            numbers: (m,) items.

        Returns:
            Expert -> (m,), 0 for items that are not candidates; "popularity" means the statistics of items.
        """
        _, found = self._candidates(histories)
        rows = {item: row for row, item in enumerate(found.numbers[0].tolist())}
        among = np.array([item in rows for item in numbers.tolist()], dtype=bool)
        chosen = np.array([rows[item] for item in numbers[among].tolist()], dtype=np.int64)
        features = found.features[0]
        if self.network is None:
            added = (features[chosen] - features.mean(axis=0)) * (np.arange(features.shape[1]) == 0)
        else:
            added = self.network.attribute(features, chosen)
        owners = np.array(found.owners)
        contributions = {}
        for owner in dict.fromkeys(found.owners):
            contributions[owner] = np.zeros(len(numbers))
            contributions[owner][among] = added[:, owners == owner].sum(axis=1)
        return contributions

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """The members' own shares of the history, weighted by what each member adds to the score of the item.

        If no member adds anything, the shares of EASE; zero for items that are not candidates of the experts, and for
        those that are there for their popularity alone.
        """
        asked, _ = self._candidates(histories)
        added = self.expert_contributions(histories, numbers)
        total = np.zeros((len(numbers), histories.matrix.nnz))
        if self.ensemble.wide is not None:
            shares = self.ensemble.wide.shares(histories, numbers)
            total += np.sum([np.maximum(added[name], 0.0)[:, None] * shares[name] for name in shares], axis=0)
        known = np.flatnonzero(self.ensemble.frequent.column[histories.matrix.indices] >= 0)
        answered = np.flatnonzero(self.ensemble.frequent.column[numbers] >= 0)
        if not len(known) or not len(answered):
            return total
        columns, mixed = self.ensemble.frequent.column[numbers[answered]], np.zeros((len(answered), len(known)))
        for name, member in self.ensemble.experts.members.items():
            raised = np.flatnonzero(added[name][answered] > 0)
            if len(raised):
                mixed[raised] += added[name][answered[raised], None] * member.shares(asked.inner, columns[raised], 0.0)
        without = np.flatnonzero(mixed.sum(axis=1) + total[answered].sum(axis=1) <= 0)
        if len(without):
            mixed[without] = self.ensemble.experts.ease.shares(asked.inner, columns[without], 0.0)
        total[np.ix_(answered, known)] += mixed
        return total

    # -- save and load --------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        parts = {} if self.network is None else {"network": self.network.arrays()}
        own = {} if self.trend is None else {"trend": self.trend.gains}
        return self.ensemble.arrays() | joined(parts) | own

    def state(self) -> dict[str, Any]:
        return self.ensemble.state()

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        network = subset(arrays, "network.")
        ensemble = Ensemble.restored(arrays, state, self.trained_on)
        trend = Trend.restored(arrays["trend"], len(self.items)) if "trend" in arrays else None
        self._prepare(ensemble, Reranker.restored(network) if network else None, trend)


class _Key:
    """Cache key of one history; keys are equal if items, ratings, ages and recency are equal."""

    def __init__(self, histories: Histories):
        self.histories = histories
        ages = None if histories.ages is None else histories.ages.tobytes()
        self.content = (histories.matrix.indices.tobytes(), histories.matrix.data.tobytes(), ages, histories.recency)

    def __hash__(self) -> int:
        return hash(self.content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.content == other.content
