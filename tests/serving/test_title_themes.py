"""Themes that two titles have in common."""

from __future__ import annotations

import pytest

from recsys.models.content_based.terms import BAG
from recsys.models.reason import TITLE
from recsys.serving.title_themes import as_themes, themes


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Machine Learning with Python", "Python for Machine Learning", ["Machine Learning", "Python"]),
        ("Introduction to Data Science", "Data Science Tools", ["Data Science"]),
        ("Big Data 101", "Spark 101", []),
        ("Data Privacy", "Big Data", []),
        ("Getting Started with R", "R for Everyone", ["R"]),
        ("The Café", "Cafés of Paris", ["Cafés"]),
        ("Learning Spanish", "Learning French", []),
        ("", "Python", []),
    ],
)
def test_common_runs_of_words_are_themes(one, other, expected):
    assert themes(one, other) == expected


def test_single_words_of_descriptions_are_replaced():
    pairs = [(BAG, "started"), ("genres", "Python"), (BAG, "first")]
    assert as_themes(pairs, "SQL for Beginners", "Advanced SQL") == [(TITLE, "SQL"), ("genres", "Python")]
    assert as_themes(pairs[1:2], "SQL", "SQL") == [("genres", "Python")], "titles matter only in place of words"
