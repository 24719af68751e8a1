"""Store visitors' data in PostgreSQL, shared by any number of replicas."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from recsys.errors import BadSetting, MissingExtra, StoreUnavailable
from recsys.visitors.store import postgres_schema
from recsys.visitors.store.base import Row, Store, Transaction, added
from recsys.visitors.store.outage import Outage
from recsys.visitors.store.postgres_errors import NOT_SET_UP, first_line, translated

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg_pool import ConnectionPool

log = logging.getLogger(__name__)
LEAST, MOST = 1, 12  # connections of one process
WAIT_S = 2.0  # longest wait for a connection; longer waits would block the threads that answer from the data set
CONNECTION = {
    "connect_timeout": "3",
    "application_name": "recsys",
    # notice within seconds that the other machine is gone
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Parameters of connections, unless the URL sets them."""
SESSION = {
    "search_path": postgres_schema.SCHEMA,
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
# without these, the server would hold the lock of a machine that lost its power for two hours
LOCK_SESSION = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3"}
EVENTS_LOCK = 7_235_401_002


class PostgresTransaction(Transaction):
    """Statements on one connection to PostgreSQL."""

    replace_rating = (
        "INSERT INTO ratings (catalogue, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (catalogue, user_id, item_id) DO UPDATE "
        "SET rating = excluded.rating, timestamp = excluded.timestamp, place = nextval('places')"
    )
    # other transactions may store events of a profile while its ratings change
    for_update, for_share = " FOR NO KEY UPDATE", " FOR KEY SHARE"

    def __init__(self, connection: Connection):
        self._connection = connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        cursor = self._connection.execute(_converted(sql), _stored(values))
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement; return the number of changed rows."""
        return self._connection.execute(_converted(sql), _stored(values)).rowcount

    def execute_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each tuple of values."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_converted(sql), [_stored(one) for one in values])

    def add_numbers(
        self, table: str, key: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Insert rows, and add their numbers to those of rows that exist, in one statement."""
        values = list(zip(*map(_stored, rows), strict=True))
        if values:
            columns = ", ".join(f'"{name}"' for name in (*key, *numbers))
            arrays = ", ".join(["?::text[]"] * len(key) + ["?::bigint[]"] * len(numbers))
            self.execute(
                f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) {added(table, key, numbers)}",
                [list(column) for column in values],
            )

    def number_events_in_order(self) -> None:
        """Insert events of one transaction after the other: a later one could be visible first otherwise, and whoever
        reads from the last number on would miss the earlier one."""
        self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [EVENTS_LOCK])

    def without_time_limit(self) -> None:
        """Let the statements of this transaction take as long as they need."""
        self._connection.execute("SET LOCAL statement_timeout = 0")
        self._connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    def lock_tables(self, names: Sequence[str]) -> None:
        """Let no other transaction write to these tables until this one ends."""
        for name in names:
            self.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")

    def continue_numbers(self) -> None:
        """Let new ratings and events get numbers above those that were inserted with their numbers."""
        for sequence, table, column in (("places", "ratings", "place"), ("event_numbers", "events", "number")):
            self.execute(
                f"SELECT setval('{sequence}', greatest(1, (SELECT max({column}) FROM {table})), "
                f"EXISTS (SELECT 1 FROM {table}))"
            )


