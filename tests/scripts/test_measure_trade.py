"""Accuracy against coverage: the lists of each kind are what the page would show."""

from __future__ import annotations

import measure_trade
import numpy as np
import pytest
from measure_trade import CALIBRATED, FIRST, RANKED, dials, genre_divergence, measured

from recsys.data import Interactions
from recsys.errors import BadInput
from recsys.evaluation.protocol import make_split
from recsys.models import create


@pytest.fixture(scope="module")
def lines(tastes, facts):
    split = make_split("random", tastes, 0)
    return measured({"item_knn": create("item_knn")}, split, facts, dials("popularity", "-1,0"), 0)


def test_each_kind_of_list_has_a_line_after_the_baseline(lines):
    assert [(line["model"], line["lists"]) for line in lines] == [
        ("plain_ease", RANKED),
        *(("item_knn", kind) for kind in (RANKED, "popularity -1", "popularity 0", CALIBRATED)),
    ]
    assert "ratio" not in lines[0] and all(0 <= line["p_holm"] <= 1 and line["genre_kl"] >= 0 for line in lines[1:])
    assert lines[1]["coverage_ratio"] == pytest.approx(lines[1]["coverage@10"] / lines[0]["coverage@10"])


def test_the_dial_at_zero_changes_nothing_and_towards_rare_items_lowers_the_lift(lines):
    _, ranked, rare, still, calibrated = lines
    without = {"lists", "p_holm"}
    assert {k: v for k, v in ranked.items() if k not in without} == {k: v for k, v in still.items() if k not in without}
    assert rare["popularity_lift@10"] < ranked["popularity_lift@10"] and rare["ndcg@10"] < ranked["ndcg@10"]
    assert calibrated["genre_kl"] <= ranked["genre_kl"]


def test_genres_like_those_of_the_history_have_no_divergence(tastes):
    genres = np.eye(2)[np.arange(len(tastes.items)) % 2]
    own = np.full((len(tastes.users), FIRST), -1)
    for row in range(len(tastes.users)):
        items = tastes.matrix.indices[tastes.matrix.indptr[row] : tastes.matrix.indptr[row + 1]][:FIRST]
        own[row, : len(items)] = items
    history = Interactions.from_frame(tastes.to_frame()).keep(np.isin(np.arange(tastes.matrix.nnz), _first(tastes)))
    assert genre_divergence(genres, own, history) == pytest.approx(0, abs=1e-12)
    one_genre = np.where(own >= 0, 0, -1)
    assert genre_divergence(genres, one_genre, history) > 0.5


def _first(data):
    """Numbers of the first FIRST entries of each user."""
    return np.concatenate(
        [np.arange(s, min(s + FIRST, e)) for s, e in zip(data.matrix.indptr[:-1], data.matrix.indptr[1:], strict=True)]
    )


def test_wrong_dials_are_named():
    with pytest.raises(BadInput, match="--popularity has 'x'"):
        dials("popularity", "-0.1,x")
    with pytest.raises(BadInput, match="--popularity has '2'; use numbers from -1 to 1"):
        dials("popularity", "2")
    with pytest.raises(BadInput, match="--recency has '-1'; use numbers from 0 to 1"):
        dials("recency", "-1")
    assert dials("recency", "") == []


def test_the_weight_of_the_latest_ratings_changes_ordered_histories(tastes, facts):
    split = make_split("temporal", tastes, 0)
    lines = measured({"ease": create("ease")}, split, facts, dials("recency", "0.4,1"), 0)
    by_kind = {line["lists"]: line for line in lines[1:]}
    own = create("ease").settings["recent_share"]
    assert own == 0.4 and by_kind["recency 0.4"]["ndcg@10"] == pytest.approx(by_kind[RANKED]["ndcg@10"])
    assert by_kind["recency 1"]["novelty@10"] != by_kind[RANKED]["novelty@10"]


def test_data_that_cannot_be_read_is_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RECSYS_DATASET", str(tmp_path / "nothing"))
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    assert measure_trade.main(["popular"]) == 1 and capsys.readouterr().err.strip()
