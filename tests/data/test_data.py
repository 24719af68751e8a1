"""Interactions, histories and features: ids, duplicates, order, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import IdMap, Interactions, ItemFeatures
from recsys.data import Histories
from recsys.errors import BadData, BadInput, UnknownItem, UnknownUser


def frame(**columns):
    return pd.DataFrame(columns)


def test_ids_become_text_in_the_order_of_their_numbers():
    data = Interactions.from_frame(frame(user_id=[100, 20, 3], item_id=["b", "a", "c"]))
    assert data.users.ids.tolist() == ["3", "20", "100"]
    assert data.items.ids.tolist() == ["a", "b", "c"]
    assert data.matrix.toarray().tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_ids_that_are_not_all_numbers_are_ordered_as_text():
    data = Interactions.from_frame(frame(user_id=["10", "9", "x1"], item_id=["007", "7", "8"]))
    assert data.users.ids.tolist() == ["10", "9", "x1"]
    assert data.items.ids.tolist() == ["007", "7", "8"]


def test_a_number_and_its_text_are_one_id():
    data = Interactions.from_frame(frame(user_id=[1, "1", "2"], item_id=["a", "b", "a"]))
    assert data.users.ids.tolist() == ["1", "2"]
    assert data.matrix.nnz == 3


def test_whole_floats_read_as_whole_numbers():
    data = Interactions.from_frame(frame(user_id=[1.0, 2.0], item_id=["a", "b"]))
    assert data.users.ids.tolist() == ["1", "2"]


def test_the_latest_duplicate_wins_by_time_then_by_row():
    rows = frame(user_id=["u"] * 4, item_id=["a", "a", "b", "b"], rating=[1.0, 5.0, 2.0, 4.0], timestamp=[20, 10, 7, 7])
    data = Interactions.from_frame(rows)
    assert data.history("u") == {"b": 4.0, "a": 1.0}
    without = Interactions.from_frame(rows.drop(columns="timestamp"))
    assert without.history("u") == {"a": 5.0, "b": 4.0}


def test_shuffled_rows_give_the_same_object(ratings):
    one = Interactions.from_frame(ratings)
    other = Interactions.from_frame(ratings.sample(frac=1, random_state=1))
    assert one.digest == other.digest
    assert one.digest != one.without_times().digest


def test_histories_come_oldest_first():
    data = Interactions.from_frame(frame(user_id=[1, 1, 1], item_id=["a", "b", "c"], timestamp=[30, 10, 20]))
    assert list(data.history("1")) == ["b", "c", "a"]
    assert data.histories.ages.tolist() == [0, 2, 1]


def test_equal_times_share_their_age():
    data = Interactions.from_frame(frame(user_id=[1, 1, 1, 2], item_id=["a", "b", "c", "a"], timestamp=[5, 5, 1, 9]))
    assert data.histories.ages.tolist() == [0.5, 0.5, 2, 0]


def test_dates_are_times():
    data = Interactions.from_frame(
        frame(user_id=[1, 1], item_id=["a", "b"], timestamp=["2020-01-02", "2020-01-01T12:00:00Z"])
    )
    assert data.times.tolist() == [1577923200, 1577880000]


def test_a_rating_of_zero_is_a_rating():
    data = Interactions.from_frame(frame(user_id=[1, 1], item_id=["a", "b"], rating=[0.0, 3.0]))
    assert data.matrix.nnz == 2
    assert data.scale == (0.0, 3.0)
    assert data.item_counts.tolist() == [1, 1]


def test_given_items_make_the_columns():
    rows = frame(user_id=[1], item_id=["b"])
    data = Interactions.from_frame(rows, items=["a", "b", "c"])
    assert data.matrix.toarray().tolist() == [[0, 1, 0]]
    with pytest.raises(BadData, match="Items not in the catalogue: b."):
        Interactions.from_frame(rows, items=["a"])


def test_no_rows_is_no_error():
    data = Interactions.from_frame(frame(user_id=[], item_id=[]), items=["a"])
    assert data.matrix.shape == (0, 1)
    assert not data.has_ratings


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            frame(user=[1], item_id=[2]),
            "Column user_id is missing; the frame has user, item_id. Needed: user_id, item_id; optional",
        ),
        (frame(user_id=[1, None], item_id=[2, 3]), "user_id is empty in row 1"),
        (frame(user_id=[1, 2], item_id=["a", None]), "item_id is empty in row 1"),
        (frame(user_id=[1, 2], item_id=["a", "b"], rating=[3, "good"]), "rating is 'good' in row 1"),
        (frame(user_id=[1, 2], item_id=["a", "b"], rating=[np.inf, 1]), "rating is inf in row 0"),
        (frame(user_id=[1], item_id=["a"], timestamp=["soon"]), "timestamp is 'soon' in row 0"),
    ],
)
def test_bad_frames_are_refused_by_name(rows, message):
    with pytest.raises(BadData, match=message):
        Interactions.from_frame(rows)


def test_keep_and_round_trip(tastes):
    kept = tastes.keep(tastes.matrix.data >= 4)
    assert kept.matrix.data.min() >= 4
    assert kept.users == tastes.users
    assert Interactions.from_frame(tastes.to_frame(), items=tastes.items.ids).digest == tastes.digest


def test_a_history_given_as_list_is_oldest_first_and_unknown_ids_are_left_out():
    items = IdMap(["a", "b", "c"])
    history = Histories.of(["c", "x", "a", "c"], items, liked=5.0)
    assert history.matrix.toarray().tolist() == [[5, 0, 5]]
    assert history.ages.tolist() == [1, 0]  # c was named again last
    assert Histories.of({"b": 2}, items).matrix.toarray().tolist() == [[0, 2, 0]]


@pytest.mark.parametrize("rating", ["four", None, float("nan"), float("inf"), object()])
def test_history_ratings_must_be_numbers(rating):
    with pytest.raises(BadInput, match="The rating of item 'a' is .*; give a number"):
        Histories.of({"a": rating}, IdMap(["a"]))


def test_id_maps_refuse_repeats_and_name_what_is_unknown():
    with pytest.raises(BadData, match="repeated: a"):
        IdMap(["a", "b", "a"])
    with pytest.raises(BadData, match="The id in row 1 is empty"):
        IdMap(["a", ""])
    with pytest.raises(UnknownItem, match="Unknown id 'z'; there are 2 ids, such as a, b"):
        IdMap(["a", "b"]).number("z")
    assert IdMap(["a", "b"]).numbers(["b", "z"]).tolist() == [1, -1]


def test_features_read_lists_and_bars_and_align():
    features = ItemFeatures.from_frame(
        pd.DataFrame(
            {"item_id": [1, 2], "title": ["A", None], "genres": ["Comedy|Drama", ["War"]], "year": [1990, None]}
        )
    )
    assert features.tags["genres"] == [["Comedy", "Drama"], ["War"]]
    aligned = features.align(IdMap(["2", "9", "1"]))
    assert aligned.titles == ["", "", "A"]
    assert aligned.tags["genres"] == [["War"], [], ["Comedy", "Drama"]]
    assert np.isnan(aligned.years).tolist() == [True, True, False]


def test_one_long_id_makes_no_other_id_larger():
    ids = [str(number) for number in range(1000)]
    assert IdMap([*ids, "x" * 200]).ids.nbytes == IdMap([*ids, "x"]).ids.nbytes <= 8 * 1001
    assert all(type(text) is str for text in IdMap(np.array(ids)).ids)


def test_digests_tell_lists_apart_even_with_the_separator_inside_an_id():
    lists = (["a", "b"], ["a\0b"], ["a\0", "b"], ["a", "\0b"], ["b", "a"], ["a\0", "\0b"], ["a\0\0", "b"], [])
    assert len({IdMap(ids).digest for ids in lists}) == len(lists)
    assert IdMap(["a\0"]).ids.tolist() == ["a\0"], "nothing is stripped"
    assert IdMap(["a", "b"]).digest == IdMap(np.array(["a", "b"])).digest


def test_an_unknown_user_is_named(tastes):
    with pytest.raises(UnknownUser, match="Unknown user 'nope'; there are 60 users, such as u10, u11, u12"):
        tastes.history("nope")
    with pytest.raises(UnknownUser, match="there are 0 users, such as none"):
        Interactions.from_frame(frame(user_id=[], item_id=[])).history("nope")


def test_rows_and_pattern_are_aligned_to_the_matrix():
    data = Interactions.from_frame(frame(user_id=[1, 1, 2], item_id=["a", "b", "b"], rating=[0.0, 3.0, 4.0]))
    assert data.rows.tolist() == [0, 0, 1] and data.user_counts.tolist() == [2, 1]
    assert data.pattern.toarray().tolist() == [[1, 1], [0, 1]] and data.pattern.dtype == np.float32
    assert data.sd == pytest.approx(np.std([0.0, 3.0, 4.0]))
    assert Interactions.from_frame(frame(user_id=[1, 1], item_id=["a", "b"])).sd == 0.0
