"""Measure the calibration of personal lists: how far their genres and decades are from those of the history.

A tenth of each person's ratings is hidden. The divergence is KL(p, 0.99 q + 0.01 p) in nats, p of the known history and
q of the first 24 picks, as in Steck (2018); NDCG@10 is of the hidden ratings. Each line compares a model's ranking with
the calibrated one. The constants of recsys/serving/calibrated_lists.py were chosen with the people of "valid" only.
With --whole nothing is hidden, and 200 people are drawn. With --split temporal the last fifth of each person's ratings
is hidden, and parts are compared as before.

    RECSYS_DATASET=ml-latest-small python scripts/measure_calibration.py ease hybrid
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys import Interactions, ItemFeatures, models
from recsys.catalogue import building
from recsys.data.progress import to_stderr
from recsys.errors import RecsysError
from recsys.evaluation import protocol
from recsys.evaluation.splits import Split
from recsys.runtime.startup import one_blas_thread
from recsys.serving.calibrated_lists import ListCalibration, telling_items
from recsys.serving.filters import POOL
from recsys.settings import Settings

N, FIRST, DRAWN = 24, 10, 200  # picks of a list, those of the NDCG, and people with --whole
DAMPING = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Print one line of JSON for each model and part of the people; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="names of models, such as hybrid")
    parser.add_argument("--whole", action="store_true", help="train on all ratings; no NDCG")
    parser.add_argument("--split", choices=protocol.SPLITS, default="random", help="what is hidden (default random)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    try:
        catalogue = building.ensure(Settings.from_env(), to_stderr)
        for name in options.models:
            data = catalogue.interactions()
            split = None if options.whole else protocol.make_split(options.split, data)
            for line in measured(name, data, catalogue.features(), split):
                print(json.dumps(line), flush=True)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measured(name: str, data: Interactions, features: ItemFeatures, split: Split | None) -> list[dict[str, object]]:
    """Figures of one model, before and after calibration, for each part of the people; nothing is hidden for None."""
    fitted = data if split is None else split.fit_data
    known, hidden = (data, None) if split is None else (split.test_history, split.test)
    model = models.create(name).fit(fitted, features)
    ids, _ = model.recommend_many(known, POOL)
    ranked = model.items.numbers(ids.ravel().tolist()).reshape(ids.shape)
    features = features.align(model.items)
    calibration, facets = ListCalibration(features), shares(features)
    lines: list[dict[str, object]] = []
    for part, users in parts(known, hidden).items():
        rows, lists = [], ([], [])
        for user in users.tolist():
            user_id = str(known.users.ids[user])
            ratings = known.history(user_id)
            history = model.items.numbers(list(ratings))
            told = model.items.numbers(list(telling_items(ratings, model.scale)))
            plain = ranked[user][ranked[user] >= 0]
            both = plain[:N], calibration.ordered(plain, told, N)
            wanted = () if hidden is None else model.items.numbers(list(hidden.history(user_id)))
            rows.append([figures(found, history, facets, wanted) for found in both])
            for listed, found in zip(lists, both, strict=True):
                listed.append(found[:FIRST])
        table = np.array(rows)  # (users, before and after, figures)
        lines.append({"model": name, "part": part, "people": len(users), **summary(table, lists, split is None)})
    return lines


def parts(known: Interactions, hidden: Interactions | None) -> dict[str, np.ndarray]:
    """Numbers of the people of each part."""
    if hidden is None:
        users = np.flatnonzero(known.user_counts > 0)
        return {"whole": np.random.default_rng(0).choice(users, min(DRAWN, len(users)), replace=False)}
    users = np.random.default_rng(2).permutation(np.flatnonzero((known.user_counts > 0) & (hidden.user_counts > 0)))
    return {"valid": users[: len(users) // 2], "others": users[len(users) // 2 :]}


def figures(
    found: np.ndarray, history: np.ndarray, facets: list[np.ndarray], wanted: tuple | np.ndarray
) -> list[float]:
    """Divergence of each facet, then NDCG@10 (0 without hidden items)."""
    gains = 1 / np.log2(np.arange(FIRST) + 2)
    best = gains[: len(wanted)].sum()
    ndcg = float((gains[: len(found)] * np.isin(found[:FIRST], wanted)).sum() / best) if len(wanted) else 0.0
    return [*(divergence(table[history], table[found]) for table in facets), ndcg]


def divergence(history: np.ndarray, found: np.ndarray) -> float:
    """KL divergence in nats of the values in a list from those in a history, (n, values) shares each."""
    p, q = (table.sum(axis=0) / max(table.sum(), 1e-9) for table in (history, found))
    q = (1 - DAMPING) * q + DAMPING * p
    some = p > 0
    return float((p[some] * np.log(p[some] / q[some])).sum())


def shares(features: ItemFeatures) -> list[np.ndarray]:
    """Shares of genres and of decades of each item, (n_items, values) each."""
    decades = [[str(year // 10)] if np.isfinite(year) else [] for year in features.years]
    tables = []
    for lists in (features.tags.get("genres", [[]] * len(decades)), decades):
        values = {value: place for place, value in enumerate(sorted({one for each in lists for one in each}))}
        table = np.zeros((len(lists), len(values)))
        for number, each in enumerate(lists):
            for value in each:
                table[number, values[value]] += 1 / len(each)
        tables.append(table)
    return tables


def summary(table: np.ndarray, lists: tuple[list, list], whole: bool) -> dict[str, object]:
    """Means before and after, the change of NDCG@10 with its 95 % interval, and the number of different picks."""
    before, after = table.mean(axis=0).round(4).tolist()
    found: dict[str, object] = {
        "genres": [before[0], after[0]],
        "decades": [before[1], after[1]],
        "different picks": [len(set(np.concatenate(each).tolist())) for each in lists],
    }
    if whole:
        return found
    change, base = table[:, 1, 2] - table[:, 0, 2], table[:, 0, 2].mean()
    interval = 1.96 * change.std() / len(change) ** 0.5
    return found | {
        "ndcg@10": [before[2], after[2]],
        "change %": round(100 * change.mean() / base, 2),
        "95 % +-": round(100 * interval / base, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
