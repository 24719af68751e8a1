"""A mix of good and bad calls for RECSYS_SOAK_S seconds (default 8): no failure of ours, nothing acknowledged lost."""

from __future__ import annotations

import json
import os
import random
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest
from film_app import films, running
from waiting import PATIENCE_S

SECONDS = float(os.environ.get("RECSYS_SOAK_S", "8"))
ODD = ("", "\ud800", "\u2028", "x" * 5000, None, -1, 1e308, [], {}, "Nobody Made This (1901)", "' OR 1=1 --")


def post(address: str, name: str, *given) -> tuple[int, object]:
    request = urllib.request.Request(
        f"{address}/gradio_api/run/{name}", json.dumps({"data": given}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, json.load(answer)["data"][0]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.long
def test_soak(prepared, film_folder):
    rng = random.Random(7)
    titles = [f"{film['title']} ({film['year']})" for film in films()]
    acknowledged: dict[tuple[str, str], dict[str, float]] = {}
    statuses: Counter[int] = Counter()
    with running(prepared, film_folder, RECSYS_RATE_LIMITS="off") as address:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            title, odd = rng.choice(titles), rng.choice(ODD)
            who = rng.choice(list(acknowledged)) if acknowledged else None
            if who is None or rng.random() < 0.05:
                status, made = post(address, "join", [title])
                if status == 200:
                    acknowledged[made["user_id"], made["key"]] = {title: 5.0}
            elif rng.random() < 0.4:
                rating = rng.choice((1.0, 2.5, 4.0))
                status, _ = post(address, "rate", *who, title, rating)
                if status == 200:
                    acknowledged[who][title] = rating
            elif rng.random() < 0.05:
                status, _ = post(address, "forget", *who)
                if status == 200:
                    del acknowledged[who]
            else:
                name = rng.choice(("similar", "recommend", "search", "recommend_for", "hybrid", "user", "item"))
                status, _ = post(address, name, *[odd] * rng.randint(1, 3))
            statuses[status] += 1
        print(f"{SECONDS:g} s: {dict(statuses)}; {len(acknowledged)} profiles to check")
        assert set(statuses) <= {200, 422}, statuses
        for (user_id, key), ratings in acknowledged.items():
            status, user = post(address, "user", user_id, 100, key)
            assert status == 200
            assert {f"{line['title']} ({line['year']})": line["rating"] for line in user["history"]} == ratings
    assert statuses[200] > 0 and statuses[422] > 0
