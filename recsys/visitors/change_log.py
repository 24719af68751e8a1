"""Change log of visitors' data in SQLite: export changes as records, and replay records of other databases.

Triggers log each change in the transaction that makes it. Every record has a unique id and is applied once: replaying
the same records again, or records of this database, changes nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from recsys.visitors import event_log, list_rows, profile_rows
from recsys.visitors.list_rows import Entry
from recsys.visitors.profiles import PREFIX
from recsys.visitors.records import ENTRY_KINDS, Deletions, Person, Record, person
from recsys.visitors.store.base import Transaction
from recsys.visitors.store.sqlite import SqliteTransaction, connect, write_transaction
from recsys.visitors.store.sqlite_schema import log_changes

ORDER = {"forget": 0, "profile": 1}
"""Kinds that are replayed first: if the clock was set back, ratings may have earlier times than their profile."""


class ChangeLog:
    """The change log of one visitors' database; thread-safe.

    Args:
        path: the database, which `Visitors` has created.
    """

    def __init__(self, path: Path):
        self._lock = threading.RLock()
        self._db = connect(path)
        with write_transaction(self._db):
            log_changes(self._db)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    @property
    def waiting(self) -> int:
        """Number of changes that are not backed up yet."""
        with self._lock:
            return self._db.table("changes").count

    @property
    def last_number(self) -> int:
        """Number of the latest change that is not backed up yet, 0 if all are."""
        with self._lock:
            return self._db.execute("SELECT max(number) FROM changes").fetchone()[0] or 0

    def pending(self) -> tuple[list[Record], int]:
        """The records that are not backed up yet, in order, and the number to pass to `acknowledge` after the backup.

        For a profile that has been deleted meanwhile, only the deletion is included.
        """
        fields = ", ".join(f"e.{name} AS event_{name}" for name in event_log.FIELDS)
        with self._lock:
            rows = list(
                self._db.query(
                    f"SELECT c.*, p.salt, p.hash, e.kind AS what, e.items, {fields} FROM changes c "
                    "LEFT JOIN profiles p ON p.catalogue = c.catalogue AND p.user_id = c.user_id "
                    "LEFT JOIN events e ON e.number = c.event ORDER BY c.number"
                )
            )
        return [record for row in rows if (record := _record(row))], rows[-1]["number"] if rows else 0

    def acknowledge(self, number: int) -> None:
        """Mark every change up to `number` as backed up."""
        with self._lock, write_transaction(self._db) as db:
            db.execute("INSERT OR IGNORE INTO known SELECT id FROM changes WHERE number <= ?", [number])
            db.table("changes").delete_where("number <= ?", [number])

    def replay(self, records: Iterable[Record]) -> int:
        """Apply the records of a backup that are new here; return their number.

        A later rating replaces an earlier one, and a deletion removes all earlier data, in any order of the records.

        Args:
            records: as returned by `records.parse`, in the order of each source.
        """
        by_id = {record["id"]: record for record in records}
        ordered = sorted(by_id.values(), key=lambda record: (ORDER.get(record["kind"], len(ORDER)), record["time"]))
        ids = json.dumps(list(by_id))
        with self._lock, write_transaction(self._db) as db:
            # Changes that this database has logged and an earlier process has backed up need no second backup.
            db.execute(
                "INSERT OR IGNORE INTO known SELECT id FROM changes WHERE id IN (SELECT value FROM json_each(?))", [ids]
            )
            db.table("changes").delete_where("id IN (SELECT id FROM known)")
            rows = db.table("known").rows_where("id IN (SELECT value FROM json_each(?))", [ids])
            known = {row["id"] for row in rows}
            fresh = [record for record in ordered if record["id"] not in known]
            last = db.execute("SELECT max(number) FROM changes").fetchone()[0] or 0
            tx = SqliteTransaction(db)
            _Replay(tx, [*ordered, *_noted(tx)]).apply(fresh)
            # Do not log the changes that were just applied, because they are backed up already.
            db.table("changes").delete_where("number > ?", [last])
            db.table("known").insert_all(({"id": record["id"]} for record in fresh), ignore=True)
        return len(fresh)


class _Replay:
    """Application of records to a database inside the caller's transaction.

    Args:
        tx: the transaction.
        records: all records of the backup, and what this database has noted of profiles that were deleted here;
            deletions and withdrawals among them count even if they are not new.
    """

    def __init__(self, tx: Transaction, records: list[Record]):
        self._tx = tx
        self._deletions = Deletions(records)
        withdrawn = [record for record in records if record["kind"] == "unrating"]
        self._withdrawn = {
            (*person(record), record["item_id"]): record["time"]
            for record in sorted(withdrawn, key=lambda record: record["time"])
        }
        self._mixed: dict[Person, bool] = {}  # whether a person already had ratings here

    def apply(self, records: Iterable[Record]) -> None:
        """Apply new records, in the order of `ChangeLog.replay`."""
        for record in records:
            who = person(record)
            if record["kind"] == "event":
                self._add_event(record, who)
            elif record["kind"] == "forget":
                profile_rows.delete_profile(self._tx, *who, until=record["time"])
                profile_rows.note_deletion(self._tx, *who, record["time"])
            elif not self._deletions.cover(record):
                self._change_profile(record, who)
        for who in (who for who, had_ratings in self._mixed.items() if had_ratings):
            profile_rows.order_ratings_by_time(self._tx, *who)

    def _add_event(self, record: Record, who: Person) -> None:
        known = not self._deletions.cover(record)
        if known and who[1].startswith(PREFIX):
            known = profile_rows.exists(self._tx, *who)
        event_log.add(self._tx, who[0], [{**record, "kind": record["what"], "user_id": who[1] if known else ""}])

    def _change_profile(self, record: Record, who: Person) -> None:
        kind, when = record["kind"], record["time"]
        if kind in ENTRY_KINDS:
            if profile_rows.exists(self._tx, *who):
                name, gone = ENTRY_KINDS[kind]
                list_rows.put(self._tx, *who, [Entry(name, record["item_id"], record["made"], gone)], when)
            return
        if kind == "profile":
            key = bytes.fromhex(record["salt"]), bytes.fromhex(record["hash"])
            profile_rows.add_profile(self._tx, *who, key, when)
        elif kind == "unrating":
            profile_rows.delete_rating(self._tx, *who, record["item_id"], until=when)
        elif when > self._withdrawn.get((*who, record["item_id"]), float("-inf")) and profile_rows.exists(
            self._tx, *who
        ):
            if who not in self._mixed:
                self._mixed[who] = profile_rows.has_ratings(self._tx, *who)
            profile_rows.put_rating(self._tx, *who, record["item_id"], float(record["rating"]), when, unless_newer=True)


def _noted(tx: Transaction) -> list[Record]:
    """Deletions and withdrawals that are noted in this database, as records, with the profiles of the same ids.

    The backup may lack them: while the data was in another store, they did not reach it.
    """
    deleted = tx.rows("SELECT 'forget' AS kind, catalogue, user_id, time FROM deletions")
    back = tx.rows(
        "SELECT 'profile' AS kind, profiles.catalogue, profiles.user_id, joined AS time FROM profiles "
        "JOIN deletions ON deletions.catalogue = profiles.catalogue AND deletions.user_id = profiles.user_id"
    )
    return [*deleted, *back, *tx.rows("SELECT 'unrating' AS kind, catalogue, user_id, item_id, time FROM withdrawals")]


def _record(row: Mapping[str, Any]) -> Record | None:
    """A row of `pending` as a record; None if its profile, rating or event has been deleted meanwhile."""
    kind = row["kind"]
    record = {name: row[name] for name in ("id", "kind", "time", "catalogue", "user_id")}
    if kind == "event":
        if row["what"] is None:
            return None
        fields = {name: row[f"event_{name}"] or "" for name in event_log.FIELDS}
        return record | fields | {"what": row["what"], "items": json.loads(row["items"])}
    if kind != "forget" and row["hash"] is None:
        return None
    if kind == "profile":
        return record | {"salt": row["salt"].hex(), "hash": row["hash"].hex()}
    if kind in ENTRY_KINDS:
        return record | {"item_id": row["item_id"], "made": row["made"]}
    if kind == "rating":
        return record | {"item_id": row["item_id"], "rating": row["rating"]}
    return record | ({"item_id": row["item_id"]} if kind == "unrating" else {})
