"""Check the catalogue database in a release from the Hub before the app opens it.

An SQLite file can contain more than rows: views that never end, triggers, computed columns. Only objects that this
version of recsys creates are accepted, and then every row is read once in the way the app reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.catalogue.database import Catalogue
from recsys.errors import BrokenRelease, listing
from recsys.release.row_checks import check_counts, check_facts, check_means, check_totals, check_values

NAME = "catalogue.sqlite"
MAGIC = b"SQLite format 3\x00"
INDEXED = ("items", "users", "names", "trigrams", "info")  # tables that are read by an index
STATISTICS = "sqlite_stat"  # tables of ANALYZE, which only the query planner reads


def check(path: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a database that the app could not serve or that belongs to other data than the release.

    Raises:
        BrokenRelease: the database is refused; the text says why in one sentence.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise BrokenRelease(f"{NAME} is not an SQLite database.")
    try:
        with closing(schema.reader(path)) as db:
            _check_objects(db)
            _check_indexes(db)
            check_values(db, NAME)
            broken = db.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise BrokenRelease(f"{NAME}: a row of {broken[0]} refers to a row of {broken[2]} that does not exist.")
            check_counts(db, NAME)
            _check_rows(path, manifest)
            check_means(db, NAME)
    except BrokenRelease:
        raise
    except Exception as error:  # an invalid database may cause errors of any type
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise BrokenRelease(f"{NAME} cannot be used: {reason}") from error


def _check_objects(db: Database) -> None:
    found, known = _objects(db), _objects(_empty())
    extra = sorted(name for kind, name in found if kind in ("view", "trigger"))
    if extra:
        raise BrokenRelease(f"{NAME} has views or triggers ({listing(extra, 5)}), which a catalogue does not have.")
    different = sorted({name for (_, name), _ in found.items() ^ known.items()})
    if different:
        raise BrokenRelease(
            f"{NAME} was not made by this version of recsys: {listing(different, 5)} differ. Push the release again."
        )


def _check_indexes(db: Database) -> None:
    """Refuse indexes that lack rows, which would not be found; opening a database does not check that."""
    for table in INDEXED:
        state = db.execute(f"PRAGMA integrity_check({table})").fetchone()[0]
        if state != "ok":
            raise BrokenRelease(f"{NAME} is corrupt ({' '.join(state.split())[:200]}).")


def _objects(db: Database) -> dict[tuple[str, str], str]:
    """The statement that creates each table, index, view and trigger, by kind and name."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name)): " ".join(str(sql).split())
        for kind, name, sql in rows
        if not str(name).startswith(STATISTICS)
    }


def _empty() -> Database:
    db = Database(sqlite3.connect(":memory:"), execute_plugins=False)
    schema.MIGRATIONS.apply(db)
    return db


def _check_rows(path: Path, manifest: Mapping[str, Any]) -> None:
    with closing(Catalogue.open(path)) as catalogue:
        info = catalogue.info
        check_facts(info, NAME)
        if info["digest"] != manifest["info"].get("digest") or info["catalogue"] != manifest["catalogue"]:
            raise BrokenRelease(f"{NAME} has other data than the models of the release were trained on.")
        data = catalogue.interactions()
        if data.digest != info["digest"]:
            raise BrokenRelease(f"{NAME} has ratings that do not match their digest.")
        check_totals(info, data, NAME)
        features = catalogue.features()
        wording = catalogue.wording
        catalogue.search(f"{wording.items} {features.titles[0]}", 5)
