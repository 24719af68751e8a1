"""Tune every baseline with the same number of tries, and compare the models of this project with all of them.

Six baselines: EASE, iALS, SLIM, RP3beta, user and item neighbours; where times are known also what is popular
lately. Each gets the same number of random settings from its search space. A try is trained on the train part of one
split and evaluated by NDCG@10 on its validation part; the best one of each baseline is then trained on both and
compared on the test parts. The models of this project have the defaults, without a try. Prints one line of JSON for
each try and for each comparison; p-values are corrected for all comparisons (Holm).

    RECSYS_DATASET=ml-latest-small python scripts/measure_baselines.py --split random --seeds 3 --first-seed 91
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from recsys import Interactions, ItemFeatures
from recsys.catalogue import building
from recsys.data import Histories
from recsys.data.progress import to_stderr
from recsys.errors import RecsysError
from recsys.evaluation import evaluate, lists, protocol
from recsys.evaluation.baselines import PLAIN
from recsys.evaluation.significance import holm
from recsys.evaluation.splits import Split
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.models.baseline.popular import Popular
from recsys.models.collaborative.als import Als
from recsys.models.collaborative.ease import Ease
from recsys.models.collaborative.linear_item_item import LinearItemItem
from recsys.models.collaborative.neighbours import ItemKnn, UserKnn
from recsys.models.config import Span, search_space, setting
from recsys.models.numeric import item_item
from recsys.models.numeric.item_weights import SparseWeights
from recsys.models.numeric.nonnegative import nonnegative
from recsys.models.search_space import SearchSpace
from recsys.ranking import metrics
from recsys.runtime.startup import one_blas_thread
from recsys.settings import Settings

OWN = ("hybrid", "ease")  # models of this project that are compared with the baselines
LIMITS = Ease.Config().limits
STEP = 4.0  # of ADMM, in units of the mean count


class Slim(LinearItemItem):
    """SLIM (Ning and Karypis 2011): sparse nonnegative weights between the most rated items."""

    name = "slim"
    title = "SLIM"
    summary = "Sparse nonnegative weights of items."

    @dataclass(frozen=True)
    class Config:
        ridge: float = setting(0.4, "In units of the mean count.", low=1e-4, search=Span(0.02, 2.0, log=True))
        lasso: float = setting(0.15, "In units of its root.", low=0.0, search=Span(0.005, 1.0, log=True))
        n_items: int = setting(3_000, "Most rated items that get weights, because the matrices are dense.", low=1)

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        counts = data.item_counts.astype(np.float64)
        columns = np.sort(np.argsort(-counts, kind="stable")[: self.config.n_items])
        matrix = sparse.csr_array(data.pattern[:, columns]).astype(np.float32)
        unit, each = max((counts**2).sum() / max(counts.sum(), 1.0), 1.0), np.ones(len(columns))
        ridge, lasso = self.config.ridge * unit * each, self.config.lasso * unit**0.5 * each
        inner = nonnegative(matrix, ridge, lasso, STEP * unit).weights.tocoo()
        entries = inner.data, (columns[inner.row], columns[inner.col])
        whole = sparse.coo_array(entries, shape=(len(counts), len(counts)))
        self.weights = SparseWeights(sparse.csr_array(whole))

    def inputs(self, histories: Histories) -> np.ndarray:
        return np.ones(histories.matrix.nnz, np.float32)


class Rp3Beta(LinearItemItem):
    """RP3beta (Paudel et al. 2016): three steps of a random walk, damped by the popularity of the item."""

    name = "rp3beta"
    title = "RP3beta"
    summary = "A random walk from item to user to item."

    @dataclass(frozen=True)
    class Config:
        leave: float = setting(1.0, "Exponent of the popularity of the item left.", low=0.0, search=Span(0.2, 1.4))
        arrive: float = setting(0.4, "Exponent of the popularity of the item reached.", low=0.0, search=Span(0.0, 1.0))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.counts = np.maximum(data.item_counts, 1).astype(np.float32)
        self.weights = item_item.random_walk(data.matrix, self.config.leave, self.config.arrive, LIMITS)

    def inputs(self, histories: Histories) -> np.ndarray:
        return self.counts[histories.matrix.indices] ** -self.config.leave


class PopularLately(Popular):
    """The most rated items of the last days, the same for every user; a rating counts half after half_life_days."""

    name = "popular_lately"
    title = "Popular lately"

    @dataclass(frozen=True)
    class Config(Popular.Config):
        half_life_days: float = setting(7.0, "Days.", low=1e-3, search=Span(0.25, 64.0, log=True))


LATELY = "popular lately"
BASELINES: dict[str, tuple[type[Recommender], dict[str, Any]]] = {
    "EASE": (Ease, {**PLAIN, "recent_share": 0.0}),
    "iALS": (Als, {}),
    "SLIM": (Slim, {}),
    "RP3beta": (Rp3Beta, {}),
    "user neighbours": (UserKnn, {}),
    "item neighbours": (ItemKnn, {}),
    LATELY: (PopularLately, {}),
}


def main(arguments: list[str] | None = None) -> int:
    """Print the tries and the comparisons; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=20, help="of each baseline (default %(default)s)")
    parser.add_argument("--split", choices=("random", "temporal", "strict"), default="random")
    parser.add_argument("--seeds", type=int, default=1, help="number of splits of the test (default %(default)s)")
    parser.add_argument("--first-seed", type=int, default=0, help="of the tries and the first split (default 0)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    try:
        catalogue = building.ensure(Settings.from_env(), to_stderr)
        data, features = catalogue.interactions(), catalogue.features()
        if options.split == "random":
            data = Interactions(data.users, data.items, data.matrix)  # random splits are evaluated without times
        split = protocol.make_split(options.split, data, options.first_seed)
        best: dict[str, Recommender] = {}
        for name in (name for name in BASELINES if name != LATELY or data.times is not None):
            found = list(tries(name, split, options.tries, options.first_seed))
            for line in found:
                print(json.dumps(line), flush=True)
            chosen = max(found, key=lambda line: line["ndcg@10"])["settings"]
            best[name] = BASELINES[name][0](**chosen)
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        for line in compared(best, data, features, options.split, seeds):
            print(json.dumps(line), flush=True)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def tries(name: str, split: Split, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Evaluate random settings of a baseline on the validation part of a split: a line for each, with its NDCG@10."""
    kind, fixed = BASELINES[name]
    ranges = {key: span for key, span in search_space(kind.Config).items() if key not in fixed}
    space, rng = SearchSpace(ranges, kind(**fixed).settings), np.random.default_rng(seed)
    history, target = lists.asked(split.valid_history, split.valid)
    for number in range(count):
        settings = space.draw(rng)
        found = lists.rank(kind(**settings).fit(split.train, seed=seed), history, target, 10)
        score = float(metrics.ndcg(found.hits, found.sizes, 10).mean())
        yield {"baseline": name, "try": number + 1, "settings": settings, "ndcg@10": score}


def compared(
    best: dict[str, Recommender], data: Interactions, features: ItemFeatures, split: str, seeds: range
) -> list[dict[str, Any]]:
    """NDCG@10 of all models on the test parts, then the models of this project against each baseline."""
    made = best | {name: registry.create(name) for name in OWN}
    found = evaluate(made, data, features, split, seeds, progress=to_stderr)
    lines: list[dict[str, Any]] = [
        {"model": row.label, **{name: row.metrics[name]["mean"] for name in ("ndcg@10", "coverage@10", "gini@10")}}
        for row in found.rows
    ]
    pairs = [(own, name, found.compare(own, name)) for own in OWN for name in best]
    for (own, name, pair), p in zip(pairs, holm([pair.p for *_, pair in pairs]).tolist(), strict=True):
        ratio = {"ratio": pair.ratio, "low": pair.ratio_low, "high": pair.ratio_high, "p_holm": p}
        lines.append({"model": own, "against": name, **ratio})
    return lines


if __name__ == "__main__":
    sys.exit(main())
