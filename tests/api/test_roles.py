"""Who may do what: each route, endpoint, server function and event of the app, by each role.

The lists are those of the app itself, so that a new one fails here until a table says who may use it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from gradio.routes import App
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from recsys.api import gradio_patches
from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.stack import guarded
from recsys.data.progress import quiet
from recsys.page.build import build
from recsys.page.serve import direct_handlers
from recsys.runtime.jobs import Background
from recsys.runtime.startup import ready
from recsys.serving.client import Client, answering
from recsys.settings import Settings

ADMIN_KEY = "the admin key"
REACHED = "reached"

# -- routes ---------------------------------------------------------------------------------------

PUBLIC, OWN, CLOSED = "any web site if hosted", "the own page and programs", "nobody"


def below(prefix: str, *names: str) -> list[str]:
    return [f"{prefix}{name}" for name in names]


ROUTES = {
    **dict.fromkeys(["/health", "/ready", *below("/gradio_api/", "info", "openapi.json")], PUBLIC),
    **dict.fromkeys(below("/", "", "config", "theme.css", "favicon.ico", "robots.txt", "manifest.json", "logout"), OWN),
    **dict.fromkeys(below("/", "metrics", "feed", "lists/", "agents.md", "pwa_icon/{size}"), OWN),
    **dict.fromkeys(below("/", "assets/{path:path}", "static/{path:path}", "svelte/{path:path}"), OWN),
    **dict.fromkeys(below("/gradio_api/", "mcp", "mcp/schema", "heartbeat/{session_hash}", "component_server"), OWN),
    **dict.fromkeys(below("/gradio_api/queue/", "join", "data", "status"), OWN),
    **dict.fromkeys(below("/gradio_api/", "cancel", "reset", "app_id", "startup-events", "theme.css"), OWN),
    **dict.fromkeys(below("/", "login", "openapi.json", "pwa_icon", "gradio_api/deep_link"), CLOSED),
    **dict.fromkeys(below("/monitoring", "", "/summary", "/{key}"), CLOSED),
    **dict.fromkeys(below("/gradio_api/", "user", "login_check", "token", "dev/reload", "runs", "mcp/sse"), CLOSED),
    **dict.fromkeys(below("/gradio_api/", "mcp/messages", "upload", "upload_progress", "process_recording"), CLOSED),
    **dict.fromkeys(below("/gradio_api/run-history/", "connect", "buckets", "records"), CLOSED),
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}": CLOSED,
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}": CLOSED,
    **dict.fromkeys(
        below("/gradio_api/", "proxy={url_path:path}", "file={path_or_url:path}", "file/{path:path}"), CLOSED
    ),
    **dict.fromkeys(below("/gradio_api/stream/", "{event_id}", "{event_id}/close"), CLOSED),
    **dict.fromkeys(
        below(
            "/gradio_api/stream/{session_hash}/{run}/{component_id}/",
            *("playlist.m3u8", "{segment_id}.{ext}", "playlist-file"),
        ),
        CLOSED,
    ),
    **dict.fromkeys(below("/gradio_api/", "vibe-edit", "undo-vibe-edit", "vibe-code", "vibe-starter-queries"), CLOSED),
}
"""Who may make requests to a path, by its pattern without the slash at its end; calls of endpoints are in `PRIVATE`."""
CALLS = ("run/{api_name}", "api/{api_name}", "call/{api_name}", "call/v2/{api_name}")
CALLS += ("call/{api_name}/{event_id}", "call/v2/{api_name}/{event_id}")
PRIVATE = {"export", "user", "feed_address", "join", "rate", "feedback", "forget"}
"""Endpoints that other web sites may not call."""


def paths(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and pattern of each route of an application, those of mounted applications and routers too."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from paths(route.original_router.routes, prefix)
        elif getattr(route, "routes", None):
            yield from paths(route.routes, prefix + route.path)
        else:
            for method in getattr(route, "methods", None) or ("GET", "POST", "DELETE"):  # a mounted function
                yield method, (prefix + route.path).rstrip("/") or "/"


@pytest.fixture(scope="module")
def service(untouched, film_folder, tmp_path_factory):
    """A service that others can reach, with an admin key."""
    data = shutil.copytree(untouched, tmp_path_factory.mktemp("roles") / "data")
    settings = Settings(dataset=str(film_folder), data_dir=data, server_name="0.0.0.0", admin_key=ADMIN_KEY)
    made = ready(replace(settings, rate_limits=False), quiet)
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(service):
    return build(service, service.settings)


@pytest.fixture(scope="module")
def direct(service):
    return direct_handlers(Background(service), service.settings)


@pytest.fixture(scope="module")
def routes(page, direct):
    """Method and path of each route that answers, by pattern."""
    pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")
    found = sorted(set(paths(App.create_app(page, app_kwargs={}, mcp_server=True).routes)))
    return found + [(method, path) for path, methods in direct.items() for method in methods]


def filled(pattern: str, name: str) -> str:
    """A path of this pattern."""
    parts = {"{event_id}": "7f", "{api_name}": name, "lists": "lists/someone/token/json"}
    return "/".join(parts.get(part, part.replace("{", "").replace("}", "")) for part in pattern.split("/"))


def requests(routes: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Method, path and expected class of each route; those of endpoints with each name."""
    for method, pattern in routes:
        public = OWN if method == "HEAD" else PUBLIC  # other sites need no HEAD
        called = pattern.removeprefix("/gradio_api/")
        if called in CALLS:
            for name in ENDPOINTS:
                yield method, filled(pattern, name), OWN if name in PRIVATE else public
        elif called.split("/")[0] in ("run", "api"):  # answered without Gradio
            name = called.split("/")[1]
            yield method, pattern, OWN if name in PRIVATE else public
        else:
            kind = ROUTES[pattern]
            yield method, filled(pattern, ""), public if kind == PUBLIC else kind


