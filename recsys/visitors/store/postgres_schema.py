"""Schema of visitors' data in PostgreSQL: named migrations, applied once, each recorded in the table `migrations`.

Every table is in the schema `recsys`. Texts compare by their bytes, as in SQLite.
"""

from __future__ import annotations

import secrets
from typing import Any

from recsys.errors import BadSetting

SCHEMA = "recsys"
LOCK = 7_235_401_001  # key of the advisory lock under which one process at a time migrates

TABLES = """
CREATE TABLE profiles (
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    salt bytea NOT NULL,
    hash bytea NOT NULL,
    joined double precision NOT NULL,
    PRIMARY KEY (catalogue, user_id)
);
CREATE SEQUENCE places;
CREATE TABLE ratings (
    place bigint NOT NULL DEFAULT nextval('places') UNIQUE,
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    rating double precision NOT NULL,
    timestamp double precision NOT NULL,
    PRIMARY KEY (catalogue, user_id, item_id),
    FOREIGN KEY (catalogue, user_id) REFERENCES profiles ON DELETE CASCADE
);
ALTER SEQUENCE places OWNED BY ratings.place;
CREATE INDEX ratings_by_time ON ratings (catalogue, timestamp);
CREATE TABLE withdrawals (
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    time double precision NOT NULL,
    PRIMARY KEY (catalogue, user_id, item_id),
    FOREIGN KEY (catalogue, user_id) REFERENCES profiles ON DELETE CASCADE
);
CREATE TABLE deletions (
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    time double precision NOT NULL,
    PRIMARY KEY (catalogue, user_id)
);
CREATE SEQUENCE event_numbers;
CREATE TABLE events (
    number bigint PRIMARY KEY DEFAULT nextval('event_numbers'),
    time double precision NOT NULL,
    kind text COLLATE "C" NOT NULL,
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C",
    session text COLLATE "C",
    model text COLLATE "C",
    version text COLLATE "C",
    source text COLLATE "C",
    endpoint text COLLATE "C",
    verdict text COLLATE "C",
    items text COLLATE "C" NOT NULL
);
ALTER SEQUENCE event_numbers OWNED BY events.number;
CREATE INDEX events_by_time ON events (catalogue, kind, time);
CREATE INDEX events_by_user ON events (catalogue, user_id);
CREATE TABLE secrets (name text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);
"""
# The same rules as the triggers of SQLite: a deletion is later than all that it deletes, and a withdrawal than the
# rating. As triggers they also cover rows that an operator deletes, with any
# search path.
TRIGGERS = """
CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql SET search_path = recsys AS $$
BEGIN
    INSERT INTO deletions (catalogue, user_id, time)
    SELECT OLD.catalogue, OLD.user_id, max(past.time) FROM (
        SELECT extract(epoch FROM clock_timestamp())::double precision AS time UNION ALL SELECT OLD.joined
        UNION ALL SELECT r.timestamp FROM ratings r WHERE r.catalogue = OLD.catalogue AND r.user_id = OLD.user_id
        UNION ALL SELECT w.time FROM withdrawals w WHERE w.catalogue = OLD.catalogue AND w.user_id = OLD.user_id
    ) AS past
    ON CONFLICT (catalogue, user_id) DO UPDATE SET time = greatest(deletions.time, excluded.time);
    RETURN OLD;
END $$;
CREATE TRIGGER profile_deleted BEFORE DELETE ON profiles FOR EACH ROW EXECUTE FUNCTION note_deletion();
CREATE FUNCTION note_withdrawal() RETURNS trigger LANGUAGE plpgsql SET search_path = recsys AS $$
BEGIN
    INSERT INTO withdrawals (catalogue, user_id, item_id, time)
    SELECT OLD.catalogue, OLD.user_id, OLD.item_id,
           greatest(extract(epoch FROM clock_timestamp())::double precision, OLD.timestamp)
    WHERE EXISTS (SELECT 1 FROM profiles p WHERE p.catalogue = OLD.catalogue AND p.user_id = OLD.user_id)
    ON CONFLICT (catalogue, user_id, item_id) DO UPDATE SET time = greatest(withdrawals.time, excluded.time);
    RETURN OLD;
END $$;
CREATE TRIGGER rating_deleted AFTER DELETE ON ratings FOR EACH ROW EXECUTE FUNCTION note_withdrawal();
"""
ENTRIES = """
CREATE TABLE entries (
    catalogue text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    gone integer NOT NULL,
    time double precision NOT NULL,
    stored double precision NOT NULL,
    PRIMARY KEY (catalogue, user_id, list, item_id),
    FOREIGN KEY (catalogue, user_id) REFERENCES profiles ON DELETE CASCADE
);
CREATE OR REPLACE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql SET search_path = recsys AS $$
BEGIN
    INSERT INTO deletions (catalogue, user_id, time)
    SELECT OLD.catalogue, OLD.user_id, max(past.time) FROM (
        SELECT extract(epoch FROM clock_timestamp())::double precision AS time UNION ALL SELECT OLD.joined
        UNION ALL SELECT r.timestamp FROM ratings r WHERE r.catalogue = OLD.catalogue AND r.user_id = OLD.user_id
        UNION ALL SELECT w.time FROM withdrawals w WHERE w.catalogue = OLD.catalogue AND w.user_id = OLD.user_id
        UNION ALL SELECT e.stored FROM entries e WHERE e.catalogue = OLD.catalogue AND e.user_id = OLD.user_id
    ) AS past
    ON CONFLICT (catalogue, user_id) DO UPDATE SET time = greatest(deletions.time, excluded.time);
    RETURN OLD;
END $$;
"""
# Not written to the log of the server, so that a request costs no disk access; after a crash, counting starts again.
LIMITS = """
CREATE UNLOGGED TABLE rate_limits (
    kind text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    level double precision NOT NULL,
    counted double precision NOT NULL,
    waits integer NOT NULL,
    until double precision NOT NULL,
    PRIMARY KEY (kind, address)
);
"""

