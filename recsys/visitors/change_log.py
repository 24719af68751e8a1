"""Every change to visitors' data as a record that can be kept elsewhere, and records made into data again.

Triggers note each change in the transaction that makes it, whoever makes it. A record has an id of its own and
is applied once: replaying the same records again, or one's own, changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from recsys.visitors import event_log
from recsys.visitors.profiles import PREFIX, WAIT_S

Record = dict[str, Any]
ledger = Migrations("ledger")
TEXT = {
    "profile": ("salt", "hash"),
    "rating": ("item_id",),
    "unrating": ("item_id",),
    "forget": (),
    "event": ("what", *event_log.FIELDS[1:]),
}
"""The text fields of a record by kind, besides `id`, `kind`, `catalogue` and `user_id`."""
# To the millisecond, as SQLite before 3.42 tells it.
NOW = "(julianday('now') - 2440587.5) * 86400.0"
CHANGE = "INSERT INTO changes (kind, time, catalogue, user_id, item_id, rating, event)"


@ledger()
def changes_noted_by_triggers(db: Database) -> None:
    """Changes not kept elsewhere yet, ids of records that are; what is there already counts as changed now."""
    db.execute(
        "CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, "
        "id TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(12)))), kind TEXT NOT NULL, time REAL NOT NULL, "
        "catalogue TEXT NOT NULL, user_id TEXT NOT NULL, item_id TEXT, rating REAL, event INTEGER)"
    )
    db.execute("CREATE TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID")
    there = "EXISTS (SELECT 1 FROM profiles WHERE catalogue = OLD.catalogue AND user_id = OLD.user_id)"
    for name, when, values in (
        ("joined", "AFTER INSERT ON profiles", "'profile', NEW.joined, NEW.catalogue, NEW.user_id, NULL, NULL, NULL"),
        ("left_for_good", "AFTER DELETE ON profiles", f"'forget', {NOW}, OLD.catalogue, OLD.user_id, NULL, NULL, NULL"),
        (
            "rated",
            "AFTER INSERT ON ratings",
            "'rating', NEW.timestamp, NEW.catalogue, NEW.user_id, NEW.item_id, NEW.rating, NULL",
        ),
        (
            "unrated",
            f"AFTER DELETE ON ratings WHEN {there}",
            f"'unrating', max({NOW}, OLD.timestamp), OLD.catalogue, OLD.user_id, OLD.item_id, NULL, NULL",
        ),
        ("told", "AFTER INSERT ON events", "'event', NEW.time, NEW.catalogue, NEW.user_id, NULL, NULL, NEW.number"),
    ):
        # A rating that replaces another deletes it first, which is no taking back.
        replaced = (
            "DELETE FROM changes WHERE number = (SELECT max(number) FROM changes) AND kind = 'unrating' "
            "AND catalogue = NEW.catalogue AND user_id = NEW.user_id AND item_id = NEW.item_id; "
        )
        first = replaced if name == "rated" else ""
        db.execute(f"CREATE TRIGGER {name} {when} BEGIN {first}{CHANGE} VALUES ({values}); END")
    db.execute(f"{CHANGE} SELECT 'profile', joined, catalogue, user_id, NULL, NULL, NULL FROM profiles ORDER BY joined")
    db.execute(
        f"{CHANGE} SELECT 'rating', timestamp, catalogue, user_id, item_id, rating, NULL FROM ratings ORDER BY place"
    )
    db.execute(f"{CHANGE} SELECT 'event', time, catalogue, user_id, NULL, NULL, number FROM events ORDER BY number")


class Ledger:
    """The changes of one visitors' database; safe to use from many threads.

    Args:
        path: the database, which `Visitors` has opened before.
    """

    def __init__(self, path: Path):
        self._lock = threading.RLock()
        connection = sqlite3.connect(path, timeout=WAIT_S, check_same_thread=False)
        self._db = Database(connection, execute_plugins=False)
        self._db.execute("PRAGMA foreign_keys = ON").fetchall()
        ledger.apply(self._db)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    @property
    def waiting(self) -> int:
        """How many changes are not kept elsewhere yet."""
        with self._lock:
            return self._db.execute("SELECT count(*) FROM changes").fetchone()[0]

    def pending(self) -> tuple[list[Record], int]:
        """The records not kept elsewhere yet, in order, and the number to tell `keep` once they are.

        What belongs to a profile that has been deleted since is left out, all but the deletion.
        """
        with self._lock:
            rows = list(
                self._db.query(
                    "SELECT c.*, p.salt, p.hash, e.kind AS what, e.items, "
                    + ", ".join(f"e.{name} AS event_{name}" for name in event_log.FIELDS)
                    + " FROM changes c LEFT JOIN profiles p ON p.catalogue = c.catalogue AND p.user_id = c.user_id "
                    "LEFT JOIN events e ON e.number = c.event ORDER BY c.number"
                )
            )
        return [record for row in rows if (record := _record(row))], rows[-1]["number"] if rows else 0

    def keep(self, number: int) -> None:
        """Note that every record up to `number` is kept elsewhere."""
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO known SELECT id FROM changes WHERE number <= ?", [number])
            db.execute("DELETE FROM changes WHERE number <= ?", [number])

    def replay(self, records: Iterable[Record]) -> int:
        """Apply records from elsewhere that are new here; returns how many there were.

        A later rating wins over an earlier one, a deletion over everything, in whatever order the records come.

        Args:
            records: checked by `parse`, each source in its own order.
        """
        by_id = {record["id"]: record for record in records}
        ordered = sorted(by_id.values(), key=lambda record: (record["time"], record["kind"] != "profile"))
        gone = {_person(record) for record in ordered if record["kind"] == "forget"}
        taken_back = {
            (*_person(record), record["item_id"]): record["time"] for record in ordered if record["kind"] == "unrating"
        }
        with self._writing() as db:
            last = db.execute("SELECT max(number) FROM changes").fetchone()[0] or 0
            found = db.execute(
                "SELECT value FROM json_each(?) WHERE value IN (SELECT id FROM known UNION ALL SELECT id FROM changes)",
                [json.dumps(list(by_id))],
            )
            known = {row[0] for row in found}
            fresh = [record for record in ordered if record["id"] not in known]
            _apply(db, fresh, gone, taken_back)
            # What was done here now came from elsewhere and is no change of this place.
            db.execute("DELETE FROM changes WHERE number > ?", [last])
            db.conn.executemany("INSERT OR IGNORE INTO known VALUES (?)", ([record["id"]] for record in fresh))
        return len(fresh)

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.conn.rollback()
                raise
            self._db.conn.commit()


def parse(line: str) -> Record | None:
    """A line of a file of records, or None where it is none."""
    try:
        record = json.loads(line)
        kind = record["kind"]
        text = [record[name] for name in ("id", "catalogue", "user_id", *TEXT[kind])]
        numbers = [record["time"], *([record["rating"]] if kind == "rating" else ())]
        if kind == "profile":
            bytes.fromhex(record["salt"]), bytes.fromhex(record["hash"])
        if kind == "event" and not isinstance(record["items"], list):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    whole = all(isinstance(value, str) for value in text) and all(type(value) in (int, float) for value in numbers)
    finite = whole and all(abs(value) < 1e15 for value in numbers)
    return record if finite else None


def erased(texts: Mapping[str, str]) -> dict[str, str]:
    """Files of records without what deleted profiles left: those that change, by name.

    Their keys' hashes and ratings go, events lose the name; the deletions stay, so that nothing brings them back.
    """
    parsed = {name: [(line, parse(line)) for line in text.splitlines()] for name, text in texts.items()}
    everything = [record for lines in parsed.values() for _, record in lines if record is not None]
    gone = {_person(record) for record in everything if record["kind"] == "forget"}
    made = {}
    for name, lines in parsed.items():
        theirs = [record is not None and _person(record) in gone and record["kind"] != "forget" for _, record in lines]
        if any(theirs):
            kept = [
                json.dumps(record | {"user_id": ""}, ensure_ascii=False) if their else line
                for (line, record), their in zip(lines, theirs, strict=True)
                if not their or record["kind"] == "event"
            ]
            made[name] = "".join(f"{line}\n" for line in kept)
    return made


def _record(row: Mapping[str, Any]) -> Record | None:
    kind, user_id = row["kind"], row["user_id"]
    record = {name: row[name] for name in ("id", "kind", "time", "catalogue", "user_id")}
    if kind == "event":
        if row["what"] is None:
            return None
        fields = {name: row[f"event_{name}"] or "" for name in event_log.FIELDS}
        return record | fields | {"what": row["what"], "items": json.loads(row["items"])}
    if kind != "forget" and row["hash"] is None:
        return None
    if kind == "profile":
        return record | {"salt": row["salt"].hex(), "hash": row["hash"].hex(), "user_id": user_id}
    if kind == "rating":
        return record | {"item_id": row["item_id"], "rating": row["rating"]}
    return record | ({"item_id": row["item_id"]} if kind == "unrating" else {})


def _apply(db: Database, records: Sequence[Record], gone: set, taken_back: Mapping[tuple, float]) -> None:
    mixed = {}  # people who had ratings here already: theirs are put into order at the end
    for record in records:
        kind, person, when = record["kind"], _person(record), record["time"]
        if kind == "event":
            known = person not in gone and (not person[1].startswith(PREFIX) or _joined(db, person))
            event = {**record, "kind": record["what"], "user_id": person[1] if known else ""}
            event_log.add(db, person[0], [event])
        elif kind == "forget":
            db.execute("DELETE FROM profiles WHERE catalogue = ? AND user_id = ?", person)
            db.execute("UPDATE events SET user_id = '' WHERE catalogue = ? AND user_id = ?", person)
        elif person in gone:
            continue
        elif kind == "profile":
            db.execute(
                "INSERT OR IGNORE INTO profiles (catalogue, user_id, salt, hash, joined) VALUES (?, ?, ?, ?, ?)",
                [*person, bytes.fromhex(record["salt"]), bytes.fromhex(record["hash"]), when],
            )
        elif kind == "unrating":
            db.execute(
                "DELETE FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ? AND timestamp <= ?",
                [*person, record["item_id"], when],
            )
        elif when > taken_back.get((*person, record["item_id"]), float("-inf")) and _joined(db, person):
            if person not in mixed:
                mixed[person] = bool(_ratings(db, person))
            db.execute(
                "INSERT OR REPLACE INTO ratings (catalogue, user_id, item_id, rating, timestamp) SELECT ?, ?, ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ? "
                "AND timestamp > ?)",
                [*person, record["item_id"], float(record["rating"]), when, *person, record["item_id"], when],
            )
    for person in (person for person, there in mixed.items() if there):
        rows = _ratings(db, person)
        db.execute("DELETE FROM ratings WHERE catalogue = ? AND user_id = ?", person)
        db.conn.executemany(
            "INSERT INTO ratings (catalogue, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?)",
            ([*person, *row] for row in rows),
        )


def _person(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["catalogue"], record["user_id"]


def _joined(db: Database, person: tuple[str, str]) -> bool:
    return db.execute("SELECT 1 FROM profiles WHERE catalogue = ? AND user_id = ?", person).fetchone() is not None


def _ratings(db: Database, person: tuple[str, str]) -> list[tuple]:
    return db.execute(
        "SELECT item_id, rating, timestamp FROM ratings WHERE catalogue = ? AND user_id = ? ORDER BY timestamp, place",
        person,
    ).fetchall()