class PostgresStore(Store):
    """Visitors' data in the schema `recsys` of a PostgreSQL database.

    If the server cannot be reached, every use raises StoreUnavailable at once, and the next use after a second tries
    again. Schema and rights are checked at the first connection.

    Args:
        url: `postgresql://…`; a secret.
        name: the same without a password.

    Raises:
        MissingExtra: psycopg is not installed.
    """

    is_shared = True

    def __init__(self, url: str, name: str):
        try:
            import psycopg  # noqa: F401
            import psycopg_pool  # noqa: F401
        except ImportError as error:
            raise MissingExtra(
                "RECSYS_STORE_URL names a PostgreSQL server but psycopg is not installed. Install it: "
                'pip install "psycopg[binary,pool]"'
            ) from error
        self.name = name
        self._url = url
        self._outage = Outage(name)
        self._lock = threading.Lock()
        self._prepared = False
        self._pool: ConnectionPool | None = None

    def prepare(self) -> None:
        """Check the schema, and create or update it if necessary.

        Raises:
            StoreUnavailable: the server cannot be reached.
            BadSetting: it refuses the role or the database, the schema belongs to a newer version of the program, or
                the role has too few rights.
        """
        from psycopg.errors import InsufficientPrivilege

        with translated(self.name), self._connected() as connection:
            try:
                if not postgres_schema.is_ready(connection, self.name):
                    postgres_schema.migrate(connection, self.name)
                postgres_schema.check_rights(connection)
            except InsufficientPrivilege as error:
                raise BadSetting(
                    f"The role of {self.name} has too few rights ({first_line(error)}). Run `recsys store` "
                    "once with the URL of a role that owns the schema, and grant this role the rights that "
                    "docs/scaling.md lists."
                ) from None
        self._prepared = True

    def _connected(self) -> Connection:
        """A new connection outside of the pool."""
        import psycopg

        return psycopg.connect(self._url, **self._missing(), autocommit=True)

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """Connection for queries, each of which is a transaction."""
        with self._connection() as connection:
            yield PostgresTransaction(connection)

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """Transaction; the server has stored it when the block has ended."""
        with self._connection() as connection, connection.transaction():
            yield PostgresTransaction(connection)

    @contextmanager
    def exclusive(self, work: str) -> Iterator[bool]:
        """Whether the block may do this work: False if another replica does it now, until that ends or dies."""
        key = int.from_bytes(hashlib.blake2b(work.encode(), digest_size=8).digest(), signed=True)
        # A connection of its own: the lock lasts as long as the connection, however long the work takes.
        with translated(self.name):
            connection = self._connected()
            for name, value in LOCK_SESSION.items():
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        try:
            yield row == (True,)
        finally:
            connection.close()

    def check(self) -> None:
        """Raise StoreUnavailable unless the server answers now."""
        with self.reading() as tx:
            tx.rows("SELECT 1 FROM profiles LIMIT 1")

    def connections(self) -> dict[str, int]:
        """Number of connections that are "busy" and "free", and under "wanted" of callers that wait for one."""
        pool = self._pool
        found = {} if pool is None else pool.get_stats()
        size, free = found.get("pool_size", 0), found.get("pool_available", 0)
        return {"busy": size - free, "free": free, "wanted": found.get("requests_waiting", 0)}

    def close(self) -> None:
        """Close all connections; a later use opens new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(timeout=1.0)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        self._outage.check()
        with translated(self.name, self._outage), self._opened().connection(timeout=WAIT_S) as connection:
            self._outage.end()
            yield connection

    def _opened(self) -> ConnectionPool:
        """The pool; opened at the first use, when the server has answered and its schema is the right one."""
        failures = self._outage.failures
        with self._lock:
            if self._pool is None:
                if self._outage.failures > failures:
                    self._outage.check()  # another thread has tried while this one waited for the lock
                if not self._prepared:
                    self._prepare_late()
                self._pool = self._new_pool()
            return self._pool

    def _prepare_late(self) -> None:
        """Like `prepare`, for a server that was away at the start; visitors get no details of the configuration."""
        try:
            self.prepare()
        except BadSetting as error:
            raise StoreUnavailable(str(error), NOT_SET_UP) from error

    def _new_pool(self) -> ConnectionPool:
        from psycopg_pool import ConnectionPool

        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # an outage is reported once, not once per attempt
        return ConnectionPool(
            self._url,
            min_size=LEAST,
            max_size=MOST,
            kwargs={**self._missing(), "autocommit": True},
            configure=_configure,
            # a connection that the server has closed is replaced before anything is asked
            check=ConnectionPool.check_connection,
            timeout=WAIT_S,
            # try again at the next use instead of after pauses that double
            reconnect_timeout=1.0,
            open=True,
            name="visitors",
        )

    def _missing(self) -> dict[str, Any]:
        """The default parameters that the URL does not set."""
        from psycopg.conninfo import conninfo_to_dict

        given = conninfo_to_dict(self._url)
        return {name: value for name, value in CONNECTION.items() if name not in given}


def _configure(connection: Connection) -> None:
    for name, value in SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])


@lru_cache(maxsize=1024)
def _converted(sql: str) -> Any:
    """The statement with PostgreSQL's placeholders."""
    return sql.replace("?", "%s")


def _stored(values: Sequence[Any]) -> list[Any]:
    """Values as PostgreSQL can store them: its texts cannot contain the character U+0000."""
    return [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values]
