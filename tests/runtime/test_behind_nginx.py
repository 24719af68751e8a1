"""The nginx configuration of docs/scaling.md in front of two replicas: what is sticky, and what happens when one dies."""

from __future__ import annotations

import contextlib
import shutil
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from film_app import started
from nginx_server import nginx
from postgres_server import running_postgres
from runtime_calls import ask
from waiting import PATIENCE_S, until


def is_ready(address: str) -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"{address}/ready", timeout=PATIENCE_S).close()
        return True
    return False


def wait_for(address: str) -> None:
    """Return when /ready answers."""
    until(lambda: is_ready(address), f"{address} is not ready")


def replicas_of(log: Path, path: str) -> Counter[str]:
    """How many requests below a path each replica answered; of several that were tried, the last one."""
    time.sleep(0.2)  # the log is written when the answer has been sent
    lines = [line.split(" ", 2) for line in log.read_text().splitlines()]
    return Counter(servers.split(", ")[-1] for _, uri, servers in lines if uri.startswith(path))


@pytest.mark.slow
def test_calls_go_to_any_replica_and_a_page_to_one(untouched, film_folder, tmp_path):
    from gradio_client import Client

    with running_postgres("fsync=off") as server, contextlib.ExitStack() as stack:
        given = {
            "RECSYS_STORE_URL": server.url,
            "RECSYS_ADMIN_KEY": "open-sesame",
            "RECSYS_ALLOWED_HOSTS": "127.0.0.1",
        }
        apps = []
        for name in ("first", "second"):
            data = shutil.copytree(untouched, tmp_path / name / "data")
            apps.append(stack.enter_context(started(data, film_folder, **given)))
        ports = [int(address.rpartition(":")[2]) for address, _ in apps]
        address, log = stack.enter_context(nginx(ports))
        wait_for(address)

        status, made = ask(address, "join", ["Heat (1995)"])
        assert status == 200
        for rating in (1, 2, 3, 4, 5, 4, 3, 2):
            assert ask(address, "rate", made["user_id"], made["key"], "Casino (1995)", rating)[0] == 200
            status, user = ask(address, "user", made["user_id"], 5, made["key"])
            assert user["history"][0]["rating"] == rating, "the next answer, whichever replica gave it"
        assert len(replicas_of(log, "/gradio_api/run/")) == 2

        client = Client(address, verbose=False)
        for _ in range(4):
            assert len(client.predict("Heat (1995)", 3, api_name="/similar")) == 3
        page = urllib.request.urlopen(f"{address}/?tab=data", timeout=PATIENCE_S).read()
        assert b"<h1" in page or b"gradio" in page
        sticky = replicas_of(log, "/gradio_api/queue") + replicas_of(log, "/gradio_api/call") + replicas_of(log, "/?")
        assert len(sticky) == 1, sticky

        # the replica of this address is killed: the next requests go to the other one
        (used,) = sticky
        index = ports.index(int(used.rpartition(":")[2]))
        apps[index][1].kill()
        apps[index][1].wait()
        urllib.request.urlopen(address, timeout=PATIENCE_S).close()
        for _ in range(6):
            assert ask(address, "similar", "Heat (1995)", 3)[0] == 200
            assert ask(address, "rate", made["user_id"], made["key"], "Casino (1995)", 5)[0] == 200
        assert len(Client(address, verbose=False).predict("Heat (1995)", 3, api_name="/similar")) == 3
