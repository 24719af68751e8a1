"""Schema of visitors' data in SQLite: its tables as named migrations, and the triggers of the change log.

Migrations are recorded by name in the database, so that an existing file is migrated when it is opened.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("visitors")


@MIGRATIONS()
def profiles_and_their_ratings(db: Database) -> None:
    """Create the tables of profiles, with the salted hash of their key, and of ratings, oldest first by `place`."""
    db.table("profiles").create(
        {"catalogue": str, "user_id": str, "salt": bytes, "hash": bytes, "joined": float},
        pk=("catalogue", "user_id"),
        not_null={"salt", "hash", "joined"},
    )
    db.execute(
        "CREATE TABLE ratings (place INTEGER PRIMARY KEY, catalogue TEXT NOT NULL, user_id TEXT NOT NULL, "
        "item_id TEXT NOT NULL, rating REAL NOT NULL, timestamp REAL NOT NULL, UNIQUE (catalogue, user_id, item_id), "
        "FOREIGN KEY (catalogue, user_id) REFERENCES profiles (catalogue, user_id) ON DELETE CASCADE)"
    )
    db.table("ratings").create_index(["catalogue", "timestamp"])


@MIGRATIONS()
def events_of_feedback(db: Database) -> None:
    """Create the event log: shown lists and feedback on items; append-only."""
    db.table("events").create(
        {
            "number": int,
            "time": float,
            "kind": str,
            "catalogue": str,
            "user_id": str,
            "session": str,
            "model": str,
            "version": str,
            "source": str,
            "endpoint": str,
            "verdict": str,
            "items": str,
        },
        pk="number",
        not_null={"time", "kind", "catalogue", "items"},
    )
    db.table("events").create_index(["catalogue", "kind", "time"])


@MIGRATIONS()
def change_log(db: Database) -> None:
    """Create the tables of changes that are not backed up yet, and of ids of records that are backed up or replayed."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY AUTOINCREMENT, "
        "id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(12)))), kind TEXT NOT NULL, time REAL NOT NULL, "
        "catalogue TEXT NOT NULL, user_id TEXT NOT NULL, item_id TEXT, rating REAL, event INTEGER)"
    )
    db.execute("CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY) WITHOUT ROWID")
    # Earlier versions recorded this migration in another table and named the triggers differently.
    if "joined" in db.triggers_dict:
        for name in ("joined", "left_for_good", "rated", "unrated", "told"):
            db.execute(f"DROP TRIGGER {name}")
        _create_triggers(db)