def test_every_route_is_in_the_table(routes):
    known = set(ROUTES) | {f"/gradio_api/{call}" for call in CALLS}
    known |= {f"/gradio_api/{way}/{name}" for way in ("run", "api") for name in ENDPOINTS}
    assert len(routes) > 100 and sorted({pattern for _, pattern in routes} - known) == []


def test_every_endpoint_that_writes_or_takes_a_key_is_private():
    asks = {name for name, one in ENDPOINTS.items() if one.writes or any(each.name == "key" for each in one.parameters)}
    assert asks <= PRIVATE and set(ENDPOINTS) >= PRIVATE


LOCAL, HOSTED = Settings(), Settings(server_name="0.0.0.0", admin_key=ADMIN_KEY)
NAMED = replace(HOSTED, allowed_hosts=("films.test",))
PASSES = {PUBLIC: REACHED, OWN: REACHED, CLOSED: 404}
ROLES: dict[str, tuple[Settings, dict[str, str], dict[str, Any]]] = {
    "anonymous on this machine": (LOCAL, {}, PASSES),
    "the own page": (LOCAL, {"Origin": "http://localhost"}, PASSES),
    "a proxy on this machine": (LOCAL, {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}, PASSES),
    "another name of this machine": (LOCAL, {"Host": "evil.test"}, dict.fromkeys(PASSES, 421)),
    "another site on this machine": (LOCAL, {"Origin": "http://evil.test"}, dict.fromkeys(PASSES, 403)),
    "another program on this machine": (LOCAL, {"Origin": "http://localhost:1"}, dict.fromkeys(PASSES, 403)),
    "anonymous": (HOSTED, {"Host": "films.test"}, PASSES),
    "another site": (
        HOSTED,
        {"Host": "films.test", "Origin": "https://evil.test"},
        {PUBLIC: REACHED, OWN: 403, CLOSED: 403},
    ),
    "a frame without a site": (
        HOSTED,
        {"Host": "films.test", "Origin": "null"},
        {PUBLIC: REACHED, OWN: 403, CLOSED: 403},
    ),
    "another name": (NAMED, {"Host": "evil.test"}, dict.fromkeys(PASSES, 421)),
    "another forwarded name": (NAMED, {"Host": "films.test", "X-Forwarded-Host": "x.test"}, dict.fromkeys(PASSES, 421)),
    "no name": (HOSTED, {"Host": "a b"}, dict.fromkeys(PASSES, 421)),
}


async def statuses(
    app: Any, asked: list[tuple[str, str, str]], headers: dict[str, str]
) -> list[tuple[int, bytes, Any]]:
    """Status, body and headers of the answer to each request."""
    given = {"Host": "localhost", "Content-Type": "application/json"} | headers
    raw = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    found = []
    for method, path, _ in asked:
        messages: list[dict[str, Any]] = []

        async def receive():
            return {"type": "http.request", "body": b'{"data": ["x"]}'}

        async def send(message, messages=messages):
            messages.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
        await app({**scope, "client": ("203.0.113.9", 1)}, receive, send)
        found.append((messages[0]["status"], messages[1]["body"], dict(messages[0]["headers"])))
    return found


async def gradio(scope, receive, send):
    """Stands for Gradio: the guard has let the request through."""
    await JSONResponse({REACHED: True})(scope, receive, send)


async def handle(request):
    """Stands for a handler of a path that is answered without Gradio."""
    return JSONResponse({REACHED: True})


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_each_role_as_the_table_says(service, page, routes, direct, role):
    settings, headers, expected = ROLES[role]
    handlers = {path: dict.fromkeys(methods, handle) for path, methods in direct.items()}
    guard = guarded(gradio, settings, gradio_patches.page_calls(page), handlers, service.limits)
    asked = list(requests(routes))
    with ThreadPoolExecutor(1) as pool:  # after a browser test, an event loop still runs in this thread
        answers = pool.submit(asyncio.run, statuses(guard, asked, headers)).result()
    for (method, path, kind), (status, body, sent) in zip(asked, answers, strict=True):
        # 422 and 404 are said of the body and the session by what checks them behind the guard
        is_reached = status in (200, 404, 422) and b"There is nothing at" not in body
        found = REACHED if is_reached else status
        assert found == expected[kind] or (kind == CLOSED and found == 405), (method, path, status)
        if "Origin" in headers and found != REACHED:
            assert not any(name.startswith(b"access-control") for name in sent)


