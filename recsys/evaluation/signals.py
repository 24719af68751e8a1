"""What a calibration looks at: features of an item for a person, and labelled examples of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.data import Histories, Interactions
from recsys.errors import BadInput
from recsys.models.base import Recommender

LIKED_SHARE = 0.75  # of the scale's width: 4 stars of 1 to 5
DISLIKED_AT_LEAST = 0.05  # share of ratings below `liked_at` from which likes say something
ITEM_DAMPING = 5.0
USER_DAMPING = 5.0
MAX_USERS = 3000
CHUNK_USERS = 256
LIST_LENGTH = 100
N_FEATURES = 6

Question = Literal["likes", "hits"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled pairs of a person and an item.

    Attributes:
        x: (n, N_FEATURES) features.
        y: (n,) 1.0 for liked or hit, else 0.0.
        weights: (n,) 1.0 where the history was whole, 0.5 where it was shortened.
        users: (n,) numbers of the persons.
        ranks: (n,) places of the items in the person's list, from 1.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    users: np.ndarray
    ranks: np.ndarray


@dataclass(frozen=True, eq=False)
class Signals:
    """What is known of the items, and how features are made of it.

    Attributes:
        of: likes or hits.
        liked_at: rating from which an item counts as liked (None for hits).
        base: share of likes among all ratings.
        item_shares: (n_items,) float32, each item's damped share of likes, in steps of 1/65535.
    """

    of: Question
    liked_at: float | None
    base: float
    item_shares: np.ndarray

    @classmethod
    def learn(cls, history: Interactions, liked_at: float | None = None, of: Question | None = None) -> Signals:
        """Shares of likes among what is known; arguments as for `Calibration.fit`.

        Raises:
            BadInput: `of` is neither likes nor hits.
        """
        if of not in (None, "likes", "hits"):
            raise BadInput(f"of is {of!r}: use 'likes' or 'hits'.")
        low, high = history.scale
        liked_at = low + LIKED_SHARE * (high - low) if liked_at is None else float(liked_at)
        liked = history.matrix.data >= liked_at
        if of is None:
            tells = history.has_ratings and 1 - liked.mean() >= DISLIKED_AT_LEAST
            of = "likes" if tells else "hits"
        if of == "hits":
            return cls(of, None, 0.5, np.full(len(history.items), 0.5, dtype=np.float32))
        base = float(np.clip(liked.mean(), 0.01, 0.99)) if len(liked) else 0.5
        likes = np.bincount(history.matrix.indices, liked, len(history.items))
        shares = (likes + ITEM_DAMPING * base) / (history.item_counts + ITEM_DAMPING)
        # As coarse as they are saved, so that a saved calibration gives the same answers.
        return cls(of, liked_at, base, (np.clip(np.rint(shares * 65535), 1, 65534) / 65535).astype(np.float32))

    def features(
        self, model: Recommender, histories: Histories, row: np.ndarray, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features (k, N_FEATURES) float64 and ranks (k,) of some items for one history; NaN without a score.

        Args:
            model: gives the popularity of the items.
            histories: the one history.
            row: (n_items,) the model's scores for it.
            numbers: (k,) columns of the items.
        """
        row, seen = np.asarray(row, dtype=np.float32), histories.matrix.indices
        wanted = row[numbers]
        open_scores = np.isfinite(row)
        open_scores[seen] = False
        row = row[open_scores]
        # Only scores above the lowest asked for can outrank anything: for the top of a list, a handful.
        lowest = wanted.min(initial=np.inf, where=np.isfinite(wanted))
        above = np.sort(row[row > lowest])
        above = len(above) - np.searchsorted(above, wanted, side="right")
        n = max(1, len(row))
        mean = row.mean() if len(row) else 0.0
        spread = np.sqrt(max(float(row @ row) / n - float(mean) ** 2, 1e-12)) if len(row) else 1.0
        share = self.item_shares[numbers].astype(np.float64)
        x = np.empty((len(numbers), N_FEATURES))
        x[:, 0] = np.where(np.isfinite(wanted), -np.log((above + 1) / (n + 1)), np.nan)
        x[:, 1] = np.clip((wanted - mean) / spread, -4, 8)
        x[:, 2] = np.log(share / (1 - share))
        x[:, 3] = np.log(model.popularity[numbers] + 1e-4)
        x[:, 4] = self._leniency(seen, histories.matrix.data)
        x[:, 5] = np.log1p(len(seen))
        return x, above + 1

    def _leniency(self, seen: np.ndarray, ratings: np.ndarray) -> float:
        """How much more of these items the person likes than others do, damped; 0 where all ratings are the same.

        A list of favourites holds nothing that was disliked and says nothing on how strictly they rate.
        """
        if self.of == "hits" or len(seen) < 2 or ratings.min() == ratings.max():
            return 0.0
        return float(((ratings >= self.liked_at) - self.item_shares[seen]).sum() / (len(seen) + USER_DAMPING))

    def examples(
        self, model: Recommender, history: Interactions, held_out: Interactions, rng: np.random.Generator
    ) -> Examples:
        """Pairs of a person and a hidden item, for whole and, of likes, for randomly shortened histories.

        Of hits, the pairs are the first LIST_LENGTH of the list and as many others at random. At most
        MAX_USERS persons are drawn; items the model gives no score are left out.
        """
        lengths, asked = np.diff(history.matrix.indptr), np.diff(held_out.matrix.indptr)
        mask = (lengths > 0) & (asked > 0)
        if mask.sum() > MAX_USERS:
            mask[rng.choice(np.flatnonzero(mask), int(mask.sum()) - MAX_USERS, replace=False)] = False
        known, target = history.of_users(mask), held_out.of_users(mask).matrix
        variants = [(known.histories, 1.0)]
        if self.of == "likes":  # of hits, what a shortened history leaves out would count as misses
            variants.append((_shortened(known, rng).histories, 0.5))
        blocks = [(np.empty((0, N_FEATURES)), *[np.empty(0)] * 4)]
        for histories, weight in variants:
            for start in range(0, len(histories), CHUNK_USERS):
                part = histories.rows(start, min(start + CHUNK_USERS, len(histories)))
                scores = model.score(part)
                for place in range(len(part)):
                    low, high = target.indptr[start + place : start + place + 2]
                    numbers = target.indices[low:high]
                    if self.of == "hits":
                        numbers, label = _list_and_others(scores[place], part.rows(place, place + 1), numbers, rng)
                    else:
                        label = target.data[low:high] >= self.liked_at
                    x, ranks = self.features(model, part.rows(place, place + 1), scores[place], numbers)
                    same = np.ones(len(numbers))
                    blocks.append((x, label, weight * same, (start + place) * same, ranks))
        x, y, weights, users, ranks = (np.concatenate(column) for column in zip(*blocks, strict=True))
        ok = np.isfinite(x).all(axis=1)
        return Examples(x[ok], y[ok].astype(np.float64), weights[ok], users[ok].astype(np.int64), ranks[ok])


def _shortened(data: Interactions, rng: np.random.Generator) -> Interactions:
    """A random part of each history, of a length drawn evenly on a log scale from 1 to the whole."""
    lengths = np.diff(data.matrix.indptr)
    keep = np.exp(rng.random(len(lengths)) * np.log(np.maximum(lengths, 1) + 0.999)).astype(np.int64)
    order = np.lexsort((rng.random(data.matrix.nnz), np.repeat(np.arange(len(lengths)), lengths)))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(data.matrix.indptr[:-1], lengths)
    return data.keep(place < np.repeat(np.maximum(keep, 1), lengths))


def _list_and_others(
    scores: np.ndarray, history: Histories, hidden: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The first 100 of a list and as many others at random, and which of them were hidden."""
    scores = scores.copy()
    scores[history.matrix.indices] = np.nan
    there = np.flatnonzero(np.isfinite(scores))
    there = there[np.argsort(-scores[there], kind="stable")]
    numbers = np.concatenate([there[:LIST_LENGTH], rng.permutation(there[LIST_LENGTH:])[:LIST_LENGTH]])
    return numbers, np.isin(numbers, hidden)
