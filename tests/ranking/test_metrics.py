from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.ranking import metrics


def target_of(*rows: list[int], n_items: int = 6) -> sparse.csr_array:
    dense = np.zeros((len(rows), n_items))
    for user, items in enumerate(rows):
        dense[user, items] = 1
    return sparse.csr_array(dense)


def test_an_oracle_scores_one_everywhere():
    target = target_of([0, 3, 5], [2])
    top = np.array([[5, 0, 3, 1], [2, 0, 1, -1]])
    hits, sizes = metrics.find_hits(top, target), np.array([3, 1])
    for k in (3, 4):
        np.testing.assert_allclose(metrics.ndcg(hits, sizes, k), 1)
        np.testing.assert_allclose(metrics.recall(hits, sizes, k), 1)
        np.testing.assert_allclose(metrics.hit_rate(hits, k), 1)
    np.testing.assert_allclose(metrics.ndcg(hits, sizes, 2), 1, err_msg="the ideal list is cut at k too")
    np.testing.assert_allclose(metrics.recall(hits, sizes, 2), [2 / 3, 1])
    np.testing.assert_allclose(metrics.recall(hits, sizes, 2, cut=True), 1)


def test_values_by_hand():
    hits = metrics.find_hits(np.array([[1, 0, 2, 4]]), target_of([0, 4, 5]))
    assert hits.tolist() == [[False, True, False, True]]
    sizes = np.array([3])
    dcg, ideal = 1 / np.log2(3) + 1 / np.log2(5), 1 + 1 / np.log2(3) + 1 / np.log2(4)
    np.testing.assert_allclose(metrics.ndcg(hits, sizes, 4), [dcg / ideal])
    np.testing.assert_allclose(metrics.ndcg(hits, sizes, 10), [dcg / ideal], err_msg="a list shorter than k is legal")
    np.testing.assert_allclose(metrics.recall(hits, sizes, 4), [2 / 3])


def test_hits_equal_a_naive_search():
    rng = np.random.default_rng(0)
    dense = rng.random((40, 25)) < 0.2
    top = np.array([rng.permutation(25)[:10] for _ in range(40)])
    top[3, 7:] = -1
    naive = [[item >= 0 and bool(dense[user, item]) for item in row] for user, row in enumerate(top)]
    assert metrics.find_hits(top, sparse.csr_array(dense.astype(float))).tolist() == naive
    assert not metrics.find_hits(top, sparse.csr_array(np.zeros((40, 25)))).any()


def test_random_lists_recall_what_chance_allows():
    rng = np.random.default_rng(1)
    n_users, n_items, k = 2000, 100, 10
    top = rng.permuted(np.tile(np.arange(n_items), (n_users, 1)), axis=1)[:, :k]
    target = target_of(*[rng.choice(n_items, 5, replace=False) for _ in range(n_users)], n_items=n_items)
    hits, sizes = metrics.find_hits(top, target), np.full(n_users, 5)
    assert metrics.recall(hits, sizes, k).mean() == pytest.approx(k / n_items, abs=0.01)
    miss = np.prod([(n_items - 5 - i) / (n_items - i) for i in range(k)])
    assert metrics.hit_rate(hits, k).mean() == pytest.approx(1 - miss, abs=0.03)


def test_diversity_equals_the_mean_over_pairs():
    rng = np.random.default_rng(2)
    vectors = rng.random((12, 5)) * (rng.random((12, 5)) < 0.6)
    vectors[4] = 0
    top = np.array([rng.permutation(12)[:4] for _ in range(5)] + [[4, 7, -1, -1], [3, -1, -1, -1]])
    lengths = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(lengths > 0, lengths, 1)[:, None]
    cosines = unit @ unit.T

    def naive(row):
        row = [item for item in row if item >= 0]
        found = [cosines[a, b] for a in row for b in row if a != b]
        return 1 - np.mean(found) if found else np.nan

    np.testing.assert_allclose(
        metrics.diversity(top, sparse.csr_array(vectors), 4), [naive(row) for row in top], atol=1e-12
    )


def test_novelty_coverage_and_lift_count_short_lists_rightly():
    top, counts = np.array([[0, 1, -1], [-1, -1, -1]]), np.array([8, 0, 4])
    np.testing.assert_allclose(metrics.novelty(top, counts, 8, 3), [1.5, np.nan])
    assert metrics.coverage(top, 3, 3) == pytest.approx(2 / 3)
    lift = metrics.popularity_lift(top, target_of([2], [], n_items=3), counts, 3)
    np.testing.assert_allclose(lift, [1.0, np.nan])


def test_gini_is_the_mean_difference_of_two_items():
    counts = np.array([5, 0, 1, 2])
    top = np.repeat(np.arange(4), counts)[:, None]
    differences = np.abs(counts[:, None] - counts[None, :]).mean()
    assert metrics.gini(np.vstack([top, [[-1]]]), 4, 1) == pytest.approx(differences / (2 * counts.mean()))
    assert metrics.gini(np.zeros((7, 1), np.int64), 1000, 1) == pytest.approx(0.999)
    assert np.isnan(metrics.gini(np.full((2, 3), -1), 4, 3))