# -- keys -----------------------------------------------------------------------------------------

OF_PROFILES = {
    "user": lambda user, key: [user, 5, key],
    "rate": lambda user, key: [user, key, "Heat (1995)", 4],
    "feedback": lambda user, key: ["like", "Heat (1995)", user, "", "", key],
    "export": lambda user, key: [{}, [], "json", user, key],
    "feed_address": lambda user, key: [user, key],
    "forget": lambda user, key: [user, key],
}
"""Arguments of the endpoints that need the key of the profile; `forget` is the last, because it deletes it."""
WITHOUT_KEY = set(ENDPOINTS) - set(OF_PROFILES)


def test_every_endpoint_with_a_key_is_in_the_table():
    assert {name for name in ENDPOINTS if any(one.name == "key" for one in ENDPOINTS[name].parameters)} == set(
        OF_PROFILES
    )


def test_a_profile_answers_to_its_own_key_alone(service, page, direct):
    own, other, deleted = (service.profiles.create(["Heat (1995)", "Casino (1995)"]) for _ in range(3))
    service.profiles.delete(deleted["user_id"], deleted["key"])
    user, key = own["user_id"], own["key"]
    guard = guarded(Starlette(), HOSTED, gradio_patches.page_calls(page), direct, service.limits)
    client = TestClient(guard, base_url="http://localhost")

    def asked(name, who, key):
        return client.post(f"/gradio_api/run/{name}", json={"data": OF_PROFILES[name](who, key)}).status_code

    wrong = ["", key[:-1], key.swapcase(), other["key"], deleted["key"], ADMIN_KEY]
    for name in OF_PROFILES:
        assert [asked(name, user, one) for one in wrong] == [422] * len(wrong), name
        assert asked(name, deleted["user_id"], deleted["key"]) == 422, name
        assert asked(name, user, key) == 200, name


# -- the page -------------------------------------------------------------------------------------

ANYBODY, KEY, ADMIN = "anybody", "the profile's key", "the admin key"
FUNCTIONS = {
    **dict.fromkeys(["search", "options", "named", "details", "activity", "posters"], ANYBODY),
    **dict.fromkeys(["verdict", "lists"], KEY),
    **dict.fromkeys(["operate", "export"], ADMIN),
}
EVENTS = {"arrive", "navigate", "mark", "ask", "join", "enter", "leave"}
"""Events of the page; what they do with a profile goes through the functions that verify its key."""


@pytest.fixture(scope="module")
def functions(page):
    """The server functions of the components, by name."""
    return {
        name: one
        for block in page.blocks.values()
        for name, one in vars(block).items()
        if getattr(one, "_is_server_fn", False)
    }


def test_every_function_and_event_of_the_page_is_in_the_table(page, functions):
    assert set(functions) <= set(FUNCTIONS) and len(functions) > 8
    private = {event.fn.__name__ for event in page.fns.values() if event.fn and event.api_name not in ENDPOINTS}
    assert private <= EVENTS and len(private) > 5


@pytest.mark.parametrize("client", [Client("203.0.113.9", is_local=False), Client("127.0.0.1", is_local=True)])
def test_actions_of_the_operator_need_the_admin_key(service, functions, client):
    profile = service.profiles.create(["Heat (1995)"])
    for name in [name for name, who in FUNCTIONS.items() if who == ADMIN]:
        request = {"action": "unpin", "format": "csv"}
        with answering(client):
            for wrong in ("", "x", ADMIN_KEY + " x", ADMIN_KEY.upper(), profile["key"]):
                refused = functions[name](request | {"key": wrong, "token": wrong})
                assert "RECSYS_ADMIN_KEY" in refused["error"] and not {"versions", "text", "token"} & set(refused), name
            assert "error" not in functions[name](request | {"key": ADMIN_KEY}), name


def test_functions_of_profiles_need_their_key(service, functions):
    own, other = (service.profiles.create(["Heat (1995)"]) for _ in range(2))
    given = {"verdict": "like", "item_id": "6", "user_id": own["user_id"], "watchlist": [], "less": []}
    for name in [name for name, who in FUNCTIONS.items() if who == KEY]:
        for wrong in ("x", other["key"], ADMIN_KEY):
            assert "error" in functions[name](given | {"key": wrong}), name
        assert functions[name](given | {"key": own["key"]}).get("stored"), name
