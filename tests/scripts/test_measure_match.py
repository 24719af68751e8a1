"""The error of the match on shown items is measured on ratings that nothing has seen."""

from __future__ import annotations

import measure_match
import pytest
from measure_match import LENGTHS, errors

from recsys import Interactions
from recsys.errors import BadInput
from recsys.evaluation.calibration import Calibration


def test_errors_are_by_length_of_the_list(tastes, facts):
    found = errors("item_knn", tastes, facts, 0, liked_at=4.0)
    counts = [found[n][1] for n in LENGTHS]
    assert list(found) == list(LENGTHS) and counts == sorted(counts) and counts[0] > 20
    assert all(0 <= error <= 1 for error, _ in found.values())


def test_a_wrong_match_has_a_large_error(tastes, facts, monkeypatch):
    right = errors("item_knn", tastes, facts, 0, liked_at=4.0)[100][0]
    match = Calibration.match
    monkeypatch.setattr(
        Calibration, "match", lambda self, *given: [None if m is None else 100 - m for m in match(self, *given)]
    )
    assert errors("item_knn", tastes, facts, 0, liked_at=4.0)[100][0] > right + 0.1


def test_ratings_without_dislikes_are_refused(ratings, facts, tmp_path, monkeypatch, capsys):
    liked = Interactions.from_frame(ratings.assign(rating=5.0))
    with pytest.raises(BadInput, match="no likes and dislikes"):
        errors("item_knn", liked, facts, 0)
    monkeypatch.setenv("RECSYS_DATASET", str(tmp_path / "nothing"))
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    assert measure_match.main(["popular"]) == 1 and capsys.readouterr().err.strip()
