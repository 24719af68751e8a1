"""Split interactions into training, validation and test parts.

A split has one label per interaction, so no interaction can be in two parts. Seeds are explicit, and rows are taken
in the data's order (users, then items), so that shuffled input rows give the same split. Random splits drop times,
because an order with random gaps is meaningless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

import numpy as np

from recsys.data import Interactions, csr
from recsys.errors import BadData, BadInput

LEFT_OUT, TRAIN, VALID, TEST, VALID_HISTORY, TEST_HISTORY = -1, 0, 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Split:
    """One division of `data` into training, validation and test parts.

    Attributes:
        kind: random, temporal, leave-one-out, strict, global, unseen or fold.
        seed: the seed of the random draws, None if there are no random draws.
        data: all interactions, as models may use them (without times if the split is random).
        part: int8 aligned to `data.matrix.data`: TRAIN, VALID, TEST, the histories of users who are not in the training
            data (unseen only), or LEFT_OUT.
    """

    kind: str
    seed: int | None
    data: Interactions
    part: np.ndarray

    @cached_property
    def train(self) -> Interactions:
        """Training data for tuning."""
        return self._known(self.data.keep(self.part == TRAIN))

    @cached_property
    def valid(self) -> Interactions:
        """Hidden interactions for evaluation in tuning."""
        return self.data.keep(self.part == VALID)

    @cached_property
    def test(self) -> Interactions:
        """Hidden interactions for the final evaluation."""
        return self.data.keep(self.part == TEST)

    @cached_property
    def fit_data(self) -> Interactions:
        """Training data for the final evaluation: train and validation together.

        Leave-one-out is the exception: papers on the next item train on `train` alone, and only ask with both.
        """
        parts = (TRAIN,) if self.kind == "leave-one-out" else (TRAIN, VALID, VALID_HISTORY)
        return self._known(self.data.keep(np.isin(self.part, parts)))

    @cached_property
    def valid_history(self) -> Interactions:
        """Known interactions of each user when `valid` is predicted."""
        return self.data.keep(self.part == (VALID_HISTORY if self.kind == "unseen" else TRAIN))

    @cached_property
    def test_history(self) -> Interactions:
        """Known interactions of each user when `test` is predicted."""
        return self.data.keep(np.isin(self.part, (TEST_HISTORY,) if self.kind == "unseen" else (TRAIN, VALID)))

    def _known(self, data: Interactions) -> Interactions:
        # remove the rows of held-out users, because a model may learn from empty rows too
        return data.of_users(data.user_counts > 0) if self.kind == "unseen" else data


def random_split(data: Interactions, seed: int, test: float = 0.1, valid: float = 0.1) -> Split:
    """Hide a random part of each user's interactions: max(1, round(share n)) for test, then for validation.

    A user with too few interactions to leave one for training keeps all of them in train.

    Args:
        data: the interactions.
        seed: seed of one generator, which permutes the interactions of each user in the data's order.
        test, valid: shares from 0 to below 1; 0 leaves the part empty.
    """
    _check_shares(test, valid)
    place = _permuted(data.user_counts, np.random.default_rng(seed))
    return Split("random", seed, data.without_times(), _cut(data, place, test, valid))


def temporal_split(
    data: Interactions,
    test: float = 0.2,
    valid: float = 0.1,
    ties: Literal["item"] | int = "item",
    strict: bool = False,
) -> Split:
    """Hide the last interactions by time: `test` last, `valid` before it, the rest is train.

    If not strict, each user has a different cut (max(1, round(share n)) of their interactions), so later ratings of
    other users are in the training data, as in most published figures. If strict, validation and test begin at the same
    two moments for all users: models learn only from earlier interactions, and only users with interactions before and
    after the moment are evaluated (later interactions of other users are left out). This corresponds to a live
    service; if users gave all ratings in a single session, few users remain.

    Args:
        data: interactions with times.
        test, valid: shares from 0 to below 1.
        ties: order of interactions of one user at one time: by item, or random with this seed.
        strict: whether the cut is the same moment for all users.

    Raises:
        BadData: the data has no times.
        BadInput: a share or `ties` is out of range.
    """
    _check_shares(test, valid)
    times = _times(data)
    if strict:
        return Split("strict", None, data, _strict(data, times, test, valid))
    if ties != "item" and (isinstance(ties, bool) or not isinstance(ties, (int, np.integer))):
        raise BadInput(f"ties is {ties!r}. Use 'item' or a seed.")
    tie = data.matrix.indices if ties == "item" else np.random.default_rng(ties).permutation(data.matrix.nnz)
    place = csr.per_entry(data.user_counts, data.matrix) - 1 - csr.rank_in_rows(data.matrix, tie, times)
    return Split("temporal", None if ties == "item" else int(ties), data, _cut(data, place, test, valid))


def leave_one_out(data: Interactions) -> Split:
    """Hide the last interaction of each user for test and the one before it for validation; ties are ordered by item.

    Users with fewer than three interactions are only trained on. This is the protocol of most papers on the next item:
    models learn from all but the last two interactions of each user and are asked with all but the last. Like the
    temporal split, it trains on later interactions of other users.

    Raises:
        BadData: the data has no times.
    """
    times = _times(data)
    lengths = csr.per_entry(data.user_counts, data.matrix)
    from_last = lengths - 1 - csr.rank_in_rows(data.matrix, data.matrix.indices, times)
    part = np.full(data.matrix.nnz, TRAIN, dtype=np.int8)
    part[(lengths >= 3) & (from_last == 0)] = TEST
    part[(lengths >= 3) & (from_last == 1)] = VALID
    return Split("leave-one-out", None, data, part)


def global_split(data: Interactions, at: float, valid: float = 0.1) -> Split:
    """Train on the interactions before one moment and hide those from it on, as at the start of a live service.

    Only users with interactions before and after the moment are evaluated; the later interactions of other users are
    left out. The last `valid` of the earlier interactions are for validation.

    Args:
        at: the moment, in seconds since 1970.
        valid: share of the earlier interactions.

    Raises:
        BadData: the data has no times.
        BadInput: there are no interactions before or no interactions after the moment, or a share is out of range.
    """
    times = _times(data)
    after = times >= at
    if not after.any() or after.all():
        if not len(times):
            raise BadData("The data has no interactions, so it cannot be split.")
        first, last = _day(float(times.min())), _day(float(times.max()))
        missing = "before" if after.any() else "after"
        raise BadInput(f"No interaction is {missing} {_day(at)}. Use a moment from {first} to {last}.")
    _check_shares(0.0, valid)
    part = np.full(len(times), TRAIN, dtype=np.int8)
    earlier = np.sort(times[~after])
    part[~after & (times > earlier[max(0, int(np.ceil((1 - valid) * len(earlier))) - 1)])] = VALID
    known = np.bincount(data.rows[~after], minlength=len(data.users)) > 0
    part[after] = np.where(known[data.rows[after]], TEST, LEFT_OUT)
    return Split("global", None, data, part)


def _times(data: Interactions) -> np.ndarray:
    if data.times is None:
        raise BadData("The data has no timestamps, so it cannot be split by time. Use the random split.")
    return data.times


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def unseen_users(data: Interactions, seed: int, test: float = 0.1, valid: float = 0.1, target: float = 0.2) -> Split:
    """Hold out whole users: some of their interactions are their history, the rest is the target.

    Users are permuted; the first round(test n_users) are for testing, the next round(valid n_users) for validation.
    Then for each held-out user (validation first, in the data's order) max(1, round(target n)) random interactions are
    the target. Held-out users with fewer than two interactions are moved to the training data.

    Raises:
        BadInput: a share is out of range.
    """
    _check_shares(test, valid)
    if not 0 < target < 1:
        raise BadInput(f"target is {target!r}. Use a share between 0 and 1.")
    rng, lengths = np.random.default_rng(seed), data.user_counts
    users = rng.permutation(len(lengths))
    n_test, n_valid = (int(np.rint(share * len(lengths))) for share in (test, valid))
    part = np.full(data.matrix.nnz, TRAIN, dtype=np.int8)
    start = data.matrix.indptr
    for chosen, history, asked in (
        (users[n_test : n_test + n_valid], VALID_HISTORY, VALID),
        (users[:n_test], TEST_HISTORY, TEST),
    ):
        for user in np.sort(chosen):
            if (n := int(lengths[user])) >= 2:
                order = rng.permutation(n)
                part[start[user] : start[user + 1]] = history
                part[start[user] + order[: min(n - 1, max(1, round(target * n)))]] = asked
    return Split("unseen", seed, data.without_times(), part)


def rating_folds(data: Interactions, seed: int, k: int = 5) -> list[Split]:
    """k splits for rating prediction: interaction i is in the test part of fold permutation(nnz)[i] % k.

    Raises:
        BadInput: k is out of range.
    """
    if not 2 <= k <= max(2, data.matrix.nnz):
        raise BadInput(f"k is {k!r}. Use a number of folds from 2 to the number of ratings ({data.matrix.nnz}).")
    fold = np.random.default_rng(seed).permutation(data.matrix.nnz) % k
    plain = data.without_times()
    return [Split("fold", seed, plain, np.where(fold == i, TEST, TRAIN).astype(np.int8)) for i in range(k)]


def _permuted(lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Position (from 0) of each interaction in the permutation of its user's interactions."""
    order = np.concatenate([np.empty(0, np.int64), *(rng.permutation(n) for n in lengths.tolist())])
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.empty(len(order), dtype=np.int64)
    place[starts + order] = np.arange(len(order)) - starts
    return place


def _cut(data: Interactions, place: np.ndarray, test: float, valid: float) -> np.ndarray:
    """Labels by position: the first interactions of each user are for test, the next for validation."""
    lengths = data.user_counts
    n_test, n_valid = _sizes(lengths, test), _sizes(lengths, valid)
    enough = lengths - n_test - n_valid >= 1
    n_test, n_valid = np.where(enough, n_test, 0), np.where(enough, n_valid, 0)
    part = np.full(len(place), TRAIN, dtype=np.int8)
    part[place < csr.per_entry(n_test + n_valid, data.matrix)] = VALID
    part[place < csr.per_entry(n_test, data.matrix)] = TEST
    return part


def _sizes(lengths: np.ndarray, share: float) -> np.ndarray:
    return np.maximum(1, np.rint(share * lengths)).astype(np.int64) if share > 0 else np.zeros(len(lengths), np.int64)


def _strict(data: Interactions, times: np.ndarray, test: float, valid: float) -> np.ndarray:
    rows, ordered = data.rows, np.sort(times)

    def moment(share: float) -> int:
        return int(ordered[max(0, int(np.ceil((1 - share) * len(ordered))) - 1)]) if len(ordered) else 0

    part = np.full(len(times), TRAIN, dtype=np.int8)
    if valid > 0:
        part[times > moment(test + valid)] = VALID
    if test > 0:
        after = times > moment(test)
        known = np.bincount(rows[~after], minlength=len(data.users)) > 0
        part[after] = np.where(known[rows[after]], TEST, LEFT_OUT)
    return part


def _check_shares(test: float, valid: float) -> None:
    if not (0 <= test < 1 and 0 <= valid < 1 and 0 < test + valid < 1):
        raise BadInput(
            f"The shares are test={test!r}, valid={valid!r}. Use shares from 0 to below 1 with a sum between 0 and 1."
        )
