"""Read and write the rows of profiles and their ratings, inside the caller's transaction."""

from __future__ import annotations

import math
import time

from recsys.visitors import event_log, list_rows
from recsys.visitors.store.base import Row, Transaction

STEP_S = 0.001  # seconds between two changes that must stay in order even if the clock was set back
Key = tuple[bytes, bytes]
"""Salt and hash of a profile's key."""
OF_USER = "catalogue = ? AND user_id = ?"


def add_profile(tx: Transaction, catalogue: str, user_id: str, key: Key, joined: float) -> bool:
    """Insert a profile, unless the id exists; return whether it was inserted.

    Args:
        joined: seconds since 1970; of a new profile at least `time_to_join`.
    """
    inserted = tx.execute(
        "INSERT INTO profiles (catalogue, user_id, salt, hash, joined) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [catalogue, user_id, key[0], key[1], joined],
    )
    return inserted > 0


def get(tx: Transaction, catalogue: str, user_id: str) -> Row | None:
    """The row of a profile; None if there is no such profile."""
    return tx.row(f"SELECT * FROM profiles WHERE {OF_USER}", [catalogue, user_id])


def exists(tx: Transaction, catalogue: str, user_id: str) -> bool:
    """Whether the profile exists."""
    return get(tx, catalogue, user_id) is not None


def lock(tx: Transaction, catalogue: str, user_id: str) -> bool:
    """Let no other transaction change or delete a profile until this one ends; return whether the profile exists."""
    locked = tx.rows(f"SELECT 1 FROM profiles WHERE {OF_USER}{tx.for_update}", [catalogue, user_id])
    return bool(locked)


def set_key(tx: Transaction, catalogue: str, user_id: str, key: Key) -> None:
    """Replace the key of a profile."""
    tx.execute(f"UPDATE profiles SET salt = ?, hash = ? WHERE {OF_USER}", [*key, catalogue, user_id])


def ids(tx: Transaction, catalogue: str, prefix: str) -> list[str]:
    """Ids of the profiles that begin with a text."""
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    rows = tx.rows(
        "SELECT user_id FROM profiles WHERE catalogue = ? AND user_id >= ? AND user_id < ? ORDER BY user_id",
        [catalogue, prefix, after],
    )
    return [row["user_id"] for row in rows]


def time_to_join(tx: Transaction, catalogue: str, user_id: str) -> float:
    """The time of a profile that is made now: later than the deletion of an earlier one with this id, even if the
    clock was set back since. Seconds since 1970."""
    row = tx.row(f"SELECT time FROM deletions WHERE {OF_USER}", [catalogue, user_id])
    return time.time() if row is None else max(time.time(), row["time"] + STEP_S)


def note_deletion(tx: Transaction, catalogue: str, user_id: str, when: float) -> None:
    """Note that a profile with this id was deleted, whether there is one here or not."""
    tx.execute(
        "INSERT INTO deletions (catalogue, user_id, time) VALUES (?, ?, ?) ON CONFLICT (catalogue, user_id) "
        "DO UPDATE SET time = CASE WHEN deletions.time > excluded.time THEN deletions.time ELSE excluded.time END",
        [catalogue, user_id, when],
    )


def delete_profile(tx: Transaction, catalogue: str, user_id: str, until: float = math.inf) -> None:
    """Delete a profile created up to `until` (seconds since 1970) with its ratings, and remove its id from events."""
    tx.execute(f"DELETE FROM profiles WHERE {OF_USER} AND joined <= ?", [catalogue, user_id, until])
    event_log.forget(tx, catalogue, user_id, until)


def rename_profile(tx: Transaction, catalogue: str, user_id: str, new: str) -> None:
    """Change the id of a profile, its ratings (in their order), its lists and its events, unless the new id exists."""
    which = [catalogue, user_id]
    if not lock(tx, *which) or (row := get(tx, *which)) is None or exists(tx, catalogue, new):
        return
    add_profile(tx, catalogue, new, (row["salt"], row["hash"]), row["joined"])
    for rating in tx.rows(f"SELECT * FROM ratings WHERE {OF_USER} ORDER BY place", which):
        put_rating(tx, catalogue, new, rating["item_id"], rating["rating"], rating["timestamp"])
    list_rows.rename(tx, catalogue, user_id, new)
    tx.execute(f"UPDATE events SET user_id = ? WHERE {OF_USER}", [new, *which])
    delete_profile(tx, catalogue, user_id)


