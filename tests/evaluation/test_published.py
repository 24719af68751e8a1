"""Published tables: each file agrees with the page, and `recsys reproduce` tells figures inside from those outside."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import publish_table
import pytest
from film_app import environment
from scipy import stats

from recsys.cli import main
from recsys.errors import BadInput
from recsys.evaluation import published, published_text
from recsys.evaluation.published import Figure, Options, Table
from recsys.models import registry

ROW = {"label": "popular", "metrics": {"ndcg@10": {"mean": 0.2, "low": 0.1, "high": 0.3, "sd": 0.0}}, "error": None}
RESULT = {"split": "random", "seeds": [0], "sorted_by": "ndcg@10", "rows": [ROW]}
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
    assert published_text.markdown(table) in page and f"`recsys reproduce {name}`" in page
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
    text = published_text.render(table, [inside, missing])
    assert "not measured" in text and text.endswith("1 of 2 figures lie in the expected interval.")


@pytest.mark.slow
def test_seeds_that_differ_widen_the_expected_interval_but_not_the_published_one():
    line = {"mean": 0.25, "low": 0.24, "high": 0.26, "sd": 0.01}
    result = RESULT | {"seeds": [0, 1, 2], "rows": [ROW | {"metrics": {"ndcg@10": line}}]}
    table = Table("t", "T", "d", Options(seeds=3), 1, "now", list(published.figures(result)))
    (figure,) = table.figures
    assert (figure.low, figure.high, figure.sd) == (0.24, 0.26, 0.01)
    margin = stats.t.ppf(0.975, 2) * 0.01 * (4 / 3) ** 0.5
    assert published.expected(figure, 3) == pytest.approx((0.25 - margin, 0.25 + margin))
    assert published.expected(replace(figure, low=0.1, high=0.4), 3) == (0.1, 0.4), "never narrower than the page's"
    assert published.expected(figure, 1) == (0.24, 0.26)

    def again(value):
        return published.compare(table, {**RESULT, "rows": [ROW | {"metrics": {"ndcg@10": line | {"mean": value}}}]})[0]

    assert again(0.25 + 0.9 * margin).inside and not again(0.25 + 1.1 * margin).inside
    # the chance that another of normally distributed seeds lies inside is 95 %
    drawn = np.random.default_rng(0).normal(0.25, 0.01, (20_000, 4))
    hits = [
        abs(new - seeds.mean()) <= stats.t.ppf(0.975, 2) * seeds.std(ddof=1) * (4 / 3) ** 0.5
        for *three, new in drawn
        for seeds in [np.array(three)]
    ]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.01)


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


def test_corrected_p_values_are_published_beside_the_intervals():
    second = ROW | {"label": "als", "p_best": 0.0002}
    metrics = Table("t", "T", "d", Options(), 1, "", list(published.figures(RESULT | {"rows": [ROW, second]})))
    text = published_text.markdown(metrics)
    assert "| model | NDCG@10 | 95 % | p, best |" in text and "| `als` | 0.2000 | 0.1000–0.3000 | <0.001 |" in text
    assert "| `popular` | 0.2000 | 0.1000–0.3000 | – |" in text
    ratios = replace(metrics, figures=list(published.figures(RESULT | {"paired": [PAIR | {"p_holm": 0.0123}]})))
    assert "| +10.0 % | +5.0 % to +20.0 % | 0.012 |" in published_text.markdown(ratios)
    stored = [figure.get("p") for figure in metrics.to_dict()["figures"]]
    assert stored == [None, 0.0002]


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
    assert (
        f"{len(table.figures)} of {len(table.figures)} figures lie in the expected interval" in capsys.readouterr().out
    )

    assert main(["reproduce", "small", "--seed", "3", "--json"]) in (0, 1)  # another split may lie outside
    assert json.loads(capsys.readouterr().out)["result"]["seeds"] == [3]

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
