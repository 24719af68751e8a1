"""The n best scores of a row: the same items in the same order as a full sort, whatever the scores are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.ranking.top_n import PARTS, SMALLEST_SET, top_n, top_n_of_rows

SORTS = {
    "distinct": lambda rng, n: rng.normal(size=n),
    "many equal": lambda rng, n: rng.integers(0, 4, n) / 2,
    "mostly zero": lambda rng, n: np.where(rng.random(n) < 0.99, 0.0, rng.random(n)),
    "all equal": lambda rng, n: np.ones(n),
    "some unknown": lambda rng, n: np.where(rng.random(n) < 0.6, np.nan, rng.normal(size=n)),
    "nearly all masked": lambda rng, n: np.where(rng.random(n) < 0.998, -np.inf, rng.normal(size=n)),
    "unknown and masked": lambda rng, n: rng.choice([np.nan, -np.inf, 0.0, 1.0], n),
    "one infinite": lambda rng, n: np.where(np.arange(n) == n // 2, np.inf, rng.normal(size=n)),
    "none": lambda rng, n: np.full(n, np.nan),
}


def sorted_whole(scores, n, tie_rank):
    """The answer by a sort of all finite scores."""
    finite = [number for number in range(len(scores)) if np.isfinite(scores[number])]
    return sorted(finite, key=lambda number: (-scores[number], tie_rank[number]))[:n]


@pytest.mark.parametrize("kind", SORTS)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.sampled_from([1, 2, 10, 20, 100]), st.booleans())
def test_the_best_are_those_of_a_full_sort(kind, seed, n_items, n, single):
    rng = np.random.default_rng(seed)
    scores = SORTS[kind](rng, n_items).astype(np.float32 if single else np.float64)
    tie_rank = rng.permutation(n_items)
    numbers, values = top_n(scores, n, tie_rank)
    assert numbers.tolist() == sorted_whole(scores.tolist(), n, tie_rank.tolist())
    assert values.tolist() == scores[numbers].tolist() and values.dtype == scores.dtype


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_number_of_scores_at_which_sets_are_used_changes_nothing(more):
    n = 7
    scores = np.arange(PARTS * n * SMALLEST_SET + more, dtype=float)
    assert top_n(scores, n, np.arange(len(scores)))[0].tolist() == list(range(len(scores) - 1, len(scores) - 1 - n, -1))


@given(st.integers(0, 2**32 - 1), st.integers(1, 2000), st.sampled_from([1, 2, 10, 20]), st.integers(0, 12))
def test_many_rows_get_the_answers_of_each_row(seed, n_items, n, n_rows):
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(SORTS), n_rows)
    scores = np.array([SORTS[kind](rng, n_items) for kind in kinds], dtype=np.float32).reshape(n_rows, n_items)
    tie_rank = rng.permutation(n_items)
    numbers, values = top_n_of_rows(scores, n, tie_rank)
    assert numbers.shape == values.shape == (n_rows, n)
    for row in range(n_rows):
        best, found = top_n(scores[row], n, tie_rank)
        assert numbers[row].tolist() == [*best.tolist(), *[-1] * (n - len(best))]
        assert np.array_equal(values[row], [*found, *[np.nan] * (n - len(best))], equal_nan=True)
