"""Compute the data of the plots as JSON values; the page draws them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from recsys.data import Interactions, ItemFeatures, csr
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.results import Evaluation
from recsys.models.base import Recommender

TAIL_POINTS = 200
SHARES = (0.5, 0.8, 0.95)


def rating_distribution(data: Interactions) -> dict[str, list]:
    """Frequency of each rating: `ratings` ascending, `counts`."""
    ratings, counts = np.unique(data.matrix.data, return_counts=True)
    return {"ratings": ratings.astype(float).tolist(), "counts": counts.tolist()}


def genre_distribution(features: ItemFeatures, data: Interactions | None = None) -> dict[str, list]:
    """`genres` by descending number of `items`, with their number of `interactions` and `mean` rating.

    An item counts for each of its genres. Without data, `interactions` is 0 and `mean` is None.
    """
    features = features if data is None else features.align(data.items)
    lists = features.tags.get("genres", [[] for _ in range(len(features.ids))])
    n_items = len(features.ids)
    counts = np.zeros(n_items, np.int64) if data is None else data.item_counts
    totals = np.zeros(n_items) if data is None else csr.column_sums(data.matrix)
    items, interactions = Counter[str](), Counter[str]()
    stars: dict[str, float] = defaultdict(float)
    for number, genres in enumerate(lists):
        for genre in dict.fromkeys(genres):
            items[genre] += 1
            interactions[genre] += int(counts[number])
            stars[genre] += float(totals[number])
    genres = sorted(items, key=lambda genre: (-items[genre], genre))
    return {
        "genres": genres,
        "items": [items[genre] for genre in genres],
        "interactions": [interactions[genre] for genre in genres],
        "mean": [stars[genre] / interactions[genre] if interactions[genre] else None for genre in genres],
    }


def over_time(data: Interactions) -> dict[str, list]:
    """Interactions by calendar year, or by month if they span less than four years: `moments` without gaps, `counts`.

    Both are empty if there are no times.
    """
    if data.times is None or not len(data.times):
        return {"moments": [], "counts": []}
    stamps = data.times.astype("datetime64[s]")
    months = stamps.astype("datetime64[M]")
    unit = months if (months.max() - months.min()).astype(int) < 48 else stamps.astype("datetime64[Y]")
    places = (unit - unit.min()).astype(int)
    counts = np.bincount(places)
    moments = unit.min() + np.arange(len(counts)).astype(unit.dtype.str.replace("M8", "m8"))
    return {"moments": moments.astype(str).tolist(), "counts": counts.tolist()}


def history_lengths(data: Interactions) -> dict[str, list]:
    """Number of users by length of history: `labels` of ranges that double from 1 on, `counts`."""
    lengths = data.user_counts
    powers = np.log2(lengths[lengths > 0]).astype(int)
    counts = np.bincount(powers).tolist() if len(powers) else []
    labels = [str(2**power) if power == 0 else f"{2**power}–{2 ** (power + 1) - 1}" for power in range(len(counts))]
    first = next((place for place, count in enumerate(counts) if count), 0)
    return {"labels": labels[first:], "counts": counts[first:]}


class LongTail(TypedDict):
    """How interactions are distributed over items; see `long_tail`."""

    rank: list[int]
    count: list[int]
    share: list[float]
    items_for: dict[str, int]
    unrated: int


def long_tail(data: Interactions) -> LongTail:
    """Items by descending number of interactions, thinned to TAIL_POINTS on a log scale.

    Returns:
        `rank` from 1, `count`, `share` of all interactions up to the rank; `items_for`: number of items that have
        50, 80 and 95 % of the interactions; `unrated`: number of items without any.
    """
    counts = np.sort(data.item_counts)[::-1]
    some = int((counts > 0).sum())
    if not some:
        return {"rank": [], "count": [], "share": [], "items_for": {}, "unrated": len(counts)}
    share = np.cumsum(counts[:some]) / counts.sum()
    ranks = np.unique(np.rint(np.geomspace(1, some, TAIL_POINTS)).astype(int))
    return {
        "rank": ranks.tolist(),
        "count": counts[ranks - 1].tolist(),
        "share": share[ranks - 1].tolist(),
        "items_for": {f"{part:g}": int(np.searchsorted(share, part - 1e-12)) + 1 for part in SHARES},
        "unrated": len(counts) - some,
    }


def comparison(evaluation: Evaluation | Mapping[str, Any], metric: str | None = None) -> dict[str, Any]:
    """Models with their means and 95 % intervals: `labels`, `families`, `means`, `lows`, `highs`, in the table's order.

    Args:
        evaluation: an Evaluation, or the result of its `to_dict`.
        metric: the metric to compare (default: the one that the table is sorted by).
    """
    report = evaluation.to_dict() if isinstance(evaluation, Evaluation) else evaluation
    metric = metric or report["sorted_by"]
    rows = [row for row in report["rows"] if metric in row["metrics"]]
    return {
        "metric": metric,
        "labels": [row["label"] for row in rows],
        "families": [row["family"] for row in rows],
        "means": [row["metrics"][metric]["mean"] for row in rows],
        "lows": [row["metrics"][metric]["low"] for row in rows],
        "highs": [row["metrics"][metric]["high"] for row in rows],
    }


def similarity(model: Recommender, item_ids: Sequence[str]) -> dict[str, Any]:
    """Similarity of some items: `ids` and `values`, where values[i][j] is the similarity of j to i.

    The diagonal and missing scores are None; the unit is the model's own.

    Raises:
        UnknownItem: the model does not have one of the items.
    """
    numbers = [model.items.number(item) for item in item_ids]
    values = []
    for item, own in zip(item_ids, numbers, strict=True):
        row = model.ranked_similar(item, 1).row[numbers]
        known = np.isfinite(row) & (np.array(numbers) != own)
        values.append([float(value) if ok else None for value, ok in zip(row, known, strict=True)])
    return {"ids": [str(item) for item in item_ids], "values": values}


def reliability_curve(calibration: Calibration | Mapping[str, Any]) -> dict[str, Any]:
    """Predicted and observed probabilities: `predicted`, `observed`, `n`, and the `ece`.

    Args:
        calibration: a Calibration, or the result of its `to_dict`.
    """
    report = calibration.report if isinstance(calibration, Calibration) else calibration["report"]
    columns = {name: [point[name] for point in report["curve"]] for name in ("predicted", "observed", "n")}
    return {**columns, "ece": report["ece"]}


def predicted_by_rating(actual: np.ndarray, predicted: np.ndarray) -> dict[str, list]:
    """Predictions by actual rating: `ratings` ascending, with quartiles `low`, `median`, `high` and the number `n`.

    >>> predicted_by_rating(np.array([1.0, 5.0, 5.0]), np.array([2.0, 4.0, 5.0]))["median"]
    [2.0, 4.5]
    """
    ratings = np.unique(actual)
    quartiles = [np.quantile(np.asarray(predicted)[actual == rating], (0.25, 0.5, 0.75)) for rating in ratings]
    return {
        "ratings": ratings.astype(float).tolist(),
        **{name: [float(found[i]) for found in quartiles] for i, name in enumerate(("low", "median", "high"))},
        "n": [int((actual == rating).sum()) for rating in ratings],
    }


def tuning(record: Mapping[str, Any]) -> dict[str, Any]:
    """All trials of a search: `settings` (name -> value of each trial), `gain` over the defaults as a share (mean over
    the validation parts), and the indices of the `defaults` and of the `chosen` trial.

    Args:
        record: of one model, as `recsys.tuning` stores it.
    """
    trials, base = record["trials"], np.array(record["defaults"], dtype=np.float64)
    means = np.array([trial["means"] for trial in trials], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        gain = ((means - base) / np.abs(base)).mean(axis=1)

    def place(wanted: Sequence[float]) -> int:
        return next((place for place, trial in enumerate(trials) if trial["means"] == list(wanted)), 0)

    return {
        "settings": {name: [trial["settings"][name] for trial in trials] for name in record["settings"]},
        "gain": [float(value) if np.isfinite(value) else None for value in gain],
        "defaults": place(record["defaults"]),
        "chosen": place(record["means"]),
    }


def roc(report: Mapping[str, Any]) -> dict[str, list[float]]:
    """False and true positive rates, ascending: `false`, `true`, and the threshold `cut` of each point.

    Args:
        report: of `embedding_classification`.

    >>> roc({"roc": {"cut": [0, 0.5, 1], "true": [1.0, 0.8, 0.0], "false": [1.0, 0.3, 0.0]}})["false"]
    [0.0, 0.3, 1.0]
    """
    found = report["roc"]
    order = sorted(range(len(found["cut"])), key=lambda i: (found["false"][i], found["true"][i]))
    return {name: [float(found[name][i]) for i in order] for name in ("false", "true", "cut")}


def shares(counts: Sequence[Sequence[int]]) -> list[list[float | None]]:
    """Each row as shares of its sum, None in a row whose sum is 0.

    >>> shares([[1, 3], [0, 0]])
    [[0.25, 0.75], [None, None]]
    """
    return [[count / sum(row) if sum(row) else None for count in row] for row in counts]
