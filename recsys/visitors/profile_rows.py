"""Read and write the rows of profiles and their ratings, inside the caller's transaction."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from recsys.visitors import event_log

STEP_S = 0.001  # seconds between two changes that must stay in order even if the clock was set back
Key = tuple[bytes, bytes]
"""Salt and hash of a profile's key."""


def add_profile(db: Database, catalogue: str, user_id: str, key: Key, joined: float) -> None:
    """Insert a profile, unless the id exists.

    Args:
        joined: seconds since 1970; of a new profile at least `time_to_join`.
    """
    row = {"catalogue": catalogue, "user_id": user_id, "salt": key[0], "hash": key[1], "joined": joined}
    db.table("profiles").insert(row, ignore=True)


def time_to_join(db: Database, catalogue: str, user_id: str) -> float:
    """The time of a profile that is made now: later than the deletion of an earlier one with this id, even if the
    clock was set back since. Seconds since 1970."""
    found = db.execute("SELECT time FROM deletions WHERE catalogue = ? AND user_id = ?", [catalogue, user_id])
    row = found.fetchone()
    return time.time() if row is None else max(time.time(), row[0] + STEP_S)


def note_deletion(db: Database, catalogue: str, user_id: str, when: float) -> None:
    """Note that a profile with this id was deleted, whether there is one here or not."""
    db.execute(
        "INSERT INTO deletions (catalogue, user_id, time) VALUES (?, ?, ?) "
        "ON CONFLICT (catalogue, user_id) DO UPDATE SET time = max(time, excluded.time)",
        [catalogue, user_id, when],
    )


def delete_profile(db: Database, catalogue: str, user_id: str, until: float = math.inf) -> None:
    """Delete a profile created up to `until` (seconds since 1970) with its ratings, and remove its id from events."""
    db.table("profiles").delete_where("catalogue = ? AND user_id = ? AND joined <= ?", [catalogue, user_id, until])
    event_log.forget(db, catalogue, user_id, until)


def rename_profile(db: Database, catalogue: str, user_id: str, new: str) -> None:
    """Change the id of a profile, its ratings (in their order) and its events, unless the new id exists."""
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
    """Ids of the profiles that were created before `when` (seconds since 1970) and have no later rating."""
    found = db.execute(
        "SELECT user_id FROM profiles WHERE catalogue = ? AND joined < ? AND NOT EXISTS (SELECT 1 FROM ratings WHERE "
        "ratings.catalogue = profiles.catalogue AND ratings.user_id = profiles.user_id AND timestamp >= ?)",
        [catalogue, when, when],
    )
    return [user_id for (user_id,) in found.fetchall()]


def exists(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether the profile exists."""
    found = db.execute("SELECT 1 FROM profiles WHERE catalogue = ? AND user_id = ?", [catalogue, user_id])
    return found.fetchone() is not None


def put_rating(
    db: Database, catalogue: str, user_id: str, item_id: str, rating: float, when: float, unless_newer: bool = False
) -> None:
    """Insert a rating and replace an earlier one of the same item.

    Args:
        unless_newer: do nothing if the stored rating is newer than `when`. If false, the new rating gets a later time
            than the stored one even if the clock was set back.
    """
    which = [catalogue, user_id, item_id]
    stored = next(db.table("ratings").rows_where("catalogue = ? AND user_id = ? AND item_id = ?", which), None)
    if unless_newer:
        if stored is not None and stored["timestamp"] > when:
            return
    else:
        when = max(when, _after_all_before(db, which, stored))
    row = {"catalogue": catalogue, "user_id": user_id, "item_id": item_id, "rating": rating, "timestamp": when}
    # replacing gives the row a new `place`, so that a changed rating becomes the latest
    db.table("ratings").insert(row, replace=True)


def _after_all_before(db: Database, which: list[str], stored: Mapping[str, Any] | None) -> float:
    """A time after the replaced rating, after the last withdrawal of the item's rating, and not before the profile."""
    withdrawn = next(db.table("withdrawals").rows_where("catalogue = ? AND user_id = ? AND item_id = ?", which), None)
    times = [row[name] + STEP_S for row, name in ((stored, "timestamp"), (withdrawn, "time")) if row is not None]
    made = db.execute("SELECT joined FROM profiles WHERE catalogue = ? AND user_id = ?", which[:2]).fetchone()
    return max([*times, *(made or ())], default=-math.inf)


def delete_rating(db: Database, catalogue: str, user_id: str, item_id: str, until: float = math.inf) -> bool:
    """Delete a rating given up to `until` (seconds since 1970); return whether it existed."""
    deleted = db.execute(
        "DELETE FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ? AND timestamp <= ?",
        [catalogue, user_id, item_id, until],
    )
    return deleted.rowcount > 0


def has_ratings(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether a profile has any ratings."""
    return db.table("ratings").count_where("catalogue = ? AND user_id = ?", [catalogue, user_id]) > 0


def order_ratings_by_time(db: Database, catalogue: str, user_id: str) -> None:
    """Renumber the column `place` of a profile's ratings in the order of their times."""
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