@MIGRATIONS()
def secret_of_the_installation(db: Database) -> None:
    """Create a random secret that never leaves this database, for the visitors' pseudonyms in the activity log."""
    db.execute("CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
    db.execute("INSERT INTO secrets (name, value) VALUES ('names', randomblob(32))")


@MIGRATIONS()
def withdrawals(db: Database) -> None:
    """Create the table of times at which ratings were last withdrawn; later ratings must have a later time."""
    db.execute(
        "CREATE TABLE withdrawals (catalogue TEXT NOT NULL, user_id TEXT NOT NULL, item_id TEXT NOT NULL, "
        "time REAL NOT NULL, PRIMARY KEY (catalogue, user_id, item_id), FOREIGN KEY (catalogue, user_id) REFERENCES "
        "profiles (catalogue, user_id) ON DELETE CASCADE) WITHOUT ROWID"
    )
    _renew_triggers(db)


@MIGRATIONS()
def deletions(db: Database) -> None:
    """Create the table of times at which profiles were last deleted; a new profile of the same id gets a later time."""
    db.execute(
        "CREATE TABLE deletions (catalogue TEXT NOT NULL, user_id TEXT NOT NULL, time REAL NOT NULL, "
        "PRIMARY KEY (catalogue, user_id)) WITHOUT ROWID"
    )
    _renew_triggers(db)


@MIGRATIONS()
def deletions_in_the_millisecond_of_an_event(db: Database) -> None:
    """Let a deletion count for an event of the same millisecond too."""
    _renew_triggers(db)


@MIGRATIONS()
def choices_and_replicas(db: Database) -> None:
    """Create the tables of the operator's choices and of the running replicas."""
    db.execute(
        "CREATE TABLE choices (catalogue TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, "
        "value TEXT NOT NULL, PRIMARY KEY (catalogue, name)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE replicas (catalogue TEXT NOT NULL, name TEXT NOT NULL, program TEXT NOT NULL, "
        "release TEXT NOT NULL, since REAL NOT NULL, seen REAL NOT NULL, job TEXT NOT NULL, trouble TEXT NOT NULL, "
        "PRIMARY KEY (catalogue, name)) WITHOUT ROWID"
    )


@MIGRATIONS()
def counts_of_events(db: Database) -> None:
    """Create the tables of counts of events, and the number of the last event that they contain."""
    db.execute(
        "CREATE TABLE event_days (catalogue TEXT NOT NULL, day INTEGER NOT NULL, model TEXT NOT NULL, "
        "shown INTEGER NOT NULL, lengths TEXT NOT NULL, verdicts TEXT NOT NULL, places TEXT NOT NULL, "
        "PRIMARY KEY (catalogue, day, model)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE event_items (catalogue TEXT NOT NULL, model TEXT NOT NULL, item_id TEXT NOT NULL, "
        '"shown" INTEGER NOT NULL, "like" INTEGER NOT NULL, "dislike" INTEGER NOT NULL, "seen" INTEGER NOT NULL, '
        "PRIMARY KEY (catalogue, model, item_id)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE event_progress (catalogue TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
    db.table("events").create_index(["catalogue", "model", "time"])


@MIGRATIONS()
def lists_of_profiles(db: Database) -> None:
    """Create the table of entries of profiles' lists, and the column of changes that has the time of an entry."""
    db.execute(
        "CREATE TABLE entries (catalogue TEXT NOT NULL, user_id TEXT NOT NULL, list TEXT NOT NULL, "
        "item_id TEXT NOT NULL, gone INTEGER NOT NULL, time REAL NOT NULL, stored REAL NOT NULL, "
        "PRIMARY KEY (catalogue, user_id, list, item_id), FOREIGN KEY (catalogue, user_id) REFERENCES "
        "profiles (catalogue, user_id) ON DELETE CASCADE) WITHOUT ROWID"
    )
    db.execute("ALTER TABLE changes ADD COLUMN made REAL")
    _renew_triggers(db)


def _renew_triggers(db: Database) -> None:
    """Bring the triggers of a database that has them up to date."""
    if "profile_deleted" in db.triggers_dict:
        for name in TRIGGERS:
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
        _create_triggers(db)


ENTRY_KIND = "CASE WHEN {0}gone THEN 'un' || {0}list ELSE {0}list END"
TRIGGERS = {
    "profile_added": """
        CREATE TRIGGER profile_added AFTER INSERT ON profiles
        BEGIN
            INSERT INTO changes (kind, time, catalogue, user_id)
            VALUES ('profile', NEW.joined, NEW.catalogue, NEW.user_id);
        END""",
    # Before, because the ratings are needed: a deletion is later than all that it deletes, even if the clock was set
    # back. julianday, because SQLite before 3.42 has no unixepoch with milliseconds. It cuts off what is below a
    # millisecond, so one is added.
    "profile_deleted": """
        CREATE TRIGGER profile_deleted BEFORE DELETE ON profiles
        BEGIN
            INSERT OR REPLACE INTO deletions (catalogue, user_id, time)
            SELECT OLD.catalogue, OLD.user_id, max(time) FROM (
                SELECT (julianday('now') - 2440587.5) * 86400.0 + 0.001 AS time UNION ALL SELECT OLD.joined
                UNION ALL SELECT timestamp FROM ratings WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id
                UNION ALL SELECT time FROM withdrawals WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id
                UNION ALL SELECT stored FROM entries WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id
                UNION ALL SELECT time FROM deletions WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id);
            INSERT INTO changes (kind, time, catalogue, user_id)
            SELECT 'forget', time, catalogue, user_id FROM deletions
            WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id;
        END""",
    # replacing a rating first deletes it, which must not be logged as a withdrawal
    "rating_added": """
        CREATE TRIGGER rating_added AFTER INSERT ON ratings
        BEGIN
            DELETE FROM changes
            WHERE number = (SELECT max(number) FROM changes) AND kind = 'unrating'
              AND catalogue = NEW.catalogue AND user_id = NEW.user_id AND item_id = NEW.item_id;
            INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating)
            VALUES ('rating', NEW.timestamp, NEW.catalogue, NEW.user_id, NEW.item_id, NEW.rating);
        END""",
    # the ratings of a deleted profile are deleted with it, and 'forget' covers them
    "rating_deleted": """
        CREATE TRIGGER rating_deleted AFTER DELETE ON ratings
        WHEN EXISTS (SELECT 1 FROM profiles WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id)
        BEGIN
            INSERT INTO changes (kind, time, catalogue, user_id, item_id)
            VALUES ('unrating', max((julianday('now') - 2440587.5) * 86400.0, OLD.timestamp),
                    OLD.catalogue, OLD.user_id, OLD.item_id);
            INSERT OR REPLACE INTO withdrawals (catalogue, user_id, item_id, time)
            VALUES (OLD.catalogue, OLD.user_id, OLD.item_id,
                    max((julianday('now') - 2440587.5) * 86400.0, OLD.timestamp));
        END""",
    **{
        f"entry_{name}": f"""
        CREATE TRIGGER entry_{name} AFTER {event} ON entries
        BEGIN
            INSERT INTO changes (kind, time, catalogue, user_id, item_id, made)
            VALUES ({ENTRY_KIND.format("NEW.")}, NEW.stored, NEW.catalogue, NEW.user_id, NEW.item_id, NEW.time);
        END"""
        for name, event in (("added", "INSERT"), ("changed", "UPDATE OF gone, time"))
    },
    "event_added": """
        CREATE TRIGGER event_added AFTER INSERT ON events
        BEGIN
            INSERT INTO changes (kind, time, catalogue, user_id, event)
            VALUES ('event', NEW.time, NEW.catalogue, NEW.user_id, NEW.number);
        END""",
}
EXISTING = (
    """INSERT INTO changes (kind, time, catalogue, user_id)
       SELECT 'forget', time, catalogue, user_id FROM deletions ORDER BY time""",
    """INSERT INTO changes (kind, time, catalogue, user_id)
       SELECT 'profile', joined, catalogue, user_id FROM profiles ORDER BY joined""",
    """INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating)
       SELECT 'rating', timestamp, catalogue, user_id, item_id, rating FROM ratings ORDER BY place""",
    f"""INSERT INTO changes (kind, time, catalogue, user_id, item_id, made)
       SELECT {ENTRY_KIND.format("")}, stored, catalogue, user_id, item_id, time FROM entries ORDER BY stored""",
    """INSERT INTO changes (kind, time, catalogue, user_id, event)
       SELECT 'event', time, catalogue, user_id, number FROM events ORDER BY number""",
)


def log_changes(db: Database) -> None:
    """Start to log every change, beginning with the existing rows; do nothing if logging has been started before.

    The caller holds the transaction.
    """
    if "profile_added" not in db.triggers_dict:
        _create_triggers(db)
        for statement in EXISTING:
            db.execute(statement)


def _create_triggers(db: Database) -> None:
    has_lists = "entries" in db.table_names()  # created by a later migration than some that renew the triggers
    for name, statement in TRIGGERS.items():
        if has_lists or not name.startswith("entry_"):
            db.execute(statement)
