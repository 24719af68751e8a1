"""Measure exact scoring against candidates from an index (RECSYS_CANDIDATES), in time, memory and accuracy.

Two kinds of lines of JSON:

- `time`, for each number of --items: models that are fitted on the data set are stretched to that many items by
  repeating their items; the copies in `als` are moved at random, and the vectors of `semantic` are random. Each line
  has the CPU milliseconds of a list of 200 (the pool of a default list) for one history, the median over histories,
  and the megabytes of the saved model; for `als` also with the index: its time, memory, CPU seconds of building, and
  recall@10 and recall@200 of the exact list.
- `loss`, for the data set and for each number of --expanded items (fractal expansion of the data set): NDCG@10 of
  `als` on the random split, exact and with candidates.

    RECSYS_DATASET=ml-latest-small python scripts/measure_candidates.py --items 10000,1000000 --expanded 100000
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.fractal import Size, expanded

from recsys import Interactions, ItemFeatures, models
from recsys.catalogue import building
from recsys.data import Histories, IdMap, csr
from recsys.data.progress import quiet, to_stderr
from recsys.errors import RecsysError
from recsys.evaluation import lists, splits
from recsys.models.base import Recommender
from recsys.models.collaborative.als import Als
from recsys.models.content_based.semantic import Semantic
from recsys.ranking import metrics
from recsys.runtime.startup import one_blas_thread
from recsys.serving.candidates import FactorIndex
from recsys.serving.filters import POOL
from recsys.settings import Settings

ASKED = 40  # histories that are timed
EVALUATED = 1_000  # users of a loss
DIMENSIONS = 384  # of the encoder that `semantic` uses
MOVED = 0.7  # length of the random move of a copied item, as a share of the length of its factors
USERS_PER_ITEM, RATINGS_PER_USER = 0.15, 110  # of expanded data, about those of MovieLens


def main(arguments: list[str] | None = None) -> int:
    """Print the lines; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", default="10000,100000,1000000", help="numbers of items (default %(default)s)")
    parser.add_argument("--models", default="als,item_knn,content,semantic", help="models (default %(default)s)")
    parser.add_argument("--expanded", default="", help="numbers of items of a loss (default: only the data set)")
    parser.add_argument("--size", type=int, default=2000, help="number of candidates (default %(default)s)")
    parser.add_argument("--searched", default="0.0625,0.125,0.25", help="shares of the groups (default %(default)s)")
    options = parser.parse_args(arguments)
    one_blas_thread()
    try:
        catalogue = building.ensure(Settings.from_env(), to_stderr)
        data, features = catalogue.interactions(), catalogue.features()
        shares = [float(part) for part in options.searched.split(",")]
        for line in _times(data, features, options.models.split(","), _numbers(options.items), options.size, shares):
            print(json.dumps({"kind": "time", **line}), flush=True)
        for wanted in (len(data.items), *_numbers(options.expanded)):
            known = data if wanted <= len(data.items) else _expanded(data, wanted)
            for line in _losses(known, options.size, shares):
                print(json.dumps({"kind": "loss", **line}), flush=True)
    except RecsysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


# -- time -------------------------------------------------------------------------------------------


def _times(
    data: Interactions, features: ItemFeatures, names: list[str], sizes: list[int], size: int, shares: list[float]
) -> Iterator[dict[str, Any]]:
    chosen = np.random.default_rng(0).choice(len(data.users), min(ASKED, len(data.users)), replace=False)
    asked = [dict(data.history(str(data.users.ids[user]))) for user in chosen]
    for name in names:
        fitted = _semantic(data) if name == Semantic.name else models.create(name).fit(data, features)
        for n_items in sizes:
            model = stretched(fitted, n_items)
            histories = [model.to_histories(history) for history in asked]
            exact = [_ranked(model, one) for one in histories]
            yield {
                "model": name,
                "items": n_items,
                "exact_ms": _cpu_ms(lambda one, model=model: _ranked(model, one), histories),
                "model_mb": sum(array.nbytes for array in model.arrays().values()) / 1e6,
            }
            if isinstance(model, Als):
                for share in shares:
                    yield {"items": n_items, **_with_index(model, histories, exact, size, share)}


def _with_index(
    model: Als, histories: list[Histories], exact: list[np.ndarray], size: int, share: float
) -> dict[str, Any]:
    started = time.process_time()
    index = FactorIndex(model, share, quiet)
    build_s = time.process_time() - started

    def found(one: Histories) -> np.ndarray:
        near = index.ranked(one, size, POOL, model.masked(one))
        return _ranked(model, one) if near is None else near.ranked.numbers

    lists_found = [found(one) for one in histories]
    overlap = {
        f"recall@{n}": float(np.mean([np.isin(e[:n], f[:n]).mean() for e, f in zip(exact, lists_found, strict=True)]))
        for n in (10, POOL)
    }
    return {
        "model": "als with an index",
        "searched": share,
        "candidates_ms": _cpu_ms(found, histories),
        "index_mb": index.n_bytes / 1e6,
        "build_s": build_s,
        **overlap,
    }


def _ranked(model: Recommender, one: Histories) -> np.ndarray:
    return model.ranked_row(one, model.score(one)[0], POOL).numbers


