"""The hybrid: several experts propose, a learned network puts their candidates in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, IdMap, Interactions, ItemFeatures
from recsys.models import holdout
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.hybrid import reranker
from recsys.models.hybrid.experts import Features, Panel, taken
from recsys.models.hybrid.reranker import Reranker
from recsys.models.registry import register
from recsys.models.trained_on import TrainedOn

LISTS = 5000  # training lists aimed at: more folds where users are few
MOST_FOLDS = 5
RARE, RARE_SHARE = 10, 0.015  # items with fewer ratings, by number and by share of users, are left to the end
MOST_ITEMS = 8_000  # most rated items that the experts judge
MOST_RATINGS = 8_000_000  # of a random part of the users, where there are more
TRAINED = 60  # first candidates of each list that the network learns from: what can reach the top
BLOCK_CELLS = 1_000_000  # score cells of one expert held at once
RECENT = 4  # single histories remembered: of as many as are asked about at the same time, and one to spare


@register
class Hybrid(Recommender):
    """Candidates from a blend of experts, reordered by a network over what each expert says of them.

    Experts: three forms of EASE and its answer to ratings alone, sparse weights (SLIM) unless items are very many,
    two of iALS, a random walk, the leading axes of the data, content where features are given, transitions where
    times are; all over the items rated often enough to be judged, the others follow by popularity. Their scores
    enter as standard deviations, ranks and shares of the best, beside popularity, mean deviation of ratings and
    history length, so that the weight of each expert depends on how much history there is. The network learns
    from interactions hidden from the experts: the last of each history where times are known, random ones
    otherwise, with whole and with shortened histories; then the experts are trained again on everything.
    """

    name = "hybrid"
    title = "Blend"
    summary = "Candidates of several models, put in order by a network that learned whom to trust when."
    family = "hybrid"
    order = 200
    uses_features = True
    requires = ("sklearn",)
    first_start = True
    scales = True

    @dataclass(frozen=True)
    class Config:
        n_candidates: int = setting(150, "Items the network orders.", low=1, search=(100, 150, 200))
        n_networks: int = setting(2, "Networks averaged.", low=1)
        n_hidden: int = setting(64, "Hidden units of a network.", low=1, search=(32, 64, 96))
        n_epochs: int = setting(20, "Passes over the training lists.", low=1, search=(10, 20, 30))
        decay: float = setting(0.01, "Weight decay.", low=0.0, search=(0.003, 0.01, 0.03))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        least = min(RARE, -(-len(data.users) * RARE_SHARE // 1))
        self.head = np.flatnonzero(data.item_counts >= max(1, least)).astype(np.int64)
        if len(self.head) > MOST_ITEMS:
            most = np.argsort(-data.item_counts[self.head], kind="stable")[:MOST_ITEMS]
            self.head = np.sort(self.head[most])
        self._place_head()
        part, kept = self._columns(data.histories.matrix)
        inner = Interactions(
            data.users, IdMap(data.items.ids[self.head]), part, None if data.times is None else data.times[kept]
        )
        inner = _part(inner, seed)
        features = None if features is None else features.align(inner.items)
        self.net = self._learn(inner, features, seed) if inner.matrix.nnz else None
        self.panel = Panel.fit(inner, features, seed)

    def _place_head(self) -> None:
        self.column = np.full(len(self.items), -1, dtype=np.int32)
        self.column[self.head] = np.arange(len(self.head), dtype=np.int32)
        self.judged = self.column >= 0
        self.rare = self.rated & ~self.judged
        self._recent: tuple = ()

    def _learn(self, data: Interactions, features: ItemFeatures | None, seed: int) -> Reranker | None:
        lists = []
        n_folds = int(np.clip(round(LISTS / max(len(data.users), 1)), 1, MOST_FOLDS))
        for fold, (known, hidden) in enumerate(holdout.folds(data, n_folds, seed)):
            if not known.matrix.nnz or not hidden.matrix.nnz:
                continue
            panel = Panel.fit(known, features, seed)
            histories, owners, weights = holdout.questions(
                known.histories, hidden.matrix, LISTS // n_folds, seed + fold
            )
            for start, stop in _blocks(len(histories), len(data.items)):
                chosen, x, _, _ = panel.features(histories.rows(start, stop), TRAINED)
                pattern = hidden.matrix[owners[start:stop]]
                wanted = np.zeros(pattern.shape, dtype=bool)
                wanted[np.repeat(np.arange(stop - start), np.diff(pattern.indptr)), pattern.indices] = True
                lists.append((x, np.take_along_axis(wanted, chosen, axis=1), weights[start:stop]))
        if not any(labels.any() for _, labels, _ in lists):
            return None
        x, labels, weights = (np.concatenate(parts) for parts in zip(*lists, strict=True))
        config = self.config
        return reranker.train(
            x, labels, weights, seed, config.n_networks, config.n_hidden, config.n_epochs, decay=config.decay
        )

    def _score(self, histories: Histories) -> np.ndarray:
        known = np.empty((len(histories), len(self.head)), dtype=np.float32)
        for start, stop in _blocks(len(histories), len(self.head)):
            inner, features = self._asked(histories.rows(start, stop))
            known[start:stop] = self._ordered(*features)
            known[start:stop][np.diff(inner.matrix.indptr) == 0] = np.nan
        return self._whole(known)

    def _asked(self, histories: Histories) -> tuple[Histories, Features]:
        """The same histories in the columns of the experts, and Panel.features of them.

        Remembered for the latest single histories: their reasons ask again for what their scores asked.
        """
        matrix, ages = histories.matrix, histories.ages
        single = len(histories) == 1
        if single:
            key = (matrix.indices.tobytes(), matrix.data.tobytes(), None if ages is None else ages.tobytes())
            for known, asked in self._recent:
                if known == key:
                    return asked
        inner, kept = self._columns(matrix)
        inner = Histories(inner, None if ages is None else ages[kept])
        asked = inner, self.panel.features(inner, self.config.n_candidates)
        if single:
            # one assignment, so that threads never meet half of it
            self._recent = ((key, asked), *self._recent[: RECENT - 1])
        return asked

    def _columns(self, matrix: sparse.csr_array) -> tuple[sparse.csr_array, np.ndarray]:
        """The columns of the experts, explicit zeros kept, and which entries those are (nnz,) bool."""
        columns = self.column[matrix.indices]
        kept = columns >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr].astype(matrix.indptr.dtype)
        shape = (matrix.shape[0], len(self.head))
        return sparse.csr_array((matrix.data[kept], columns[kept], indptr), shape=shape), kept

    def _whole(self, known: np.ndarray) -> np.ndarray:
        """Scores of all items: rarely rated ones come after all others, by popularity."""
        scores = np.full((len(known), len(self.items)), np.nan, dtype=np.float32)
        lowest = np.min(np.where(np.isfinite(known), known, np.inf), axis=1, keepdims=True)
        scores[:, self.rare] = np.where(np.isfinite(lowest), lowest - 2.0 + self.popularity[self.rare], np.nan)
        scores[:, self.head] = known
        return scores

    def _ordered(self, chosen: np.ndarray, x: np.ndarray, blend: np.ndarray, _: list[str]) -> np.ndarray:
        """Scores (n, n_head) of Panel.features."""
        ordered = x[:, :, 0] if self.net is None else self.net(x)
        voted = np.take_along_axis(blend, chosen, axis=1)
        usable = np.isfinite(voted)
        # items beyond the candidates keep the order of the blend, below all of them
        floor = np.min(np.where(usable, ordered, np.inf), axis=1, keepdims=True)
        cut = np.min(np.where(usable, voted, np.inf), axis=1, keepdims=True)
        scores = np.full(blend.shape, np.nan, dtype=np.float32)
        with np.errstate(invalid="ignore"):
            np.copyto(
                scores, floor - 0.01 + np.minimum(blend - cut, 0.0), where=np.isfinite(blend), casting="same_kind"
            )
        np.put_along_axis(scores, chosen, np.where(usable, ordered, np.nan).astype(np.float32), axis=1)
        return scores

    def part_shares(self, histories: Histories, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Expert -> what it adds (len(numbers),) to the scores of items for one history, 0 beyond the candidates."""
        _, (chosen, x, _, owners) = self._asked(histories)
        place = {item: row for row, item in enumerate(self.head[chosen[0]].tolist())}
        found = np.array([item in place for item in numbers.tolist()], dtype=bool)
        rows = np.array([place[item] for item in numbers[found].tolist()], dtype=np.int64)
        if self.net is None:
            added = (x[0, rows] - x[0].mean(axis=0)) * (np.arange(x.shape[-1]) == 0)
        else:
            added = self.net.attribute(x[0], rows)
        shares = {}
        for owner in dict.fromkeys(owners):
            shares[owner] = np.zeros(len(numbers))
            shares[owner][found] = added[:, [name == owner for name in owners]].sum(axis=1)
        return shares

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Each expert's own shares of the history, weighted by what the expert adds to the item."""
        inner, _ = self._asked(histories)
        total = np.zeros((len(numbers), histories.matrix.nnz))
        inside = self.judged[histories.matrix.indices]
        answered = np.flatnonzero(self.judged[numbers])
        if not inside.any() or not len(answered):
            return total
        columns = np.searchsorted(self.head, numbers[answered])
        added = self.part_shares(histories, numbers[answered])
        shares = {name: member.shares(inner, columns) for name, member in self.panel.members.items()}
        weights = {name: np.maximum(added[name], 0.0)[:, None] for name in shares if name in added}
        mixed = sum(weights[name] * shares[name] for name in weights)
        silent = mixed.sum(axis=1) <= 0
        mixed[silent] = shares["ease"][silent]
        total[np.ix_(answered, np.flatnonzero(inside))] = mixed
        return total

    def _similar(self, number: int) -> np.ndarray:
        """Mean likeness of the experts, each in standard deviations."""
        if not self.judged[number]:
            return np.full(len(self.items), np.nan)
        column = int(np.searchsorted(self.head, number))
        rows = []
        for name in ("ease", "als", "content"):
            row = (
                self.panel.members[name].similar_scores(column).astype(np.float64)
                if name in self.panel.members
                else np.array([np.nan])
            )
            if np.isfinite(row).any():
                rows.append(np.nan_to_num((row - np.nanmean(row)) / (np.nanstd(row) + 1e-9)))
        return self._whole(np.mean(rows, axis=0, keepdims=True).astype(np.float32))[0]

    def arrays(self) -> dict[str, np.ndarray]:
        net = {} if self.net is None else {f"net.{name}": array for name, array in self.net.arrays().items()}
        facts = self.panel.members["ease"].trained_on
        return {
            "head": self.head,
            **{f"panel.{name}": array for name, array in facts.arrays().items()},
            **net,
            **self.panel.arrays(),
        }

    def state(self) -> dict[str, Any]:
        return {
            "members": {name: member.state() for name, member in self.panel.members.items()},
            "inner": self.panel.members["ease"].trained_on.state(),
        }

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.head = arrays["head"]
        self._place_head()
        facts = TrainedOn.restored(IdMap(self.items.ids[self.head]), taken(arrays, "panel."), state["inner"])
        self.panel = Panel.restore(arrays, state["members"], facts)
        net = taken(arrays, "net.")
        self.net = Reranker(**net) if net else None


def _part(data: Interactions, seed: int) -> Interactions:
    """The histories of so many random users that MOST_RATINGS are not exceeded: more would hardly change a weight."""
    lengths = np.diff(data.matrix.indptr)
    if data.matrix.nnz <= MOST_RATINGS:
        return data
    order = np.random.default_rng(seed).permutation(len(lengths))
    chosen = np.zeros(len(lengths), dtype=bool)
    chosen[order[np.cumsum(lengths[order]) <= MOST_RATINGS]] = True
    return data.of_users(chosen)


def _blocks(n_rows: int, n_items: int) -> list[tuple[int, int]]:
    step = max(1, BLOCK_CELLS // max(1, n_items))
    return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
