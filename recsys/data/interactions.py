"""Interactions: which user rated which item, how and when, as one CSR matrix."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from recsys.data import csr
from recsys.data.columns import factorised, id_order, numbers, times
from recsys.data.histories import Histories, ages
from recsys.data.ids import IdMap
from recsys.errors import BadData, UnknownUser, listing


@dataclass(frozen=True, eq=False)
class Interactions:
    """Ratings of users for items: ids, a CSR matrix of ratings, and times.

    Attributes:
        users, items: the rows and columns.
        matrix: CSR (n_users, n_items) float32 of ratings, indices sorted; 1.0 if there are no ratings. Every stored
            entry is an interaction: an explicit zero is a rating of 0.
        times: int64 seconds since 1970 aligned to `matrix.data`, or None.
    """

    users: IdMap
    items: IdMap
    matrix: sparse.csr_array
    times: np.ndarray | None = None

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, items: Iterable[str] | None = None) -> Interactions:
        """Interactions from a frame with columns user_id, item_id[, rating][, timestamp].

        Ids become text. They are sorted as numbers if all are whole numbers, as text otherwise, so that shuffled rows
        give the same object. If a user rated an item twice, the later rating counts (by timestamp; the later row if
        times are equal or missing).

        Args:
            frame: the rows; timestamps are seconds, or anything that pandas reads as dates.
            items: item ids that make the columns, in order (default: the sorted items of the frame).

        Raises:
            BadData: it is no frame, a column is missing, an id is empty, a rating or time is not a number, or an item
                of the frame is not in `items`.
        """
        if not isinstance(frame, pd.DataFrame):
            raise BadData(f"The ratings are of type {type(frame).__name__}; give a pandas DataFrame.")
        _need(frame, "user_id", "item_id")
        user_codes, user_ids = factorised(frame["user_id"], "user_id")
        users = IdMap(user_ids)
        item_codes, columns = _item_codes(frame["item_id"], None if items is None else IdMap(items))
        ratings = _ratings(frame)
        when = times(frame["timestamp"]) if "timestamp" in frame.columns else None
        order = _latest(user_codes, item_codes, when)
        counts = np.bincount(user_codes[order], minlength=len(users))
        indptr = csr.pointers(counts).astype(np.int32 if len(order) < 2**31 else np.int64)
        matrix = sparse.csr_array(
            (ratings[order], item_codes[order].astype(np.int32), indptr), shape=(len(users), len(columns))
        )
        return cls(users, columns, matrix, None if when is None else when[order])

    def extended(self, frame: pd.DataFrame) -> Interactions:
        """These interactions with the rows of a small frame added; the items stay.

        The result equals `from_frame` of all rows with the new ones last. Only the new rows are converted from text, so
        the cost is one copy of the matrix.

        Args:
            frame: columns as for `from_frame`. Without times in the existing data, timestamps are ignored.

        Raises:
            BadData: as for `from_frame`; also if the existing data has ratings or times and the frame has none.
        """
        also = [name for name, there in (("rating", self.has_ratings), ("timestamp", self.times is not None)) if there]
        _need(frame, "user_id", "item_id", *also)
        if not len(frame):
            return self
        codes, ids = factorised(frame["user_id"], "user_id")
        base = self._with_users(ids)
        rows = base.users.numbers(ids)[codes]
        columns, _ = _item_codes(frame["item_id"], self.items)
        when = None if self.times is None else times(frame["timestamp"])
        latest = _latest(rows, columns, when)
        return base._merged(
            rows[latest], columns[latest], _ratings(frame)[latest], None if when is None else when[latest]
        )

    @cached_property
    def has_ratings(self) -> bool:
        """Whether ratings differ from one another; otherwise the data is implicit."""
        values = self.matrix.data
        return bool(values.size) and bool(values.min() < values.max())

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating, (1.0, 1.0) if there are none."""
        values = self.matrix.data
        return (float(values.min()), float(values.max())) if values.size else (1.0, 1.0)

    @cached_property
    def mean(self) -> float:
        """Mean of all ratings, 1.0 if there are none."""
        return float(self.matrix.data.mean(dtype=np.float64)) if self.matrix.nnz else 1.0

    @cached_property
    def sd(self) -> float:
        """Standard deviation of all ratings, 0.0 if the data is implicit."""
        return float(self.matrix.data.std(dtype=np.float64)) if self.has_ratings else 0.0

    @cached_property
    def item_counts(self) -> np.ndarray:
        """(n_items,) int64: number of users who rated each item."""
        return csr.column_counts(self.matrix)

    @property
    def user_counts(self) -> np.ndarray:
        """(n_users,): number of items each user rated."""
        return csr.row_lengths(self.matrix)

    @property
    def rows(self) -> np.ndarray:
        """(nnz,) int64: user number of each interaction; computed on every access."""
        return csr.row_numbers(self.matrix)

    @property
    def pattern(self) -> sparse.csr_array:
        """CSR (n_users, n_items) float32 with 1 for every interaction; computed on every access."""
        return csr.pattern(self.matrix)

    @cached_property
    def histories(self) -> Histories:
        """The history of every user, in row order."""
        return Histories(self.matrix, None if self.times is None else ages(self.matrix, self.times))

    def history(self, user_id: str) -> dict[str, float]:
        """Ratings of one user by item id, oldest first if times are known.

        Raises:
            UnknownUser: the user is not in the data.
        """
        row = int(self.users.numbers([user_id])[0])
        if row < 0:
            some = listing(self.users.ids[:3]) or "none"
            raise UnknownUser(f"Unknown user {str(user_id)!r}; there are {len(self.users):,} users, such as {some}.")
        low, high = self.matrix.indptr[row], self.matrix.indptr[row + 1]
        order = np.arange(low, high)
        if self.times is not None:
            order = order[np.argsort(self.times[low:high], kind="stable")]
        ids = self.items.ids[self.matrix.indices[order]].tolist()
        return dict(zip(ids, self.matrix.data[order].tolist(), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Rows user_id, item_id, rating[, timestamp], sorted by user, then item."""
        columns = {
            "user_id": self.users.ids[self.rows],
            "item_id": self.items.ids[self.matrix.indices],
            "rating": self.matrix.data,
        }
        if self.times is not None:
            columns["timestamp"] = self.times
        return pd.DataFrame(columns)

    def keep(self, mask: np.ndarray) -> Interactions:
        """The interactions where `mask` (aligned to `matrix.data`) is true; users and items stay."""
        when = None if self.times is None else self.times[mask]
        return Interactions(self.users, self.items, csr.select(self.matrix, mask), when)

    def of_users(self, mask: np.ndarray) -> Interactions:
        """The interactions of the users where `mask` (n_users,) is true; the other users are removed."""
        if mask.all():
            return self
        kept = self.keep(csr.per_entry(mask, self.matrix))
        indptr = np.concatenate([[0], kept.matrix.indptr[1:][mask]]).astype(kept.matrix.indptr.dtype)
        shape = (int(mask.sum()), len(self.items))
        matrix = sparse.csr_array((kept.matrix.data, kept.matrix.indices, indptr), shape=shape)
        return Interactions(IdMap(self.users.ids[mask]), self.items, matrix, kept.times)

    def found_in(self, other: Interactions) -> np.ndarray:
        """(nnz,) bool, aligned to `matrix.data`: whether `other` has an interaction of the same user and item.

        Users and items are compared by id; ratings and times are ignored.
        """
        users = other.users.numbers(self.users.ids)[self.rows]
        items = other.items.numbers(self.items.ids)[self.matrix.indices]
        known = _keys(other.rows, other.matrix.indices, len(other.items))
        _, found = _find(known, _keys(users, items, len(other.items)))
        return found & (users >= 0) & (items >= 0)

    def without_times(self) -> Interactions:
        """The same interactions without their order."""
        return Interactions(self.users, self.items, self.matrix)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ids, pattern, ratings and times, as hexadecimal text: equal data has equal digests."""
        hashed = hashlib.sha256((self.users.digest + self.items.digest).encode())
        for array in (self.matrix.indptr.astype(np.int64), self.matrix.indices, self.matrix.data, self.times):
            hashed.update(b"" if array is None else np.ascontiguousarray(array).data)
        return hashed.hexdigest()

    def _with_users(self, ids: np.ndarray) -> Interactions:
        """The same interactions with a row for each further user, all rows in the order of `from_frame`."""
        new = ids[self.users.numbers(ids) < 0]
        if not len(new):
            return self
        texts = [*self.users.ids, *new]
        order = id_order(texts)
        counts = np.append(self.user_counts, np.zeros(len(new), dtype=np.int64))
        users = IdMap(texts[number] for number in order)
        if (order[: len(self.users)] == np.arange(len(self.users))).all():
            indptr = np.append(self.matrix.indptr, np.full(len(new), self.matrix.indptr[-1]))
            data, indices, when = self.matrix.data, self.matrix.indices, self.times
        else:
            indptr = csr.pointers(counts[order])
            starts = csr.pointers(counts)[order]
            entries = np.repeat(starts - indptr[:-1], counts[order]) + np.arange(self.matrix.nnz)
            data, indices = self.matrix.data[entries], self.matrix.indices[entries]
            when = None if self.times is None else self.times[entries]
        indptr = indptr.astype(self.matrix.indptr.dtype)
        matrix = sparse.csr_array((data, indices, indptr), shape=(len(users), len(self.items)))
        return Interactions(users, self.items, matrix, when)

    def _merged(
        self, rows: np.ndarray, columns: np.ndarray, ratings: np.ndarray, when: np.ndarray | None
    ) -> Interactions:
        """Insert distinct (row, column) pairs sorted by row and column; replace ratings that are not later."""
        known, added = self.matrix, _keys(rows, columns, len(self.items))
        place, again = _find(_keys(self.rows, known.indices, len(self.items)), added)
        data, indices, stamps = known.data.copy(), known.indices, self.times
        replaced = again.copy()
        if stamps is not None and when is not None:
            replaced[again] = when[again] >= stamps[place[again]]
            stamps = stamps.copy()
            stamps[place[replaced]] = when[replaced]
            stamps = np.insert(stamps, place[~again], when[~again])
        data[place[replaced]] = ratings[replaced]
        data = np.insert(data, place[~again], ratings[~again])
        indices = np.insert(indices, place[~again], columns[~again])
        counts = self.user_counts + np.bincount(rows[~again], minlength=len(self.users))
        indptr = csr.pointers(counts).astype(np.int32 if len(data) < 2**31 else np.int64)
        matrix = sparse.csr_array((data, indices, indptr), shape=known.shape)
        return Interactions(self.users, self.items, matrix, stamps)


def _keys(rows: np.ndarray, columns: np.ndarray, n_columns: int) -> np.ndarray:
    """One number for each pair, sorted like the pairs."""
    return rows.astype(np.int64) * n_columns + columns


def _find(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of each wanted key in sorted keys, and whether it is there."""
    place = np.searchsorted(keys, wanted)
    return place, np.append(keys, -1)[place] == wanted


def _need(frame: pd.DataFrame, *names: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        optional = [name for name in ("rating", "timestamp") if name not in names]
        raise BadData(
            f"Column {listing(missing)} is missing; the frame has {listing(frame.columns) or 'no columns'}. "
            f"Needed: {listing(names)}" + (f"; optional: {listing(optional)}." if optional else ".")
        )


def _item_codes(column: pd.Series, wanted: IdMap | None) -> tuple[np.ndarray, IdMap]:
    """Column number of each row, and the columns: `wanted`, or the sorted ids of the frame."""
    codes, ids = factorised(column, "item_id")
    if wanted is None:
        return codes, IdMap(ids)
    places = wanted.numbers(ids)
    if (places < 0).any():
        raise BadData(f"Items not in the catalogue: {listing(ids[places < 0], 5)}.")
    return places[codes], wanted


def _ratings(frame: pd.DataFrame) -> np.ndarray:
    if "rating" in frame.columns:
        return numbers(frame["rating"], "rating", np.float32)
    return np.ones(len(frame), np.float32)


def _latest(rows: np.ndarray, columns: np.ndarray, when: np.ndarray | None) -> np.ndarray:
    """Numbers of the latest entry of each (row, column) pair, sorted by row and column."""
    order = np.lexsort((columns, rows) if when is None else (when, columns, rows))  # stable: later rows stay last
    rows, columns = rows[order], columns[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    return order[last]
