"""Expanded data: as much as asked for, within the shape, alike the real at both levels."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import fractal
from benchmarks.fractal import Size

from recsys.data import Interactions
from recsys.errors import BadInput


@pytest.fixture(scope="module")
def real(ratings) -> Interactions:
    return Interactions.from_frame(ratings)


def made(real, size, seed=0):
    frames = list(fractal.expanded(real, size, seed))
    return {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}


# the last copies of users and items are cut off in the middle
@pytest.mark.parametrize("users, items, share", [(7.0, 3.0, 0.2), (6.4, 1.2, 0.5), (3.5, 2.1, 0.3)])
def test_as_many_ratings_as_asked_for_within_the_shape(real, users, items, share):
    n_users, n_items = real.matrix.shape
    size = Size(int(users * n_users), int(items * n_items), int(share * users * items * real.matrix.nnz))
    found = made(real, size)
    assert len(found["user"]) == pytest.approx(size.ratings, rel=0.05)
    assert found["user"].min() == 1 and found["user"].max() <= size.users
    assert found["item"].min() == 0 and found["item"].max() < size.items
    pairs = found["user"].astype(np.int64) * size.items + found["item"]
    assert len(np.unique(pairs)) == len(pairs)
    assert set(np.unique(found["rating"])) <= set(np.unique(real.matrix.data))


def test_copies_keep_who_rated_what_and_differ_in_how_much(real):
    n_users, n_items = real.matrix.shape
    found = made(real, Size(6 * n_users, 2 * n_items, 4 * real.matrix.nnz))
    seen = real.matrix.toarray() > 0
    assert seen[(found["user"] - 1) % n_users, found["item"] % n_items].all()
    by_copy = np.bincount((found["user"] - 1) // n_users * 2 + found["item"] // n_items)
    assert by_copy.max() > 1.2 * by_copy.min() > 0
    assert np.array_equal(made(real, Size(6 * n_users, 2 * n_items, 4 * real.matrix.nnz))["item"], found["item"])


def test_too_many_ratings_or_too_small_a_shape_are_refused(real):
    n_users, n_items = real.matrix.shape
    with pytest.raises(BadInput, match="give at most"):
        fractal.rates(real, Size(2 * n_users, int(1.1 * n_items), 3 * real.matrix.nnz))
    with pytest.raises(BadInput, match="Request more, or use smaller data"):
        fractal.rates(real, Size(n_users - 1, n_items, 10))
