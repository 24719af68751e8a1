"""Judged relevance: files of judgements, graded metrics with known answers, and the command."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from film_app import environment

from recsys import Interactions, models
from recsys.cli import main
from recsys.errors import BadData, SourceError
from recsys.evaluation import qrels
from recsys.evaluation.qrels import JUDGEMENTS, QUERIES, Judged

ROWS = [(user, item) for user, liked in {"a": "123", "b": "1245", "c": "23", "d": "156"}.items() for item in liked]


@pytest.fixture
def data():
    return Interactions.from_frame(pd.DataFrame(ROWS, columns=["user_id", "item_id"]))


def folder(path, judgements, queries=None):
    (path / JUDGEMENTS).write_text(judgements)
    if queries is not None:
        (path / QUERIES).write_text(queries)
    return path


def test_grades_and_queries_are_read(tmp_path, data):
    judged = Judged.read(folder(tmp_path, "a 0 3 2\na 0 6 1\n\nq 0 4 1\n", "q 2 1\n"))
    assert judged.grades == {"a": {"3": 2.0, "6": 1.0}, "q": {"4": 1.0}}
    assert judged.history("q", data) == ["2", "1"]
    assert judged.history("a", data) == {"1": 1.0, "2": 1.0}, "the judged items are hidden"
    known = judged.known(data)
    assert known.matrix.nnz == len(ROWS) - 1 and list(known.history("a")) == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 0 3\n", "line 1: 'a 0 3' is not QUERY 0 ITEM GRADE"),
        ("a 0 3 1\na 0 4 much\n", "line 2: 'a 0 4 much' is not"),
        ("a 0 3 nan\n", "line 1: 'a 0 3 nan' is not"),
        ("a 0 3 0\n", "No item of the query a in .* has a grade above 0"),
        ("\n", "has no judgements"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, message):
    with pytest.raises(BadData, match=message):
        Judged.read(folder(tmp_path, text))


def test_missing_files_and_unknown_queries_are_refused(tmp_path, data):
    with pytest.raises(SourceError, match="There is no file .*qrels.txt"):
        Judged.read(tmp_path)
    with pytest.raises(BadData, match="The query x is not a user"):
        Judged.read(folder(tmp_path, "x 0 3 1\n")).history("x", data)


def test_metrics_of_a_known_list(tmp_path, data):
    """The popular items after 1 and 2 are 3, 5, 4, 6 or the like; grades 2 and 1 at their places give the NDCG."""
    judged = Judged.read(folder(tmp_path, "q 0 3 1\nq 0 4 2\nq 0 6 0\n", "q 1 2\n"))
    model = models.create("popular").fit(data)
    order = [line.item_id for line in model.recommend(["1", "2"], 20)]
    result = qrels.evaluate({"popular": models.create("popular")}, data, None, judged)
    found = {name: value["mean"] for name, value in result["rows"][0]["metrics"].items()}
    gained = 1 / np.log2(2 + order.index("3")) + 2 / np.log2(2 + order.index("4"))
    assert found["ndcg@10"] == pytest.approx(gained / (2 + 1 / np.log2(3)))
    assert found["recall@20"] == 1 and found["judged@10"] == pytest.approx(0.3)
    assert (result["queries"], result["judgements"]) == (1, 3)
    assert "popular" in qrels.render(result)


def test_the_best_model_comes_first_and_errors_last(tmp_path, data):
    class Broken(models.get("popular")):
        def _fit(self, *given):
            raise BadData("It cannot be trained.")

    # who chose 1, 5 and 6 is like those who chose 1 and 5; by popularity 2 comes before 6
    judged = Judged.read(folder(tmp_path, "q 0 6 1\n", "q 5 1\n"))
    given = {"broken": Broken(), "popular": models.create("popular"), "item_knn": models.create("item_knn")}
    rows = qrels.evaluate(given, data, None, judged)["rows"]
    assert [row["label"] for row in rows] == ["item_knn", "popular", "broken"]
    assert "broken: It cannot be trained." in qrels.render({"queries": 1, "judgements": 1, "rows": rows})
    means = [row["metrics"]["ndcg@10"] for row in rows[:2]]
    assert all(line["low"] <= line["mean"] <= line["high"] for line in means)


@pytest.mark.slow
def test_the_command_compares_with_judgements(prepared, film_folder, tmp_path, monkeypatch, capsys):
    for name, value in environment(prepared, film_folder).items():
        monkeypatch.setenv(name, value)
    given = folder(tmp_path, "1 0 6 2\nmine 0 2 1\n", "mine 1 6\n")
    assert main(["evaluate", "--qrels", str(given), "--models", "popular,ease", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {row["label"] for row in result["rows"]} == {"popular", "ease"} and result["queries"] == 2
    assert main(["evaluate", "--qrels", str(given), "--models", "popular"]) == 0
    assert "2 queries, 2 judgements" in capsys.readouterr().out
    assert main(["evaluate", "--qrels", str(given), "--slices"]) == 1
    assert "--qrels replaces the split" in capsys.readouterr().err
