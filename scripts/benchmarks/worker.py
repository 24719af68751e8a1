"""Fit one model of another library and time its answers; run by path in the environment of that library.

`python -P worker.py JOB.json RESULT.json`. A job has `library`, `model`, `settings`, the file of `arrays` (indptr,
indices, ratings, shape, item genres), the file of `documents` and the `rows` to ask about. Every function below returns
`(fit, bulk, single)`: fit() trains, bulk(rows) answers for many users at once, single(row) for one user (for `content`:
items similar to one item). All of them return the best TOP unseen items.
"""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

TOP = 20
BATCH = 500  # users in one call
SHORT_S = 2.0  # a shorter fit is repeated
REPEATS = 3
Pieces = tuple[Callable[[], Any], Callable[[Sequence[int]], Any] | None, Callable[[int], Any] | None]


def measured(
    fit: Callable, bulk: Callable | None, single: Callable | None, rows: Sequence[int], budget_s: float
) -> dict:
    """Medians `fit_s`, `bulk_ms` per user and `single_ms`; each of the latter two takes about `budget_s` in all."""
    fits = []
    while not fits or (len(fits) < REPEATS and max(fits) < SHORT_S):
        started = time.perf_counter()
        fit()
        fits.append(time.perf_counter() - started)
    found: dict[str, Any] = {"fit_s": statistics.median(fits), "fits": len(fits)}
    if bulk is not None:
        bulk(rows[:2])
        started, done = time.perf_counter(), 0
        while done < len(rows) and time.perf_counter() - started < budget_s:
            part = rows[done : done + BATCH]
            bulk(part)
            done += len(part)
        found |= {"bulk_ms": 1000 * (time.perf_counter() - started) / done, "bulk_n": done}
    if single is not None:
        single(rows[0])
        seconds: list[float] = []
        while len(seconds) < min(100, len(rows)) and sum(seconds) < budget_s:
            started = time.perf_counter()
            single(rows[len(seconds)])
            seconds.append(time.perf_counter() - started)
        found |= {"single_ms": 1000 * statistics.median(seconds), "single_n": len(seconds)}
    return found


def _best(scores: np.ndarray, seen: np.ndarray) -> np.ndarray:
    scores[seen] = -np.inf
    top = np.argpartition(-scores, TOP)[:TOP]
    return top[np.argsort(-scores[top])]


def implicit_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """implicit (Frederickson): alternating least squares, and item neighbours by BM25.

    `als_fold_in` computes a person's factors from the history, as for a visitor who was not there at the training.
    """
    import implicit.als
    import implicit.nearest_neighbours
    from scipy.sparse import csr_matrix

    liked = csr_matrix(matrix, dtype=np.float32)
    liked.data[:] = 1.0
    fold_in = {"recalculate_user": True} if job["model"] == "als_fold_in" else {}

    def als() -> Any:
        return implicit.als.AlternatingLeastSquares(num_threads=1, random_state=0, use_gpu=False, **job["settings"])

    kinds = {
        "als": als,
        "als_fold_in": als,
        "bm25": lambda: implicit.nearest_neighbours.BM25Recommender(num_threads=1, **job["settings"]),
    }
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = kinds[job["model"]]()
        held["model"].fit(liked, show_progress=False)

    def bulk(rows: Sequence[int]) -> Any:
        return held["model"].recommend(np.asarray(rows), liked[np.asarray(rows)], N=TOP, **fold_in)

    return fit, bulk, lambda row: held["model"].recommend(row, liked[row], N=TOP, **fold_in)


def sklearn_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """scikit-learn: nearest users, k-means on their genres, nearest documents by TF-IDF."""
    from scipy.sparse import csr_matrix
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    liked = csr_matrix(matrix, dtype=np.float32)
    liked.data[:] = 1.0
    held: dict[str, Any] = {}

    if job["model"] == "content":
        documents = json.loads(Path(job["documents"]).read_text(encoding="utf-8"))

        def fit() -> None:
            held["vectors"] = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(documents)
            held["near"] = NearestNeighbors(n_neighbors=TOP + 1, metric="cosine", algorithm="brute", n_jobs=1)
            held["near"].fit(held["vectors"])

        return fit, None, lambda row: held["near"].kneighbors(held["vectors"][row])

    if job["model"] == "neighbours":

        def fit() -> None:
            held["near"] = NearestNeighbors(metric="cosine", algorithm="brute", n_jobs=1, **job["settings"]).fit(liked)

        def bulk(rows: Sequence[int]) -> list[np.ndarray]:
            distances, others = held["near"].kneighbors(liked[np.asarray(rows)])
            return [
                _best((1 - distance) @ liked[other], liked[row].indices)
                for row, distance, other in zip(rows, distances, others, strict=True)
            ]

        return fit, bulk, lambda row: bulk([row])

    profiles = liked @ genres
    profiles /= np.maximum(np.linalg.norm(profiles, axis=1, keepdims=True), 1e-9)

    def fit_clusters() -> None:
        # elbow method: one fit for each k, then the k with the largest distance from the straight line
        fits = [KMeans(k, n_init=4, random_state=0).fit(profiles) for k in range(2, job["settings"]["most"] + 1)]
        inertia = np.array([one.inertia_ for one in fits])
        line = np.linspace(inertia[0], inertia[-1], len(inertia))
        held["model"] = fits[int(np.argmax(line - inertia))]
        labels = np.asarray(held["model"].labels_)
        held["counts"] = np.stack([np.asarray(liked[labels == k].sum(axis=0)).ravel() for k in range(labels.max() + 1)])

    def bulk_clusters(rows: Sequence[int]) -> list[np.ndarray]:
        labels = held["model"].predict(profiles[np.asarray(rows)])
        return [
            _best(held["counts"][label].copy(), liked[row].indices) for row, label in zip(rows, labels, strict=True)
        ]

    return fit_clusters, bulk_clusters, lambda row: bulk_clusters([row])


