"""kill -9 of the whole app while clients write: what was acknowledged is there afterwards, nothing deleted comes back.

RECSYS_KILL_ROUNDS (default 3) says how often the app is killed.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter

import pytest
from film_app import started
from movielens_files import folder
from waiting import PATIENCE_S

ROUNDS, CLIENTS = int(os.environ.get("RECSYS_KILL_ROUNDS", "3")), 4
TITLES = [f"Film {number}" for number in range(12)]
ITEMS = "item_id,title\n" + "".join(f"{100 + number},{title}\n" for number, title in enumerate(TITLES))
RATINGS = "user_id,item_id,rating\n" + "".join(f"u{n % 7},{100 + n % 12},{1 + n % 5}\n" for n in range(84))
DELETED = object()
"""Stands for a profile or rating that is not there."""


class Api:
    """Plain POST to one server over one connection."""

    def __init__(self, address: str):
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=PATIENCE_S)

    def __call__(self, name: str, *given) -> tuple[int, dict]:
        """Status and answer."""
        body = json.dumps({"data": given})
        self._connection.request("POST", f"/gradio_api/run/{name}", body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        found = json.loads(answer.read())
        return answer.status, found["data"][0] if answer.status == 200 else found


class Writer:
    """A client that joins, rates and forgets, and remembers what was acknowledged.

    Attributes:
        profiles: by id and key, the ratings by title, or DELETED.
        open: what was asked when the server went away: the profile, the title ("" for all of it) and the new value.
    """

    def __init__(self, seed: int):
        self._rng = random.Random(seed)
        self.profiles: dict[tuple[str, str], dict[str, float] | object] = {}
        self.open: tuple[tuple[str, str], str, object] | None = None
        self.acknowledged: Counter[str] = Counter()

    def write(self, address: str, stop: threading.Event) -> None:
        """Write until the server goes away."""
        ask = Api(address)
        try:
            while not stop.is_set():
                self._step(ask)
        except (OSError, http.client.HTTPException):
            return

    def _step(self, ask: Api) -> None:
        alive = [who for who, ratings in self.profiles.items() if ratings is not DELETED]
        title, chance = self._rng.choice(TITLES), self._rng.random()
        if not alive or chance < 0.1:
            status, made = ask("join", [title])
            assert status == 200, made
            self.profiles[made["user_id"], made["key"]] = {title: 5.0}
            self.acknowledged["join"] += 1
            return
        who = self._rng.choice(alive)
        ratings = self.profiles[who]
        assert isinstance(ratings, dict)
        if chance < 0.8:
            value: object = float(self._rng.randint(1, 5))
            call = ("rate", *who, title, value)
        elif chance < 0.95:
            value, call = DELETED, ("forget", *who, title)
        else:
            title, value, call = "", DELETED, ("forget", *who)
        self.open = (who, title, value)
        status, said = ask(*call)
        assert status == 200, said
        self.open = None
        self.acknowledged[call[0]] += 1
        self._note(who, title, value)

    def _note(self, who: tuple[str, str], title: str, value: object) -> None:
        ratings = self.profiles[who]
        if not title:
            self.profiles[who] = DELETED
        elif isinstance(ratings, dict) and isinstance(value, float):
            ratings[title] = value
        elif isinstance(ratings, dict):
            ratings.pop(title, None)

    def check(self, address: str) -> None:
        """Compare every profile with what was acknowledged; the open write may have happened or not."""
        ask = Api(address)
        for who, ratings in self.profiles.items():
            found = stored(ask, who)
            if self.open is not None and self.open[0] == who and found != ratings:
                self._note(*self.open)
            assert found == self.profiles[who], (who, found, self.profiles[who])
        self.open = None


def stored(ask: Api, who: tuple[str, str]) -> dict[str, float] | object:
    """The ratings of a profile as the server has them, or DELETED."""
    status, user = ask("user", who[0], 100, who[1])
    if status == 422 and "Unknown user" in user["error"]:
        return DELETED
    assert status == 200, user
    return {line["title"]: line["rating"] for line in user["history"]}


@pytest.mark.long
def test_a_killed_app_has_all_that_it_acknowledged(tmp_path):
    tables = folder(tmp_path / "small", {"items.csv": ITEMS.encode(), "ratings.csv": RATINGS.encode()})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    given = {"RECSYS_CATALOGUE": str(tables), "RECSYS_RATE_LIMITS": "off", "TMPDIR": str(scratch)}
    rng, writers = random.Random(3), [Writer(seed) for seed in range(CLIENTS)]
    for number in range(ROUNDS + 1):
        with started(tmp_path / "data", "auto", **given) as (address, app):
            for writer in writers:
                writer.check(address)
            print(f"{number} kills; acknowledged and checked: {dict(acknowledged(writers))}", flush=True)
            if number == ROUNDS:
                app.kill()
                break
            stop = threading.Event()
            threads = [threading.Thread(target=writer.write, args=(address, stop)) for writer in writers]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.3, 2.0))
            app.kill()
            stop.set()
            for thread in threads:
                thread.join(timeout=PATIENCE_S)
    assert min(acknowledged(writers)[name] for name in ("join", "rate", "forget")) > 0
    files = [path for path in scratch.rglob("*") if not path.is_dir()]
    assert files == [], "nothing is left in the system's temporary folder but the empty folder that Gradio makes"


def acknowledged(writers: list[Writer]) -> Counter[str]:
    """Number of acknowledged writes by endpoint."""
    return sum((writer.acknowledged for writer in writers), Counter())
