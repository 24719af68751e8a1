"""Replicas on one PostgreSQL: each sees at once what visitors did on another, and kill -9 loses nothing.

RECSYS_REPLICA_KILLS (default 6) says how often a replica or the database is killed, RECSYS_REPLICAS (default 2) how many
replicas there are, RECSYS_REPLICA_SEED (default 7) which are killed when, RECSYS_REPLICA_ROUND (default 1) after how many
kills everything is compared, and RECSYS_REPLICA_NGINX=1 lets the clients write through nginx.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from film_app import PROJECT, environment, free_port, running, wait_until_healthy
from movielens_files import folder
from nginx_server import nginx
from postgres_server import Server, running_postgres
from runtime_calls import ask
from waiting import PATIENCE_S, until

KILLS = int(os.environ.get("RECSYS_REPLICA_KILLS", "6"))
REPLICAS, CLIENTS = int(os.environ.get("RECSYS_REPLICAS", "2")), 4
ROUND = int(os.environ.get("RECSYS_REPLICA_ROUND", "1"))
SEED, NGINX = int(os.environ.get("RECSYS_REPLICA_SEED", "7")), os.environ.get("RECSYS_REPLICA_NGINX") == "1"
UNANSWERED = (0, 502, 504)
"""No answer at all, or nginx says that the replica gave none: the write may be stored or not."""
TITLES = [f"Film {number}" for number in range(12)]
ITEMS = "item_id,title\n" + "".join(f"{100 + number},{title}\n" for number, title in enumerate(TITLES))
RATINGS = "user_id,item_id,rating\n" + "".join(f"u{n % 7},{100 + n % 12},{1 + n % 5}\n" for n in range(84))


@pytest.mark.long
def test_what_is_done_on_one_replica_counts_in_the_next_answer_of_the_other(untouched, film_folder, tmp_path):
    with running_postgres("fsync=off") as server, contextlib.ExitStack() as stack:
        addresses = []
        for name in ("first", "second"):
            data = shutil.copytree(untouched, tmp_path / name / "data")
            given = {"RECSYS_STORE_URL": server.url, "RECSYS_ADMIN_KEY": "open-sesame"}
            addresses.append(stack.enter_context(running(data, film_folder, **given)))
        first, second = addresses
        for address in addresses:
            with urllib.request.urlopen(f"{address}/ready", timeout=PATIENCE_S) as answer:
                assert json.load(answer)["ok"] is True
        status, made = ask(first, "join", ["Heat (1995)"])
        assert status == 200
        who = made["user_id"], made["key"]
        before = ask(second, "recommend", who[0], 5)[1]
        assert len(before) == 5 and "Heat" not in [line["title"] for line in before]
        disliked = before[0]["title"]
        assert ask(second, "rate", *who, before[0]["item_id"], 5)[0] == 200
        for address in addresses:
            after = ask(address, "recommend", who[0], 5)[1]
            assert disliked not in [line["title"] for line in after] and after != before
            assert ask(address, "user", who[0], 20, who[1])[1]["n_ratings"] == 2
        assert ask(first, "forget", *who, before[0]["item_id"])[1]["forgotten"]
        assert ask(second, "recommend", who[0], 5)[1] == before
        assert ask(second, "forget", *who)[1]["forgotten"]
        for address in addresses:
            status, answer = ask(address, "recommend", who[0], 5)
            assert status == 422 and "Unknown user" in answer["error"]
            assert ask(address, "rate", *who, "Heat (1995)", 5)[0] == 422
        # profiles are made on both at once, and none gets the id of another
        joined: list[str] = []
        threads = [
            threading.Thread(target=lambda one=address: joined.append(ask(one, "join", ["Heat (1995)"])[1]["user_id"]))
            for address in addresses * 8
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(joined)) == 16


class Replica:
    """One app process and its data directory."""

    def __init__(self, data_dir: Path, url: str, tables: Path):
        self._data, self._url, self._tables = data_dir, url, tables
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self, like: Replica | None = None) -> None:
        """Start the process, with the catalogue and the models of another replica."""
        if like is not None:
            shutil.copytree(like._data, self._data)
        given = {"RECSYS_CATALOGUE": str(self._tables), "RECSYS_RATE_LIMITS": "off", "RECSYS_STORE_URL": self._url}
        env = environment(self._data, "auto", GRADIO_SERVER_PORT=str(self.port), **given)
        self._log = self._data.parent / f"{self._data.name}.log"
        with self._log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=PROJECT, env=env, stdout=output, stderr=output
            )

    def wait(self) -> None:
        """Wait until it answers."""
        wait_until_healthy(self.address, self.process, self._log, PATIENCE_S)

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
        except (OSError, http.client.HTTPException):
            return False
        return True

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()


GONE = "gone"
"""Stands for a rating that is not there."""


class Writer:
    """A client that joins, rates and forgets on any replica, and knows what may be stored.

    Attributes:
        profiles: by id and key, the possible values of each title; a write without an answer adds one.
        deleted: profiles whose deletion was acknowledged.
        unsure: profiles whose deletion got no answer.
        counts: acknowledged writes by endpoint, and writes without an answer.
    """

    def __init__(self, seed: int, addresses: list[str]):
        self._rng, self._addresses = random.Random(seed), addresses
        self.profiles: dict[tuple[str, str], dict[str, set]] = {}
        self.deleted: set[tuple[str, str]] = set()
        self.unsure: set[tuple[str, str]] = set()
        self.counts: Counter[str] = Counter()

    def write(self, stop: threading.Event) -> None:
        """Write until told to stop."""
        while not stop.is_set():
            self._step()

    def _step(self) -> None:
        title, chance = self._rng.choice(TITLES), self._rng.random()
        if not self.profiles or chance < 0.1:
            status, made = self._ask("join", [title])
            if status == 200:
                self.profiles[made["user_id"], made["key"]] = {title: {5.0}}
            return
        who = self._rng.choice(list(self.profiles))
        if chance < 0.8:
            value: object = float(self._rng.randint(1, 5))
            self._note(who, title, value, self._ask("rate", *who, title, value)[0])
        elif chance < 0.95:
            self._note(who, title, GONE, self._ask("forget", *who, title)[0])
        else:
            status, _ = self._ask("forget", *who)
            del self.profiles[who]
            (self.deleted if status == 200 else self.unsure).add(who)

    def _note(self, who: tuple[str, str], title: str, value: object, status: int) -> None:
        known = self.profiles[who]
        known[title] = {value} if status == 200 else known.get(title, {GONE}) | {value}

    def _ask(self, name: str, *given) -> tuple[int, dict]:
        try:
            status, answer = ask(self._rng.choice(self._addresses), name, *given)
        except (OSError, http.client.HTTPException):
            status, answer = 0, {}
        assert status in (*UNANSWERED, 200, 503), (name, status, answer)
        self.counts[name if status == 200 else "unanswered" if status in UNANSWERED else "refused"] += 1
        return status, answer

    def check(self, address: str) -> None:
        """Compare every profile with what was acknowledged."""
        for who, titles in self.profiles.items():
            status, user = ask(address, "user", who[0], 100, who[1])
            assert status == 200, (who, user)
            stored = {line["title"]: line["rating"] for line in user["history"]}
            for title, possible in titles.items():
                assert stored.get(title, GONE) in possible, (who, title, stored, possible)
                titles[title] = {stored.get(title, GONE)}
            assert set(stored) <= set(titles)
        for who in self.deleted:
            status, answer = ask(address, "user", who[0], 1, who[1])
            assert status == 422 and "Unknown user" in answer["error"], (who, answer)


def killed(rng: random.Random, replicas: list[Replica], server: Server) -> str:
    """kill -9 a replica or the database, and start it again; returns which. One replica at least goes on."""
    alive = [replica for replica in replicas if replica.answers()]
    if rng.random() < 0.5 or len(alive) < 2:
        server.kill()
        time.sleep(rng.uniform(0, 1.5))
        server.start()
        return "database"
    replica = rng.choice(alive)
    replica.kill()
    replica.start()
    return "replica"


@contextlib.contextmanager
def writing(writers: list[Writer]):
    """Let the clients write during the block."""
    stop = threading.Event()
    threads = [threading.Thread(target=writer.write, args=(stop,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=PATIENCE_S)


def wait_until_ready(address: str) -> None:
    """Return when /ready has status 200."""

    def is_ready() -> bool:
        with contextlib.suppress(OSError):  # also what a status above 399 raises
            urllib.request.urlopen(f"{address}/ready", timeout=PATIENCE_S).close()
            return True
        return False

    until(is_ready, f"{address} is not ready")


@pytest.mark.long
def test_killed_replicas_and_databases_lose_nothing_that_was_acknowledged(tmp_path):
    tables = folder(tmp_path / "small", {"items.csv": ITEMS.encode(), "ratings.csv": RATINGS.encode()})
    rng, happened = random.Random(SEED), Counter()
    with running_postgres() as server, contextlib.ExitStack() as stack:
        replicas = [Replica(tmp_path / f"data{number}", server.url, tables) for number in range(REPLICAS)]
        try:
            replicas[0].start()
            replicas[0].wait()
            for replica in replicas[1:]:
                replica.start(like=replicas[0])
            for replica in replicas[1:]:
                replica.wait()
            addresses = [one.address for one in replicas]
            if NGINX:
                addresses = [stack.enter_context(nginx([one.port for one in replicas]))[0]]
            writers = [Writer(1000 * SEED + number, addresses) for number in range(CLIENTS)]
            for done in range(0, KILLS, ROUND):
                with writing(writers):
                    for _ in range(min(ROUND, KILLS - done)):
                        time.sleep(rng.uniform(0.2, 1.5))
                        happened[killed(rng, replicas, server)] += 1
                    for replica in replicas:
                        replica.wait()
                    time.sleep(rng.uniform(0, 0.5))
                for replica in replicas:
                    wait_until_ready(replica.address)
                    for writer in writers:
                        writer.check(replica.address)
                counts = sum((writer.counts for writer in writers), Counter())
                print(f"{dict(happened)}: {dict(counts)}", flush=True)
        finally:
            for replica in replicas:
                if hasattr(replica, "process"):
                    replica.kill()
    assert min(counts[name] for name in ("join", "rate", "forget")) > 0
    assert sum(len(writer.deleted) for writer in writers) > 0
