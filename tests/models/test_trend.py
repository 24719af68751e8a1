"""What is popular lately in the hybrid: when it counts, how much, and what the reasons say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys import IdMap, Interactions, models
from recsys.data import Histories
from recsys.data.files import load_arrays, save_arrays
from recsys.errors import BrokenRelease
from recsys.models.hybrid import trend
from recsys.models.hybrid.trend import Trend
from recsys.models.reason import Kind

DAY = 86_400
N_ITEMS, N_USERS, N_DAYS = 60, 3_000, 120


def ids(letter: str, count: int) -> IdMap:
    return IdMap(np.array([f"{letter}{number:04}" for number in range(count)]))


def interactions(news: bool, seed: int = 0, each: int = 8) -> Interactions:
    """Choices of users at random times; with news, of items that came out in the days before."""
    rng = np.random.default_rng(seed)
    days = rng.uniform(0, N_DAYS, N_USERS)
    chosen, when = [], []
    for day in days:
        newest = int(N_ITEMS * day / N_DAYS)
        recent = np.exp(-0.5 * np.abs(np.arange(N_ITEMS) - newest)) if news else 0.0
        weights = 0.1 / np.arange(1, N_ITEMS + 1) + recent
        chosen.append(np.sort(rng.choice(N_ITEMS, each, replace=False, p=weights / weights.sum())))
        when.append(day * DAY + rng.permutation(each) * 60)
    columns = np.concatenate(chosen).astype(np.int32)
    matrix = sparse.csr_array(
        (np.ones(len(columns), np.float32), columns, np.arange(0, len(columns) + 1, each, dtype=np.int32)),
        shape=(N_USERS, N_ITEMS),
    )
    return Interactions(ids("u", N_USERS), ids("i", N_ITEMS), matrix, np.concatenate(when).astype(np.int64))


@pytest.fixture(scope="module")
def news():
    return interactions(news=True)


@pytest.fixture(scope="module")
def hybrid(news):
    return models.create("hybrid", n_epochs=2).fit(news)


@pytest.mark.slow
def test_it_counts_only_where_it_predicted_the_past(news):
    assert Trend.of(news) is not None
    assert Trend.of(interactions(news=False)) is None
    assert Trend.of(news.without_times()) is None
    early = news.keep(news.times < (trend.MIN_DAYS - 1) * DAY)
    assert Trend.of(early) is None, "too short a time"
    assert Trend.of(news.keep(np.arange(len(news.times)) % 3 == 0)) is None, "too few interactions"
    last = news.times == news.times.max()
    quiet = Interactions(news.users, news.items, news.matrix, news.times + np.where(last, 30 * DAY, 0))
    assert Trend.of(quiet) is None, "one user came after a quiet month"


def test_gains_are_those_of_the_latest_items_and_one_choice_alone_gains_nothing():
    rng = np.random.default_rng(1)
    old = rng.integers(0, 40, 5_000)
    items = np.concatenate([old, np.repeat(np.arange(40, 45), 60), [45]])
    times = np.concatenate([rng.uniform(0, 100, 5_000), np.full(301, 100.0)]) * DAY
    gains = trend._gains(items, times.astype(np.int64), 46)
    assert gains[40:45].min() > 10 > 1 > gains[:40].max()
    assert gains[45] < 1


def test_the_correction_is_its_formula():
    rng = np.random.default_rng(2)
    found = Trend(rng.uniform(0, 5, 6).astype(np.float32))
    scores = rng.standard_normal((1, 6)).astype(np.float32)
    scores[0, 5] = np.nan
    matrix = sparse.csr_array(np.array([[0, 0, 1.0, 0, 0, 0]], np.float32))
    for recency, share in ((None, trend.DEFAULT_SHARE), (0.6, 0.6 * trend.DIAL_SHARE)):
        ratios = found.ratios(scores, Histories(matrix, np.zeros(1, np.float32), recency))[0]
        others = [0, 1, 3, 4]
        p = {item: float(np.exp(scores[0, item])) for item in others}
        total = sum(p.values())
        mean = sum(p[item] * float(found.gains[item]) for item in others) / total
        corrected = {item: p[item] / total * ((1 - share) + share * found.gains[item] / mean) for item in others}
        assert sum(corrected.values()) == pytest.approx(1.0)
        for item in others:
            assert ratios[item] * p[item] / total == pytest.approx(corrected[item])


def test_a_history_without_order_and_scores_without_items_are_left_alone():
    found = Trend(np.array([3.0, 0.0], np.float32))
    matrix = sparse.csr_array(np.array([[1.0, 0.0]], np.float32))
    assert found.ratios(np.zeros((1, 2), np.float32), Histories(matrix)) is None
    nothing = found.ratios(np.full((1, 2), np.nan, np.float32), Histories(matrix, np.zeros(1, np.float32)))
    assert np.isfinite(nothing).all()


@pytest.mark.slow
def test_the_dial_goes_from_the_whole_time_to_the_latest_days(news, hybrid):
    newest = np.argsort(-hybrid.trend.gains)[:5]
    history = Histories.of([f"i{number:04}" for number in (0, 1, 2)], hybrid.items)

    def mean_rank(recency):
        asked = history if recency is None else history.with_recency(recency)
        order = np.argsort(-np.nan_to_num(hybrid.score(asked)[0], nan=-np.inf))
        return float(np.mean([np.flatnonzero(order == item)[0] for item in newest]))

    plain = hybrid._without_trend(history)[0]
    assert np.allclose(
        hybrid.score(history.unordered())[0], hybrid._without_trend(history.unordered())[0], equal_nan=True
    )
    assert not np.allclose(hybrid.score(history)[0], plain, equal_nan=True)
    assert mean_rank(1.0) <= mean_rank(None) <= mean_rank(0)
    assert mean_rank(1.0) < mean_rank(0)


def test_a_reason_says_so_where_the_trend_decides(hybrid):
    history = [f"i{number:04}" for number in (0, 1, 2)]

    def due(recency):
        found = hybrid.ranked(history, 10, recency=recency)
        reasons = hybrid.reasons(found, found.numbers)
        return [number for number, reason in zip(found.numbers, reasons, strict=True) if reason.kind is Kind.LATELY]

    assert due(1.0) and hybrid.trend.gains[due(1.0)].min() >= trend.DOUBLED
    assert not due(0)


def test_it_is_saved_and_checked(hybrid, tmp_path):
    hybrid.save_files(tmp_path)
    loaded = type(hybrid).load_files(tmp_path, hybrid.items)
    history = Histories.of(["i0003", "i0009"], hybrid.items)
    assert np.array_equal(loaded.score(history), hybrid.score(history), equal_nan=True)
    path = tmp_path / "hybrid.safetensors"
    arrays = load_arrays(path)
    for broken in (arrays["trend"][:-1], -arrays["trend"], arrays["trend"] * np.nan, arrays["trend"] + np.inf):
        save_arrays({**arrays, "trend": broken}, path)
        with pytest.raises(BrokenRelease, match="hybrid"):
            type(hybrid).load_files(tmp_path, hybrid.items)
