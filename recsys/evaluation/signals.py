"""Compute the features of (user, item) pairs to which a calibration is fitted, and select labelled examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from recsys.data import Histories, Interactions, csr
from recsys.errors import BadInput
from recsys.models.base import Recommender

LIKED_SHARE = 0.75  # lowest liked rating as a share of the scale: 4 stars of 1 to 5
MIN_DISLIKED = 0.05  # lowest share of ratings below `liked_at` for which likes are informative
ITEM_DAMPING = 5.0  # number of average ratings added to an item's share of likes
USER_DAMPING = 5.0  # number of average items added to a user's leniency
MAX_USERS = 3000
CHUNK_USERS = 256
LIST_LENGTH = 100
SHORTENED_WEIGHT = 0.5  # weight of an example with a shortened history
N_FEATURES = 6

Question = Literal["likes", "hits"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled pairs of a user and an item.

    Attributes:
        x: (n, N_FEATURES) features.
        y: (n,) 1.0 if the item is liked or a hit, else 0.0.
        weights: (n,) 1.0 for a whole history, SHORTENED_WEIGHT for a shortened one.
        users: (n,) user numbers.
        ranks: (n,) positions of the items in the user's list, from 1.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    users: np.ndarray
    ranks: np.ndarray


class Moments(NamedTuple):
    """Of the scores of the items that a user has not seen.

    Attributes:
        n: number of these scores, at least 1.
        mean, spread: their mean and standard deviation.
    """

    n: int
    mean: float
    spread: float

    @classmethod
    def of(cls, scores: np.ndarray) -> Moments:
        """Compute from all scores (k,) float32."""
        return cls._from(len(scores), float(scores.mean()), float(scores @ scores)) if len(scores) else cls(1, 0.0, 1.0)

    @classmethod
    def from_sums(cls, n: int, total: float, squares: float) -> Moments:
        """Compute from the sum of the scores and of their squares."""
        return cls._from(n, total / n, squares) if n else cls(1, 0.0, 1.0)

    @classmethod
    def _from(cls, n: int, mean: float, squares: float) -> Moments:
        return cls(n, mean, np.sqrt(max(squares / n - mean**2, 1e-12)))


@dataclass(frozen=True, eq=False)
class Signals:
    """Statistics of the items and a function of features based on them.

    Attributes:
        of: likes or hits.
        liked_at: lowest rating of a liked item (None for hits).
        base: share of likes among all ratings.
        item_shares: (n_items,) float32, each item's damped share of likes, in steps of 1/65535.
    """

    of: Question
    liked_at: float | None
    base: float
    item_shares: np.ndarray

    @classmethod
    def learn(cls, history: Interactions, liked_at: float | None = None, of: Question | None = None) -> Signals:
        """Compute the shares of likes; arguments as for `Calibration.fit`.

        Raises:
            BadInput: `of` is neither likes nor hits.
        """
        if of not in (None, "likes", "hits"):
            raise BadInput(f"of is {of!r}. Use 'likes' or 'hits'.")
        low, high = history.scale
        liked_at = low + LIKED_SHARE * (high - low) if liked_at is None else float(liked_at)
        liked = history.matrix.data >= liked_at
        if of is None:
            tells = history.has_ratings and 1 - liked.mean() >= MIN_DISLIKED
            of = "likes" if tells else "hits"
        if of == "hits":
            return cls(of, None, 0.5, np.full(len(history.items), 0.5, dtype=np.float32))
        base = float(np.clip(liked.mean(), 0.01, 0.99)) if len(liked) else 0.5
        likes = csr.column_sums(history.matrix, liked)
        shares = (likes + ITEM_DAMPING * base) / (history.item_counts + ITEM_DAMPING)
        # rounded as in the saved file, so that a loaded calibration returns the same values
        return cls(of, liked_at, base, (np.clip(np.rint(shares * 65535), 1, 65534) / 65535).astype(np.float32))

    def features(
        self,
        model: Recommender,
        histories: Histories,
        row: np.ndarray,
        numbers: np.ndarray,
        moments: Moments | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features (k, N_FEATURES) float64 and ranks (k,) of some items for one history; NaN without a score.

        Args:
            model: gives the popularity of the items.
            histories: one history.
            row: (n_items,) the model's scores for it.
            numbers: (k,) columns of the items.
            moments: of the scores of all unseen items, if `row` lacks some that are lower than those of `numbers`.
        """
        row, seen = np.asarray(row, dtype=np.float32), histories.matrix.indices
        wanted = row[numbers]
        candidate = np.isfinite(row)
        candidate[seen] = False
        scores = row[candidate]
        # only scores above the lowest requested one affect the ranks; they are few at the top of a list
        lowest = wanted.min(initial=np.inf, where=np.isfinite(wanted))
        higher = np.sort(scores[scores > lowest])
        above = len(higher) - np.searchsorted(higher, wanted, side="right")
        n, mean, spread = moments or Moments.of(scores)
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
        """How many more of these items the user likes than others do, as a damped share; 0 if all ratings are equal.

        A list of favourites has no disliked item and does not show how strict the user is.
        """
        if self.liked_at is None or len(seen) < 2 or ratings.min() == ratings.max():
            return 0.0
        return float(((ratings >= self.liked_at) - self.item_shares[seen]).sum() / (len(seen) + USER_DAMPING))

    def examples(
        self, model: Recommender, history: Interactions, held_out: Interactions, rng: np.random.Generator
    ) -> Examples:
        """Select pairs of a user and an item, for whole histories and, for likes, also for randomly shortened ones.

        For likes the items are hidden items. For hits they are the first LIST_LENGTH of the list and as many random
        others. At most MAX_USERS users are drawn; items without a score are left out.
        """
        mask = (history.user_counts > 0) & (held_out.user_counts > 0)
        if mask.sum() > MAX_USERS:
            mask[rng.choice(np.flatnonzero(mask), int(mask.sum()) - MAX_USERS, replace=False)] = False
        known, target = history.of_users(mask), held_out.of_users(mask)
        variants = [(known.histories, 1.0)]
        if self.of == "likes":  # for hits, the items that shortening removes would count as misses
            variants.append((_shortened(known, rng).histories, SHORTENED_WEIGHT))
        blocks = [(np.empty((0, N_FEATURES)), *[np.empty(0)] * 4)]
        for histories, weight in variants:
            for start in range(0, len(histories), CHUNK_USERS):
                part = histories.rows(start, min(start + CHUNK_USERS, len(histories)))
                for place, scores in enumerate(model.score(part)):
                    one, user = part.rows(place, place + 1), start + place
                    numbers, labels = self._labelled(scores, one, target, user, rng)
                    x, ranks = self.features(model, one, scores, numbers)
                    same = np.ones(len(numbers))
                    blocks.append((x, labels, weight * same, user * same, ranks))
        x, y, weights, users, ranks = (np.concatenate(column) for column in zip(*blocks, strict=True))
        ok = np.isfinite(x).all(axis=1)
        return Examples(x[ok], y[ok].astype(np.float64), weights[ok], users[ok].astype(np.int64), ranks[ok])

    def _labelled(
        self, scores: np.ndarray, history: Histories, target: Interactions, user: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Item numbers and labels of the examples of one user."""
        low, high = target.matrix.indptr[user : user + 2]
        numbers = target.matrix.indices[low:high]
        if self.liked_at is None:
            return _list_and_others(scores, history, numbers, rng)
        return numbers, target.matrix.data[low:high] >= self.liked_at


def _shortened(data: Interactions, rng: np.random.Generator) -> Interactions:
    """A random part of each history; its length is log-uniform from 1 to the whole."""
    lengths = np.maximum(data.user_counts, 1)
    size = np.exp(rng.random(len(lengths)) * np.log(lengths + 0.999)).astype(np.int64)
    place = csr.rank_in_rows(data.matrix, rng.random(data.matrix.nnz))
    return data.keep(place < csr.per_entry(np.maximum(size, 1), data.matrix))


def _list_and_others(
    scores: np.ndarray, history: Histories, hidden: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The first LIST_LENGTH items of a list and as many random others, and which of them were hidden."""
    scores = scores.copy()
    scores[history.matrix.indices] = np.nan
    candidates = np.flatnonzero(np.isfinite(scores))
    ordered = candidates[np.argsort(-scores[candidates], kind="stable")]
    numbers = np.concatenate([ordered[:LIST_LENGTH], rng.permutation(ordered[LIST_LENGTH:])[:LIST_LENGTH]])
    return numbers, np.isin(numbers, hidden)
