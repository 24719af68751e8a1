"""Moving between SQLite and PostgreSQL: nothing is lost, nothing is mixed, and a failure leaves nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest
import small_disk
from film_app import PROJECT, environment
from postgres_server import IN_URL, PASSWORD, running_postgres
from small_disk import mounted
from waiting import PATIENCE_S

from recsys.errors import BadInput, BrokenDatabase, UnknownUser
from recsys.settings import Settings
from recsys.visitors.backup_to_folder import FolderBackup
from recsys.visitors.profiles import Visitors
from recsys.visitors.store import copying
from recsys.visitors.store.copying import copy, counts
from recsys.visitors.store.opening import open_store
from recsys.visitors.store.sqlite import SqliteStore


@pytest.fixture
def postgres_store(postgres_url):
    opened = open_store(Settings(store_url=postgres_url))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path):
    opened = SqliteStore(tmp_path / "visitors.sqlite")
    yield opened
    opened.close()


def filled(store, profiles=5) -> dict[tuple[str, str], dict[str, float]]:
    """Fill a store with data of every kind; the ratings by profile and key."""
    made = {}
    for catalogue in ("films", "courses"):
        visitors = Visitors(store, catalogue)
        visitors.shared.choose("release", {"version": "v1", "pinned": True})
        for number in range(profiles):
            user, key = visitors.join({"1": 5.0, "2": float(number), "é\u2028": 0.5})
            visitors.rate(user, key, "1", 2.5)
            visitors.unrate(user, key, "2")
            events = [
                {"time": 1.5 + number, "kind": "list", "items": ["1", "\u00e9"], "user_id": user, "source": "a\0b"}
            ]
            visitors.add_events(events)
            if number % 2:
                visitors.delete(user, key)
            else:
                made[catalogue, user, key] = visitors.history(user)
    return made


def rows(store) -> dict[str, list]:
    with store.reading() as tx:
        tables = (*copying.TABLES, copying.SECRETS)
        found = {table.name: [row for page in copying._pages(tx, table) for row in page] for table in tables}
    return json.loads(json.dumps(found, default=bytes.hex).replace("\\u0000", "\\ufffd"))


def test_there_and_back_everything_is_the_same(sqlite_store, postgres_store, tmp_path, monkeypatch):
    monkeypatch.setattr(copying, "PAGE", 3)
    made = filled(sqlite_store)
    copied = copy(sqlite_store, postgres_store)
    assert copied == counts(postgres_store) == counts(sqlite_store) and copied["profiles"] == 6
    assert rows(postgres_store) == rows(sqlite_store)
    for (catalogue, user, key), ratings in made.items():
        visitors = Visitors(postgres_store, catalogue)
        assert list(visitors.history(user).items()) == list(ratings.items())
        visitors.rate(user, key, "3", 1.0)  # numbers go on after those that were copied
        visitors.add_events([{"time": 9.0, "kind": "list", "items": ["3"], "user_id": user}])
        assert list(visitors.history(user))[-1] == "3"
    again = SqliteStore(tmp_path / "again.sqlite")
    copy(postgres_store, again)
    assert rows(again) == rows(postgres_store)
    assert Visitors(again, "films").short_name("x") == Visitors(sqlite_store, "films").short_name("x")
    (catalogue, user, key), _ = made.popitem()
    Visitors(again, catalogue).rate(user, key, "4", 1.0)
    again.close()


def test_an_empty_store_can_be_copied(sqlite_store, postgres_store):
    assert set(copy(postgres_store, sqlite_store).values()) == {0}
    user, key = Visitors(postgres_store, "films").join({"1": 1.0})
    assert copy(postgres_store, SqliteStore(sqlite_store.path.with_name("b")))["ratings"] == 1


@pytest.mark.parametrize("what", ["profile", "event", "deletion"])
def test_a_target_that_is_not_empty_is_refused(sqlite_store, postgres_store, what):
    filled(sqlite_store)
    visitors = Visitors(postgres_store, "films")
    if what == "event":
        visitors.add_events([{"time": 1.0, "kind": "list", "items": ["1"]}])
    else:
        who = visitors.join({})
        if what == "deletion":
            visitors.delete(*who)
    before = rows(postgres_store)
    with pytest.raises(BadInput, match=f"is not empty: it has 1 {what}s. Copy to an empty store. Nothing was changed."):
        copy(sqlite_store, postgres_store)
    assert rows(postgres_store) == before


def test_rows_that_differ_are_noticed_and_nothing_stays(sqlite_store, postgres_store, postgres):
    filled(sqlite_store)
    postgres.execute(
        "CREATE FUNCTION recsys.spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.rating = 4.0; RETURN NEW; END $$",
        "CREATE TRIGGER spoil BEFORE INSERT ON recsys.ratings FOR EACH ROW EXECUTE FUNCTION recsys.spoil()",
    )
    with pytest.raises(BrokenDatabase, match="has stored other ratings than those that were copied. It stays empty"):
        copy(sqlite_store, postgres_store)
    assert set(counts(postgres_store).values()) == {0}


def test_a_deletion_in_postgresql_reaches_an_old_backup_after_the_move_back(tmp_path, postgres_store):
    """The backup has the profile; it was deleted while the data was in PostgreSQL."""
    old = Visitors.open(tmp_path / "old.sqlite", "films")
    backup = FolderBackup(old.store.path, tmp_path, 60)
    gone, kept = old.join({"1": 5.0}), old.join({"1": 4.0, "2": 3.0})
    old.add_events([{"time": time.time(), "kind": "list", "items": ["1"], "user_id": gone[0]}])
    backup.save()
    backup.close()
    copy(old.store, postgres_store)
    visitors = Visitors(postgres_store, "films")
    visitors.delete(*gone)
    visitors.unrate(*kept, "2")
    visitors.rate(*kept, "3", 1.0)

    back = Visitors.open(tmp_path / "back.sqlite", "films")
    copy(postgres_store, back.store)
    backup = FolderBackup(back.store.path, tmp_path, 60)
    backup.restore()
    assert not back.has_user(gone[0]) and back.history(kept[0]) == {"1": 4.0, "3": 1.0}
    backup.save()
    backup.clean()
    backup.close()
    texts = [path.read_text() for path in (tmp_path / "records").glob("*.jsonl")]
    left = {json.loads(line)["kind"] for text in texts for line in text.split("\n") if gone[0] in line}
    assert left == {"forget"}
    fresh = Visitors.open(tmp_path / "fresh.sqlite", "films")
    backup = FolderBackup(fresh.store.path, tmp_path, 60)
    backup.restore()
    backup.close()
    with pytest.raises(UnknownUser):
        fresh.history(gone[0])
    assert fresh.history(kept[0])["3"] == 1.0
    for one in (old, back, fresh):
        one.close()


COPYING = """
import sys
from recsys.cli.commands import store
from recsys.cli import main
from recsys.visitors.store import copying

