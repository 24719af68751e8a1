"""Read and write the rows of profiles' lists, inside the caller's transaction.

A profile has two lists: `watch`, its watch-list of item ids, and `less`, what its owner wants less of, as texts of the
filter `less`. An entry that was removed stays with `gone`, so that the copies of several devices can be merged: the
latest change of each entry counts (a last-writer-wins set, Shapiro et al. 2011).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from recsys.visitors.store.base import Transaction

LISTS = ("watch", "less")
MOST_ENTRIES, MOST_GONE = 500, 200  # largest numbers of entries and of records of removals in each list; the latest
OF_USER = "catalogue = ? AND user_id = ?"


class Entry(NamedTuple):
    """One entry of a profile's list.

    Attributes:
        list: "watch" or "less".
        item_id: an item id, or a text of the filter `less`.
        time: time of the change on the device that made it, in seconds since 1970.
        gone: whether it was removed then.
    """

    list: str
    item_id: str
    time: float
    gone: bool = False


def entries(tx: Transaction, catalogue: str, user_id: str) -> list[Entry]:
    """All entries of a profile's lists, oldest first."""
    rows = tx.rows(
        f"SELECT list, item_id, time, gone FROM entries WHERE {OF_USER} ORDER BY time, item_id", [catalogue, user_id]
    )
    return [Entry(row["list"], row["item_id"], row["time"], bool(row["gone"])) for row in rows]


def put(tx: Transaction, catalogue: str, user_id: str, changed: Iterable[Entry], stored: float | None = None) -> None:
    """Store entries, each unless the stored one is as new; drop the oldest beyond the largest number.

    Args:
        stored: seconds since 1970 at which they are stored (default: now).
    """
    now = time.time() if stored is None else stored
    touched = set()
    for one in changed:
        touched.add(one.list)
        tx.execute(
            "INSERT INTO entries (catalogue, user_id, list, item_id, gone, time, stored) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (catalogue, user_id, list, item_id) DO UPDATE SET gone = excluded.gone, time = excluded.time, "
            "stored = excluded.stored WHERE excluded.time > entries.time",
            [catalogue, user_id, one.list, one.item_id, int(one.gone), one.time, now],
        )
    for name in touched:
        for gone, most in ((0, MOST_ENTRIES), (1, MOST_GONE)):
            which = [catalogue, user_id, name, gone]
            tx.execute(
                f"DELETE FROM entries WHERE {OF_USER} AND list = ? AND gone = ? AND item_id NOT IN (SELECT item_id "
                f"FROM entries WHERE {OF_USER} AND list = ? AND gone = ? ORDER BY time DESC, item_id LIMIT ?)",
                [*which, *which, most],
            )


def rename(tx: Transaction, catalogue: str, user_id: str, new: str) -> None:
    """Give the entries of a profile to another one."""
    tx.execute(f"UPDATE entries SET user_id = ? WHERE {OF_USER}", [new, catalogue, user_id])
