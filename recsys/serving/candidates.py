"""Lists of `als` in large catalogues: an index finds candidates, and only these are scored exactly.

The scores of `als` are inner products of the factors of a history and of each item. The index (FAISS) divides the items
into groups by the direction of their factors, and searches the groups that fit the history best. Popular items, which
have the longest factors, would often be missed. So each item gets one more factor, with which all are equally long and
which is 0 in a history (Bachrach et al. 2014). See docs/scaling.md for when the index pays.
"""

from __future__ import annotations

import importlib.util
import logging
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from recsys.data import Histories
from recsys.data.progress import Progress, to_log
from recsys.errors import MissingExtra
from recsys.evaluation.signals import Moments
from recsys.models.base import Ranked, Recommender
from recsys.models.collaborative.als import Als
from recsys.models.reason import Kind, Reason
from recsys.ranking.top_n import top_n
from recsys.serving.filters import Filters
from recsys.serving.released_models import ReleasedModels
from recsys.serving.scored_histories import Scored

log = logging.getLogger(__name__)

PACKAGE = "faiss"
SEARCHED = 1 / 4  # share of the groups that are searched; docs/scaling.md has the loss and time of others
PER_GROUP = 64  # items per group from which the groups are learned
CHUNK = 50_000  # items that are added between two reports of progress
SILENT_S = 2.0  # seconds without a report


class Found(NamedTuple):
    """A ranking.

    Attributes:
        ranked: its `row` has the scores of all items, or only those of the candidates.
        moments: what `match` must know of all scores if the row has only those of candidates; otherwise None.
    """

    ranked: Ranked
    moments: Moments | None

    def score(self, model: Recommender, recency: float | None) -> tuple[Histories, np.ndarray]:
        """The scores of the row, as a `ScoreOne` for the model of the ranking."""
        return self.ranked.histories, self.ranked.row


class FactorIndex:
    """Index of the item factors of one `als`.

    Args:
        model: fitted or loaded.
        searched: share of the groups that a search reads, from 0 to 1.

    Raises:
        MissingExtra: FAISS is not installed.
    """

    def __init__(self, model: Als, searched: float = SEARCHED, progress: Progress = to_log):
        check_installed()
        import faiss

        faiss.omp_set_num_threads(1)  # as the matrix library: two threads are slower if the cores are busy
        self._model, self._numbers = model, np.flatnonzero(model.rated)
        self._longest = float(_squares(model.factors).max(initial=0.0))
        groups = max(1, math.isqrt(len(self._numbers)))
        # numbers of 8 bits: a quarter of the memory, and the candidates are scored exactly afterwards
        index = faiss.index_factory(model.factors.shape[1] + 1, f"IVF{groups},SQ8", faiss.METRIC_INNER_PRODUCT)
        self._index: Any = index
        self._search = faiss.SearchParametersIVF()
        self._search.nprobe = max(1, math.ceil(groups * searched))
        self._build(groups, progress)
        known = model.factors[self._numbers]
        self._total, self._gram = known.sum(axis=0, dtype=np.float64), (known.T @ known).astype(np.float64)

    def _build(self, groups: int, progress: Progress) -> None:
        numbers, told = self._numbers, time.monotonic()
        chosen = np.random.default_rng(0).permutation(len(numbers))[: groups * PER_GROUP]
        if len(numbers) > CHUNK:
            progress(f"Building the index of {len(numbers):,} items for {self._model.name}", 0.0)
        self._index.train(self._lengthened(numbers[np.sort(chosen)]))
        for start in range(0, len(numbers), CHUNK):
            part = numbers[start : start + CHUNK]
            self._index.add_with_ids(self._lengthened(part), part)
            if time.monotonic() - told > SILENT_S:
                told = time.monotonic()
                progress(f"Building the index for {self._model.name}", min(1.0, (start + CHUNK) / len(numbers)))

    def _lengthened(self, numbers: np.ndarray) -> np.ndarray:
        """Factors of items with one more, so that all have the length of the longest: (k, n_factors + 1) float32."""
        factors = self._model.factors[numbers]
        missing = np.sqrt(np.maximum(np.float32(self._longest) - _squares(factors), np.float32(0.0)))
        return np.concatenate([factors, missing[:, None]], axis=1)

    @property
    def n_bytes(self) -> int:
        """Estimated memory of the index: one byte for each factor, and the number of each item."""
        return len(self._numbers) * (self._model.factors.shape[1] + 2 * self._numbers.itemsize)

    def ranked(self, histories: Histories, size: int, n: int, masked: np.ndarray) -> Found | None:
        """The best items for one history, or None if they cannot be found among the candidates.

        Args:
            histories: one history.
            size: number of candidates besides the items of the history.
            n: length of the list.
            masked: (n_items,) bool, items that may not be listed; see `Recommender.masked`.
        """
        model, seen = self._model, histories.matrix.indices
        taste = model.fold_in(histories)[0]
        if not taste.any():
            return None
        _, found = self._index.search(np.append(taste, np.float32(0.0))[None], size + len(seen), params=self._search)
        numbers = np.sort(found[0][found[0] >= 0])
        scores = model.factors[numbers] @ taste
        free = ~masked[numbers]
        if np.count_nonzero(free) < n:
            return None
        top, values = top_n(scores[free], n, model.popularity_rank[numbers[free]])
        row = np.full(len(masked), np.nan, dtype=np.float32)
        row[numbers] = scores
        return Found(Ranked(numbers[free][top], values, histories, row), self._moments(taste, seen))

    def _moments(self, taste: np.ndarray, seen: np.ndarray) -> Moments:
        """Of the exact scores of all items that are not seen: from sums over all, without those of the seen ones."""
        own = (self._model.factors[seen] @ taste)[self._model.rated[seen]].astype(np.float64)
        exact = taste.astype(np.float64)
        total, squares = exact @ self._total - own.sum(), exact @ self._gram @ exact - own @ own
        return Moments.from_sums(len(self._numbers) - len(own), float(total), float(squares))


