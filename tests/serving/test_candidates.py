"""Candidates from an index: close to exact lists, filters hold and lists stay full, and nothing changes without it."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from services import with_settings

from recsys import release as releases
from recsys.data import IdMap
from recsys.data.progress import quiet
from recsys.errors import MissingExtra
from recsys.evaluation.calibration import calibrate
from recsys.evaluation.signals import Moments
from recsys.models.collaborative.als import Als
from recsys.models.trained_on import TrainedOn
from recsys.runtime import warm_up
from recsys.runtime.startup import ready
from recsys.serving import candidates
from recsys.serving.answers import Answers
from recsys.serving.candidates import Candidates, FactorIndex
from recsys.serving.filters import NO_FILTERS, Filters
from recsys.serving.released_models import ReleasedModels
from recsys.serving.scored_histories import History

needs_faiss = pytest.mark.skipif(
    importlib.util.find_spec(candidates.PACKAGE) is None, reason="needs the index extra: pip install faiss-cpu"
)
N_ITEMS, SIZE, N = 20_000, 1_000, 50


@pytest.fixture(scope="module")
def model():
    """ALS with factors in groups, as those of real items are; every tenth item has no ratings."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((60, 16))
    factors = centres[rng.integers(0, 60, N_ITEMS)] + 0.6 * rng.standard_normal((N_ITEMS, 16))
    rated = np.arange(N_ITEMS) % 10 > 0
    factors[~rated] = 0
    made = Als(n_factors=16)
    popularity = rng.random(N_ITEMS).astype(np.float32)
    items = IdMap([f"i{number}" for number in range(N_ITEMS)])
    made.adopt(TrainedOn(items, False, True, (1.0, 5.0), 3.0, popularity, rated))
    made.restore({"factors": factors.astype(np.float32)}, {"reg": 0.01, "sd": 1.0})
    return made


def asked(model, seed):
    chosen = np.random.default_rng(seed).choice(np.flatnonzero(model.rated), 8, replace=False)
    return model.to_histories({f"i{number}": 5.0 for number in chosen})


@needs_faiss
def test_lists_and_moments_are_close_to_those_of_all_scores(model):
    index, shares = FactorIndex(model), []
    for seed in range(20):
        histories = asked(model, seed)
        row = model.score(histories)[0]
        exact = model.ranked_row(histories, row, N)
        found = index.ranked(histories, SIZE, N, model.masked(histories))
        ranked = found.ranked
        shares.append(np.isin(exact.numbers, ranked.numbers).mean())
        assert len(ranked.numbers) == N and (np.diff(ranked.scores) <= 0).all()
        assert not np.isin(ranked.numbers, histories.matrix.indices).any() and model.rated[ranked.numbers].all()
        assert np.allclose(ranked.scores, row[ranked.numbers], rtol=1e-4)
        assert np.allclose(ranked.row[ranked.numbers], ranked.scores)
        unseen = np.isfinite(row)
        unseen[histories.matrix.indices] = False
        expected = Moments.of(row[unseen])
        assert found.moments.n == expected.n
        assert np.allclose(found.moments[1:], expected[1:], rtol=1e-3, atol=1e-5)
    assert np.mean(shares) > 0.9


@needs_faiss
def test_masked_items_are_left_out_and_a_narrow_mask_is_scored_exactly(model):
    index, histories = FactorIndex(model), asked(model, 1)
    half = model.masked(histories) | (np.arange(N_ITEMS) % 2 == 0)
    found = index.ranked(histories, SIZE, N, half).ranked
    assert len(found.numbers) == N and not half[found.numbers].any()
    narrow = np.ones(N_ITEMS, dtype=bool)
    narrow[[11, 12, 13]] = False
    assert index.ranked(histories, SIZE, N, narrow) is None
    unknown = model.to_histories({"i0": 5.0})  # no factors, so all scores are 0
    assert index.ranked(unknown, SIZE, N, model.masked(unknown)) is None


@needs_faiss
def test_a_long_build_reports_its_progress(model, monkeypatch):
    monkeypatch.setattr(candidates, "CHUNK", 4_000)
    monkeypatch.setattr(candidates, "SILENT_S", -1.0)
    lines = []
    FactorIndex(model, progress=lambda line, share=None: lines.append((line, share)))
    assert lines[0] == ("Building the index of 18,000 items for als", 0.0)
    assert [share for _, share in lines[1:]] == [4 / 18, 8 / 18, 12 / 18, 16 / 18, 1.0]


