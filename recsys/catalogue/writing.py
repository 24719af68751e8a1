"""Write a new catalogue file in one transaction."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from glob import escape
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.catalogue.database import LISTS, TEXTS, snapshot
from recsys.catalogue.titles import fold
from recsys.data import Interactions
from recsys.data.csr import column_sums, row_lengths, row_numbers
from recsys.data.files import save_arrays
from recsys.data.progress import Progress
from recsys.errors import BrokenDatabase

SNAPSHOT_FROM = 500_000
"""Fewest ratings for which the matrix is also stored in a memory-mapped file beside the database."""
ROWS = 200_000
"""Ratings written at once."""
OLDEST_YEAR = 1990
REPORT_EVERY = 25
"""Blocks of ratings between two progress reports."""


def write(path: Path, items: Sequence[dict], data: Interactions, facts: Mapping[str, Any], progress: Progress) -> None:
    """Write a complete catalogue to a new file; the caller renames it.

    Args:
        items: one dict per item in the order of `data.items`; missing fields are empty.
        data: all ratings.
        facts: stored in `info`, with counts, scale, digest and time added.
    """
    db = Database(path)
    # No one reads this file before it is complete, so a rollback journal and syncing would only cost time.
    db.execute("PRAGMA journal_mode = MEMORY").fetchall()
    db.execute("PRAGMA synchronous = OFF").fetchall()
    db.execute("PRAGMA cache_size = -200000").fetchall()
    schema.MIGRATIONS.apply(db)
    counts = data.item_counts
    with db.atomic():
        _write_items(db, items, data, counts)
        lengths = row_lengths(data.matrix).tolist()
        _insert_columns(db, "users", range(len(data.users)), data.users.ids.tolist(), lengths)
        _write_ratings(db, data, progress)
        _write_names(db, items, counts)
        info = _info(items, data, facts)
        db.table("info").insert_all({"name": name, "value": json.dumps(value)} for name, value in info.items())
    broken = db.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenDatabase(f"{path}: a row of {broken[0][0]} refers to a missing row of {broken[0][2]}.")
    db.execute("PRAGMA synchronous = FULL").fetchall()
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_snapshot(path: Path, data: Interactions) -> None:
    """Store a large matrix beside the database at `path`, named by the digest of its ratings; delete older ones."""
    wanted = snapshot(path, data.digest)
    for old in path.parent.glob(f"{escape(path.stem)}.ratings-*"):
        if old != wanted:
            old.unlink(missing_ok=True)
    if data.matrix.nnz >= SNAPSHOT_FROM and not wanted.exists():
        arrays = {"data": data.matrix.data, "indices": data.matrix.indices, "indptr": data.matrix.indptr}
        save_arrays(arrays if data.times is None else arrays | {"times": data.times}, wanted)


def _info(items: Sequence[dict], data: Interactions, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **facts,
        "n_items": len(items),
        "n_users": len(data.users),
        "n_ratings": int(data.matrix.nnz),
        "most_ratings": int(data.item_counts.max(initial=0)),
        "scale": facts.get("description", {}).get("scale") or list(data.scale),
        "rated": data.has_ratings,
        "timed": data.times is not None,
        "until": _last_year(data),
        "facets": sorted({facet for item in items for facet in item.get("facets") or ()}),
        "digest": data.digest,
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _last_year(data: Interactions) -> int | None:
    """The year of the newest rating; None if there are no times or they are implausible."""
    if data.times is None or not len(data.times):
        return None
    year = datetime.fromtimestamp(int(data.times.max()), UTC).year
    return year if year >= OLDEST_YEAR else None


def _write_items(db: Database, items: Sequence[dict], data: Interactions, counts: np.ndarray) -> None:
    means = column_sums(data.matrix) / np.maximum(counts, 1)
    _insert_rows(db, "items", (_row(number, item, counts[number], means[number]) for number, item in enumerate(items)))


def _write_ratings(db: Database, data: Interactions, progress: Progress) -> None:
    matrix, started = data.matrix, time.perf_counter()
    users = row_numbers(matrix)
    for block, start in enumerate(range(0, matrix.nnz, ROWS)):
        part = slice(start, start + ROWS)
        times = [None] * len(users[part]) if data.times is None else data.times[part].tolist()
        _insert_columns(
            db, "ratings", users[part].tolist(), matrix.indices[part].tolist(), matrix.data[part].tolist(), times
        )
        if block and block % REPORT_EVERY == 0:
            progress(f"ratings: {start:,} of {matrix.nnz:,} stored", start / matrix.nnz)
    progress(f"ratings: {matrix.nnz:,} stored in {time.perf_counter() - started:.1f} s")


def _write_names(db: Database, items: Sequence[dict], counts: np.ndarray) -> None:
    """Write the names in the order of popularity, and their indexes."""
    names: list[tuple[int, int, str]] = []
    for number in np.argsort(-counts, kind="stable").tolist():
        item = items[number]
        folded = dict.fromkeys(fold(name) for name in (item["title"], *(item.get("alternatives") or ())))
        names += [(len(names) + place, number, f" {name} ") for place, name in enumerate(filter(None, folded))]
    if names:
        _insert_columns(db, "names", *zip(*names, strict=True))
    db.execute("INSERT INTO names_fts (names_fts) VALUES ('rebuild')")
    _insert_rows(db, "trigrams", _trigrams(db))


def _trigrams(db: Database) -> Iterator[dict[str, Any]]:
    """Yield each trigram with the names that contain it, read from the index of FTS5."""
    db.execute("CREATE VIRTUAL TABLE temp.instances USING fts5vocab(main, names_fts, instance)")
    found = db.execute("SELECT DISTINCT term, doc FROM temp.instances ORDER BY term, doc").fetchall()
    db.execute("DROP TABLE temp.instances")
    for trigram, group in itertools.groupby(found, key=itemgetter(0)):
        places = np.fromiter((place for _, place in group), dtype="<i4")
        yield {"trigram": trigram, "names": len(places), "places": places.tobytes()}


def _insert_columns(db: Database, table: str, *columns: Iterable[Any]) -> None:
    """Insert rows that are given by column. `insert_all` needs a dictionary per row and takes three times as long for
    millions of rows."""
    marks = ", ".join("?" * len(columns))
    db.conn.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns, strict=True))


def _insert_rows(db: Database, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows of the same columns, whose values SQLite stores as they are; `insert_all` looks at each value."""
    rows = iter(rows)
    first = next(rows, None)
    if first is not None:
        names = ", ".join(first)
        marks = ", ".join(f":{name}" for name in first)
        db.conn.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", itertools.chain([first], rows))


def _row(number: int, item: dict, count: int, mean: float) -> dict[str, Any]:
    return {
        "number": number,
        "item_id": item["item_id"],
        "title": item["title"],
        "year": item.get("year"),
        **{name: json.dumps(item.get(name) or [], ensure_ascii=False) for name in LISTS},
        **{name: item.get(name) or "" for name in TEXTS},
        "facets": json.dumps(item.get("facets") or {}, ensure_ascii=False),
        "n_ratings": int(count),
        "mean_rating": float(mean) if count else None,
    }
