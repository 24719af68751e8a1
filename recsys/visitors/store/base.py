"""Interface of a store of visitors' data: transactions, readiness, and work that only one replica may do at a time."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from recsys.errors import StoreUnavailable

FAILURES = (sqlite3.Error, StoreUnavailable)
"""Errors of a store that may be gone at the next attempt, such as a full disk or a server that is away."""
Row = dict[str, Any]


class Transaction(ABC):
    """Statements on one connection. The SQL is the part that SQLite and PostgreSQL share, with `?` for values.

    Attributes:
        replace_rating: statement that inserts a rating (catalogue, user_id, item_id, rating, timestamp) and replaces
            an earlier one; the new row is the last in the order of `place`.
        for_update: end of a SELECT whose rows no other transaction may change until this one ends.
        for_share: end of a SELECT whose rows no other transaction may delete until this one ends.
    """

    replace_rating: str
    for_update = for_share = ""  # SQLite has one writer at a time

    @abstractmethod
    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement; return the number of changed rows."""

    @abstractmethod
    def execute_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each tuple of values."""

    def add_numbers(
        self, table: str, key: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Insert rows, and add their numbers to those of rows that exist.

        Args:
            table: the table.
            key: columns of its primary key, texts.
            numbers: the other columns, whole numbers.
            rows: values of the key, then the numbers; no key twice.
        """
        columns = (*key, *numbers)
        self.execute_many(
            f"INSERT INTO {table} ({_quoted(columns)}) VALUES ({placeholders(columns)}) {added(table, key, numbers)}",
            rows,
        )

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, None if there is none."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def number_events_in_order(self) -> None:
        """Let events get their numbers in the order of their commits, so that a reader misses none."""
        return  # SQLite commits one transaction after the other

    def without_time_limit(self) -> None:
        """Let the statements of this transaction take as long as they need."""
        return  # SQLite has no limit

    def lock_tables(self, names: Sequence[str]) -> None:
        """Let no other transaction write to these tables until this one ends."""
        return  # a transaction that writes to SQLite locks all of them

    def continue_numbers(self) -> None:
        """Let new ratings and events get numbers above those that were inserted with their numbers."""
        return  # SQLite goes on from the largest number


def placeholders(values: Sequence[Any]) -> str:
    """Placeholders for the values of an IN list.

    >>> placeholders(["a", "b"])
    '?, ?'
    """
    return ", ".join("?" * len(values))


def added(table: str, key: Sequence[str], numbers: Sequence[str]) -> str:
    """End of an INSERT that adds numbers to those of existing rows."""
    sums = ", ".join(f'"{name}" = {table}."{name}" + excluded."{name}"' for name in numbers)
    return f"ON CONFLICT ({_quoted(key)}) DO UPDATE SET {sums}"


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


class Store(ABC):
    """A database of visitors' data; thread-safe.

    Attributes:
        name: the file or server, as shown to the operator; without a password.
        is_shared: whether other replicas may use the same data.
    """

    name: str
    is_shared = False

    @abstractmethod
    def reading(self) -> AbstractContextManager[Transaction]:
        """Connection for queries, each of which sees the latest data."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Transaction]:
        """Transaction that is committed at the end of the block, and rolled back if the block raises."""

    @abstractmethod
    def exclusive(self, work: str) -> AbstractContextManager[bool]:
        """Whether the block may do this work: False if another replica does it now."""

    @abstractmethod
    def check(self) -> None:
        """Raise one of FAILURES unless the store answers now."""

    def connections(self) -> dict[str, int]:
        """Number of connections by state, and under "wanted" of callers that wait for one; empty if unknown."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
