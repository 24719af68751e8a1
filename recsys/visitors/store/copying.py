"""Copy all visitors' data from one store to another, in one transaction, and compare every row afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, BrokenDatabase
from recsys.visitors.event_log import FIELDS
from recsys.visitors.store.base import Row, Store, Transaction, placeholders

PAGE = 10_000  # number of rows that are read and written at once


@dataclass(frozen=True)
class Table:
    """A table that is copied.

    Attributes:
        name: its name.
        key: columns of its primary key, by which it is read in pages.
        others: the other columns.
    """

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns."""
        return (*self.key, *self.others)


OF_USER = ("catalogue", "user_id")
TABLES = (
    Table("profiles", OF_USER, ("salt", "hash", "joined")),
    Table("ratings", ("place",), (*OF_USER, "item_id", "rating", "timestamp")),
    Table("withdrawals", (*OF_USER, "item_id"), ("time",)),
    Table("entries", (*OF_USER, "list", "item_id"), ("gone", "time", "stored")),
    Table("deletions", OF_USER, ("time",)),
    Table("events", ("number",), ("time", "kind", "catalogue", "items", *FIELDS)),
    Table("choices", ("catalogue", "name"), ("number", "value")),
)
"""The tables in the order in which they are filled; changes that wait for a backup are not copied."""
SECRETS = Table("secrets", ("name",), ("value",))
"""Every store has this table filled from the start, so that its rows are replaced."""


def counts(store: Store) -> dict[str, int]:
    """Number of rows by table."""
    with store.reading() as tx:
        return {table.name: _count(tx, table) for table in TABLES}


def copy(source: Store, target: Store, progress: Progress = quiet) -> dict[str, int]:
    """Copy everything to an empty store; return the number of rows by table. Nobody can write to either meanwhile.

    If anything fails, the target stays empty. The source is only read.

    Raises:
        BadInput: the target is not empty.
        BrokenDatabase: a row of the target differs from that of the source.
        sqlite3.Error, StoreUnavailable: a store cannot be read or written.
    """
    with source.writing() as given, target.writing() as taken:
        for tx in (given, taken):
            tx.without_time_limit()
            tx.lock_tables([table.name for table in TABLES])
        _check_empty(taken, target.name)
        copied = {}
        for table in TABLES:
            copied[table.name] = _copy(given, taken, table, progress)
        _replace_secrets(given, taken)
        taken.continue_numbers()
        for table in (*TABLES, SECRETS):
            progress(f"Comparing {table.name}")
            _compare(given, taken, table, target.name)
    return copied


def _check_empty(tx: Transaction, name: str) -> None:
    found = {table.name: count for table in TABLES if (count := _count(tx, table))}
    if found:
        rows = ", ".join(f"{count:,} {table}" for table, count in found.items())
        raise BadInput(f"{name} is not empty: it has {rows}. Copy to an empty store. Nothing was changed.")


def _count(tx: Transaction, table: Table) -> int:
    (row,) = tx.rows(f"SELECT count(*) AS n FROM {table.name}")
    return row["n"]


def _copy(given: Transaction, taken: Transaction, table: Table, progress: Progress) -> int:
    total, done = _count(given, table), 0
    columns = ", ".join(table.columns)
    insert = f"INSERT INTO {table.name} ({columns}) VALUES ({placeholders(table.columns)})"
    for page in _pages(given, table):
        taken.execute_many(insert, [list(row.values()) for row in page])
        done += len(page)
        progress(f"Copied {done:,} of {total:,} {table.name}", done / total)
    return done


def _replace_secrets(given: Transaction, taken: Transaction) -> None:
    for page in _pages(given, SECRETS):
        taken.execute_many(
            "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [list(row.values()) for row in page],
        )


def _compare(given: Transaction, taken: Transaction, table: Table, name: str) -> None:
    """Raise BrokenDatabase unless both have the same rows."""
    number = 0
    for theirs, ours in zip(_pages(given, table), _padded(_pages(taken, table)), strict=False):
        if _texts(theirs) != _texts(ours):
            raise BrokenDatabase(f"{name} has stored other {table.name} than those that were copied. It stays empty.")
        number += len(theirs)
    if number != _count(taken, table):
        raise BrokenDatabase(f"{name} has stored more {table.name} than were copied. It stays empty.")


def _padded(pages: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """The pages, then empty ones."""
    yield from pages
    while True:
        yield []


def _texts(rows: Sequence[Row]) -> list[list[Any]]:
    """Values of rows; PostgreSQL stores U+0000 as the replacement character."""
    return [
        [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row.values()] for row in rows
    ]


def _pages(tx: Transaction, table: Table) -> Iterator[list[Row]]:
    """All rows in the order of the key."""
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    beyond, last = "", ()
    while True:
        page = tx.rows(f"SELECT {columns} FROM {table.name}{beyond} ORDER BY {key} LIMIT ?", [*last, PAGE])
        if page:
            yield page
        if len(page) < PAGE:
            return
        beyond = f" WHERE ({key}) > ({placeholders(table.key)})"
        last = tuple(page[-1][column] for column in table.key)
