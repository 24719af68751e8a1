"""Scores of the latest histories, so that the same person's next lists, with other filters, need no new ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from recsys.data import Histories
from recsys.data.lru import LruCache
from recsys.models.base import Recommender
from recsys.serving.released_models import ReleasedModels, ScoreOne

CACHED_BYTES = 4_000_000  # of scores; 100 histories of 10,000 items


class History(NamedTuple):
    """A lazily read history, because cached answers do not need it.

    Attributes:
        key: cache key, equal for equal histories.
        read: returns the ratings by item id, oldest first.
    """

    key: Hashable
    read: Callable[[], Mapping[str, float]]

    @classmethod
    def of(cls, ratings: Mapping[str, float]) -> History:
        """Create a history from ratings; its key is a digest, because the cache stores keys."""
        text = repr(list(ratings.items())).encode(errors="surrogatepass")
        return cls(hashlib.blake2b(text, digest_size=16).digest(), lambda: ratings)


class Scored(NamedTuple):
    """A history and what models make of it.

    Attributes:
        ratings: by item id, oldest first.
        histories: the same in the columns of the models, which all have the same items.
        score: scores it by a model; the scores are read-only.
    """

    ratings: Mapping[str, float]
    histories: Histories
    score: ScoreOne


class ScoredHistories:
    """Least-recently-used cache of scores for the models of one release; it stores no ratings."""

    def __init__(self, models: ReleasedModels):
        self._models = models
        n_items = len(models.release.items)
        self._rows: LruCache[Hashable, np.ndarray] = LruCache(max(2, CACHED_BYTES // (4 * max(1, n_items))))

    def of(self, history: History) -> Scored:
        """Read a history. Its scores are computed at their first use."""
        ratings = history.read()
        base = self._models.model(self._models.release.names[0])
        histories = base.to_histories(ratings)
        return Scored(ratings, histories, partial(self._score, history.key, histories))

    def _score(
        self, history: Hashable, histories: Histories, recommender: Recommender, recency: float | None = None
    ) -> tuple[Histories, np.ndarray]:
        asked = histories if recency is None else histories.with_recency(recency)
        key = (recommender.name, history, recency)
        row = self._rows.get_many([key]).get(key)
        if row is None:
            row = recommender.score(asked)[0]
            row.flags.writeable = False
            self._rows.put_many({key: row})
        return asked, row
