"""Published tables: each file agrees with the page, and `recsys reproduce` tells figures inside from those outside."""

from __future__ import annotations

import json
from dataclasses import replace

import publish_table
import pytest
from film_app import environment

from recsys.cli import main
from recsys.errors import BadInput
from recsys.evaluation import published
from recsys.evaluation.published import Figure, Options, Table
from recsys.models import registry

ROW = {"label": "popular", "metrics": {"ndcg@10": {"mean": 0.2, "low": 0.1, "high": 0.3, "sd": 0.0}}, "error": None}
RESULT = {"split": "random", "seeds": [0], "rows": [ROW]}
PAIR = {
    "model": "ease",
    "against": "ease_plain",
    "metric": "ndcg@10",
    "ratio": 1.1,
    "ratio_low": 1.05,
    "ratio_high": 1.2,
}


@pytest.mark.parametrize("name", published.names())
def test_each_table_is_on_the_page_with_its_figures(name):
    table = Table.read(name)
    page = publish_table.PAGE.read_text("utf-8")
    assert table.figures
    assert published.markdown(table) in page and f"`recsys reproduce {name}`" in page
    assert {model for model in table.options.models} <= set(registry.names())
    assert all(figure.low <= figure.value <= figure.high for figure in table.figures)


def test_figures_are_metrics_with_intervals_or_ratios():
    without = ROW | {"label": "als", "metrics": {"coverage@10": {"mean": 0.3, "low": None, "high": None}}}
    assert list(published.figures(RESULT | {"rows": [ROW, without]})) == [Figure("popular", "ndcg@10", 0.2, 0.1, 0.3)]
    assert list(published.figures(RESULT | {"paired": [PAIR]})) == [
        Figure("ease / ease_plain", "ratio of ndcg@10", 1.1, 1.05, 1.2)
    ]


def test_a_figure_outside_or_missing_is_not_inside():
    figures = [Figure("popular", "ndcg@10", 0.25, 0.2, 0.3), Figure("popular", "rmse", 0.9, 0.8, 1.0)]
    table = Table("t", "T", "d", Options(), 1, "now", figures)
    inside, missing = published.compare(table, RESULT)
    assert inside.inside and not missing.inside
    outside = published.compare(replace(table, figures=[replace(figures[0], low=0.21)]), RESULT)
    assert not outside[0].inside
    text = published.render(table, [inside, missing])
    assert "not measured" in text and text.endswith("1 of 2 figures lie in the interval of the page.")


def test_an_unknown_table_names_the_tables():
    with pytest.raises(BadInput, match="There is no table 'x'. Use one of .*ranking-100k"):
        Table.read("x")


def test_publishing_checks_how_a_result_was_measured(tmp_path):
    table = Table("t", "T", "d", Options(split="strict", seeds=2), 1, "", [])
    with pytest.raises(BadInput, match="is measured with --split strict --seeds 2"):
        publish_table.check(table, RESULT)
    with pytest.raises(BadInput, match="has no lines '<!-- table t -->'"):
        publish_table.on_page("a page", table)


@pytest.mark.parametrize("of", ["ratios", "metrics"])
def test_a_published_table_is_written_between_its_marks(of):
    figures = published.figures(RESULT | ({"paired": [PAIR]} if of == "ratios" else {}))
    table = Table("t", "T", "d", Options(), 1, "today", list(figures))
    page = "before\n<!-- table t -->\nold\n<!-- end of table -->\nafter"
    once = publish_table.on_page(page, table)
    assert "old" not in once and once.startswith("before\n") and once.endswith("\nafter")
    assert publish_table.on_page(once, table) == once
    assert ("+10.0 % | +5.0 % to +20.0 %" if of == "ratios" else "| `popular` | 0.2000 | 0.1000–0.3000 |") in once


@pytest.mark.slow
def test_reproduce_measures_a_table_again(prepared, film_folder, tmp_path, monkeypatch, capsys):
    for name, value in environment(prepared, film_folder).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(published, "FOLDER", tmp_path)
    assert main(["build", "--json"]) == 0
    dataset = json.loads(capsys.readouterr().out)["dataset"]
    table = Table("small", "Small", dataset, Options(models=["popular"]), 1, "", [])
    _write(tmp_path, table)

    assert main(["reproduce", "small", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    table = replace(table, figures=list(published.figures(result)))
    assert table.figures
    _write(tmp_path, table)
    assert main(["reproduce", "small"]) == 0
    assert f"{len(table.figures)} of {len(table.figures)} figures lie in the interval" in capsys.readouterr().out

    wrong = [replace(table.figures[0], value=2.0, low=2.0, high=2.0), *table.figures[1:]]
    _write(tmp_path, replace(table, figures=wrong))
    assert main(["reproduce", "small"]) == 1
    assert f"{len(wrong) - 1} of {len(wrong)} figures" in capsys.readouterr().err

    _write(tmp_path, replace(table, dataset="ml-1m"))
    assert main(["reproduce", "small"]) == 1
    assert "but the table was measured on ml-1m" in capsys.readouterr().err
    assert main(["reproduce"]) == 0
    assert capsys.readouterr().out == "small: Small (ml-1m, about 1 min)\n"


def _write(folder, table):
    (folder / "small.json").write_text(publish_table.as_json(table), "utf-8")
