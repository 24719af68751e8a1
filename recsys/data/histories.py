"""Histories of ratings: the input of every recommender, for known users and for visitors alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from recsys.data import csr
from recsys.data.columns import as_number
from recsys.data.ids import IdMap
from recsys.errors import BadInput


@dataclass(frozen=True)
class Histories:
    """Ratings of n users in the columns of a model.

    Attributes:
        matrix: CSR (n, n_items) float32 of ratings; every stored entry was seen, even if its value is 0.
        ages: float32 aligned to `matrix.data`: number of items the user rated later (0 = latest; equal times share
            their mean), or None if the order is unknown.
        recency: weight of the latest ratings, from 0 to 1, for models that weight them separately; None for the
            model's default.
    """

    matrix: sparse.csr_array
    ages: np.ndarray | None = None
    recency: float | None = None

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def rows(self, start: int, stop: int) -> Histories:
        """The histories `start` to `stop - 1`."""
        if (start, stop) == (0, len(self)):
            return self
        low, high = self.matrix.indptr[start], self.matrix.indptr[stop]
        data, indices, n_columns = self.matrix.data[low:high], self.matrix.indices[low:high], self.matrix.shape[1]
        if stop - start == 1:
            part = csr.one_row(data, indices, n_columns)
        else:
            indptr = self.matrix.indptr[start : stop + 1] - low
            part = sparse.csr_array((data, indices, indptr), shape=(stop - start, n_columns))
        return Histories(part, None if self.ages is None else self.ages[low:high], self.recency)

    def unordered(self) -> Histories:
        """The same ratings without their order."""
        return self if self.ages is None else Histories(self.matrix)

    def with_recency(self, recency: float) -> Histories:
        """The same ratings with another weight of the latest ones; 0 removes their order."""
        return Histories(self.matrix, self.ages, recency) if recency else self.unordered()

    @classmethod
    def of(cls, history: Mapping[str, float] | Sequence[str], items: IdMap, liked: float = 1.0) -> Histories:
        """One history from a caller: `{item_id: rating}` or a list of item ids, oldest first; unknown ids are ignored.

        Args:
            history: ratings by item id, or item ids that all count as rated `liked`. If an id is repeated, its last
                occurrence gives its rating and its position.
            items: the columns.
            liked: rating of the items of a plain list.

        Raises:
            BadInput: a rating is not a finite number, or the history is not a mapping or a list.
        """
        plain = _plain(history)
        if isinstance(plain, dict) and all(type(item) is str for item in plain):
            latest = plain
        else:
            pairs = plain.items() if isinstance(plain, Mapping) else [(item, liked) for item in plain]
            latest = {}
            for item, rating in pairs:
                latest.pop(str(item), None)  # so that a repeated id moves to the end
                latest[str(item)] = rating
        columns = items.numbers(latest)
        known = columns >= 0
        columns, ratings = columns[known], _finite(latest)[known]
        ages = np.arange(len(columns))[::-1].astype(np.float32)
        order = np.argsort(columns)
        return cls(csr.one_row(ratings[order], columns[order].astype(np.int32), len(items)), ages[order])


def ages(matrix: sparse.csr_array, times: np.ndarray) -> np.ndarray:
    """For each rating, the number of items that its user rated later, float32 (nnz,); equal times share their mean.

    Args:
        matrix: CSR (n_users, n_items).
        times: (nnz,) int64, aligned to `matrix.data`.
    """
    if not matrix.nnz:
        return np.empty(0, dtype=np.float32)
    rows = csr.row_numbers(matrix)
    order = np.lexsort((-times, rows))
    place = np.arange(len(rows)) - csr.per_entry(matrix.indptr[:-1].astype(np.int64), matrix)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]) | (times[order][1:] != times[order][:-1])
    group = np.cumsum(new) - 1
    means = np.bincount(group, weights=place) / np.bincount(group)
    result = np.empty(len(rows), dtype=np.float32)
    result[order] = means[group]
    return result


def _plain(history: object) -> Mapping[str, float] | Collection[str]:
    """A caller's history; a set, which has no order of its own, is sorted, so that results do not depend on it."""
    if isinstance(history, (set, frozenset)):
        return sorted(map(str, history))
    # A Series is ambiguous: the item ids may be its values or its index.
    if isinstance(history, (str, bytes, pd.Series, pd.DataFrame)) or not isinstance(history, Collection):
        what = (
            f"the text {history!r:.200}" if isinstance(history, (str, bytes)) else f"of type {type(history).__name__}"
        )
        raise BadInput(f"The history is {what}; give a list of item ids or a dict of ratings by id.")
    return history


def _finite(ratings: Mapping[str, object]) -> np.ndarray:
    try:
        values = np.fromiter(ratings.values(), np.float32, len(ratings))
    except (TypeError, ValueError):
        values = np.array([as_number(rating) for rating in ratings.values()], np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        item, rating = list(ratings.items())[bad[0]]
        raise BadInput(f"The rating of item {item!r} is {rating!r}; give a number of the rating scale.")
    return values