class Candidates:
    """Rankings of one release by index; all rankings are exact until the index is built.

    Args:
        size: number of candidates, besides the items of the history; 0 for no index.

    Raises:
        MissingExtra: FAISS is not installed.
    """

    def __init__(self, models: ReleasedModels, size: int):
        if size:
            check_installed()
        self.models, self._size = models, size
        self._index: FactorIndex | None = None

    def build(self, progress: Progress = to_log) -> None:
        """Build the index, if one is wanted and the release has `als`; a million items take about 10 s of CPU time."""
        if self._size and self._index is None and Als.name in self.models.release.names:
            model = self.models.model(Als.name)
            if isinstance(model, Als) and model.rated.any():
                self._index = FactorIndex(model, progress=progress)

    def ranked(
        self, recommender: Recommender, histories: Histories, n: int, exclude: Sequence[str], among: np.ndarray | None
    ) -> Found | None:
        """The n best items for one history; None if the caller must score all items.

        Arguments as for `Recommender.ranked`. All items must be scored if the model has no index or it is not built
        yet, the history is empty, or fewer than n of the candidates may be listed, such as with a narrow filter.
        """
        if self._index is None or recommender.name != Als.name or not histories.matrix.nnz:
            return None
        return self._index.ranked(histories, self._size, n, recommender.masked(histories, exclude, among))


def personal_ranking(
    candidates: Candidates, scored: Scored, recommender: Recommender, n: int, filters: Filters, exclude: Sequence[str]
) -> Found:
    """The n best items for a history that pass the filters, from candidates if possible, otherwise of all items."""
    models = candidates.models
    among = models.passing(filters)
    near = candidates.ranked(recommender, scored.histories, n, exclude, among)
    if near is not None:
        return near
    unknown = Reason(Kind.UNKNOWN_HISTORY if scored.ratings else Kind.NO_HISTORY)
    histories, row = scored.score(recommender, filters.recency)
    if filters.recency is not None and recommender.name == models.matching:
        # The match needs the scores without the dial too. Now the weights are in the processor's cache.
        scored.score(recommender, None)
    return Found(recommender.ranked_row(histories, row, n, exclude, among, unknown), None)


def _squares(factors: np.ndarray) -> np.ndarray:
    """Squared length of each row."""
    return np.einsum("ij,ij->i", factors, factors)


def check_installed() -> None:
    """Raise MissingExtra if FAISS is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise MissingExtra(
            "RECSYS_CANDIDATES needs FAISS, which is not installed. Install it with: pip install faiss-cpu. "
            "Or set RECSYS_CANDIDATES=off."
        )
