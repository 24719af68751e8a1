"""Damage a SQLite file in the ways that a crash or a bad copy does."""

from __future__ import annotations

import sqlite3


def damage(path, how):
    data = path.read_bytes()
    if how == "cut off":
        path.write_bytes(data[: len(data) // 2])
    elif how == "overwritten":
        middle = len(data) // 3
        path.write_bytes(data[:middle] + b"\xa5" * 20_000 + data[middle + 20_000 :])
    elif how == "text":
        path.write_text("not a database at all, though long enough to be one" * 30)
    elif how == "empty":
        path.write_bytes(b"")
    else:
        with sqlite3.connect(path) as db:
            db.execute(
                {"half-built": "DELETE FROM info", "other version": "DELETE FROM _sqlite_migrations WHERE id = 2"}[how]
            )
        db.close()
