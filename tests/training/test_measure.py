"""Measurements of a catalogue, and what the release keeps of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from recsys import models, release
from recsys.data.progress import one_line
from recsys.errors import NeedsRatings
from recsys.evaluation import evaluate
from recsys.evaluation.baselines import NaiveUserKnn
from recsys.settings import Settings
from recsys.training.measure import Measurement, measure, store


def test_measurements_stay_with_the_release(checkerboard, colours, tmp_path):
    settings = Settings(data_dir=tmp_path)
    catalogue = SimpleNamespace(
        info={
            "n_ratings": checkerboard.matrix.nnz,
            "rated": False,
            "title": "Squares",
            "catalogue": "films",
            "dataset": "squares",
        },
        interactions=lambda: checkerboard,
        features=lambda: colours,
        wording=SimpleNamespace(liked_at=None),
    )
    fitted = {name: models.create(name).fit(checkerboard, colours) for name in ("popular", "user_knn")}
    titles = [f"Square {item}" for item in checkerboard.items.ids]
    release.write(
        settings.releases, catalogue="films", info={"dataset": "squares"}, models=fitted, titles=titles, reports={}
    )
    lines: list[str] = []

    def keep_line(line, share=None):
        lines.append(one_line(line, share))

    found = measure(settings, catalogue, Measurement("random", ["popular", "user_knn"], 2), keep_line)
    assert lines[0] == "  0% popular, split 1 of 2"
    assert found.seeds == (0, 1)
    kept = release.current(settings.releases).manifest["models"]["user_knn"]
    assert kept["metrics"]["random"]["ndcg@10"] == found.row("user_knn").metrics["ndcg@10"]["mean"] > 0.7
    assert kept["calibration"]["of"] == "hits"
    low, high = kept["intervals"]["random"]["ndcg@10"]
    assert low <= kept["metrics"]["random"]["ndcg@10"] <= high
    measure(settings, catalogue, Measurement("unseen", ["user_knn"]))
    assert set(release.current(settings.releases).manifest["models"]["user_knn"]["metrics"]) == {"random", "unseen"}


def test_no_ratings_is_said(tmp_path):
    empty = SimpleNamespace(info={"n_ratings": 0, "title": "Squares"})
    with pytest.raises(NeedsRatings, match="Squares has no ratings to evaluate with"):
        measure(Settings(data_dir=tmp_path), empty)


def test_figures_of_other_settings_are_not_the_releases(checkerboard, tmp_path, caplog):
    settings = Settings(data_dir=tmp_path)
    fitted = {"user_knn": models.create("user_knn", n_neighbours=3).fit(checkerboard)}
    titles = [f"Square {item}" for item in checkerboard.items.ids]
    release.write(settings.releases, catalogue="films", info={}, models=fitted, titles=titles, reports={})
    found = evaluate({"user_knn": "user_knn", "naive_user_knn": NaiveUserKnn()}, checkerboard)
    assert store(settings, found, {}).manifest["models"]["user_knn"]["metrics"] == {}
    assert "evaluated with other settings" in caplog.text
    same = evaluate([models.create("user_knn", n_neighbours=3)], checkerboard)
    assert store(settings, same, {}).manifest["models"]["user_knn"]["metrics"]["random"]["hr@10"] > 0