def step(text, share=None):
    step.count += 1
    if step.count == int(sys.argv[1]):
        print(text, flush=True)
        sys.stdin.readline()

step.count = 0
copying.PAGE = 3
store.to_stderr = step
sys.exit(main(["store", *sys.argv[2:]]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["--copy-from-sqlite", "--copy-to-sqlite"])
@pytest.mark.parametrize("moment", [5, 15], ids=str)
def test_a_killed_copy_leaves_nothing_and_the_next_one_completes(way, moment, tmp_path, postgres_url, sqlite_store):
    full = sqlite_store if way == "--copy-from-sqlite" else open_store(Settings(store_url=postgres_url))
    filled(full)
    expected = rows(full)
    file = tmp_path / ("visitors.sqlite" if full is sqlite_store else "new.sqlite")
    env = environment(tmp_path, "auto", RECSYS_STORE_URL=postgres_url)
    given = [sys.executable, "-c", COPYING, str(moment), way, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(given, cwd=PROJECT, env=env, text=True, **pipes) as process:
        assert process.stdout.readline()
        process.kill()
    target = open_store(Settings(store_url=postgres_url)) if full is sqlite_store else SqliteStore(file)
    assert set(counts(target).values()) == {0} and rows(full) == expected
    target.close()
    run = command(tmp_path, way, str(file), RECSYS_STORE_URL=postgres_url)
    assert run.returncode == 0 and "every row compared" in run.stdout, run.stderr
    target = open_store(Settings(store_url=postgres_url)) if full is sqlite_store else SqliteStore(file)
    assert rows(target) == expected
    target.close()
    full.close()


def interrupted(tmp_path, url, way, moment, file, cause) -> tuple[int, str]:
    """Copy, and call `cause` at a step half-way; the status and the errors of the command."""
    env = environment(tmp_path, "auto", RECSYS_STORE_URL=url)
    given = [sys.executable, "-c", COPYING, str(moment), way, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(given, cwd=PROJECT, env=env, text=True, **pipes) as process:
        assert process.stdout.readline()
        cause()
        _, errors = process.communicate("\n", PATIENCE_S)
    return process.returncode, errors


def check_refused(status, errors, *sentences):
    last = errors.strip().splitlines()[-1]
    assert status == 1 and "Traceback" not in errors and PASSWORD not in errors and IN_URL not in errors
    assert last.startswith("recsys store: ") and last.endswith(".") and any(one in last for one in sentences), last


@pytest.mark.slow
@pytest.mark.parametrize("way", ["--copy-from-sqlite", "--copy-to-sqlite"])
@pytest.mark.parametrize("moment", [5, 15], ids=str)
def test_a_database_that_goes_away_half_way_is_said_and_nothing_stays(way, moment, tmp_path):
    with running_postgres() as server:
        store = open_store(Settings(store_url=server.url))
        local = SqliteStore(tmp_path / "visitors.sqlite")
        full = local if way == "--copy-from-sqlite" else store
        filled(full)
        expected = rows(full)
        store.close()
        local.close()
        file = tmp_path / ("visitors.sqlite" if full is local else "new.sqlite")
        check_refused(*interrupted(tmp_path, server.url, way, moment, file, server.kill), "cannot be used now")
        server.start()
        target = open_store(Settings(store_url=server.url)) if full is local else SqliteStore(file)
        assert set(counts(target).values()) == {0}
        target.close()
        run = command(tmp_path, way, str(file), RECSYS_STORE_URL=server.url)
        assert run.returncode == 0 and "every row compared" in run.stdout, run.stderr
        target = open_store(Settings(store_url=server.url)) if full is local else SqliteStore(file)
        assert rows(target) == expected
        target.close()


@pytest.mark.slow
def test_a_full_disk_of_the_database_is_said_and_nothing_stays(tmp_path):
    local = SqliteStore(tmp_path / "visitors.sqlite")
    filled(local, profiles=40)
    visitors = Visitors(local, "films")
    visitors.add_events(
        [{"time": 1.0, "kind": "list", "items": [f"{at}-{n}" for n in range(200)]} for at in range(1000)]
    )
    local.close()
    # not in pytest's folder, which only the user who runs the tests may enter
    with tempfile.TemporaryDirectory(prefix="recsys-disk-") as outside, mounted(Path(outside) / "disk", "120m") as disk:
        Path(outside).chmod(0o755)
        with running_postgres("min_wal_size=32MB", "max_wal_size=32MB", on=disk) as server:
            open_store(Settings(store_url=server.url)).close()
            path, ballast = str(tmp_path / "visitors.sqlite"), disk / "ballast"
            fill = partial(small_disk.filled, disk)
            failed = interrupted(tmp_path, server.url, "--copy-from-sqlite", 5, path, fill)
            check_refused(*failed, "the disk of its database is full", "No space left", "cannot be used now")
            ballast.unlink()
            if server.process.poll() is not None:
                server.start()
            store = open_store(Settings(store_url=server.url))
            assert set(counts(store).values()) == {0}
            store.close()
            run = command(tmp_path, "--copy-from-sqlite", path, RECSYS_STORE_URL=server.url)
            assert run.returncode == 0 and "every row compared" in run.stdout, run.stderr


def command(tmp_path, *arguments, **changes):
    env = environment(tmp_path, "auto", **changes)
    given = [sys.executable, "-m", "recsys", "store", *arguments]
    return subprocess.run(given, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.slow
def test_the_command_shows_and_moves(tmp_path, postgres_url, sqlite_store):
    made = filled(sqlite_store)
    run = command(tmp_path, "--json")
    assert json.loads(run.stdout) == {
        "kind": "sqlite",
        "store": str(sqlite_store.path),
        "rows": {
            "profiles": 6,
            "ratings": 12,
            "withdrawals": 0,
            "entries": 0,
            "deletions": 0,
            "events": 10,
            "choices": 2,
        },
    }
    assert "RECSYS_STORE_URL is not set" in command(tmp_path, "--copy-to-sqlite").stderr
    url = {"RECSYS_STORE_URL": postgres_url}
    run = command(tmp_path, **url)
    assert run.returncode == 0 and run.stdout.startswith("PostgreSQL at 127.0.0.1:") and "0 profiles" in run.stdout
    run = command(tmp_path, "--copy-from-sqlite", **url)
    assert run.returncode == 0 and "every row compared" in run.stdout and "6 profiles" in run.stdout, run.stderr
    run = command(tmp_path, "--copy-from-sqlite", **url)
    assert run.returncode == 1 and "is not empty: it has 6 profiles" in run.stderr
    run = command(tmp_path, "--copy-to-sqlite", str(tmp_path / "back.sqlite"), "--json", **url)
    assert json.loads(run.stdout)["rows"]["profiles"] == 6
    (catalogue, user, _), ratings = made.popitem()
    assert Visitors.open(tmp_path / "back.sqlite", catalogue).history(user) == ratings
    run = command(tmp_path, "--copy-from-sqlite", str(tmp_path / "missing"), **url)
    assert run.stderr.strip() == f"recsys store: There is no SQLite file {tmp_path / 'missing'} to copy from."
    bad = postgres_url.replace("/postgres", "/elsewhere")
    run = command(tmp_path, RECSYS_STORE_URL=bad)
    assert run.returncode == 1 and 'database "elsewhere" does not exist' in run.stderr
    away = f"postgresql://owner:{IN_URL}@127.0.0.1:9/postgres"
    run = command(tmp_path, RECSYS_STORE_URL=away)
    assert run.returncode == 1
    assert run.stderr.strip() == (
        "recsys store: PostgreSQL at 127.0.0.1:9/postgres cannot be used now (Connection refused). "
        "Check RECSYS_STORE_URL and the server."
    )
    assert PASSWORD not in run.stderr + run.stdout and IN_URL not in run.stderr + run.stdout
    assert sqlite_store.path.exists()
