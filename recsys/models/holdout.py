"""Hold out parts of the training data, so that a stacked model learns from interactions its members have not seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from recsys.data import DataSize, Histories, Interactions, csr

RANDOM_PARTS = 10  # random folds hide a tenth of each history
LATEST_USERS = 0.55  # share of the users whose latest interactions are hidden, if there are times
# The same where users have short histories without ratings: these are events, which mostly ask for the next one.
LATEST_USERS_EVENTS = 1.0
LATEST_SHARE = 0.2  # folds by time hide this share of each history
STEP_BACK = 0.1  # each further fold by time ends this share earlier
SHORT_LENGTHS = (1, 2, 3, 5, 8, 12)  # lengths of shortened histories
SHORT_SHARE = 0.25  # share of the users for whom a shortened history is added
SHORT_WEIGHT = 0.3  # weight of shortened histories, against 1 of whole ones


def folds(data: Interactions, n_folds: int, seed: int) -> Iterator[tuple[Interactions, Interactions]]:
    """Pairs (known, hidden): random tenths of each history; if there are times, the latest of it for some users or all.

    The latest interactions teach a model what users choose next, random ones what they like in general.
    """
    lengths = csr.per_entry(data.user_counts, data.matrix)
    rng = np.random.default_rng(seed)
    if data.histories.ages is not None:
        latest_users = LATEST_USERS_EVENTS if DataSize.of(data).events else LATEST_USERS
        place = 1.0 - (data.histories.ages + 0.5) / lengths  # 0 is the first of a history, 1 the latest
        for fold in range(n_folds):
            end = 1.0 - STEP_BACK * fold
            by_time = csr.per_entry(rng.random(len(data.users)) < latest_users, data.matrix)
            later = by_time & (place > end)
            hidden = np.where(by_time, place > end - LATEST_SHARE, rng.random(len(place)) < LATEST_SHARE)
            yield data.keep(~hidden), data.keep(hidden & ~later)
        return
    rank = csr.rank_in_rows(data.matrix, rng.random(data.matrix.nnz))
    # choose the first part of each user at random, otherwise the first parts would hold more of short histories
    part = (rank + csr.per_entry(rng.integers(RANDOM_PARTS, size=len(data.users)), data.matrix)) % RANDOM_PARTS
    for fold in range(n_folds):
        yield data.keep(part != fold), data.keep(part == fold)


def questions(
    histories: Histories, hidden: sparse.csr_array, n_users: int, seed: int
) -> tuple[Histories, np.ndarray, np.ndarray]:
    """Select histories to learn from: those of up to `n_users` users with known and hidden items.

    A share of the users is added a second time with only a few of their items, the latest if the order is known.

    Args:
        histories: the known part.
        hidden: CSR (n_users, n_items), the same users.

    Returns:
        histories (n,), the user row of each (n,), and weights (n,).
    """
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero((csr.row_lengths(histories.matrix) > 0) & (csr.row_lengths(hidden) > 0))
    if len(usable) > n_users:
        usable = np.sort(rng.choice(usable, n_users, replace=False))
    short = np.sort(rng.choice(usable, int(SHORT_SHARE * len(usable)), replace=False))
    owners = np.concatenate([usable, short])
    limits = np.concatenate([np.full(len(usable), np.iinfo(np.int64).max), rng.choice(SHORT_LENGTHS, len(short))])
    # select by entry number instead of rating, so that ages can be selected too
    entries = sparse.csr_array(csr.with_data(histories.matrix, np.arange(histories.matrix.nnz))[owners])
    order = rng.random(entries.nnz)
    if histories.ages is not None:
        order = histories.ages[entries.data] + 0.5 * order
    kept = csr.select(entries, csr.rank_in_rows(entries, order) < csr.per_entry(limits, entries))
    inputs = csr.with_data(kept, histories.matrix.data[kept.data])
    ages = None if histories.ages is None else histories.ages[kept.data]
    weights = np.concatenate([np.ones(len(usable)), np.full(len(short), SHORT_WEIGHT)])
    return Histories(inputs, ages), owners, weights