def unused_since(tx: Transaction, catalogue: str, when: float) -> list[str]:
    """Ids of the profiles that were created before `when` (seconds since 1970) and have no later rating or entry of a
    list, sorted."""
    found = tx.rows(
        "SELECT user_id FROM profiles WHERE catalogue = ? AND joined < ? AND NOT EXISTS (SELECT 1 FROM ratings WHERE "
        "ratings.catalogue = profiles.catalogue AND ratings.user_id = profiles.user_id AND timestamp >= ?) "
        "AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.catalogue = profiles.catalogue AND entries.user_id = "
        "profiles.user_id AND stored >= ?) ORDER BY user_id",
        [catalogue, when, when, when],
    )
    return [row["user_id"] for row in found]


def latest_change(tx: Transaction, catalogue: str) -> float | None:
    """Time of the latest profile, rating, entry of a list or event, in seconds since 1970; None if there is none."""
    found = [
        tx.rows(f"SELECT max({column}) AS latest FROM {table} WHERE catalogue = ?", [catalogue])[0]["latest"]
        for table, column in (
            ("profiles", "joined"),
            ("ratings", "timestamp"),
            ("entries", "stored"),
            ("events", "time"),
        )
    ]
    return max((float(one) for one in found if one is not None), default=None)


def ratings(tx: Transaction, catalogue: str, user_id: str, newest: bool = False, n: int | None = None) -> list[Row]:
    """The ratings of a profile as item_id, rating, timestamp, in order of `place`; at most n."""
    limit = () if n is None else (n,)
    return tx.rows(
        f"SELECT item_id, rating, timestamp FROM ratings WHERE {OF_USER} ORDER BY place{' DESC' if newest else ''}"
        f"{' LIMIT ?' if limit else ''}",
        [catalogue, user_id, *limit],
    )


def put_rating(
    tx: Transaction,
    catalogue: str,
    user_id: str,
    item_id: str,
    rating: float,
    when: float,
    unless_newer: bool = False,
) -> None:
    """Insert a rating and replace an earlier one of the same item.

    Args:
        unless_newer: do nothing if the stored rating is newer than `when`. If false, the new rating gets a later time
            than the stored one even if the clock was set back.
    """
    which = [catalogue, user_id, item_id]
    stored = tx.row(f"SELECT timestamp FROM ratings WHERE {OF_USER} AND item_id = ?", which)
    if unless_newer:
        if stored is not None and stored["timestamp"] > when:
            return
    else:
        when = max(when, _after_all_before(tx, which, stored))
    tx.execute(tx.replace_rating, [*which, rating, when])


def _after_all_before(tx: Transaction, which: list[str], stored: Row | None) -> float:
    """A time after the replaced rating, after the last withdrawal of the item's rating, and not before the profile."""
    withdrawn = tx.row(f"SELECT time FROM withdrawals WHERE {OF_USER} AND item_id = ?", which)
    made = tx.row(f"SELECT joined FROM profiles WHERE {OF_USER}", which[:2])
    known = ((stored, "timestamp", STEP_S), (withdrawn, "time", STEP_S), (made, "joined", 0.0))
    return max([-math.inf, *(row[name] + step for row, name, step in known if row is not None)])


def delete_rating(tx: Transaction, catalogue: str, user_id: str, item_id: str, until: float = math.inf) -> bool:
    """Delete a rating given up to `until` (seconds since 1970); return whether it existed."""
    deleted = tx.execute(
        f"DELETE FROM ratings WHERE {OF_USER} AND item_id = ? AND timestamp <= ?", [catalogue, user_id, item_id, until]
    )
    return deleted > 0


def has_ratings(tx: Transaction, catalogue: str, user_id: str) -> bool:
    """Whether a profile has any ratings."""
    return tx.row(f"SELECT 1 FROM ratings WHERE {OF_USER} LIMIT 1", [catalogue, user_id]) is not None


def order_ratings_by_time(tx: Transaction, catalogue: str, user_id: str) -> None:
    """Renumber the column `place` of a profile's ratings in the order of their times."""
    which = [catalogue, user_id]
    rows = tx.rows(f"SELECT * FROM ratings WHERE {OF_USER} ORDER BY timestamp, place", which)
    tx.execute(f"DELETE FROM ratings WHERE {OF_USER}", which)
    for row in rows:
        tx.execute(tx.replace_rating, [*which, row["item_id"], row["rating"], row["timestamp"]])