@pytest.fixture(scope="module")
def calibrated(answers_on):
    """Real models, of which only `als` has a calibration, so that `match` is by it."""
    known = answers_on("movietweetings").models
    release = releases.open_release(known.release.path)
    calibration = calibrate("als", known.catalogue.interactions())
    for name, record in release.manifest["models"].items():
        record["calibration"] = calibration.to_dict() if name == "als" else None
    return ReleasedModels(known.catalogue, release)


@pytest.fixture
def answers(calibrated):
    """Exact answers, answers with candidates, and users."""
    models = calibrated
    users = models.catalogue.users(8, at_least=20, at_most=60)
    return Answers(models), Answers(models, 2_000), users


def history(answers, user):
    return History.of(answers.models.catalogue.history(user))


@needs_faiss
@pytest.mark.slow
def test_answers_with_an_index_are_close_to_exact_ones_and_equal_before_it_is_built(answers):
    exact, near, users = answers
    before = [near.personal(history(near, user), 10, "als", NO_FILTERS) for user in users]
    expected = [exact.personal(history(exact, user), 10, "als", NO_FILTERS) for user in users]
    assert before == expected
    built = Answers(exact.models, 2_000)
    built.candidates.build()
    common = []
    for user, right in zip(users, expected, strict=True):
        picks = built.personal(history(built, user), 10, "als", NO_FILTERS)
        assert len(picks.item_ids) == 10 and not set(picks.item_ids) & set(history(built, user).read())
        matches = dict(zip(right.item_ids, right.matches, strict=True))
        for item_id, match in zip(picks.item_ids, picks.matches, strict=True):
            assert match is not None and abs(match - matches.get(item_id, match)) <= 1
        common.append(len(set(picks.item_ids) & set(right.item_ids)))
    assert np.mean(common) > 9


FILTERS = [
    {"genres_in": ["Documentary"]},
    {"genres_out": ["Drama", "Comedy"], "year_from": 2005},
    {"year_to": 1930},
    {"popularity": -0.4, "diversity": 0.3},
    {"genres_in": ["Horror"], "diversity": 0.5},
    {"hide": ["1"], "only": ["0110912", "0111161", "0068646"]},
]


@needs_faiss
@pytest.mark.slow
@pytest.mark.parametrize("given", FILTERS, ids=str)
def test_filtered_lists_are_as_long_as_exact_ones(answers, given):
    exact, near, users = answers
    near.candidates.build()
    filters = Filters.from_dict(given)
    passing = exact.models.passing(filters)
    for user in users[:4]:
        right = exact.personal(history(exact, user), 20, "als", filters)
        found = near.personal(history(near, user), 20, "als", filters)
        assert len(found.item_ids) == len(right.item_ids)
        numbers = near.models.release.items.numbers(found.item_ids)
        assert passing is None or passing[numbers].all()
        assert not set(found.item_ids) & set(history(near, user).read())


@needs_faiss
def test_a_service_builds_the_index_of_each_release_after_its_start(service, monkeypatch):
    with_index = with_settings(service, candidates=500)
    built = []
    monkeypatch.setattr(Candidates, "build", lambda self: built.append(self))
    warm_up.build(with_index)
    with_index.use(service.release)
    warm_up.build(with_index)
    assert len(built) == 2 and built[0] is not built[1]


def test_without_the_package_the_service_does_not_start(service, monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "PACKAGE", "no_such_package")
    with pytest.raises(
        MissingExtra, match="RECSYS_CANDIDATES needs FAISS.*pip install faiss-cpu.*RECSYS_CANDIDATES=off"
    ):
        with_settings(service, candidates=2_000)
    with pytest.raises(MissingExtra, match="pip install faiss-cpu"):
        ready(replace(service.settings, candidates=2_000, data_dir=tmp_path / "empty"), quiet)
    assert not (tmp_path / "empty").exists()  # before anything is prepared
    assert with_settings(service).recommend(service.landing.example_users[0])