# Choices are rare and must survive a crash; replicas report again within seconds.
SHARED_STATE = """
CREATE TABLE choices (
    catalogue text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (catalogue, name)
);
CREATE UNLOGGED TABLE replicas (
    catalogue text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    program text COLLATE "C" NOT NULL,
    release text COLLATE "C" NOT NULL,
    since double precision NOT NULL,
    seen double precision NOT NULL,
    job text COLLATE "C" NOT NULL,
    trouble text COLLATE "C" NOT NULL,
    PRIMARY KEY (catalogue, name)
);
"""

EVENT_COUNTS = """
CREATE TABLE event_days (
    catalogue text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    model text COLLATE "C" NOT NULL,
    shown bigint NOT NULL,
    lengths text NOT NULL,
    verdicts text NOT NULL,
    places text NOT NULL,
    PRIMARY KEY (catalogue, day, model)
);
CREATE TABLE event_items (
    catalogue text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    "shown" bigint NOT NULL,
    "like" bigint NOT NULL,
    "dislike" bigint NOT NULL,
    "seen" bigint NOT NULL,
    PRIMARY KEY (catalogue, model, item_id)
);
CREATE TABLE event_progress (catalogue text COLLATE "C" PRIMARY KEY, number bigint NOT NULL);
CREATE INDEX events_by_model ON events (catalogue, model, time);
"""


def _tables(connection: Any) -> None:
    connection.execute(TABLES)
    connection.execute("INSERT INTO secrets (name, value) VALUES ('names', %s)", [secrets.token_bytes(32)])


def _triggers(connection: Any) -> None:
    connection.execute(TRIGGERS)


def _rate_limits(connection: Any) -> None:
    connection.execute(LIMITS)


def _shared_state(connection: Any) -> None:
    connection.execute(SHARED_STATE)


def _event_counts(connection: Any) -> None:
    connection.execute(EVENT_COUNTS)


def _lists_of_profiles(connection: Any) -> None:
    connection.execute(ENTRIES)


MIGRATIONS = {
    "tables_of_visitors_data": _tables,
    "deletions_and_withdrawals": _triggers,
    "rate_limits": _rate_limits,
    "choices_and_replicas": _shared_state,
    "counts_of_events": _event_counts,
    "lists_of_profiles": _lists_of_profiles,
}
"""Functions by name, in order. Append only: a name that is recorded in a database is never changed."""


def is_ready(connection: Any, name: str) -> bool:
    """Whether the schema has all migrations.

    Args:
        name: the server, for a message.

    Raises:
        BadSetting: a newer version of the program has migrated the schema.
    """
    if connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.migrations"]).fetchone()[0] is None:
        return False
    applied = {row[0] for row in connection.execute(f"SELECT name FROM {SCHEMA}.migrations")}
    newer = sorted(applied - set(MIGRATIONS))
    if newer:
        raise BadSetting(
            f"The tables in {name} belong to a newer version of this program (migration {newer[0]!r}). Update this "
            "program. Nothing was changed."
        )
    return applied == set(MIGRATIONS)


def migrate(connection: Any, name: str) -> None:
    """Create or update the schema in one transaction; other processes that start at the same time wait for it.

    Raises:
        BadSetting: a newer version of the program has migrated the schema.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if is_ready(connection, name):
            return
        if connection.execute("SELECT to_regnamespace(%s)", [SCHEMA]).fetchone()[0] is None:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"SET LOCAL search_path TO {SCHEMA}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        applied = {row[0] for row in connection.execute("SELECT name FROM migrations")}
        for migration, apply in MIGRATIONS.items():
            if migration not in applied:
                apply(connection)
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", [migration])


def check_rights(connection: Any) -> None:
    """Use every right that the program needs, without reading or changing a row.

    Raises:
        psycopg.errors.InsufficientPrivilege: a right is missing.
    """
    from psycopg.errors import InsufficientPrivilege

    for (
        table
    ) in "profiles ratings withdrawals deletions events choices replicas event_days event_items event_progress".split():
        for right in ("SELECT 1 FROM", "DELETE FROM"):
            connection.execute(f"{right} {SCHEMA}.{table} WHERE false")
        connection.execute(f"INSERT INTO {SCHEMA}.{table} SELECT * FROM {SCHEMA}.{table} WHERE false")
        connection.execute(f"UPDATE {SCHEMA}.{table} SET catalogue = catalogue WHERE false")
    for statement in ("INSERT INTO %s SELECT * FROM %s", "UPDATE %s SET waits = 0", "DELETE FROM %s"):
        connection.execute(f"{statement.replace('%s', f'{SCHEMA}.rate_limits')} WHERE false")
    connection.execute(f"SELECT 1 FROM {SCHEMA}.secrets WHERE false")
    for sequence in ("places", "event_numbers"):
        name = f"{SCHEMA}.{sequence}"
        if connection.execute("SELECT has_sequence_privilege(%s, 'USAGE')", [name]).fetchone() != (True,):
            raise InsufficientPrivilege(f"permission denied for sequence {sequence}")