def _cpu_ms(ask: Callable[[Histories], object], histories: list[Histories]) -> float:
    """Median CPU time of this thread; the clock of a busy machine would count the time of other programs."""
    taken = []
    for one in histories:
        started = time.thread_time()
        ask(one)
        taken.append(time.thread_time() - started)
    return 1000 * float(np.median(taken))


def _semantic(data: Interactions) -> Semantic:
    """`semantic` with random vectors, because its encoder is optional and its time does not depend on them."""
    from recsys.models.trained_on import TrainedOn

    model = Semantic()
    model.adopt(TrainedOn.of(data))
    vectors = np.random.default_rng(0).standard_normal((len(data.items), DIMENSIONS)).astype(np.float16)
    model.restore({"vectors": vectors, "boost": np.ones(len(data.items), np.float32)}, {})
    return model


def stretched(model: Recommender, n_items: int) -> Recommender:
    """A model with its items repeated, or cut off, to `n_items`; its own items come first and keep their ids."""
    facts, real = model.trained_on, len(model.trained_on.items)
    source = np.arange(n_items) % real
    ids = [*facts.items.ids.tolist()[:n_items], *(f"copy-{number}" for number in range(real, n_items))]
    made = type(model)(**model.settings)
    made.adopt(
        replace(facts, items=IdMap(ids), popularity=facts.popularity[source].copy(), rated=facts.rated[source].copy())
    )
    made.restore(_repeated(model.arrays(), source, real), model.state())
    if isinstance(made, Als):
        made.restore({"factors": _moved(made.factors, real)}, model.state())
    return made


def _repeated(arrays: dict[str, np.ndarray], source: np.ndarray, real: int) -> dict[str, np.ndarray]:
    rest = {name: array for name, array in arrays.items() if name not in csr.PARTS}
    found = {name: array[source] if len(array) == real else array for name, array in rest.items()}
    if len(rest) == len(arrays):
        return found
    lengths = np.diff(arrays["indptr"])[source]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    starts = arrays["indptr"][:-1][source]
    places = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
    indices = arrays["indices"][places]
    if "idf" in arrays and len(arrays["idf"]) == real:  # weights between items: each copy has its own columns
        indices = indices + np.repeat(np.arange(len(source)) // real * real, lengths)
        kept = indices < len(source)
        indptr = np.concatenate([[0], np.cumsum(kept)])[indptr]
        places, indices = places[kept], indices[kept]
    return found | {
        "data": arrays["data"][places],
        "indices": indices.astype(np.int32),
        "indptr": indptr.astype(arrays["indptr"].dtype),
    }


def _moved(factors: np.ndarray, real: int) -> np.ndarray:
    copies = factors[real:]
    lengths = np.linalg.norm(copies, axis=1, keepdims=True) * np.float32(MOVED / math.sqrt(factors.shape[1]))
    moves = np.random.default_rng(0).standard_normal(copies.shape, dtype=np.float32)
    return np.concatenate([factors[:real], copies + moves * lengths])


# -- loss -------------------------------------------------------------------------------------------


def _expanded(data: Interactions, n_items: int) -> Interactions:
    users = int(USERS_PER_ITEM * n_items)
    size = Size(users, n_items, users * RATINGS_PER_USER)
    frame = pd.concat(list(expanded(data, size, 0)), ignore_index=True)
    frame = frame.rename(columns={"user": "user_id", "item": "item_id"})
    return Interactions.from_frame(frame.astype({"user_id": str, "item_id": str}))


def _losses(data: Interactions, size: int, shares: list[float]) -> Iterator[dict[str, Any]]:
    split = splits.random_split(data, 0)
    model = Als().fit(split.fit_data)
    history, target = lists.asked(split.test_history, split.test)
    users = np.random.default_rng(0).permutation(len(history.users))[:EVALUATED]
    mask = np.isin(np.arange(len(history.users)), users)
    history, target = history.of_users(mask), target.of_users(mask)
    rows = [history.histories.rows(row, row + 1) for row in range(len(history.users))]
    facts = {"items": len(data.items), "users": len(data.users), "ratings": int(data.matrix.nnz), "asked": len(rows)}
    exact = np.stack([_padded(_ranked(model, one)) for one in rows])
    best = _ndcg(exact, target)
    yield {**facts, "searched": 1.0, "ndcg@10": float(best.mean())}
    for share in shares:
        index = FactorIndex(model, share, quiet)
        near = [index.ranked(one, size, POOL, model.masked(one)) for one in rows]
        top = np.stack(
            [full if one is None else _padded(one.ranked.numbers) for one, full in zip(near, exact, strict=True)]
        )
        found = _ndcg(top, target)
        yield {
            **facts,
            "searched": share,
            "ndcg@10": float(found.mean()),
            "change": float(found.mean() / best.mean() - 1),
            "standard_error": float((found - best).std() / math.sqrt(len(rows)) / best.mean()),
            "recall@10": float(np.mean([np.isin(e, f).mean() for e, f in zip(exact, top, strict=True)])),
            "scored_exactly": sum(one is None for one in near),
        }


def _padded(numbers: np.ndarray) -> np.ndarray:
    return np.concatenate([numbers[:10], np.full(max(0, 10 - len(numbers)), -1)])


def _ndcg(top: np.ndarray, target: Interactions) -> np.ndarray:
    return metrics.ndcg(metrics.find_hits(top, target.matrix), target.user_counts, 10)


if __name__ == "__main__":
    sys.exit(main())
