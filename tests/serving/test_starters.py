"""Items for newcomers: of several decades and languages, and unlike one another."""

from __future__ import annotations

import numpy as np

from recsys.serving.starters import choose

KNOWN = [{"year": 1990 + place % 10, "language": "en", "mean_rating": 3.0 + (place % 5) / 4} for place in range(60)] + [
    {"year": 1950 + 7 * place, "language": ("fr", "ja", "es")[place % 3], "mean_rating": 3.9} for place in range(9)
]


def test_starters_come_from_several_decades_and_languages():
    chosen = [KNOWN[place] for place in choose(KNOWN, None, 12)]
    assert len({item["year"] // 10 for item in chosen}) >= 4
    assert len({item["language"] for item in chosen}) >= 3
    assert sum(item["language"] == "en" for item in chosen) >= 4, "most visitors know these"


def test_items_like_those_chosen_wait_their_turn():
    items = [{"year": 1999, "language": "en", "mean_rating": 3.5}] * 4
    likeness = np.eye(4)
    likeness[0, 1] = likeness[1, 0] = 1.0
    assert choose(items, likeness, 4)[-1] == 1


def test_what_everybody_likes_tells_less_than_what_divides():
    items = [{"year": 1999, "mean_rating": mean} for mean in (4.9, 3.0, 3.9)] + [{"year": 1999, "mean_rating": 3.95}]
    assert choose(items, None, 1) == [0], "the best known of all"
    alike = [{"year": 1999, "mean_rating": mean} for mean in [4.9, 3.9] + [3.9] * 98]
    assert choose(alike, None, 1) == [1]


def test_every_item_is_chosen_once_and_missing_facts_do_no_harm():
    items = [{"year": None}, {}, {"language": None, "mean_rating": None}]
    assert sorted(choose(items, None, 10)) == [0, 1, 2]
    assert choose([], None, 3) == []
