"""P-values of paired comparisons, and Holm's correction for many of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from test_protocol import Oracle, ratings

from recsys.errors import BadInput
from recsys.evaluation import evaluate, table
from recsys.evaluation.significance import holm, p_text, paired_p


def test_p_is_that_of_the_paired_t_test_over_users():
    rng = np.random.default_rng(0)
    b = rng.random(80)
    a = b + rng.normal(0.02, 0.1, 80)
    users = np.arange(80)
    expected = stats.ttest_rel(a, b).pvalue
    assert paired_p([a], [b], [users]) == pytest.approx(expected)
    # the same users in another split are no more evidence than once
    assert paired_p([a, a[::-1]], [b, b[::-1]], [users, users[::-1]]) == pytest.approx(expected)
    # a user without a value of one model is left out
    unknown = np.append(a, np.nan), np.append(b, 0.5)
    assert paired_p([unknown[0]], [unknown[1]], [np.arange(81)]) == pytest.approx(expected)


def test_without_a_difference_p_is_one_and_with_one_user_there_is_none():
    same = np.array([0.1, 0.2])
    assert paired_p([same], [same], [np.arange(2)]) == 1.0
    assert np.isnan(paired_p([same[:1]], [same[1:]], [np.arange(1)]))


def test_holm_by_hand():
    # 4 x 0.01, 3 x 0.02, 2 x 0.03 and 1 x 0.9, in their order
    np.testing.assert_allclose(holm([0.02, 0.9, 0.01, 0.03]), [0.06, 0.9, 0.04, 0.06])
    np.testing.assert_allclose(holm([0.6, np.nan, 0.5]), [1.0, np.nan, 1.0])
    assert holm([]).tolist() == []
    with pytest.raises(BadInput, match="A p-value is 1.5"):
        holm([0.5, 1.5])


def test_holm_keeps_false_findings_rare_where_single_tests_do_not():
    p = np.random.default_rng(1).random((4_000, 10))  # ten comparisons of equal models each
    single = np.mean(p.min(axis=1) < 0.05)
    corrected = np.mean([holm(row).min() < 0.05 for row in p])
    assert single > 0.35 and corrected == pytest.approx(0.05, abs=0.01)


def test_an_evaluation_compares_each_model_with_the_best():
    data = ratings()
    found = evaluate(["popular", "item_knn", Oracle(data)], data, seeds=(1, 2))
    best, second, third = (row.label for row in found.rows)
    p = found.p_of_best()
    raw = [found.compare(best, label).p for label in (second, third)]
    assert best == "oracle" and p == dict(zip((second, third), holm(raw).tolist(), strict=True))
    rows = found.to_dict()["rows"]
    assert [row["p_best"] for row in rows] == [None, p[second], p[third]]
    assert f"  {p_text(p[third])}  " in table.render(found).splitlines()[-1]
    alone = evaluate(["popular"], data)
    assert alone.p_of_best() == {} and "p, best" not in table.render(alone)
