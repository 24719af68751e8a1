"""State of the program that all replicas of a store share: choices of the operator, and the list of replicas."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from recsys.visitors.store.base import Store

FORGET_S = 86_400.0  # seconds after which a replica that has not reported is removed from the list


@dataclass(frozen=True)
class Choice:
    """What the operator chose.

    Attributes:
        number: increases with every choice of this name.
        value: the choice as JSON values.
    """

    number: int
    value: dict[str, Any]


@dataclass(frozen=True)
class Replica:
    """What a replica reports about itself.

    Attributes:
        name: unique among the replicas of a store.
        program: version of recsys.
        release: version of the release that it serves.
        since: its start, in seconds since 1970.
        seen: its last report, in seconds since 1970.
        job: the job that it runs, "" if it runs none.
        trouble: a sentence on what it could not do, "" if all is well.
    """

    name: str
    program: str
    release: str
    since: float
    seen: float
    job: str = ""
    trouble: str = ""


COLUMNS = tuple(field.name for field in fields(Replica))


class SharedState:
    """Choices and replicas of one catalogue; thread-safe.

    Args:
        store: the database.
        catalogue: the catalogue that the replicas serve.
    """

    def __init__(self, store: Store, catalogue: str):
        self._store, self._catalogue = store, catalogue

    def choose(self, name: str, value: dict[str, Any]) -> None:
        """Store a choice; it replaces an earlier one of the same name."""
        with self._store.writing() as tx:
            tx.execute(
                "INSERT INTO choices (catalogue, name, number, value) VALUES (?, ?, 1, ?) "
                "ON CONFLICT (catalogue, name) DO UPDATE SET number = choices.number + 1, value = excluded.value",
                [self._catalogue, name, json.dumps(value)],
            )

    def choice(self, name: str) -> Choice | None:
        """The latest choice of this name; None if there was none."""
        with self._store.reading() as tx:
            row = tx.row("SELECT number, value FROM choices WHERE catalogue = ? AND name = ?", [self._catalogue, name])
        return None if row is None else Choice(row["number"], json.loads(row["value"]))

    def report(self, replica: Replica) -> None:
        """Store the report of a replica, and remove replicas that have not reported for a day."""
        with self._store.writing() as tx:
            tx.execute(
                f"INSERT INTO replicas (catalogue, {', '.join(COLUMNS)}) "
                f"VALUES (?, {', '.join('?' for _ in COLUMNS)}) ON CONFLICT (catalogue, name) DO UPDATE SET "
                + ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:]),
                [self._catalogue, *asdict(replica).values()],
            )
            tx.execute(
                "DELETE FROM replicas WHERE catalogue = ? AND seen < ?", [self._catalogue, replica.seen - FORGET_S]
            )

    def leave(self, name: str) -> None:
        """Remove a replica that ends from the list."""
        with self._store.writing() as tx:
            tx.execute("DELETE FROM replicas WHERE catalogue = ? AND name = ?", [self._catalogue, name])

    def replicas(self) -> list[Replica]:
        """All replicas that have reported within a day, by name."""
        with self._store.reading() as tx:
            rows = tx.rows(
                f"SELECT {', '.join(COLUMNS)} FROM replicas WHERE catalogue = ? ORDER BY name", [self._catalogue]
            )
        return [Replica(**row) for row in rows]
