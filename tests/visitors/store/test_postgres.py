"""PostgreSQL as the store: rights, versions, outages and what replicas see of each other."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time

import pytest
from film_app import PROJECT
from postgres_server import IN_URL, PASSWORD, running_postgres
from waiting import until

from recsys.data import storage
from recsys.errors import BadSetting, MissingExtra, StoreUnavailable
from recsys.settings import Settings
from recsys.visitors.analytics import Analytics
from recsys.visitors.profiles import Visitors
from recsys.visitors.store import postgres as module
from recsys.visitors.store import postgres_schema
from recsys.visitors.store.opening import open_store
from recsys.visitors.store.outage import PAUSE_S
from recsys.visitors.store.postgres import PostgresStore

GRANTS = re.findall(
    r"^(GRANT .* TO app);$", (PROJECT / "docs" / "scaling.md").read_text(encoding="utf-8"), re.MULTILINE
)
"""The documented rights of a replica's role."""


@pytest.fixture
def roles(postgres, postgres_url):
    """The server with a role that owns nothing and may do nothing."""
    postgres.execute("DROP ROLE IF EXISTS app", f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
    yield postgres
    postgres.execute("DROP OWNED BY app", "DROP ROLE app")


def opened(url: str) -> Visitors:
    return Visitors.of(Settings(store_url=url))


@pytest.fixture
def two(postgres_url):
    """Two replicas."""
    made = [opened(postgres_url), opened(postgres_url)]
    yield made
    for one in made:
        one.close()


def test_a_role_that_only_reads_and_writes_is_enough(roles):
    with pytest.raises(
        BadSetting, match="too few rights .permission denied .*. Run `recsys store` once with the URL of"
    ):
        opened(roles.address("app"))
    opened(roles.url).close()
    with pytest.raises(BadSetting, match="permission denied for schema recsys.*and grant this role the rights that"):
        opened(roles.address("app"))
    roles.execute(*GRANTS)
    visitors = opened(roles.address("app"))
    user, key = visitors.join({"1": 5.0})
    visitors.rate(user, key, "2", 3.0)
    visitors.unrate(user, key, "1")
    visitors.add_events([{"time": 1.0, "kind": "list", "items": ["1"], "user_id": user}])
    assert visitors.history(user) == {"2": 3.0} and visitors.short_name("x")
    visitors.delete(user, key)
    assert isinstance(visitors.latest_change(), float)
    assert visitors.expire(0.0, 2.0) == [] and list(visitors.events()) == []
    visitors.close()


@pytest.mark.parametrize(
    ("role", "database", "password", "said"),
    [
        ("owner", "postgres", "wrong", "password authentication failed for user"),
        ("nobody_here", "postgres", IN_URL, "password authentication failed"),
        ("owner", "elsewhere", IN_URL, 'database "elsewhere" does not exist'),
    ],
)
def test_a_refused_address_ends_the_start_in_one_sentence(postgres, role, database, password, said):
    url = postgres.address(role, database, password)
    with pytest.raises(BadSetting, match=said) as error:
        opened(url)
    text = str(error.value)
    assert text.startswith(f"PostgreSQL at 127.0.0.1:{postgres.port}/{database} refuses the address or the role in ")
    assert "\n" not in text and url not in text and password not in text and PASSWORD not in text


def test_a_schema_of_a_newer_version_is_left_alone(postgres, postgres_url):
    opened(postgres_url).close()
    postgres.execute("INSERT INTO recsys.migrations (name) VALUES ('zz_from_the_future')")
    with pytest.raises(BadSetting, match="newer version of this program .migration 'zz_from_the_future'.. Update this"):
        opened(postgres_url)


def test_an_older_schema_is_brought_up_to_date_once_by_replicas_that_start_together(postgres_url, monkeypatch):
    whole = dict(postgres_schema.MIGRATIONS)
    first = {"tables_of_visitors_data": whole["tables_of_visitors_data"]}
    monkeypatch.setattr(postgres_schema, "MIGRATIONS", first)
    monkeypatch.setattr(postgres_schema, "check_rights", lambda connection: None)  # of the earlier version
    old = opened(postgres_url)
    user, key = old.join({"1": 5.0})
    monkeypatch.setattr(postgres_schema, "MIGRATIONS", whole)
    made, failed = [], []

    def start():
        try:
            made.append(opened(postgres_url))
        except Exception as error:  # whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and all(one.history(user) == {"1": 5.0} for one in made)
    made[0].delete(user, key)
    with made[1].store.reading() as tx:
        assert len(tx.rows("SELECT * FROM deletions")) == 1 and len(tx.rows("SELECT * FROM migrations")) == len(whole)
    for one in (old, *made):
        one.close()


def test_a_migration_that_fails_leaves_nothing(postgres_url, monkeypatch):
    import psycopg

    def fails(connection):
        connection.execute("SELECT * FROM not_there")

    monkeypatch.setitem(postgres_schema.MIGRATIONS, "fails", fails)
    with pytest.raises((psycopg.Error, StoreUnavailable)):
        opened(postgres_url)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regnamespace('recsys')").fetchone() == (None,)


def test_rows_that_an_operator_deletes_are_noted_as_deletions(two, postgres):
    (user, _), (other, _) = two[0].join({"1": 5.0}), two[1].join({"1": 4.0, "2": 2.0})
    postgres.execute(
        f"DELETE FROM recsys.profiles WHERE user_id = '{user}'", "DELETE FROM recsys.ratings WHERE item_id = '2'"
    )
    assert not two[0].has_user(user) and two[0].history(other) == {"1": 4.0}
    with two[0].store.reading() as tx:
        assert [row["user_id"] for row in tx.rows("SELECT * FROM deletions")] == [user]
        assert [row["item_id"] for row in tx.rows("SELECT * FROM withdrawals")] == ["2"]


def test_events_are_never_passed_over(two):
    """A reader that goes on from the last number sees every event, whichever replica stored it."""
    stop, stored, failed = threading.Event(), [], []

    def write(visitors, name):
        number = 0
        while not stop.is_set():
            number += 1
            event = {"time": 1.0, "kind": "list", "items": [f"{name}{number}"], "model": name}
            try:
                visitors.add_events([event] * 3)
            except StoreUnavailable as error:
                failed.append(error)
            stored.extend([f"{name}{number}"] * 3)

    threads = [threading.Thread(target=write, args=(one, name)) for one, name in zip([*two, *two], "abcd")]
    counted = Analytics(two[0].store, two[0].catalogue)
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        counted.advance()
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == [] and len(stored) > 50
    counted.advance()
    assert counted.summary()["totals"]["lists"] == len(stored)


def test_a_deletion_wins_over_a_rating_and_events_that_are_under_way(two):
    first, second = two
    for _ in range(10):
        user, key = first.join({"1": 5.0})
        second.verify(user, key)
        go = threading.Barrier(3)

        def rate(user=user, key=key, go=go):
            go.wait()
            try:
                second.rate(user, key, "2", 3.0)
            except Exception:
                return

        def note(user=user, go=go):
            go.wait()
            second.add_events([{"time": 1.0, "kind": "list", "items": ["1"], "user_id": user}])

        threads = [threading.Thread(target=one) for one in (rate, note)]
        for thread in threads:
            thread.start()
        go.wait()
        first.delete(user, key)
        for thread in threads:
            thread.join()
        assert not second.has_user(user)
    assert first.ratings_frame().empty and {event["user_id"] for event in first.events()} == {""}


def test_one_replica_at_a_time_does_long_work(two):
    first, second = two
    held = first.store.exclusive("retention")
    with held as mine, second.store.exclusive("retention") as also, second.store.exclusive("training") as other:
        assert (mine, also, other) == (True, False, True)
    with second.store.exclusive("retention") as mine:
        assert mine


def has_history(visitors, user: str) -> bool:
    try:
        return visitors.history(user) == {"1": 5.0}
    except StoreUnavailable:
        return False


def test_a_server_that_is_away_refuses_at_once_and_all_is_well_when_it_is_back(tmp_path, caplog):
    with running_postgres() as server:
        visitors = opened(server.url)
        user, key = visitors.join({"1": 5.0})
        server.stop()
        with pytest.raises(StoreUnavailable) as error:
            visitors.history(user)
        assert storage.cause(error.value) == "its database cannot be reached"
        assert PASSWORD not in caplog.text and IN_URL not in caplog.text
        started, refused = time.monotonic(), 0
        while time.monotonic() < started + PAUSE_S / 2:
            with pytest.raises(StoreUnavailable):
                visitors.rate(user, key, "2", 1.0)
            refused += 1
        assert refused > 20, "refused without waiting"
        unprepared = opened(server.url)  # a replica that starts meanwhile
        assert "Starting without visitors' data" in caplog.text
        server.start()
        for one in (visitors, unprepared):
            until(lambda one=one: has_history(one, user))
        visitors.rate(user, key, "2", 1.0)
        assert unprepared.history(user) == {"1": 5.0, "2": 1.0}
        said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
        assert sum("answers again" in text for text in said) == 1 and len(said) <= 6
        visitors.close()
        unprepared.close()


def test_connections_that_the_server_closed_are_replaced_without_a_failure(postgres, postgres_url):
    visitors = opened(postgres_url)
    user, _ = visitors.join({"1": 5.0})
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    assert visitors.history(user) == {"1": 5.0}
    visitors.close()


def test_a_database_that_may_not_be_written_to_is_said_to_be_read_only(postgres, postgres_url):
    opened(postgres_url).close()
    visitors = opened(f"{postgres_url}?options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(StoreUnavailable) as error:
        visitors.join({"1": 5.0})
    assert storage.cause(error.value) == "its database is read-only"
    visitors.close()


def test_without_the_driver_the_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r'pip install "psycopg\[binary,pool\]"'):
        open_store(Settings(store_url="postgresql://u:p@127.0.0.1/x"))


def test_opening_sqlite_loads_no_driver(tmp_path):
    code = (
        "import sys; from pathlib import Path; from recsys.settings import Settings\n"
        "from recsys.visitors.profiles import Visitors\n"
        f"Visitors.of(Settings(data_dir=Path({str(tmp_path)!r})))\n"
        "assert not [name for name in sys.modules if name.startswith('psycopg')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_hold_no_password(postgres_url):
    store = PostgresStore(postgres_url, Settings(store_url=postgres_url).store_name)
    assert PASSWORD not in store.name and IN_URL not in store.name and "127.0.0.1" in store.name


def test_long_work_goes_to_another_replica_when_the_first_one_is_killed(postgres_url):
    code = (
        "import sys, time; from recsys.settings import Settings\n"
        "from recsys.visitors.store.opening import open_store\n"
        "with open_store(Settings(store_url=sys.argv[1])).exclusive('training') as mine:\n"
        "    print(mine, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, postgres_url]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        store = open_store(Settings(store_url=postgres_url))
        with store.exclusive("training") as mine:
            assert not mine
        other.kill()

        def ours() -> bool:
            with store.exclusive("training") as mine:
                return bool(mine)

        until(ours)
        store.close()


@pytest.mark.parametrize(
    ("setting", "said"),
    [("lock_timeout", "its database is locked"), ("statement_timeout", "its database is too slow")],
)
def test_a_database_that_keeps_others_waiting(postgres_url, monkeypatch, setting, said):
    import psycopg

    monkeypatch.setitem(module.SESSION, setting, "100ms")
    visitors = opened(postgres_url)
    user, key = visitors.join({"1": 5.0})
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE recsys.ratings IN EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailable) as error:
            visitors.rate(user, key, "2", 1.0)
        assert storage.cause(error.value) == said and not error.value.is_away
        assert visitors.history(user) == {"1": 5.0}, "reading goes on, and nothing is half"
    visitors.rate(user, key, "2", 1.0)
    visitors.close()


def test_tables_that_somebody_dropped_are_a_sentence(postgres_url):
    import psycopg

    visitors = opened(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("DROP TABLE recsys.withdrawals")
    user = visitors.join({})
    with pytest.raises(StoreUnavailable, match="because the database is not set up") as error:
        visitors.rate(*user, "2", 1.0)
    assert 'relation "withdrawals" does not exist' in error.value.details
    visitors.close()
    with pytest.raises(StoreUnavailable, match="not set up"):
        opened(postgres_url)
