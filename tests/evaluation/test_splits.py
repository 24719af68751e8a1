from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys.data import Interactions
from recsys.errors import BadData, BadInput
from recsys.evaluation import splits


def frame(n_users: int = 12, n_items: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (10 + user, 100 + item, rng.integers(1, 6), rng.integers(0, 50))
        for user in range(n_users)
        for item in rng.choice(n_items, size=rng.integers(4, n_items), replace=False)
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])


@pytest.fixture(scope="module")
def data() -> Interactions:
    return Interactions.from_frame(frame())


def pairs(data: Interactions) -> set[tuple[str, str]]:
    table = data.to_frame()
    return set(zip(table["user_id"], table["item_id"], strict=True))


ALL = {
    "random": lambda data: splits.random_split(data, seed=3),
    "temporal": lambda data: splits.temporal_split(data),
    "temporal, random ties": lambda data: splits.temporal_split(data, ties=3),
    "strict": lambda data: splits.temporal_split(data, strict=True),
    "leave-one-out": lambda data: splits.leave_one_out(data),
    "global": lambda data: splits.global_split(data, float(np.median(data.times))),
    "unseen": lambda data: splits.unseen_users(data, seed=3, test=0.25, valid=0.25),
    "fold": lambda data: splits.rating_folds(data, seed=3)[1],
}


@pytest.mark.parametrize("make", ALL.values(), ids=ALL.keys())
def test_nothing_asked_for_was_learnt_or_known(make, data):
    split = make(data)
    asked = pairs(split.test)
    assert asked
    assert not asked & pairs(split.fit_data)
    assert not asked & pairs(split.test_history)
    assert not pairs(split.valid) & (pairs(split.train) | pairs(split.valid_history) | asked)
    assert pairs(split.fit_data) | pairs(split.test_history) | asked <= pairs(data)


@pytest.mark.parametrize("make", ALL.values(), ids=ALL.keys())
def test_shuffled_rows_give_the_same_split(make, data):
    shuffled = Interactions.from_frame(frame().sample(frac=1, random_state=5))
    np.testing.assert_array_equal(make(data).part, make(shuffled).part)
    np.testing.assert_array_equal(make(data).part, make(data).part)


def test_random_split_is_the_documented_draw():
    data = Interactions.from_frame(frame())
    split = splits.random_split(data, seed=42)
    rng = np.random.default_rng(42)
    for user in range(len(data.users)):
        start, stop = data.matrix.indptr[user : user + 2]
        n = stop - start
        order = rng.permutation(n)
        size = max(1, round(0.1 * n))
        expected = np.full(n, splits.TRAIN)
        expected[order[:size]] = splits.TEST
        expected[order[size : 2 * size]] = splits.VALID
        np.testing.assert_array_equal(split.part[start:stop], expected)
    assert split.train.times is None
    assert (splits.random_split(data, seed=43).part != split.part).any()


def test_users_with_too_few_rows_are_only_trained_on():
    data = Interactions.from_frame(
        pd.DataFrame({"user_id": ["a", "a", "b", "b", "b"], "item_id": ["1", "2", "1", "2", "3"]})
    )
    split = splits.random_split(data, seed=0)
    assert np.diff(split.test.matrix.indptr).tolist() == [0, 1]
    assert np.diff(split.valid.matrix.indptr).tolist() == [0, 1]
    assert np.diff(split.train.matrix.indptr).tolist() == [2, 1]


def test_temporal_split_takes_each_users_last_and_breaks_ties_by_item():
    table = pd.DataFrame(
        {
            "user_id": ["7"] * 10,
            "item_id": [str(100 + i) for i in range(10)],
            "timestamp": [9, 1, 2, 3, 4, 5, 6, 8, 8, 8],
        }
    )
    split = splits.temporal_split(Interactions.from_frame(table))
    assert pairs(split.test) == {("7", "100"), ("7", "109")}
    assert pairs(split.valid) == {("7", "108")}
    assert split.train.times.tolist() == [1, 2, 3, 4, 5, 6, 8]


def test_random_ties_move_only_tied_items():
    table = pd.DataFrame(
        {"user_id": ["7"] * 10, "item_id": [str(i) for i in range(10)], "timestamp": [0] * 5 + [1] * 5}
    )
    data = Interactions.from_frame(table)
    tests = [pairs(splits.temporal_split(data, ties=seed).test) for seed in range(8)]
    assert all(int(item) >= 5 for found in tests for _, item in found)
    assert len({frozenset(found) for found in tests}) > 1


def test_strict_split_learns_nothing_later_than_its_moment(data):
    split = splits.temporal_split(data, strict=True)
    moment = split.fit_data.times.max()
    assert split.test.times.min() > moment
    assert split.valid.times.min() > split.train.times.max()
    known = np.diff(split.test_history.matrix.indptr) > 0
    assert known[np.diff(split.test.matrix.indptr) > 0].all()
    later = int((data.times > moment).sum())
    assert later == split.test.matrix.nnz + int((split.part == splits.LEFT_OUT).sum())


def test_unseen_users_are_never_learnt_from(data):
    split = splits.unseen_users(data, seed=1, test=0.25, valid=0.25)
    users = {part: set(getattr(split, part).to_frame()["user_id"]) for part in ("train", "valid", "test", "fit_data")}
    assert len(users["test"]) == len(users["valid"]) == 3
    assert not users["test"] & users["fit_data"] and not users["valid"] & users["train"]
    assert set(split.train.users.ids) == users["train"], "no empty rows to learn from"
    for user in np.flatnonzero(np.diff(split.test.matrix.indptr)):
        asked, known = (np.diff(part.matrix.indptr)[user] for part in (split.test, split.test_history))
        assert asked == max(1, round(0.2 * (asked + known)))


def test_folds_test_every_rating_once(data):
    folds = splits.rating_folds(data, seed=0, k=5)
    assert sum((split.part == splits.TEST).astype(int) for split in folds).tolist() == [1] * data.matrix.nnz
    expected = np.random.default_rng(0).permutation(data.matrix.nnz) % 5
    np.testing.assert_array_equal(folds[2].part == splits.TEST, expected == 2)


def test_bad_questions_are_named(data):
    with pytest.raises(BadData, match="no timestamps, so it cannot be split by time. Use the random split"):
        splits.temporal_split(data.without_times())
    with pytest.raises(BadInput, match="test=0.7, valid=0.5"):
        splits.random_split(data, seed=0, test=0.7, valid=0.5)
    with pytest.raises(BadInput, match="ties is 'any'"):
        splits.temporal_split(data, ties="any")
    with pytest.raises(BadInput, match="k is 1"):
        splits.rating_folds(data, seed=0, k=1)
