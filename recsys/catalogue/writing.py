"""Writing a catalogue: every table of a new file in one transaction, journal-free until it is whole."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.catalogue.database import LISTS, TEXTS, snapshot
from recsys.catalogue.titles import fold
from recsys.data import Interactions
from recsys.data.files import save_arrays
from recsys.data.progress import Progress
from recsys.errors import BrokenDatabase

SNAPSHOT_FROM = 500_000
"""Ratings from which on the matrix is kept beside the database as well, to be mapped into memory."""
ROWS = 200_000


def write(
    path: Path,
    items: Sequence[dict],
    data: Interactions,
    facts: dict,
    progress: Progress,
) -> None:
    """Write a whole catalogue to a new file at `path`; whoever calls renames it.

    Args:
        items: one dict an item in the order of `data.items`; missing fields are empty.
        data: all ratings.
        facts: goes into `info`, with counts, scale, digest and time added.
    """
    db = Database(path)
    # Nobody reads this file before it is whole, so neither a journal nor waiting for the disk is of use.
    db.execute("PRAGMA journal_mode = MEMORY").fetchall()
    db.execute("PRAGMA synchronous = OFF").fetchall()
    db.execute("PRAGMA cache_size = -200000").fetchall()
    schema.catalogue.apply(db)
    counts = data.item_counts
    totals = np.bincount(data.matrix.indices, weights=data.matrix.data, minlength=len(items))
    means = totals / np.maximum(counts, 1)
    facets = sorted({facet for item in items for facet in item.get("facets") or ()})
    info = facts | {
        "n_items": len(items),
        "n_users": len(data.users),
        "n_ratings": int(data.matrix.nnz),
        "most_ratings": int(counts.max(initial=0)),
        "scale": facts.get("description", {}).get("scale") or list(data.scale),
        "rated": data.has_ratings,
        "timed": data.times is not None,
        "facets": facets,
        "digest": data.digest,
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with db.atomic():
        db.table("items").insert_all(
            (_row(number, item, counts[number], means[number]) for number, item in enumerate(items)), batch_size=1000
        )
        lengths = np.diff(data.matrix.indptr)
        _fill(db, "users", range(len(data.users)), data.users.ids.tolist(), lengths.tolist())
        _write_ratings(db, data, lengths, progress)
        _write_names(db, items, counts)
        db.table("info").insert_all({"name": name, "value": json.dumps(value)} for name, value in info.items())
    broken = db.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenDatabase(f"{path}: a row of {broken[0][0]} names a row of {broken[0][2]} that does not exist.")
    db.execute("PRAGMA synchronous = FULL").fetchall()
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_snapshot(path: Path, data: Interactions) -> None:
    """Keep a large matrix beside the database at `path`, under the digest of its ratings; drop older ones."""
    wanted = snapshot(path, data.digest)
    for old in path.parent.glob(f"{path.stem}.ratings-*"):
        if old != wanted:
            old.unlink(missing_ok=True)
    if data.matrix.nnz >= SNAPSHOT_FROM and not wanted.exists():
        arrays = {"data": data.matrix.data, "indices": data.matrix.indices, "indptr": data.matrix.indptr}
        save_arrays(arrays if data.times is None else arrays | {"times": data.times}, wanted)


def _write_ratings(db: Database, data: Interactions, lengths: np.ndarray, progress: Progress) -> None:
    users = np.repeat(np.arange(len(lengths)), lengths)
    matrix, started = data.matrix, time.perf_counter()
    for start in range(0, matrix.nnz, ROWS):
        part = slice(start, start + ROWS)
        times = [None] * len(users[part]) if data.times is None else data.times[part].tolist()
        _fill(db, "ratings", users[part].tolist(), matrix.indices[part].tolist(), matrix.data[part].tolist(), times)
        if start and start % (25 * ROWS) == 0:
            progress(f"ratings: {start:,} of {matrix.nnz:,} stored")
    progress(f"ratings: {matrix.nnz:,} stored in {time.perf_counter() - started:.1f} s")


def _write_names(db: Database, items: Sequence[dict], counts: np.ndarray) -> None:
    names = []
    for number in np.argsort(-counts, kind="stable").tolist():
        item = items[number]
        folded = {fold(name): None for name in (item["title"], *(item.get("alternatives") or ()))}
        names += [(len(names) + place, number, f" {name} ") for place, name in enumerate(folded) if name]
    _fill(db, "names", *zip(*names, strict=True)) if names else None
    db.execute("INSERT INTO names_fts (names_fts) VALUES ('rebuild')")
    db.execute("CREATE VIRTUAL TABLE temp.found USING fts5vocab(main, names_fts, instance)")
    holding = db.execute("SELECT DISTINCT term, doc FROM temp.found ORDER BY term, doc").fetchall()
    db.execute("DROP TABLE temp.found")
    for trigram, group in itertools.groupby(holding, key=itemgetter(0)):
        places = np.fromiter((place for _, place in group), dtype="<i4")
        db.execute("INSERT INTO trigrams VALUES (?, ?, ?)", [trigram, len(places), places.tobytes()])


def _fill(db: Database, table: str, *columns: Iterable) -> None:
    """Rows by column, without the dictionaries that `insert_all` wants: millions of them take a third of the time."""
    marks = ", ".join("?" * len(columns))
    db.conn.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns, strict=True))


def _row(number: int, item: dict, count: int, mean: float) -> dict:
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
