"""Measure what lists with more different items cost: accuracy against coverage, as ranked, with dials, and calibrated.

Every model is trained once on one split. Its first 200 candidates are shown as ranked, with the popularity dial of the
page at several values, and in the calibrated order of the default lists; with --recency also as ranked with this weight
of the latest ratings. Each line has the NDCG@10 and its ratio to
EASE as published (tuned) with the p-value corrected for all lines (Holm), the coverage as a share of the catalogue and
as a multiple of EASE's, the Gini coefficient of how often items are shown, the popularity lift, and the
Kullback-Leibler divergence, in nats, of the genres of the first ten from those of the history.

    RECSYS_DATASET=movietweetings python scripts/measure_trade.py hybrid ease --split strict --popularity=-0.1,-0.2
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure_calibration import divergence, shares

from recsys import Interactions, ItemFeatures, models
from recsys.catalogue import building
from recsys.data.progress import to_stderr
from recsys.errors import BadInput, RecsysError
from recsys.evaluation import compare, lists, protocol
from recsys.evaluation.baselines import PlainEase
from recsys.evaluation.significance import holm
from recsys.evaluation.splits import Split
from recsys.models.base import Recommender
from recsys.ranking import metrics
from recsys.runtime.startup import one_blas_thread
from recsys.serving.calibrated_lists import ListCalibration, telling_items
from recsys.serving.filters import POOL, Filters
from recsys.serving.reranking import rerank
from recsys.settings import Settings

FIRST = 10
METRICS = ("ndcg@10", "novelty@10", "diversity@10", "popularity_lift@10")
RANKED, CALIBRATED = "as ranked", "calibrated"


@dataclass(frozen=True)
class Pool:
    """The candidates of one model for every evaluated user.

    Attributes:
        model: fitted.
        ranking: the lists as ranked; `top` (n, POOL).
        scores: (n, POOL).
    """

    model: Recommender
    ranking: lists.Ranking
    scores: np.ndarray


def main(arguments: list[str] | None = None) -> int:
    """Print one line of JSON for each kind of list; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="names of models, such as hybrid")
    parser.add_argument("--split", choices=protocol.SPLITS, default="strict", help="what is hidden (default strict)")
    parser.add_argument("--seed", type=int, default=0, help="of the split and the training (default 0)")
    parser.add_argument("--popularity", default="-0.1,-0.2,-0.3", help="values of the dial (default %(default)s)")
    parser.add_argument("--recency", default="", help="values of the weight of the latest ratings (default: none)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    try:
        catalogue = building.ensure(Settings.from_env(), to_stderr)
        data, features = catalogue.interactions(), catalogue.features()
        split = protocol.make_split(options.split, data, options.seed)
        made = {name: models.create(name) for name in options.models}
        tried = [*dials("popularity", options.popularity), *dials("recency", options.recency)]
        for line in measured(made, split, features, tried, options.seed):
            print(json.dumps(line), flush=True)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def dials(name: str, text: str) -> list[Filters]:
    """One set of filters for each value of a dial.

    Args:
        name: popularity or recency.
        text: values separated by commas; none if it is empty.

    Raises:
        BadInput: a value is not a legal number.
    """
    found = []
    for part in text.split(",") if text else ():
        try:
            found.append(Filters.from_dict({name: float(part)}))
        except ValueError:
            low = -1 if name == "popularity" else 0
            raise BadInput(f"--{name} has {part!r}; use numbers from {low} to 1, such as 0.1,0.2.") from None
    return found


def measured(
    made: dict[str, Recommender], split: Split, features: ItemFeatures, tried: Sequence[Filters], seed: int
) -> list[dict[str, Any]]:
    """A line for each model and kind of list, after one for EASE as published."""
    history, target = lists.asked(split.test_history, split.test)
    known, base = split.fit_data, PlainEase()
    base.choose(split)
    vectors = protocol.diversity_vectors(features, known)
    genres = shares(features.align(known.items))[0]
    found: list[tuple[dict[str, Any], np.ndarray]] = []
    for name, model in {base.name: base, **made}.items():
        model.fit(known, features, seed=seed)
        pool = _pool(model, history, target)
        kinds = {RANKED: pool.ranking.top} if model is base else kinds_of_lists(pool, history, features, tried)
        for kind, top in kinds.items():
            by_user, whole = lists.measure(
                replace(pool.ranking, top=top, hits=metrics.find_hits(top, target.matrix)),
                known.item_counts,
                len(known.users),
                vectors,
            )
            means = {metric: float(np.nanmean(by_user[metric])) for metric in METRICS} | whole
            kl = genre_divergence(genres, top, history)
            found.append(({"model": name, "lists": kind, **means, "genre_kl": kl}, by_user["ndcg@10"]))
    return _compared(found)


def _pool(model: Recommender, history: Interactions, target: Interactions) -> Pool:
    ranking = lists.rank(model, history, target, POOL)
    _, scores = model.recommend_many(history, POOL)
    return Pool(model, ranking, scores)


def kinds_of_lists(
    pool: Pool, history: Interactions, features: ItemFeatures, tried: Sequence[Filters]
) -> dict[str, np.ndarray]:
    """First ten items (n, FIRST) of every user by kind of list: as ranked, for each dial, and calibrated."""
    calibration = ListCalibration(features.align(pool.model.items))
    kinds = {RANKED: pool.ranking.top[:, :FIRST]}
    kinds |= {f"popularity {one.popularity:g}": _dialled(pool, one) for one in tried if one.recency is None}
    kinds |= {f"recency {r:g}": _recent(pool.model, history, r) for one in tried if (r := one.recency) is not None}
    listed = []
    for user, top in zip(history.users.ids.tolist(), pool.ranking.top, strict=True):
        told = pool.model.items.numbers(list(telling_items(history.history(user), pool.model.scale)))
        listed.append(_padded(calibration.ordered(top[top >= 0], told, FIRST)))
    return kinds | {CALIBRATED: np.array(listed)}


def _dialled(pool: Pool, dial: Filters) -> np.ndarray:
    listed = []
    for top, scores in zip(pool.ranking.top, pool.scores, strict=True):
        numbers = top[top >= 0]
        places = rerank(numbers, scores[: len(numbers)], FIRST, dial, pool.model.popularity, None)
        listed.append(_padded(numbers[places]))
    return np.array(listed)


def _recent(model: Recommender, history: Interactions, recency: float) -> np.ndarray:
    listed = []
    for user in history.users.ids.tolist():
        found = model.ranked(history.history(user), FIRST, recency=recency)
        listed.append(_padded(found.numbers[:FIRST]))
    return np.array(listed)


def _padded(numbers: np.ndarray) -> np.ndarray:
    return np.pad(numbers, (0, FIRST - len(numbers)), constant_values=-1)


def genre_divergence(genres: np.ndarray, top: np.ndarray, history: Interactions) -> float:
    """Mean divergence over users of the genres of the first ten from those of the history.

    Args:
        genres: (n_items, n_genres) shares.
    """
    matrix = history.matrix
    values = [
        divergence(genres[matrix.indices[start:stop]], genres[listed[:FIRST][listed[:FIRST] >= 0]])
        for start, stop, listed in zip(matrix.indptr[:-1], matrix.indptr[1:], top, strict=True)
    ]
    return float(np.mean(values))


def _compared(found: list[tuple[dict[str, Any], np.ndarray]]) -> list[dict[str, Any]]:
    """The lines with their ratios to the first one."""
    (base, base_values), others = found[0], found[1:]
    pairs = [compare.paired([values], [base_values]) for _, values in others]
    corrected = holm([pair.p for pair in pairs]).tolist()
    lines = [base]
    for (line, _), pair, p in zip(others, pairs, corrected, strict=True):
        ratio = {"ratio": pair.ratio, "low": pair.ratio_low, "high": pair.ratio_high, "p_holm": p}
        lines.append(line | ratio | {"coverage_ratio": line["coverage@10"] / base["coverage@10"]})
    return lines


if __name__ == "__main__":
    sys.exit(main())
