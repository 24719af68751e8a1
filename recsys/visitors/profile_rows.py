"""Rows of profiles and their ratings; each function runs inside the caller's transaction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from recsys.visitors import event_log

STEP_S = 0.001  # between two changes whose order a clock that was set back would turn round
Key = tuple[bytes, bytes]
"""Salt and hash of a profile's key."""


def add_profile(db: Database, catalogue: str, user_id: str, key: Key, joined: float) -> None:
    """Insert a profile, unless there is one with this id."""
    row = {"catalogue": catalogue, "user_id": user_id, "salt": key[0], "hash": key[1], "joined": joined}
    db.table("profiles").insert(row, ignore=True)


def delete_profile(db: Database, catalogue: str, user_id: str, until: float = math.inf) -> None:
    """Delete a profile made up to `until` (seconds since 1970) with its ratings, and remove its name from events."""
    db.table("profiles").delete_where("catalogue = ? AND user_id = ? AND joined <= ?", [catalogue, user_id, until])
    event_log.forget(db, catalogue, user_id, until)


def rename_profile(db: Database, catalogue: str, user_id: str, new: str) -> None:
    """Move a profile with its ratings, in their order, and its events to another id, unless that exists."""
    which = [catalogue, user_id]
    row = next(db.table("profiles").rows_where("catalogue = ? AND user_id = ?", which), None)
    if row is None or exists(db, catalogue, new):
        return
    add_profile(db, catalogue, new, (row["salt"], row["hash"]), row["joined"])
    for rating in list(db.table("ratings").rows_where("catalogue = ? AND user_id = ?", which, order_by="place")):
        put_rating(db, catalogue, new, rating["item_id"], rating["rating"], rating["timestamp"])
    db.execute("UPDATE events SET user_id = ? WHERE catalogue = ? AND user_id = ?", [new, *which])
    delete_profile(db, catalogue, user_id)


def unused_since(db: Database, catalogue: str, when: float) -> list[str]:
    """Ids of the profiles that were made before `when` (seconds since 1970) and have no later rating."""
    found = db.execute(
        "SELECT user_id FROM profiles WHERE catalogue = ? AND joined < ? AND NOT EXISTS (SELECT 1 FROM ratings WHERE "
        "ratings.catalogue = profiles.catalogue AND ratings.user_id = profiles.user_id AND timestamp >= ?)",
        [catalogue, when, when],
    )
    return [user_id for (user_id,) in found.fetchall()]


def exists(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether there is such a profile."""
    found = db.execute("SELECT 1 FROM profiles WHERE catalogue = ? AND user_id = ?", [catalogue, user_id])
    return found.fetchone() is not None


def put_rating(
    db: Database, catalogue: str, user_id: str, item_id: str, rating: float, when: float, unless_newer: bool = False
) -> None:
    """Insert a rating in place of an earlier one of the same item.

    Args:
        unless_newer: do nothing if the stored rating is newer than `when`; else a clock that was set back must not
            make the new rating the older one.
    """
    which = [catalogue, user_id, item_id]
    stored = next(db.table("ratings").rows_where("catalogue = ? AND user_id = ? AND item_id = ?", which), None)
    if unless_newer:
        if stored is not None and stored["timestamp"] > when:
            return
    else:
        when = max(when, _after_all_before(db, which, stored))
    row = {"catalogue": catalogue, "user_id": user_id, "item_id": item_id, "rating": rating, "timestamp": when}
    # replacing gives the row a new place, so that a changed rating counts as the latest
    db.table("ratings").insert(row, replace=True)


def _after_all_before(db: Database, which: list[str], stored: Mapping[str, Any] | None) -> float:
    """A time after the rating that is replaced, and after the last withdrawal of a rating of this item."""
    withdrawn = next(db.table("withdrawals").rows_where("catalogue = ? AND user_id = ? AND item_id = ?", which), None)
    times = [row[name] for row, name in ((stored, "timestamp"), (withdrawn, "time")) if row is not None]
    return max(times) + STEP_S if times else -math.inf


def delete_rating(db: Database, catalogue: str, user_id: str, item_id: str, until: float = math.inf) -> bool:
    """Delete a rating given up to `until` (seconds since 1970); returns whether there was one."""
    deleted = db.execute(
        "DELETE FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ? AND timestamp <= ?",
        [catalogue, user_id, item_id, until],
    )
    return deleted.rowcount > 0


def has_ratings(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether a profile has rated anything."""
    return db.table("ratings").count_where("catalogue = ? AND user_id = ?", [catalogue, user_id]) > 0


def order_ratings_by_time(db: Database, catalogue: str, user_id: str) -> None:
    """Make the places of a profile's ratings follow their times."""
    where = "catalogue = ? AND user_id = ?"
    rows = list(
        db.table("ratings").rows_where(
            where,
            [catalogue, user_id],
            order_by="timestamp, place",
            select="catalogue, user_id, item_id, rating, timestamp",
        )
    )
    db.table("ratings").delete_where(where, [catalogue, user_id])
    db.table("ratings").insert_all(rows)
