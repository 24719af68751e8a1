"""What counts as liked: by the user's own standard and on the scale."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.liking import liked

STARS = ((0.5, 5.0), 3.5)


@pytest.mark.parametrize(
    ("ratings", "expected", "why"),
    [
        ([5.0, 4.0, 3.0], [True, True, False], "4 is the mean"),
        ([5.0, 5.0, 4.0], [True, True, False], "4 is below the mean"),
        ([0.5], [False], "a single dislike equals its own mean"),
        ([1.0, 2.0, 2.5], [False, False, False], "the best of what is disliked is not liked"),
        ([3.0, 3.0], [True, True], "all equal, above the middle"),
        ([], [], "no rating"),
    ],
)
def test_liked(ratings, expected, why):
    assert liked(np.array(ratings, np.float32), *STARS).tolist() == expected, why


def test_of_numbers_of_plays_the_middle_of_the_scale_is_no_limit():
    assert liked(np.array([12.0, 3.0]), (1.0, 5000.0), 8.0).tolist() == [True, False]


def test_ratings_of_one_value_are_all_liked():
    assert liked(np.array([1.0, 1.0]), (1.0, 1.0), 1.0).tolist() == [True, True]
