"""Splits at one moment and of the last item, groups of users, and values by user as a file."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions
from recsys.errors import BadData, BadInput
from recsys.evaluation import evaluate, slices, splits
from recsys.evaluation.protocol import make_split
from recsys.evaluation.ratings import evaluate_ratings
from recsys.evaluation.results import Askers

ROWS = [("a", "1", 10), ("a", "2", 20), ("a", "3", 30), ("a", "4", 40), ("b", "1", 15), ("b", "5", 35), ("c", "2", 50)]


@pytest.fixture
def few() -> Interactions:
    return Interactions.from_frame(pd.DataFrame(ROWS, columns=["user_id", "item_id", "timestamp"]))


def pairs(data: Interactions) -> set[str]:
    table = data.to_frame()
    return {f"{user}{item}" for user, item in zip(table["user_id"], table["item_id"], strict=True)}


def test_the_last_item_of_each_user_is_left_out(few):
    split = splits.leave_one_out(few)
    assert pairs(split.test) == {"a4"} and pairs(split.valid) == {"a3"}, "b and c have too few"
    assert pairs(split.fit_data) == {"a1", "a2", "b1", "b5", "c2"}, "as in papers, not even trained on"
    assert pairs(split.test_history) == pairs(split.fit_data) | {"a3"}


def test_one_moment_divides_all(few):
    split = splits.global_split(few, 30, valid=0.34)
    assert pairs(split.test) == {"a3", "a4", "b5"}, "c is unknown before"
    assert pairs(split.valid) == {"a2"} and pairs(split.train) == {"a1", "b1"}
    assert pairs(split.fit_data) | pairs(split.test) == pairs(few) - {"c2"}


def test_moments_that_divide_nothing_are_refused(few):
    for at, missing in ((10, "before"), (51, "after")):
        with pytest.raises(BadInput, match=f"No interaction is {missing} 1970-01-01. Use a moment from 1970-01-01 to"):
            splits.global_split(few, at)
    with pytest.raises(BadInput, match="Add --at"):
        make_split("global", few)
    with pytest.raises(BadInput, match="only for the split global"):
        make_split("random", few, at=30.0)
    with pytest.raises(BadData, match="no timestamps"):
        splits.leave_one_out(few.without_times())


def test_groups_hold_each_user_once_by_length_and_once_by_taste(tastes):
    evaluation = evaluate(["popular", "item_knn"], tastes, split="random", seeds=(0, 1))
    groups = slices.by_group(evaluation)
    asked = sum(evaluation.about["users_asked"])
    for kind in ("history of ", " taste", "hidden items with "):
        assert sum(group["users"] for group in groups if kind in group["group"]) == asked
    for label in ("popular", "item_knn"):
        by_taste = [(group["users"], group["values"][label]) for group in groups if group["group"].endswith("taste")]
        whole = sum(users * mean for users, mean in by_taste) / asked
        assert math.isclose(whole, evaluation.row(label).metrics["ndcg@10"]["mean"], rel_tol=0.02)
    text = slices.render(groups, evaluation.sorted_by)
    assert text.startswith("NDCG@10") and len(text.splitlines()) == len(groups) + 1


def test_tastes_are_thirds_by_popularity_of_the_history():
    askers = Askers(np.full(7, 3), np.array([5.0, 1.0, 9.0, 2.0, 8.0, 3.0, 4.0]), np.zeros(7))
    assert askers.tastes.tolist() == [1, 0, 2, 0, 2, 0, 1]


def test_warmth_is_the_mean_number_of_ratings_of_hidden_items(few):
    split = splits.leave_one_out(few)
    askers = Askers.of(split.test_history, split.test, split.fit_data)
    # of a, item 4 is hidden, which nobody has rated; b and c have no hidden item; a knows 1 (two ratings), 2 (two) and 3
    assert askers.warmth.tolist() == [0, 0, 0] and askers.popularity[0] == pytest.approx((2 + 2 + 0) / 3)
    groups = dict(slices.groups_of(Askers(np.full(4, 3), np.ones(4), np.array([0.5, 1.0, 10.0, 250.0]))))
    found = {name: chosen.tolist().index(True) for name, chosen in groups.items() if name.startswith("hidden")}
    assert found == {f"hidden items with {name}": place for place, (name, _, _) in enumerate(slices.WARMTH)}


@pytest.mark.parametrize("ending", slices.FILES)
def test_values_by_user_are_written_as_a_table(tastes, tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    evaluation = evaluate(["popular", "item_knn"], tastes, split="leave-one-out")
    path = tmp_path / f"users{ending}"
    count = slices.write_users(evaluation, path)
    table = pd.read_csv(path) if ending == ".csv" else pd.read_parquet(path)
    assert len(table) == count == 2 * evaluation.about["users_asked"][0]
    means = table.groupby("model")["ndcg@10"].mean()
    for label, mean in means.items():
        assert math.isclose(mean, evaluation.row(label).metrics["ndcg@10"]["mean"])
    assert set(table["taste"]) == {"niche", "middle", "mainstream"}
    assert list(tmp_path.iterdir()) == [path], "no part is left"


@pytest.mark.slow
def test_other_files_and_splits_are_refused(tastes, tmp_path):
    with pytest.raises(BadInput, match="ends in .parquet or .csv"):
        slices.check_file(tmp_path / "users.xlsx")
    with pytest.raises(BadInput, match="no values by user"):
        slices.by_group(evaluate_ratings(["svd"], tastes, seeds=(0,)))
