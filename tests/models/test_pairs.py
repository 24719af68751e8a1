"""Similarities of pairs, row by row: the same as all at once, and the largest is known before."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.models.content_based.pairs import Pairs


def test_rows_are_those_of_the_whole_product():
    vectors = sparse.random_array((40, 60), density=0.1, format="csr", rng=np.random.default_rng(1), dtype=np.float32)
    numbers = np.array([7, 3, 39, 0, 12, 12])
    wanted = (vectors[numbers] @ vectors[numbers].T).toarray()
    pairs = Pairs(sparse.csr_array(vectors), numbers)
    assert np.allclose([pairs.row(place) for place in range(len(numbers))], wanted)
    assert np.allclose(pairs.matrix(), wanted)
    assert np.isclose(pairs.largest, wanted.max())


def test_items_without_terms_are_like_nothing():
    pairs = Pairs(sparse.csr_array((3, 5), dtype=np.float32), np.array([2, 0]))
    assert pairs.row(1).tolist() == [0, 0] and pairs.largest == 0
