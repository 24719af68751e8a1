"""Rank items for many users with a fitted model, and compute the metrics of the lists."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.data import Interactions
from recsys.models.base import Recommender
from recsys.ranking import metrics

LIST_LENGTH = 100
TIMED_LENGTH = 20  # length of the list in the timed single request
TIMED_USERS = 25
MAX_ASKED = 25_000  # largest number of users of one split; more would hardly narrow the intervals


@dataclass(frozen=True)
class Ranking:
    """Ranked lists of one model, and which places are hits.

    Attributes:
        users: (n,) ids of the evaluated users: those with a history and a target.
        top: (n, k) column numbers in the data's items, best first, -1 in shorter lists.
        hits: (n, k) bool.
        sizes: (n,) size of each target.
        history: CSR (n, n_items) of the known interactions of each user.
        ms_per_user: milliseconds of `recommend_many` per user.
    """

    users: np.ndarray
    top: np.ndarray
    hits: np.ndarray
    sizes: np.ndarray
    history: sparse.csr_array
    ms_per_user: float


def asked(history: Interactions, target: Interactions) -> tuple[Interactions, Interactions]:
    """Select history and target of the users who have both; a random part if there are more than MAX_ASKED users.

    The part is drawn with a fixed seed, so that all models of a split are evaluated on the same users.
    """
    mask = (target.user_counts > 0) & (history.user_counts > 0)
    count = int(mask.sum())
    if count > MAX_ASKED:
        chosen = np.random.default_rng(count).choice(np.flatnonzero(mask), MAX_ASKED, replace=False)
        mask = np.zeros_like(mask)
        mask[chosen] = True
    return history.of_users(mask), target.of_users(mask)


def rank(model: Recommender, history: Interactions, target: Interactions, n: int = LIST_LENGTH) -> Ranking:
    """Compute the lists of a fitted model for every user with a history and a target.

    Args:
        model: fitted.
        history: known interactions of each user, left out of the lists.
        target: hidden interactions; same users and items as `history`.
        n: length of the lists.
    """
    history, target = asked(history, target)
    start = time.perf_counter()
    ids, _ = model.recommend_many(history, n)
    seconds = time.perf_counter() - start
    top = target.items.numbers(ids.ravel().tolist()).reshape(ids.shape)
    return Ranking(
        users=target.users.ids,
        top=top,
        hits=metrics.find_hits(top, target.matrix),
        sizes=target.user_counts,
        history=history.matrix,
        ms_per_user=1000 * seconds / max(1, len(history.users)),
    )


def measure(
    ranking: Ranking, counts: np.ndarray, n_users: int, vectors: sparse.csr_array, cut_recall: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Compute all ranking metrics of one model's lists: values per user, and values over all users.

    Args:
        ranking: from `rank`.
        counts, n_users: number of users who rated each item in the training data, and number of all its users.
        vectors: CSR (n_items, d) for diversity.
        cut_recall: whether recall is over min(k, target), as is usual for unseen users.
    """
    top, hits, sizes = ranking.top, ranking.hits, ranking.sizes
    by_user = {
        "ndcg@10": metrics.ndcg(hits, sizes, 10),
        "ndcg@100": metrics.ndcg(hits, sizes, 100),
        "recall@20": metrics.recall(hits, sizes, 20, cut_recall),
        "recall@50": metrics.recall(hits, sizes, 50, cut_recall),
        "hr@10": metrics.hit_rate(hits, 10),
        "novelty@10": metrics.novelty(top, counts, n_users, 10),
        "diversity@10": metrics.diversity(top, vectors, 10),
        "popularity_lift@10": metrics.popularity_lift(top, ranking.history, counts, 10),
    }
    return by_user, {
        "coverage@10": metrics.coverage(top, len(counts), 10),
        "gini@10": metrics.gini(top, len(counts), 10),
    }


def single_ms(model: Recommender, history: Interactions, users: np.ndarray) -> float:
    """Median milliseconds of one `recommend` with its reasons, over TIMED_USERS users; NaN without users."""
    chosen = users[np.linspace(0, len(users) - 1, min(TIMED_USERS, len(users))).astype(int)] if len(users) else []
    histories = [history.history(user) for user in chosen]
    seconds = []
    for one in histories[:1] + histories:  # the first call is not timed, because it computes lazy attributes
        start = time.perf_counter()
        model.recommend(one, TIMED_LENGTH)
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds[1:])) if seconds else float("nan")
