"""Convert errors of psycopg to sentences; they never contain the URL, which may contain a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from recsys.errors import BadSetting, StoreUnavailable
from recsys.visitors.store.outage import Outage

REFUSED = re.compile(
    r"authentication failed|no password supplied|(role|database|user) \"[^\"]*\" does not exist|no pg_hba.conf entry"
    r"|certificate|does not support SSL|permission denied for database|is not permitted to log in"
)
"""What the server says of an address or a role that it refuses; trying again does not help."""
NOT_SET_UP = "its database is not set up"
CAUSES = {
    "53100": "the disk of its database is full",
    "25006": "its database is read-only",
    "42501": "it may not write to its database",
    "42P01": NOT_SET_UP,
    "3F000": NOT_SET_UP,
    "55P03": "its database is locked",
    "57014": "its database is too slow",
    "40P01": "its database is locked",
}


@contextmanager
def translated(name: str, outage: Outage | None = None) -> Iterator[None]:
    """Raise errors of the server inside the block as StoreUnavailable, and refused addresses as BadSetting.

    Args:
        name: the server, without a password.
        outage: told if the server cannot be reached.
    """
    import psycopg

    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        found = _described(error, name)
        if outage is not None and isinstance(found, StoreUnavailable) and found.is_away:
            outage.begin(found)
        raise found from None
    except (psycopg.ProgrammingError, psycopg.InternalError) as error:
        cause = CAUSES.get(error.sqlstate or "")
        if cause is None:
            raise  # an error of this program
        raise StoreUnavailable(f"{name} refuses the statement: {first_line(error)}.", cause) from None


def _described(error: Exception, name: str) -> BadSetting | StoreUnavailable:
    import psycopg_pool

    said = "no connection was free in time" if isinstance(error, psycopg_pool.PoolTimeout) else first_line(error)
    if REFUSED.search(str(error)):
        return BadSetting(f"{name} refuses the address or the role in RECSYS_STORE_URL: {said}.")
    cause = CAUSES.get(getattr(error, "sqlstate", None) or "", StoreUnavailable.AWAY)
    return StoreUnavailable(f"{name} cannot be used now ({said}). Check RECSYS_STORE_URL and the server.", cause)


def first_line(error: Exception) -> str:
    """The reason in a message: without the list of the tried addresses, and on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    tried = [line for line in lines if line.startswith("- host")]
    line = tried[-1] if tried else lines[0] if lines else type(error).__name__
    return line.rpartition("failed: ")[2].rstrip(".")[:300]
