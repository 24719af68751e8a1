"""Schema of a catalogue database as named migrations that the file records; open and check such a file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from recsys.errors import BrokenDatabase, listing

CHECKED_BYTES = 200_000_000
"""Largest database, in bytes, of which every page is checked when it is opened."""

MIGRATIONS = Migrations("catalogue")


@MIGRATIONS()
def items_users_ratings(db: Database) -> None:
    """Create the tables of items and users, numbered in the order of their ids, and of ratings by (user, item)."""
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
    # WITHOUT ROWID stores the rows in the order of the key, so a history is one range of pages and no second index is
    # needed. The table API has no such option.
    db.execute(
        "CREATE TABLE ratings (user INTEGER NOT NULL REFERENCES users(number), item INTEGER NOT NULL REFERENCES "
        "items(number), rating REAL NOT NULL, timestamp INTEGER, PRIMARY KEY (user, item)) WITHOUT ROWID"
    )


@MIGRATIONS()
def names_and_trigrams(db: Database) -> None:
    """Create the table of all names of items, in the order of popularity, and two indexes for `title_search`.

    names_fts finds names by their words. trigrams stores for each trigram the number of names that contain it, and
    their places as int32, little-endian, ascending.
    """
    db.table("names").create(
        {"place": int, "item": int, "folded": str},
        pk="place",
        not_null={"item", "folded"},
        foreign_keys=[("item", "items", "number")],
    )
    db.table("names").create_index(["folded"])
    # The table API can set up full-text search only with triggers or with the text stored twice.
    db.execute(
        "CREATE VIRTUAL TABLE names_fts USING fts5(folded, content='names', content_rowid='place', "
        "tokenize='trigram', detail='full')"
    )
    db.table("trigrams").create({"trigram": str, "names": int, "places": bytes}, pk="trigram", not_null={"places"})


@MIGRATIONS()
def facts_of_the_build(db: Database) -> None:
    """Create the table of facts about the build; it is filled last, so an interrupted build leaves it empty."""
    db.table("info").create({"name": str, "value": str}, pk="name", not_null={"value"})


def reader(path: Path) -> Database:
    """Open a read-only connection that any one thread at a time may use.

    A catalogue file never changes after it got its name. So the connection needs no lock and no side file
    (`immutable`), and when the file is replaced, the connection keeps reading the old one.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    return Database(sqlite3.connect(uri, uri=True, check_same_thread=False), execute_plugins=False)


def check(db: Database, path: Path) -> None:
    """Check that a catalogue is complete and of this version.

    Raises:
        BrokenDatabase: it is corrupt, half-built or of another version.
    """
    advice = "Build it again with: python -m recsys build"
    try:
        size = path.stat().st_size
        expected = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
        if size != expected:
            raise BrokenDatabase(f"{path} has {size:,} bytes, but its header says {expected:,}. {advice}")
        if size <= CHECKED_BYTES:
            state = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if state != "ok":
                raise BrokenDatabase(f"{path} is corrupt ({state}). {advice}")
        applied = {migration.name for migration in MIGRATIONS.applied(db)}
        known = {migration.name for migration in MIGRATIONS.pending(Database(memory=True))}
        if applied != known:
            differing = listing(sorted(applied ^ known))
            raise BrokenDatabase(f"{path} was made by another version (its schema differs in {differing}). {advice}")
        if not db.table("info").count:
            raise BrokenDatabase(f"{path} is half-built. {advice}")
    except sqlite3.DatabaseError as error:
        raise BrokenDatabase(f"{path} is not a usable database ({error}). {advice}") from error
