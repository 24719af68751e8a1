"""The hybrid recommender: a blend of experts selects candidates, and a neural network ranks them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models import holdout
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.hybrid import candidates, reranker_training
from recsys.models.hybrid.candidates import Candidates
from recsys.models.hybrid.experts import Experts, subset
from recsys.models.hybrid.frequent_items import FrequentItems
from recsys.models.hybrid.reranker import Reranker
from recsys.models.hybrid.reranker_training import Lists, Training
from recsys.models.registry import register
from recsys.models.trained_on import TrainedOn

TRAINING_LISTS = 5000  # lists that the network learns from; with fewer users, more folds are used
MAX_FOLDS = 5
MAX_RATINGS = 8_000_000  # with more ratings, the experts learn from a random part of the users
TRAINING_CANDIDATES = 60  # first candidates of each list that the network learns from, because only these reach the top
BLOCK_SCORES = 1_000_000  # scores of one expert that are held in memory at once
CACHED_HISTORIES = 4  # number of histories whose candidates are cached, for concurrent requests


@register
class Hybrid(Recommender):
    """Candidates from a blend of experts, ranked by a network whose inputs are the experts' scores.

    The experts are three EASE models, the first of them also with the ratings alone and without the order of the
    history; sparse nonnegative weights (SLIM) unless there are very many items; two iALS models; a random walk; the
    leading singular vectors; content if there are features; and transitions if there are times. They cover the items
    that are rated often enough; the others follow by popularity. The inputs of the network are each expert's z-score,
    rank and share of the best score, and popularity, quality and the length of the history, so that the weight of an
    expert can depend on the length of the history. The network learns from interactions hidden from the experts (the
    last of each history if times are known, random ones otherwise), with whole and with shortened histories. Then the
    experts are trained again on all data.

    Learned: the experts (see `Experts`) and the network (see `Reranker`).
    """

    name = "hybrid"
    title = "Blend (learned ranking)"
    summary = "Candidates of several models, ranked by a network that learned when to trust which model."
    family = "hybrid"
    order = 200
    uses_features = True
    first_start = True
    after_serving = True
    scales = True

    @dataclass(frozen=True)
    class Config:
        n_candidates: int = setting(150, "Items that the network ranks.", low=1, search=(100, 150, 200))
        n_networks: int = setting(2, "Networks in the ensemble, whose mean is the score.", low=1)
        n_hidden: int = setting(64, "Hidden units of a network.", low=1, search=(32, 64, 96))
        n_epochs: int = setting(20, "Passes over the training lists.", low=1, search=(10, 20, 30))
        decay: float = setting(0.01, "Weight decay.", low=0.0, search=(0.003, 0.01, 0.03))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        frequent = FrequentItems.of(data)
        inner = _some_users(frequent.interactions(data), seed)
        features = frequent.features(features, data.items)
        network = self._learn(inner, features, seed) if inner.matrix.nnz else None
        self._prepare(frequent, Experts.fit(inner, features, seed), network)

    def _prepare(self, frequent: FrequentItems, experts: Experts, network: Reranker | None) -> None:
        self.frequent, self.experts, self.network = frequent, experts, network
        # cached, because reasons need the candidates of the history that was just scored
        self._cached_candidates = lru_cache(CACHED_HISTORIES)(lambda key: self._select(key.histories))

    def _learn(self, data: Interactions, features: ItemFeatures | None, seed: int) -> Reranker | None:
        """A network trained on hidden interactions; None if no hidden item is among the candidates."""
        parts = []
        n_folds = int(np.clip(round(TRAINING_LISTS / max(len(data.users), 1)), 1, MAX_FOLDS))
        for fold, (known, hidden) in enumerate(holdout.folds(data, n_folds, seed)):
            if known.matrix.nnz and hidden.matrix.nnz:
                experts = Experts.fit(known, features, seed)
                parts += _training_lists(experts, known, hidden, TRAINING_LISTS // n_folds, seed + fold)
        if not any(part.labels.any() for part in parts):
            return None
        config = self.config
        training = Training(config.n_networks, config.n_hidden, config.n_epochs, decay=config.decay)
        return reranker_training.train(Lists.joined(parts), seed, training)

    # -- scores ---------------------------------------------------------------------------------

    def _score(self, histories: Histories) -> np.ndarray:
        scores = np.empty((len(histories), len(self.frequent)), dtype=np.float32)
        for start, stop in _blocks(len(histories), len(self.frequent)):
            inner, found = self._candidates(histories.rows(start, stop))
            scores[start:stop] = self._ordered(found)
            scores[start:stop][csr.row_lengths(inner.matrix) == 0] = np.nan
        return self.frequent.all_scores(scores, self.popularity, self.rated)

    def _candidates(self, histories: Histories) -> tuple[Histories, Candidates]:
        """The histories in the columns of the experts, and their candidates; cached for single histories."""
        return self._cached_candidates(_Key(histories)) if len(histories) == 1 else self._select(histories)

    def _select(self, histories: Histories) -> tuple[Histories, Candidates]:
        inner = self.frequent.histories(histories)
        return inner, candidates.select(self.experts, inner, self.config.n_candidates)

    def _ordered(self, found: Candidates) -> np.ndarray:
        """Scores (n, n_frequent) float32: the network's for candidates; below them, the blend's for all others."""
        network = found.features[:, :, 0] if self.network is None else self.network(found.features)
        of_blend = np.take_along_axis(found.blend, found.numbers, axis=1)
        usable = np.isfinite(of_blend)
        floor = np.min(np.where(usable, network, np.inf), axis=1, keepdims=True)
        cut = np.min(np.where(usable, of_blend, np.inf), axis=1, keepdims=True)
        scores = np.full(found.blend.shape, np.nan, dtype=np.float32)
        with np.errstate(invalid="ignore"):
            below = floor - 0.01 + np.minimum(found.blend - cut, 0.0)
        np.copyto(scores, below, where=np.isfinite(found.blend), casting="same_kind")
        np.put_along_axis(scores, found.numbers, np.where(usable, network, np.nan).astype(np.float32), axis=1)
        return scores

    def _similar(self, number: int) -> np.ndarray:
        """Mean similarity of the experts that compare items, each as z-scores."""
        column = int(self.frequent.column[number])
        if column < 0:
            return np.full(len(self.items), np.nan)
        scores = self.experts.similar_scores(column)[None]
        return self.frequent.all_scores(scores, self.popularity, self.rated)[0]

    # -- explanations ---------------------------------------------------------------------------

    def expert_contributions(self, histories: Histories, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """What each expert adds to the scores of some items for one history, compared with the mean candidate.

        Args:
            numbers: (m,) items.

        Returns:
            Expert -> (m,), 0 for items that are not candidates; "popularity" means the statistics of items.
        """
        _, found = self._candidates(histories)
        rows = {item: row for row, item in enumerate(self.frequent.numbers[found.numbers[0]].tolist())}
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

        If no member adds anything, the shares of EASE; zero for items that are not candidates of the experts.
        """
        inner, _ = self._candidates(histories)
        total = np.zeros((len(numbers), histories.matrix.nnz))
        known = self.frequent.column[histories.matrix.indices] >= 0
        answered = np.flatnonzero(self.frequent.column[numbers] >= 0)
        if not known.any() or not len(answered):
            return total
        columns = self.frequent.column[numbers[answered]]
        added = self.expert_contributions(histories, numbers[answered])
        shares = {name: member.shares(inner, columns) for name, member in self.experts.members.items()}
        mixed = np.sum([np.maximum(added[name], 0.0)[:, None] * shares[name] for name in shares], axis=0)
        without = mixed.sum(axis=1) <= 0
        mixed[without] = shares[self.experts.ease.name][without]
        total[np.ix_(answered, np.flatnonzero(known))] = mixed
        return total

    # -- save and load --------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        network = {} if self.network is None else self.network.arrays()
        return {
            "frequent": self.frequent.numbers,
            **{f"network.{name}": array for name, array in network.items()},
            **{f"inner.{name}": array for name, array in self.experts.trained_on.arrays().items()},
            **{f"experts.{name}": array for name, array in self.experts.arrays().items()},
        }

    def state(self) -> dict[str, Any]:
        return {"inner": self.experts.trained_on.state(), "experts": self.experts.state()}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        frequent = FrequentItems(arrays["frequent"], len(self.items))
        facts = TrainedOn.restored(frequent.ids(self.items), subset(arrays, "inner."), state["inner"])
        network = subset(arrays, "network.")
        self._prepare(
            frequent,
            Experts.restored(subset(arrays, "experts."), state["experts"], facts),
            Reranker.restored(network) if network else None,
        )


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


