"""Expand a real rating matrix by its own structure to a large one, in the file format of MovieLens."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds

from recsys.catalogue.database import Catalogue
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput

YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class Size:
    """Target size of expanded data."""

    users: int
    items: int
    ratings: int


SIZES = {
    "1": Size(6_040, 3_706, 1_000_000),
    "10": Size(70_000, 10_700, 10_000_000),
    "32": Size(200_000, 87_000, 32_000_000),
}
"""By millions of ratings; the shapes of MovieLens 1M, 10M and 32M."""


def rates(data: Interactions, size: Size) -> np.ndarray:
    """Share of the ratings to keep in each copy of the matrix; (copies of users, copies of items) float64, 0 to 1.

    Fractal expansion (Belletti et al. 2019, "Scalable realistic recommendation datasets through fractal
    expansions"): the copies are weighted by a small matrix with the singular values of the whole, so that users and
    items of the result differ as much as the real ones at both levels.

    Raises:
        BadInput: the data is too sparse for that many ratings, or has more users or items than requested.
    """
    matrix, (n_users, n_items) = data.matrix, (len(data.users), len(data.items))
    if size.users < n_users or size.items < n_items:
        raise BadInput(
            f"{size.users:,} users and {size.items:,} items were requested, and the data already has "
            f"{n_users:,} and {n_items:,}. Request more, or use smaller data."
        )
    shape = (math.ceil(size.users / n_users), math.ceil(size.items / n_items))
    small = _reduced(matrix, shape)
    wanted = size.ratings / matrix.nnz
    # the last copies are cut off; `whole` is the share of a copy's ratings that remains
    whole = np.outer(
        _inside(np.diff(matrix.indptr), shape[0], size.users),
        _inside(data.item_counts, shape[1], size.items),
    )
    if wanted > 0.95 * whole.sum():
        most = int(0.95 * whole.sum() * matrix.nnz)
        raise BadInput(
            f"{size.ratings:,} ratings were requested, and {matrix.nnz:,} real ones give at most {most:,} for "
            f"{size.users:,} users and {size.items:,} items. Request fewer ratings, or more users or items."
        )
    low, high = 0.0, 1.0
    while (whole * np.minimum(high * small, 1.0)).sum() < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if (whole * np.minimum(middle * small, 1.0)).sum() > wanted else (middle, high)
    return np.minimum(high * small, 1.0)


def _inside(counts: np.ndarray, copies: int, most: int) -> np.ndarray:
    """Share (copies,) of each copy's ratings that lies among the first `most` of all users or items."""
    left = np.clip(most - np.arange(copies) * len(counts), 0, len(counts))
    return np.concatenate([[0], np.cumsum(counts)])[left] / counts.sum()


def _reduced(matrix: sparse.csr_array, shape: tuple[int, int]) -> np.ndarray:
    """A positive matrix of `shape`: leading singular values of `matrix`, group means of its singular vectors."""
    rank = min(*shape, len(matrix.indptr) - 2, matrix.sum(axis=0).size - 1)
    rng = np.random.default_rng(0)
    left, values, right = (np.asarray(part) for part in svds(matrix.astype(np.float64), max(rank, 1), rng=rng))
    order = np.argsort(-values)

    def grouped(axes: np.ndarray, n_groups: int) -> np.ndarray:
        # grouped by their leading component, so that groups differ
        ranked = axes[np.argsort(-np.abs(axes[:, 0]), kind="stable")]
        means = np.stack([part.mean(axis=0) for part in np.array_split(ranked, n_groups)])
        return np.linalg.qr(means)[0] if n_groups >= means.shape[1] else means

    small = grouped(left[:, order], shape[0]) @ np.diag(values[order]) @ grouped(right.T[:, order], shape[1]).T
    small = np.abs(small) + 1e-12
    # no copy may be empty
    return np.maximum(small / small.max(), 0.02)


def expanded(data: Interactions, size: Size, seed: int) -> Iterator[pd.DataFrame]:
    """Frames of user (from 1), item (from 0), rating and timestamp, one for each copy of the users, users ascending.

    Item i of copy c is item c * n_items + i; users and items beyond `size` are cut off. Each copied user starts at a
    random time and keeps the intervals of the real user.
    """
    matrix, kept = data.matrix, rates(data, size)
    n_users, n_items = len(data.users), len(data.items)
    rows = np.repeat(np.arange(n_users), np.diff(matrix.indptr))
    columns = matrix.indices.astype(np.int64)
    times = data.times if data.times is not None else np.zeros(matrix.nnz, dtype=np.int64)
    for copy, shares in enumerate(kept):
        rng = np.random.default_rng([seed, copy])
        moved = times + rng.integers(0, 10 * YEAR_S, n_users)[rows]
        parts = []
        for block, share in enumerate(shares):
            chosen = np.flatnonzero(rng.random(matrix.nnz) < share)
            parts.append((rows[chosen] + copy * n_users, columns[chosen] + block * n_items, chosen))
        users, items, chosen = (np.concatenate(part) for part in zip(*parts, strict=True))
        inside = (users < size.users) & (items < size.items)
        users, items, chosen = users[inside], items[inside], chosen[inside]
        order = np.lexsort((items, users))
        chosen = chosen[order]
        yield pd.DataFrame(
            {
                "user": users[order] + 1,
                "item": items[order],
                "rating": matrix.data[chosen],
                "timestamp": moved[chosen],
            }
        )


def write(folder: Path, catalogue: Catalogue, size: Size, seed: int = 0, progress: Progress = to_log) -> Path:
    """Write expanded data to `folder` in the format of ml-32m: ratings.csv and movies.csv.

    The first copy of each item keeps its id and title; the other copies have new ids and a number before the title.

    Raises:
        BadInput: see `rates`.
    """
    data = catalogue.interactions()
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    ids = _ids(data, size.items)
    shown = catalogue.items(data.items.ids.tolist())
    with (part / "movies.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["movieId", "title", "genres"])
        for number, item_id in enumerate(ids.tolist()):
            copy, place = divmod(number, len(shown))
            item = shown[place]
            title = f"{copy + 1}. {item['title']}" if copy else item["title"]
            year = f" ({item['year']})" if item["year"] else ""
            lines.writerow([item_id, f"{title}{year}", "|".join(item["genres"]) or "(no genres listed)"])
    written = 0
    with (part / "ratings.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for number, frame in enumerate(expanded(data, size, seed)):
            frame["item"] = ids[frame["item"].to_numpy()]
            frame.to_csv(file, header=False, index=False)
            written += len(frame)
            if number % 50 == 49:
                progress(f"expanded data: {written:,} of about {size.ratings:,} ratings written")
    part.rename(folder)
    progress(f"expanded data: {written:,} ratings of {size.users:,} users and {size.items:,} items in {folder}")
    return folder


def _ids(data: Interactions, n_items: int) -> np.ndarray:
    """The real ids if all are whole numbers, else 1, 2, …; then the numbers after the largest."""
    texts = data.items.ids.tolist()
    real = [int(text) for text in texts] if all(text.isdecimal() for text in texts) else list(range(1, len(texts) + 1))
    return np.array(real + list(range(max(real) + 1, max(real) + 1 + n_items - len(real))), dtype=np.int64)
