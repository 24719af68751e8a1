"""`recsys store`: show where visitors' data is stored, and move it between SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.errors import BadInput
from recsys.settings import Settings
from recsys.visitors.store.base import Store


@command(
    "store",
    "Show where profiles, ratings and events are stored, prepare the tables there, or copy all data between SQLite and "
    "PostgreSQL. Stop the app before a copy.",
    "RECSYS_STORE_URL=postgresql://… recsys store\nRECSYS_STORE_URL=postgresql://… recsys store --copy-from-sqlite",
    argument(
        "--copy-from-sqlite",
        nargs="?",
        const="",
        metavar="FILE",
        alternative=True,
        help="copy a SQLite file (default: that of the data directory) to the empty database of RECSYS_STORE_URL",
    ),
    argument(
        "--copy-to-sqlite",
        nargs="?",
        const="",
        metavar="FILE",
        alternative=True,
        help="copy the database of RECSYS_STORE_URL to a new SQLite file (default: that of the data directory)",
    ),
)
def store(settings: Settings, copy_from_sqlite: str | None, copy_to_sqlite: str | None) -> Result:
    """Copy if an option says so, then count the rows of the store."""
    from recsys.visitors.store.opening import open_store

    opened = open_store(settings, must_answer=True)
    try:
        if copy_from_sqlite is not None or copy_to_sqlite is not None:
            return _copied(settings, opened, copy_from_sqlite, copy_to_sqlite)
        return _shown(settings, opened)
    finally:
        opened.close()


def _shown(settings: Settings, opened: Store) -> Result:
    from recsys.visitors.store.copying import counts

    found = counts(opened)
    data = {"kind": "postgresql" if settings.store_url else "sqlite", "store": opened.name, "rows": found}
    return Result(data, f"{opened.name}\n{_table(found)}")


def _copied(settings: Settings, opened: Store, given: str | None, taken: str | None) -> Result:
    from recsys.visitors.store.copying import copy
    from recsys.visitors.store.sqlite import SqliteStore

    if not settings.store_url:
        raise BadInput("RECSYS_STORE_URL is not set. Set it to the PostgreSQL database to copy to or from.")
    path = Path(given or taken or settings.visitors_database)
    if given is not None and not path.is_file():
        raise BadInput(f"There is no SQLite file {path} to copy from.")
    file = SqliteStore(path)
    source, target = (file, opened) if given is not None else (opened, file)
    try:
        copied = copy(source, target, to_stderr)
    finally:
        file.close()
    then = (
        "Start the app with the same RECSYS_STORE_URL. When it works, delete the file and any backup of it, because "
        "deletions no longer reach them."
        if given is not None
        else "Start the app without RECSYS_STORE_URL."
    )
    text = f"copied {source.name} to {target.name}, every row compared\n{_table(copied)}\n{then}"
    return Result({"from": source.name, "to": target.name, "rows": copied}, text)


def _table(rows: dict[str, int]) -> str:
    return "\n".join(f"{count:>12,} {name}" for name, count in rows.items())
