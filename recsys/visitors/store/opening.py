"""Open the store of visitors' data that the settings name."""

from __future__ import annotations

import logging

from recsys.errors import StoreUnavailable
from recsys.settings import Settings
from recsys.visitors.store.base import Store
from recsys.visitors.store.postgres import PostgresStore
from recsys.visitors.store.postgres_errors import NOT_SET_UP
from recsys.visitors.store.sqlite import SqliteStore

log = logging.getLogger(__name__)


def open_store(settings: Settings, must_answer: bool = False) -> Store:
    """Open the store: PostgreSQL if RECSYS_STORE_URL is set, else the file in the data directory.

    Args:
        must_answer: whether a PostgreSQL server that is away is an error. Otherwise it is reported, and the store works
            as soon as the server answers.

    Raises:
        StoreUnavailable: the server is away, or its tables are damaged.
        BrokenDatabase: the SQLite file is not a usable database.
        BadSetting: PostgreSQL refuses the role, or its tables do not fit this version of the program.
        MissingExtra: the driver is not installed.
    """
    if settings.store_url is None:
        return SqliteStore(settings.visitors_database)
    store = PostgresStore(settings.store_url, settings.store_name)
    try:
        store.prepare()
    except StoreUnavailable as error:
        if must_answer or error.cause == NOT_SET_UP:
            raise
        log.warning("%s Starting without visitors' data; they are used as soon as the server answers.", error.details)
    return store
