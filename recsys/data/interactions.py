"""The four value types every layer speaks: IdMap, Interactions, ItemFeatures, Recommendation.

Ids are text everywhere outside; row and column numbers exist only inside matrices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from recsys.data.columns import as_number, as_tags, as_text, factorised, numbers, text_ids, times
from recsys.errors import BadData, BadInput, UnknownItem, listing

UNKNOWN = -1


class Recommendation(NamedTuple):
    """One line of an answer: item, score (higher is better, model's own unit), rank from 1, and why."""

    item_id: str
    score: float
    rank: int
    reason: str


class IdMap:
    """Two-way map between text ids and row numbers 0..n-1.

    Raises:
        BadData: an id is empty or stands twice.
    """

    def __init__(self, ids: Iterable[str]):
        self.ids = np.asarray(list(ids), dtype=np.str_)
        if self.ids.size == 0:
            self.ids = np.empty(0, dtype="<U1")
        if len(self._numbers) != len(self.ids):
            values, counts = np.unique(self.ids, return_counts=True)
            raise BadData(f"ids must be unique; repeated: {listing(values[counts > 1], 5)}.")
        if "" in self._numbers:
            raise BadData("an id is empty; every row needs an id.")

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {item: number for number, item in enumerate(self.ids.tolist())}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, value: object) -> bool:
        return value in self._numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdMap) and np.array_equal(self.ids, other.ids)

    __hash__ = None

    def number(self, value: str) -> int:
        """Row number of one id.

        Raises:
            UnknownItem: no such id.
        """
        try:
            return self._numbers[str(value)]
        except KeyError:
            raise UnknownItem(
                f"no id {str(value)!r} among {len(self)} known ones (such as {listing(self.ids[:3])})."
            ) from None

    def numbers(self, values: Iterable[object]) -> np.ndarray:
        """Row numbers (n,) int64 of ids, `UNKNOWN` (-1) where there is none."""
        texts = [value if type(value) is str else str(value) for value in values]
        return np.fromiter(map(self._numbers.get, texts, repeat(UNKNOWN)), np.int64, len(texts))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the ids in order."""
        return hashlib.sha256("\x00".join(self.ids.tolist()).encode()).hexdigest()


@dataclass(frozen=True)
class Histories:
    """What some people have rated, as a model sees it.

    Attributes:
        matrix: CSR (n, n_items) float32 of ratings; the pattern says what was seen.
        ages: float32 aligned to `matrix.data`: how many items the person rated since (0 = latest,
            ties share their mean); None where order is not known.
    """

    matrix: sparse.csr_array
    ages: np.ndarray | None = None

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def rows(self, start: int, stop: int) -> Histories:
        """The histories start..stop-1."""
        if (start, stop) == (0, len(self)):
            return self
        low, high = self.matrix.indptr[start], self.matrix.indptr[stop]
        part = sparse.csr_array(
            (self.matrix.data[low:high], self.matrix.indices[low:high], self.matrix.indptr[start : stop + 1] - low),
            shape=(stop - start, self.matrix.shape[1]),
        )
        return Histories(part, None if self.ages is None else self.ages[low:high])

    @classmethod
    def of(cls, history: Mapping[str, float] | Sequence[str], items: IdMap, liked: float = 1.0) -> Histories:
        """One history given from outside: `{item_id: rating}` or item ids, oldest first; unknown ids are left out.

        Args:
            history: ratings by item id, or item ids that all count as rated `liked`.
            items: the columns.
            liked: the rating an item of a plain list stands for.

        Raises:
            BadInput: a rating is not a finite number, or the history is one text.
        """
        if isinstance(history, (str, bytes)):
            raise BadInput(f"history is the text {history!r}: give a list of item ids or a dict of ratings by item id.")
        if isinstance(history, dict) and all(type(item) is str for item in history):
            latest = history
        else:
            pairs = history.items() if isinstance(history, Mapping) else [(item, liked) for item in history]
            # popping first lets the latest mention of an item win both place and rating
            latest = {}
            for item, rating in pairs:
                latest.pop(str(item), None)
                latest[str(item)] = rating
        columns = items.numbers(latest)
        known = columns >= 0
        columns, ratings = columns[known], _finite(latest)[known]
        ages = np.arange(len(columns))[::-1].astype(np.float32)
        order = np.argsort(columns)
        matrix = sparse.csr_array(
            (ratings[order], columns[order].astype(np.int32), np.array([0, len(columns)], dtype=np.int32)),
            shape=(1, len(items)),
        )
        return cls(matrix, ages[order])


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who rated what: ids, a CSR matrix of ratings, and when.

    Attributes:
        users, items: the rows and columns.
        matrix: CSR (n_users, n_items) float32, indices sorted; 1.0 where there are no ratings. An explicit
            zero is a rating of 0: the pattern, not the value, says what was seen.
        times: int64 seconds since 1970 aligned to `matrix.data`, or None.
    """

    users: IdMap
    items: IdMap
    matrix: sparse.csr_array
    times: np.ndarray | None = None

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, items: Iterable[str] | None = None) -> Interactions:
        """Interactions from a frame with columns user_id, item_id[, rating][, timestamp].

        Ids become text and are ordered as numbers where all are whole numbers, as text otherwise, so that
        shuffled rows give the same object. Of rows with the same user and item the latest counts (by
        timestamp; the later row where times are equal or missing).

        Args:
            frame: the rows; timestamps are seconds, or anything pandas reads as dates.
            items: item ids that make the columns, in order (default: the items of the frame).

        Raises:
            BadData: a column is missing, an id is empty, a rating or time is no number, or an item of the
                frame is not in `items`.
        """
        missing = [name for name in ("user_id", "item_id") if name not in frame.columns]
        if missing:
            raise BadData(
                f"column {listing(missing)} is missing; there are {listing(frame.columns) or 'none'}. "
                "Needed: user_id, item_id; optional: rating, timestamp."
            )
        user_codes, users = _identified(frame["user_id"], "user_id")
        item_codes, columns = _identified(frame["item_id"], "item_id")
        if items is not None:
            wanted = IdMap(items)
            number = wanted.numbers(columns.ids)
            if (number < 0).any():
                raise BadData(f"items not in the catalogue: {listing(columns.ids[number < 0], 5)}.")
            item_codes, columns = number[item_codes], wanted
        ratings = numbers(frame["rating"], "rating", np.float32) if "rating" in frame.columns else None
        when = times(frame["timestamp"]) if "timestamp" in frame.columns else None
        keys = (item_codes, user_codes) if when is None else (when, item_codes, user_codes)
        order = np.lexsort(keys)  # stable, so the later row stays last among equals
        user_codes, item_codes = user_codes[order], item_codes[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = (user_codes[1:] != user_codes[:-1]) | (item_codes[1:] != item_codes[:-1])
        order, user_codes, item_codes = order[last], user_codes[last], item_codes[last]
        indptr = np.zeros(len(users) + 1, dtype=np.int64)
        np.cumsum(np.bincount(user_codes, minlength=len(users)), out=indptr[1:])
        values = np.ones(len(order), np.float32) if ratings is None else ratings[order]
        matrix = sparse.csr_array(
            (values, item_codes.astype(np.int32), indptr.astype(np.int32 if len(order) < 2**31 else np.int64)),
            shape=(len(users), len(columns)),
        )
        return cls(users, columns, matrix, None if when is None else when[order])

    @cached_property
    def has_ratings(self) -> bool:
        """Whether ratings differ from one another (otherwise the data is implicit)."""
        values = self.matrix.data
        return bool(values.size) and bool(values.min() < values.max())

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating, (1.0, 1.0) without any."""
        values = self.matrix.data
        return (float(values.min()), float(values.max())) if values.size else (1.0, 1.0)

    @cached_property
    def mean(self) -> float:
        """Mean of all ratings."""
        return float(self.matrix.data.mean(dtype=np.float64)) if self.matrix.nnz else 1.0

    @cached_property
    def item_counts(self) -> np.ndarray:
        """(n_items,) int64: how many users rated each item."""
        return np.bincount(self.matrix.indices, minlength=len(self.items))

    @cached_property
    def histories(self) -> Histories:
        """Every user's history, in row order."""
        return Histories(self.matrix, None if self.times is None else _ages(self.matrix, self.times))

    def history(self, user_id: str) -> dict[str, float]:
        """One user's ratings by item id, oldest first where times are known.

        Raises:
            UnknownItem: no such user.
        """
        row = self.users.number(user_id)
        low, high = self.matrix.indptr[row], self.matrix.indptr[row + 1]
        order = np.arange(low, high)
        if self.times is not None:
            order = order[np.argsort(self.times[low:high], kind="stable")]
        ids = self.items.ids[self.matrix.indices[order]].tolist()
        return dict(zip(ids, self.matrix.data[order].tolist(), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Rows user_id, item_id, rating[, timestamp], by user then item."""
        rows = np.repeat(np.arange(len(self.users)), np.diff(self.matrix.indptr))
        columns = {
            "user_id": self.users.ids[rows],
            "item_id": self.items.ids[self.matrix.indices],
            "rating": self.matrix.data,
        }
        if self.times is not None:
            columns["timestamp"] = self.times
        return pd.DataFrame(columns)

    def keep(self, mask: np.ndarray) -> Interactions:
        """The interactions where `mask` (aligned to matrix.data) is true; users and items stay."""
        rows = np.repeat(np.arange(len(self.users)), np.diff(self.matrix.indptr))[mask]
        indptr = np.zeros(len(self.users) + 1, dtype=self.matrix.indptr.dtype)
        np.cumsum(np.bincount(rows, minlength=len(self.users)), out=indptr[1:])
        matrix = sparse.csr_array((self.matrix.data[mask], self.matrix.indices[mask], indptr), shape=self.matrix.shape)
        return Interactions(self.users, self.items, matrix, None if self.times is None else self.times[mask])

    def of_users(self, mask: np.ndarray) -> Interactions:
        """The interactions of the users where `mask` (n_users,) is true, with those users alone as rows."""
        if mask.all():
            return self
        kept = self.keep(np.repeat(mask, np.diff(self.matrix.indptr)))
        indptr = np.concatenate([[0], kept.matrix.indptr[1:][mask]]).astype(kept.matrix.indptr.dtype)
        shape = (int(mask.sum()), len(self.items))
        matrix = sparse.csr_array((kept.matrix.data, kept.matrix.indices, indptr), shape=shape)
        return Interactions(IdMap(self.users.ids[mask]), self.items, matrix, kept.times)

    def without_times(self) -> Interactions:
        """The same interactions with order forgotten."""
        return Interactions(self.users, self.items, self.matrix)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over ids, pattern, ratings and times: equal data, equal digest."""
        hashed = hashlib.sha256((self.users.digest + self.items.digest).encode())
        for array in (self.matrix.indptr.astype(np.int64), self.matrix.indices, self.matrix.data, self.times):
            hashed.update(b"" if array is None else np.ascontiguousarray(array).data)
        return hashed.hexdigest()


@dataclass(frozen=True)
class ItemFeatures:
    """What is known of the items besides ratings, row by row of `ids`.

    Attributes:
        ids: the items.
        titles: text by item, "" where not known.
        texts: free text (overview, logline, description), "" where not known.
        tags: lists by facet, such as {"genres": [["Comedy"], []], "cast": …}; a facet has one list an item.
        years: (n,) float64, NaN where not known.
        bags: words of each item as often as they count, which stand for its text in a comparison; [] where there
            are none.
    """

    ids: IdMap
    titles: list[str]
    texts: list[str]
    tags: dict[str, list[list[str]]] = field(default_factory=dict)
    years: np.ndarray = field(default_factory=lambda: np.empty(0))
    bags: list[list[str]] = field(default_factory=list)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> ItemFeatures:
        """Features from a frame with item_id[, title][, text][, year] and any columns of lists as tag facets.

        A tag column may hold lists, or text with values separated by `|`.

        Raises:
            BadData: item_id is missing or repeated.
        """
        if "item_id" not in frame.columns:
            raise BadData(f"column item_id is missing; there are {listing(frame.columns)}.")
        plain = {"item_id", "title", "text", "year"}
        tags = {str(name): [as_tags(cell) for cell in frame[name]] for name in frame.columns if name not in plain}
        count = len(frame)
        return cls(
            ids=IdMap(text_ids(frame["item_id"], "item_id")),
            titles=[as_text(cell) for cell in frame["title"]] if "title" in frame.columns else [""] * count,
            texts=[as_text(cell) for cell in frame["text"]] if "text" in frame.columns else [""] * count,
            tags=tags,
            years=(
                pd.to_numeric(frame["year"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
                if "year" in frame.columns
                else np.full(count, np.nan)
            ),
        )

    def align(self, items: IdMap) -> ItemFeatures:
        """The same features in the order of `items`; items without a row get empty ones."""
        if self.ids == items:
            return self
        rows = self.ids.numbers(items.ids)

        def pick(values: list, empty: object) -> list:
            return [values[row] if row >= 0 else empty for row in rows]

        years = np.append(self.years if len(self.years) else np.full(len(self.ids), np.nan), np.nan)[rows]
        tags = {facet: pick(values, []) for facet, values in self.tags.items()}
        bags = pick(self.bags, []) if self.bags else []
        return ItemFeatures(items, pick(self.titles, ""), pick(self.texts, ""), tags, years, bags)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything: equal features, equal digest."""
        hashed = hashlib.sha256(self.ids.digest.encode())
        for part in (self.titles, self.texts, sorted(self.tags.items()), self.years.tolist(), self.bags):
            hashed.update(repr(part).encode())
        return hashed.hexdigest()


def _finite(ratings: Mapping[str, object]) -> np.ndarray:
    try:
        values = np.fromiter(ratings.values(), np.float32, len(ratings))
    except (TypeError, ValueError):
        values = np.array([as_number(rating) for rating in ratings.values()], np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        item, rating = list(ratings.items())[bad[0]]
        raise BadInput(f"the rating of item {item!r} is {rating!r}: give a number of the rating scale.")
    return values


def _identified(column: pd.Series, name: str) -> tuple[np.ndarray, IdMap]:
    codes, ids = factorised(column, name)
    return codes, IdMap(ids)


def _ages(matrix: sparse.csr_array, times: np.ndarray) -> np.ndarray:
    """How many items each user rated after each of theirs; equal times share their mean."""
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((-times, rows))
    place = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1].astype(np.int64), lengths)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[order][1:] != rows[order][:-1]) | (times[order][1:] != times[order][:-1])
    group = np.cumsum(new) - 1
    means = np.bincount(group, weights=place) / np.bincount(group) if len(rows) else np.empty(0)
    ages = np.empty(len(rows), dtype=np.float32)
    ages[order] = means[group] if len(rows) else means
    return ages
