"""Limits of open requests and connections, and requests that Gradio itself would fail at."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from recsys.api.guard import connections
from recsys.api.guard.gradio_requests import GradioRequests, PageCalls
from recsys.api.guard.hosts import CLIENT, Hosts
from recsys.api.guard.open_requests import OpenRequests
from recsys.api.guard.routes import is_open
from recsys.serving.client import Client
from recsys.settings import Settings


async def never_ending(scope, receive, send):
    """A stream of events: it ends with the request."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.sleep(3600)


class Visitors:
    """Visitors of an application, each with an address."""

    def __init__(self, app):
        self._app = app

    @asynccontextmanager
    async def asking(self, address, path="/gradio_api/heartbeat/s", method="GET"):
        """The status of a request that stays open inside the block."""
        answered: asyncio.Future = asyncio.get_running_loop().create_future()

        async def send(message):
            if message["type"] == "http.response.start":
                answered.set_result(message["status"])

        scope = {"type": "http", "method": method, "path": path, CLIENT: Client(address)}
        task = asyncio.create_task(self._app(scope, None, send))
        try:
            yield await answered
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def run(coroutine):
    """The result of a coroutine, in a thread of its own: after a browser test, an event loop still runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def test_streams_of_one_address_leave_room_for_others():
    async def trying():
        visitors = Visitors(OpenRequests(never_ending, most=3, most_of_address=2))
        async with visitors.asking("a") as first, visitors.asking("a") as second:
            async with visitors.asking("a") as third, visitors.asking("b") as other:
                assert (first, second, third, other) == (200, 200, 429, 200)
                async with visitors.asking("c") as last, visitors.asking("a", "/health") as health:
                    assert (last, health) == (503, 200)
            async with visitors.asking("b") as again:
                assert again == 200, "a closed request counts no longer"

    run(trying())


def test_the_start_is_not_refused_because_of_visitors():
    async def trying():
        visitors = Visitors(OpenRequests(never_ending, most=1, most_of_address=1))
        async with visitors.asking("a"):
            # by these Gradio finds out whether it has started; it ends the process if one of them fails
            for method, path in (("GET", "/gradio_api/startup-events"), ("HEAD", "/")):
                async with visitors.asking("a", path, method) as status:
                    assert status == 200

    run(trying())


@pytest.mark.parametrize(
    ("peer", "count", "is_refused"),
    [("192.0.2.7", 2, False), ("192.0.2.7", 3, True), ("127.0.0.1", 4, False), ("127.0.0.1", 6, True)],
)
def test_connections_of_one_peer_are_limited_but_not_those_of_a_trusted_proxy(peer, count, is_refused):
    protocol = object.__new__(connections.LimitedProtocol)
    protocol.most, protocol.most_of_peer = 5, 2
    protocol.client = (peer, 1)
    protocol.config = SimpleNamespace(forwarded_allow_ips="127.0.0.1")  # type: ignore[assignment]
    protocol.connections = [SimpleNamespace(client=(peer, port)) for port in range(count)]  # type: ignore[assignment]
    assert protocol._is_too_many() is is_refused


def test_the_limit_of_open_files_is_raised_where_it_may_be():
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(connections.FILES, before[1]) if before[1] != resource.RLIM_INFINITY else connections.FILES
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, wanted), before[1]))
        connections.allow_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == wanted
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("path", ["/assets/" + "x" * 300, "/static/" + "é" * 200, "/svelte/" + "a/" * 1500])
def test_names_longer_than_any_file_s_are_not_looked_up(path):
    assert is_open("/assets/index.js") and not is_open(path)


@pytest.mark.parametrize("host", ["a b", "x\x7f", "", "films.test:70000", "[::", "a/b", "a b, films.test"])
def test_a_forwarded_host_must_be_one_because_gradio_makes_addresses_from_it(host):
    client = TestClient(Hosts(Starlette(), Settings()), base_url="http://localhost")
    answer = client.get("/", headers={"X-Forwarded-Host": host})
    assert answer.status_code == 421 and answer.json()["error"].startswith("This server is not known as")
    assert client.get("/", headers={"X-Forwarded-Host": "films.test:443, inner"}).status_code == 404


def test_a_forwarded_host_is_one_of_those_that_are_listed():
    listed = replace(Settings(), allowed_hosts=("films.test",))
    client = TestClient(Hosts(Starlette(), listed), base_url="http://localhost")
    assert client.get("/", headers={"X-Forwarded-Host": "evil.test"}).status_code == 421
    assert client.get("/", headers={"X-Forwarded-Host": "films.test"}).status_code == 404


@pytest.mark.parametrize("path", ["/config", "/static/x", "/gradio_api/info"])
def test_a_failure_of_gradio_is_one_line_wherever_it_happens(path, caplog):
    async def failing(request: Request) -> PlainTextResponse:
        raise OSError(36, "File name too long")

    inner = Starlette()
    inner.add_route(path, failing)
    calls = PageCalls({}, {}, {}, SimpleNamespace(drop=lambda: None))  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO):
        answer = TestClient(GradioRequests(inner, calls)).get(path)
    assert answer.status_code == 500
    assert [record.getMessage() for record in caplog.records if "failed in Gradio" in record.getMessage()] == [
        f"GET {path} failed in Gradio: OSError: [Errno 36] File name too long"
    ]
