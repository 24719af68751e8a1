"""PostgreSQL that is away: answers about the data set go on, writes are refused in a sentence, and all is well again."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from postgres_server import IN_URL, PASSWORD, running_postgres
from starlette.applications import Starlette
from starlette.testclient import TestClient
from waiting import until

from recsys.api import plain_post
from recsys.api.guard.direct import Direct
from recsys.api.probes import probes
from recsys.data.progress import quiet
from recsys.runtime import retention
from recsys.runtime.startup import ready
from recsys.serving.service import Service
from recsys.settings import Settings

AWAY = "because its database cannot be reached. Try again later."


@pytest.fixture
def server():
    with running_postgres("fsync=off") as running:
        yield running


@pytest.fixture
def service(server, prepared, film_folder):
    made = ready(Settings(dataset=str(film_folder), data_dir=prepared, store_url=server.url), quiet)
    yield made
    made.close()
    made.visitors.close()


def client_of(service: Service) -> TestClient:
    return TestClient(Direct(Starlette(), {**probes(service), **plain_post.handlers(service)}))


def post(client: TestClient, name: str, *given):
    return client.post(f"/gradio_api/run/{name}", json={"data": list(given)})


def test_answers_go_on_and_writes_are_refused_in_a_sentence(server, service, caplog):
    with client_of(service) as client:
        made = post(client, "join", ["Heat (1995)"]).json()["data"][0]
        who = made["user_id"], made["key"]
        assert client.get("/ready").json() == {"ok": True, "release": service.release.version, "trouble": ""}
        server.stop()
        for name, given in {
            "join": [["Heat (1995)"]],
            "rate": [*who, "Casino (1995)", 4],
            "feedback": ["like", "Heat (1995)"],
            "forget": [*who],
        }.items():
            answer = post(client, name, *given)
            assert answer.status_code == 503 and answer.headers["retry-after"] == "10", (name, answer.text)
            assert answer.json()["error"] == f"The server cannot store anything now, {AWAY}"
        answer = post(client, "recommend", who[0], 3)
        assert answer.status_code == 503 and answer.json()["error"] == f"The server cannot answer now, {AWAY}"

        # callers who need the store do not take the threads of those who do not
        with ThreadPoolExecutor(40) as pool:
            waiting = [pool.submit(post, client, "recommend", who[0], 3) for _ in range(30)]
            for user in range(1, 20):
                assert len(post(client, "recommend", str(user), 3).json()["data"][0]) == 3
            assert len(post(client, "similar", "Heat (1995)", 3).json()["data"][0]) == 3
            assert len(post(client, "recommend_for", ["Heat (1995)"], [], 3).json()["data"][0]) == 3
            assert {one.result().status_code for one in waiting} == {503}
        assert client.get("/health").status_code == 200
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["trouble"] == "The service cannot use profiles, because its database cannot be reached."

        server.start()
        until(lambda: client.get("/ready").status_code == 200)
        assert service.visitors.history(who[0]) == {"6": 5.0}, "nothing is half"
        assert post(client, "rate", *who, "Casino (1995)", 4).status_code == 200
        until(
            lambda: sum(event["kind"] == "list" for event in service.visitors.events()) >= 20,
            "lists shown meanwhile are stored",
        )
        assert post(client, "forget", *who).json()["data"][0]["forgotten"]
    assert PASSWORD not in caplog.text and IN_URL not in caplog.text
    assert caplog.text.count("WARNING") <= 4, "an outage is reported once, not once per call"


def test_a_start_while_the_server_is_away(server, prepared, film_folder, caplog):
    server.stop()
    settings = Settings(
        dataset=str(film_folder), data_dir=prepared, store_url=server.url, oauth_client_secret="oauth-secret"
    )
    service = ready(settings, quiet)
    assert "Starting without visitors' data; they are used as soon as the server answers." in caplog.text
    assert len(service.recommend("3", 3)) == 3 and not service.readiness()["ok"]
    server.start()
    until(lambda: service.readiness()["ok"])
    made = service.profiles.create(["Heat (1995)"])
    assert service.visitors.history(made["user_id"]) == {"6": 5.0}
    assert service.profiles.sign_in("ada")["user_id"].startswith("guest-")
    service.close()
    assert service.readiness() == {
        "ok": False,
        "release": service.release.version,
        "trouble": "The service is ending.",
    }
    service.visitors.close()


def test_status_and_about_show_no_password(service):
    for shown in (service.about(), service.readiness(), repr(service.settings)):
        assert PASSWORD not in json.dumps(shown) and IN_URL not in json.dumps(shown)
    assert service.about()["services"]["postgresql"] is True


def test_old_data_is_deleted_by_one_replica_at_a_time(service, server, prepared, film_folder, monkeypatch):
    # the second event shows that the clock is right
    service.visitors.add_events([{"time": when, "kind": "list", "items": ["6"]} for when in (1.0, time.time())])

    class Once:
        """Lets the loop of retention run once."""

        rounds = 0

        def wait(self, seconds):
            self.rounds += 1
            return self.rounds > 1

    with service.visitors.store.exclusive("retention of films"):
        retention._run(service, Once())
        assert len(list(service.visitors.events())) == 2, "another replica is at it"
    for _ in range(10):  # on a busy machine the server may be too slow for a round, which is tried again the next day
        retention._run(service, Once())
        if len(list(service.visitors.events())) < 2:
            break
    assert [event["time"] > 1.0 for event in service.visitors.events()] == [True]


def test_probes_answer_head_requests(service):
    with client_of(service) as client:
        assert client.head("/ready").status_code == client.head("/health").status_code == 200
        assert client.post("/ready").status_code == 405
    assert asyncio.iscoroutinefunction(probes(service)["/ready"]["GET"])
