"""Adding a few ratings to many gives what reading all of them gives, and keeps numbers as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sample_ratings import taste_frame

from recsys import Interactions
from recsys.data import interactions
from recsys.errors import BadData


def everything(data: Interactions, more: pd.DataFrame) -> Interactions:
    return Interactions.from_frame(pd.concat([data.to_frame(), more]), items=data.items.ids)


def same(one: Interactions, other: Interactions) -> bool:
    return one.users == other.users and one.digest == other.digest


def rows(*values: tuple) -> pd.DataFrame:
    return pd.DataFrame(values, columns=["user_id", "item_id", "rating", "timestamp"])


LATER, EARLIER = 2_000_000, 1
NEW_USERS = rows(
    ("zz", "i100", 4.0, LATER), ("zz", "i103", 2.0, LATER), ("aa", "i101", 5.0, EARLIER), ("zz", "i100", 1.0, LATER)
)


@pytest.mark.parametrize(
    "more",
    [
        NEW_USERS,
        rows(("u10", "i100", 3.0, LATER), ("u10", "i144", 3.0, LATER), ("u69", "i100", 1.0, EARLIER)),
        NEW_USERS.iloc[::-1],
        NEW_USERS.iloc[:0],
    ],
)
@pytest.mark.parametrize("timed", [True, False])
def test_it_equals_reading_everything(tastes, more, timed):
    data = tastes if timed else tastes.without_times()
    found = data.extended(more)
    assert same(found, everything(data, more if timed else more.drop(columns="timestamp")))
    assert found.matrix.has_sorted_indices and found.items is data.items


@pytest.mark.parametrize("stamp", [EARLIER, LATER, None])
def test_of_two_ratings_of_one_item_the_later_counts_and_the_new_one_of_equal_times(tastes, stamp):
    user, item = tastes.users.ids[4], tastes.items.ids[tastes.matrix.indices[tastes.matrix.indptr[4]]]
    when = int(tastes.times[tastes.matrix.indptr[4]]) if stamp is None else stamp
    more = rows((user, item, 0.5, when))
    found = tastes.extended(more)
    assert same(found, everything(tastes, more))
    assert (found.history(user)[item] == 0.5) == (stamp != EARLIER)
    assert found.matrix.nnz == tastes.matrix.nnz


def test_random_rows_in_any_order():
    rng = np.random.default_rng(8)
    frame = taste_frame(seed=2)
    frame["user_id"] = frame["user_id"].str[1:]  # whole numbers, which a name turns into text
    for part in range(12):
        pick = rng.random(len(frame)) < rng.random()
        more = frame[~pick].sample(frac=1, random_state=part)
        more = pd.concat([more, more.head(5).assign(rating=1.5)])
        if part % 3 == 0:
            more = pd.concat([more, NEW_USERS])
        data = Interactions.from_frame(frame[pick], items=sorted(set(frame["item_id"])))
        assert same(data.extended(more), everything(data, more))


def test_existing_ids_are_not_read_again(tastes, monkeypatch):
    seen = []
    plain = interactions.factorised
    monkeypatch.setattr(
        interactions, "factorised", lambda column, name: seen.append(len(column)) or plain(column, name)
    )
    monkeypatch.setattr(Interactions, "to_frame", lambda self: pytest.fail("all ratings become text"))
    tastes.extended(NEW_USERS)
    assert seen == [len(NEW_USERS)] * 2


def test_what_is_added_must_fit(tastes):
    with pytest.raises(BadData, match="Items not in the catalogue: i999"):
        tastes.extended(rows(("zz", "i999", 1.0, LATER)))
    with pytest.raises(BadData, match="Column timestamp is missing; .* Needed: user_id, item_id, rating, timestamp."):
        tastes.extended(NEW_USERS.drop(columns="timestamp"))
    with pytest.raises(BadData, match="Column rating is missing"):
        tastes.without_times().extended(NEW_USERS[["user_id", "item_id"]])
    implicit = Interactions.from_frame(pd.DataFrame({"user_id": ["a"], "item_id": ["i100"]}), items=tastes.items.ids)
    assert implicit.extended(NEW_USERS[["user_id", "item_id"]]).matrix.data.tolist() == [1.0] * 4


def test_common_interactions_are_found_by_id(tastes):
    other = Interactions.from_frame(tastes.to_frame().sample(frac=0.4, random_state=1).assign(rating=1.0))
    pairs = set(other.to_frame()[["user_id", "item_id"]].itertuples(index=False, name=None))
    expected = [pair in pairs for pair in tastes.to_frame()[["user_id", "item_id"]].itertuples(index=False, name=None)]
    assert tastes.found_in(other).tolist() == expected
    assert other.found_in(tastes).all()
