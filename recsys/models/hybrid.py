"""The hybrid: several experts propose, a learned network puts their candidates in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models import holdout, reranker
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.panel import MEMBERS, Panel
from recsys.models.registry import register
from recsys.models.reranker import Reranker

LISTS = 5000  # training lists aimed at: more folds where users are few
MOST_FOLDS = 5
TRAINED = 60  # first candidates of each list that the network learns from: what can reach the top
BLOCK_CELLS = 1_000_000  # score cells of one expert held at once


@register
class Hybrid(Recommender):
    """Candidates from a blend of experts, reordered by a network over what each expert says of them.

    Experts: three forms of EASE, two of iALS, item neighbours, content where features are given, transitions
    where times are. Their scores enter as standard deviations, ranks and shares of the best, beside
    popularity, mean deviation of ratings and history length, so that the weight of each expert depends on
    how much history there is. The network learns from interactions hidden from the experts: the last of each
    history where times are known, random ones otherwise, with whole and with shortened histories; then the
    experts are trained again on everything.
    """

    name = "hybrid"
    title = "Blend"
    summary = "Candidates of several models, put in order by a network that learned whom to trust when."
    family = "hybrid"
    order = 200
    uses_features = True

    @dataclass(frozen=True)
    class Config:
        n_candidates: int = setting(150, "Items the network orders.", low=1, search=(100, 150, 200))
        n_networks: int = setting(2, "Networks averaged.", low=1)
        n_hidden: int = setting(32, "Hidden units of a network.", low=1, search=(16, 32, 64))
        n_epochs: int = setting(20, "Passes over the training lists.", low=1, search=(10, 20, 30))
        decay: float = setting(0.01, "Weight decay.", low=0.0, search=(0.003, 0.01, 0.03))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self._fit_with({}, data, features, seed)

    def _fit_with(self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        """Learn, taking over experts that were already fitted on the same data with the same settings."""
        self.net = self._learn(data, features, seed)
        self.panel = Panel.fit(data, features, seed, ready)

    def _learn(self, data: Interactions, features: ItemFeatures | None, seed: int) -> Reranker | None:
        lists = []
        n_folds = int(np.clip(round(LISTS / max(len(data.users), 1)), 1, MOST_FOLDS))
        for fold, (known, hidden) in enumerate(holdout.folds(data, n_folds, seed)):
            if not known.matrix.nnz or not hidden.matrix.nnz:
                continue
            panel = Panel.fit(known, features, seed)
            histories, owners, weights = holdout.questions(known.histories, hidden.matrix, LISTS // n_folds, seed + fold)
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
        return reranker.train(x, labels, weights, seed, config.n_networks, config.n_hidden, config.n_epochs, decay=config.decay)

    def _score(self, histories: Histories) -> np.ndarray:
        scores = np.empty(histories.matrix.shape, dtype=np.float32)
        for start, stop in _blocks(len(histories), len(self.items)):
            scores[start:stop] = self._score_block(histories.rows(start, stop))
        return scores

    def _score_block(self, histories: Histories) -> np.ndarray:
        chosen, x, blend, _ = self.panel.features(histories, self.config.n_candidates)
        inner = x[:, :, 0] if self.net is None else self.net(x)
        usable = np.isfinite(np.take_along_axis(blend, chosen, axis=1))
        inner = np.where(usable, inner, np.nan).astype(np.float32)
        # items beyond the candidates keep the order of the blend, below all of them
        floor = np.nanmin(np.where(usable, inner, np.inf), axis=1, keepdims=True)
        cut = np.min(np.where(usable, np.take_along_axis(blend, chosen, axis=1), np.inf), axis=1, keepdims=True)
        scores = np.where(np.isfinite(blend), floor - 0.01 + np.minimum(blend - cut, 0.0), np.nan).astype(np.float32)
        np.put_along_axis(scores, chosen, np.where(usable, inner, np.take_along_axis(scores, chosen, axis=1)), axis=1)
        return scores

    def part_shares(self, histories: Histories, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Expert -> what it adds (len(numbers),) to the scores of items for one history, 0 beyond the candidates."""
        chosen, x, _, owners = self.panel.features(histories, self.config.n_candidates)
        place = {int(item): row for row, item in enumerate(chosen[0])}
        added = (x[0] - x[0].mean(axis=0)) * (np.arange(x.shape[-1]) == 0) if self.net is None else self.net.attribute(x[0])
        shares = {}
        for owner in dict.fromkeys(owners):
            total = added[:, [i for i, name in enumerate(owners) if name == owner]].sum(axis=1)
            shares[owner] = np.array([total[place[int(item)]] if int(item) in place else 0.0 for item in numbers])
        return shares

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Each linear expert's own exact contributions, weighted by what the expert adds to the item."""
        added = self.part_shares(histories, numbers)
        total = np.zeros((len(numbers), histories.matrix.nnz))
        for name, member in self.panel.members.items():
            weight = np.maximum(added.get(name, 0.0), 0.0)
            total += weight[:, None] * member._shares(histories, numbers)
        silent = total.sum(axis=1) <= 0
        total[silent] = self.panel.members["ease"]._shares(histories, numbers[silent])
        return total

    def _similar(self, number: int) -> np.ndarray:
        rows = []
        for name in ("ease", "als", "item_knn", "content"):
            if name in self.panel.members:
                row = self.panel.members[name]._similar(number).astype(np.float64)
                rows.append((row - np.nanmean(row)) / (np.nanstd(row) + 1e-9) if np.isfinite(row).any() else row)
        stacked = np.where(np.isfinite(rows), rows, 0.0).mean(axis=0)
        return np.where(np.isfinite(rows).any(axis=0), stacked, np.nan)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"panel.log_counts": self.panel.log_counts, "panel.quality": self.panel.quality}
        if self.net is not None:
            arrays |= {f"net.{name}": array for name, array in self.net.arrays().items()}
        if self.panel.steps is not None:
            steps = self.panel.steps
            arrays |= {"steps.data": steps.data, "steps.indices": steps.indices, "steps.indptr": steps.indptr,
                       "panel.late": self.panel.late}  # fmt: skip
        for name, member in self.panel.members.items():
            arrays |= {f"{name}.{key}": array for key, array in member._arrays().items()}
        return arrays

    def _state(self) -> dict[str, Any]:
        return {"members": {name: member._state() for name, member in self.panel.members.items()}}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        def taken(prefix: str) -> dict[str, np.ndarray]:
            return {key[len(prefix) :]: array for key, array in arrays.items() if key.startswith(prefix)}

        members = {}
        for name, (kind, settings) in MEMBERS.items():  # in this order: it is the order of the features
            if name not in state["members"]:
                continue
            member = kind(**settings)
            for shared in ("items", "ordered", "has_ratings", "scale", "mean", "popularity", "rated"):
                setattr(member, shared, getattr(self, shared))
            member._rank_popularity()
            member._restore(taken(f"{name}."), state["members"][name])
            members[name] = member
        self.panel = Panel(members)
        self.panel.log_counts, self.panel.quality = arrays["panel.log_counts"], arrays["panel.quality"]
        if "steps.data" in arrays:
            size = len(self.items)
            self.panel.steps = sparse.csr_array(
                (arrays["steps.data"], arrays["steps.indices"], arrays["steps.indptr"]), shape=(size, size)
            )
            self.panel.steps.check_format(full_check=True)
            self.panel.late = arrays["panel.late"]
        net = taken("net.")
        self.net = Reranker(**net) if net else None


def _blocks(n_rows: int, n_items: int) -> list[tuple[int, int]]:
    step = max(1, BLOCK_CELLS // max(1, n_items))
    return [(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
