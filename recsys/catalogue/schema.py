"""Schema of a catalogue database, as named migrations that are recorded in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from recsys.errors import BrokenDatabase, listing

CHECKED_WHOLE = 200_000_000
"""Bytes up to which a database is checked page by page when it is opened."""

catalogue = Migrations("catalogue")


@catalogue()
def items_users_ratings(db: Database) -> None:
    """Items and users under row numbers in the order of their ids; ratings keyed by (user, item)."""
    db.table("items").create(
        {
            "number": int,
            "item_id": str,
            "title": str,
            "year": int,
            "genres": str,
            "director": str,
            "cast": str,
            "keywords": str,
            "overview": str,
            "language": str,
            "tmdb_id": str,
            "imdb_id": str,
            "url": str,
            "image": str,
            "facets": str,
            "n_ratings": int,
            "mean_rating": float,
        },
        pk="number",
        not_null={"item_id", "title", "n_ratings"},
    )
    db.table("items").create_index(["item_id"], unique=True)
    db.table("users").create({"number": int, "user_id": str, "n_ratings": int}, pk="number", not_null={"user_id"})
    db.table("users").create_index(["user_id"], unique=True)
    # Clustered by its key: a history is one range of pages, and there is no second index to keep.
    db.execute(
        "CREATE TABLE ratings (user INTEGER NOT NULL REFERENCES users(number), item INTEGER NOT NULL REFERENCES "
        "items(number), rating REAL NOT NULL, timestamp INTEGER, PRIMARY KEY (user, item)) WITHOUT ROWID"
    )


@catalogue()
def names_and_which_share_a_trigram(db: Database) -> None:
    """Every name of every item, most rated item first, so that a search in row order is by popularity.

    Of each trigram the names that hold it: their number, and their places as int32, little-endian, ascending.
    """
    db.table("names").create(
        {"place": int, "item": int, "folded": str},
        pk="place",
        not_null={"item", "folded"},
        foreign_keys=[("item", "items", "number")],
    )
    db.table("names").create_index(["folded"])
    db.execute(
        "CREATE VIRTUAL TABLE names_fts USING fts5(folded, content='names', content_rowid='place', "
        "tokenize='trigram', detail='full')"
    )
    db.table("trigrams").create({"trigram": str, "names": int, "places": bytes}, pk="trigram", not_null={"places"})


@catalogue()
def facts_of_the_build(db: Database) -> None:
    """What was built, from what; written last, so that its absence tells a build that was cut off."""
    db.table("info").create({"name": str, "value": str}, pk="name", not_null={"value"})


def reader(path: Path) -> Database:
    """A read-only connection for the calling thread.

    The file is never written once it has its name, so no lock and no side file is needed (`immutable`), and a
    rename over it leaves this connection with the old one.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    return Database(sqlite3.connect(uri, uri=True, check_same_thread=False), execute_plugins=False)


def check(db: Database, path: Path) -> None:
    """Raise `BrokenDatabase` where a catalogue is corrupt, half-built or of another version."""
    advice = "build it again with: python -m recsys build"
    try:
        size = path.stat().st_size
        pages = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
        if size != pages:
            raise BrokenDatabase(f"{path} has {size:,} bytes where its header says {pages:,}; {advice}.")
        if size <= CHECKED_WHOLE:
            state = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if state != "ok":
                raise BrokenDatabase(f"{path} is corrupt ({state}); {advice}.")
        applied = {migration.name for migration in catalogue.applied(db)}
        known = {migration.name for migration in catalogue.pending(Database(memory=True))}
        if applied != known:
            raise BrokenDatabase(
                f"{path} was made by another version (its schema differs in {listing(sorted(applied ^ known))}); "
                f"{advice}."
            )
        if not db.execute("SELECT count(*) FROM info").fetchone()[0]:
            raise BrokenDatabase(f"{path} is half-built; {advice}.")
    except sqlite3.DatabaseError as error:
        raise BrokenDatabase(f"{path} is not a usable database ({error}); {advice}.") from error
