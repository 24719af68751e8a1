"""Visitors' data in each store: SQLite, and PostgreSQL on a server that the tests start."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recsys.settings import Settings
from recsys.visitors.profiles import Visitors
from recsys.visitors.store.opening import open_store


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request, tmp_path) -> Settings:
    """Settings for an empty store of each kind."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return Settings(data_dir=tmp_path, store_url=url)


@pytest.fixture
def replica(settings) -> Callable[[], Visitors]:
    """Opens the store once more, as another process would."""
    opened = []

    def open_one(catalogue: str = "films") -> Visitors:
        opened.append(one := Visitors(open_store(settings), catalogue))
        return one

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def visitors(replica) -> Visitors:
    """Visitors' data in an empty store."""
    return replica()