def surprise_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """Surprise (Hug 2020): SVD; the top list predicts every unseen item, as in its documentation."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    coo = matrix.tocoo()
    frame = pd.DataFrame({"user": coo.row, "item": coo.col, "rating": coo.data.astype(float)})
    reader = Reader(rating_scale=(float(coo.data.min()), float(coo.data.max())))
    train = Dataset.load_from_df(frame, reader).build_full_trainset()
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = SVD(random_state=0, **job["settings"]).fit(train)

    def single(row: int) -> list:
        seen = set(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist())
        unseen = [item for item in range(matrix.shape[1]) if item not in seen]
        stars = [(held["model"].predict(row, item).est, item) for item in unseen]
        return sorted(stars, reverse=True)[:TOP]

    return fit, lambda rows: [single(row) for row in rows], single


def lenskit_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """LensKit (Ekstrand 2020): its scorers in its own pipeline for top-n lists."""
    import pandas as pd
    from lenskit import recommend
    from lenskit.als import ImplicitMFScorer
    from lenskit.basic import PopScorer
    from lenskit.batch import recommend as recommend_all
    from lenskit.data import from_interactions_df
    from lenskit.knn import ItemKNNScorer, UserKNNScorer
    from lenskit.knn.ease import EASEScorer
    from lenskit.pipeline import topn_pipeline

    coo = matrix.tocoo()
    data = from_interactions_df(
        pd.DataFrame({"user_id": coo.row, "item_id": coo.col, "rating": coo.data.astype(np.float32)})
    )
    scorers = {
        "als": ImplicitMFScorer,
        "ease": EASEScorer,
        "item_knn": ItemKNNScorer,
        "user_knn": UserKNNScorer,
        "popular": PopScorer,
    }
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = topn_pipeline(scorers[job["model"]](**job["settings"]), n=TOP)
        held["model"].train(data)

    def bulk(rows: Sequence[int]) -> Any:
        return recommend_all(held["model"], list(rows), n=TOP, n_jobs=1)

    return fit, bulk, lambda row: recommend(held["model"], row, n=TOP)


def irspack_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """irspack (Ohtsuki): EASE as DenseSLIM, SLIM and the random walk P3; top lists by its own `recommend` of scores."""
    from irspack.recommenders import DenseSLIMRecommender, P3alphaRecommender, SLIMRecommender
    from scipy.sparse import csr_matrix

    liked = csr_matrix(matrix, dtype=np.float64)
    liked.data[:] = 1.0
    kinds = {"ease": DenseSLIMRecommender, "slim": SLIMRecommender, "p3": P3alphaRecommender}
    threads = {} if job["model"] == "ease" else {"n_threads": 1}
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = kinds[job["model"]](liked, **threads, **job["settings"])
        held["model"].learn()

    def bulk(rows: Sequence[int]) -> list[np.ndarray]:
        scores = held["model"].get_score_remove_seen(np.asarray(rows))
        return [_best(row, np.empty(0, np.int64)) for row in scores]

    return fit, bulk, lambda row: bulk([row])


def kindling_models(job: dict, matrix: Any, genres: np.ndarray) -> Pieces:
    """kindling: its engine, which chooses EASE or co-occurrences and further channels by the data."""
    import pandas as pd
    from kindling import Engine

    coo = matrix.tocoo()
    frame = pd.DataFrame({"entity_id": coo.row, "item_id": coo.col, "rating": coo.data.astype(float)})
    times = np.load(job["arrays"], allow_pickle=False)["times"]
    if len(times):
        frame["timestamp"] = pd.to_datetime(times, unit="s")
    held: dict[str, Any] = {}

    def fit() -> None:
        held["model"] = Engine(**job["settings"]).fit(frame)

    def bulk(rows: Sequence[int]) -> Any:
        return held["model"].recommend_batch(list(rows), n=TOP)

    return fit, bulk, lambda row: held["model"].recommend(row, n=TOP)


LIBRARIES = {
    "implicit": ("implicit", implicit_models),
    "scikit-learn": ("scikit-learn", sklearn_models),
    "surprise": ("scikit-surprise", surprise_models),
    "lenskit": ("lenskit", lenskit_models),
    "irspack": ("irspack", irspack_models),
    "kindling": ("kindling-rec", kindling_models),
}


def main(job_file: str, result_file: str) -> None:
    """Run the job and write the result."""
    from scipy.sparse import csr_array

    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    arrays = np.load(job["arrays"], allow_pickle=False)
    matrix = csr_array((arrays["ratings"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"]))
    package, make = LIBRARIES[job["library"]]
    found = measured(*make(job, matrix, arrays["genres"]), job["rows"], job["budget_s"])
    found["version"] = importlib.metadata.version(package)
    Path(result_file).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