def _training_lists(
    experts: Experts, known: Interactions, hidden: Interactions, n_users: int, seed: int
) -> Iterator[Lists]:
    """Yield blocks of candidates for histories of `known`, labelled by the interactions of `hidden`."""
    histories, owners, weights = holdout.questions(known.histories, hidden.matrix, n_users, seed)
    for start, stop in _blocks(len(histories), len(known.items)):
        found = candidates.select(experts, histories.rows(start, stop), TRAINING_CANDIDATES)
        wanted = csr.pattern(hidden.matrix[owners[start:stop]], bool).toarray()
        yield Lists(found.features, np.take_along_axis(wanted, found.numbers, axis=1), weights[start:stop])


def _some_users(data: Interactions, seed: int) -> Interactions:
    """The histories of random users with at most MAX_RATINGS in total; more would hardly change the weights."""
    if data.matrix.nnz <= MAX_RATINGS:
        return data
    lengths = data.user_counts
    order = np.random.default_rng(seed).permutation(len(lengths))
    chosen = np.zeros(len(lengths), dtype=bool)
    chosen[order[np.cumsum(lengths[order]) <= MAX_RATINGS]] = True
    return data.of_users(chosen)


def _blocks(n_rows: int, n_items: int) -> list[tuple[int, int]]:
    step = max(1, BLOCK_SCORES // max(1, n_items))
    return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
