"""The guard in front of every route, part by part, without a server."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.body_limit import BodyLimit
from recsys.api.guard.direct import Direct, Gradio
from recsys.api.guard.headers import SecurityHeaders, policy
from recsys.api.guard.hosts import Hosts, address_of, is_local
from recsys.api.guard.json_bodies import MAX_DEPTH, parse
from recsys.api.guard.origins import Origins
from recsys.api.guard.routes import CALLS, GRADIO, Routes, is_public
from recsys.api.guard.sign_ins import SignIns
from recsys.errors import BadInput
from recsys.serving.client import Client, answering, current
from recsys.serving.rate_limit import RateLimits
from recsys.settings import Settings

LOCAL = Settings()
HOSTED = Settings(server_name="0.0.0.0", admin_key="secret")
SPACE = Settings(on_space=True, server_name="0.0.0.0", space_hosts=("me-films.hf.space",))


def run(coroutine):
    """The result of a coroutine, in a thread of its own: after a browser test, an event loop still runs in this one."""
    context = copy_context()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: context.run(asyncio.run, coroutine)).result()


async def app(scope, receive, send):
    """Says who asked, and answers as Gradio does to every origin."""
    body = b""
    while scope["method"] == "POST":
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = [(b"access-control-allow-origin", b"http://evil.test"), (b"access-control-allow-credentials", b"true")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    said = {"bytes": len(body), "cookie": any(name == b"cookie" for name, _ in scope["headers"])}
    await send({"type": "http.response.body", "body": json.dumps(said | vars(current())).encode()})


def asked(guard, method="GET", path="/", headers=None, parts=None, client=("192.0.2.7", 1)) -> tuple[int, dict, Any]:
    """Status, headers and JSON of an answer."""
    messages = [
        {"type": "http.request", "body": part, "more_body": number < len(parts or [b""]) - 1}
        for number, part in enumerate(parts or [b""])
    ]
    found: dict[str, Any] = {"body": b""}

    async def receive():
        if not messages:
            await asyncio.sleep(3600)
        return messages.pop(0)

    async def send(message):
        if message["type"] == "http.response.start":
            found.update(status=message["status"], headers=message["headers"])
        else:
            found["body"] += message.get("body", b"")

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {"Host": "localhost"}).items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw, "client": client, "query_string": b""}
    run(guard(scope, receive, send))
    decoded = {name.decode(): value.decode() for name, value in found["headers"]}
    return found["status"], decoded, json.loads(found["body"] or b"null")


# -- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1:7911", "[::1]:80", "[::1]"])
@pytest.mark.parametrize("settings", [LOCAL, HOSTED, SPACE])
def test_names_of_this_machine_are_served(settings, host):
    assert asked(Hosts(app, settings), headers={"Host": host})[0] == 200


FOREIGN = [
    "evil.test",
    "evil.test:7911",
    "localhost.evil.test",
    "127.0.0.1.evil.test",
    "0.0.0.0:7860",
    "",
    "a b",
    "x/y",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_is_refused_where_only_this_machine_is_served(host):
    status, _, answer = asked(Hosts(app, LOCAL), headers={"Host": host})
    assert status == 421 and "RECSYS_ALLOWED_HOSTS" in answer["error"]


def test_names_can_be_allowed_and_then_others_are_not():
    named = replace(LOCAL, allowed_hosts=("films.test",))
    assert asked(Hosts(app, named), headers={"Host": "films.test:443"})[0] == 200
    assert asked(Hosts(app, named), headers={"Host": "evil.test"})[0] == 421
    hosted = replace(HOSTED, allowed_hosts=("films.test",))
    assert asked(Hosts(app, hosted), headers={"Host": "203.0.113.9"})[0] == 200, "an address cannot be rebound"
    assert asked(Hosts(app, hosted), headers={"Host": "evil.test"})[0] == 421
    assert asked(Hosts(app, HOSTED), headers={"Host": "any.test"})[0] == 200, "it cannot know its own name"


def test_a_space_is_known_by_its_own_name():
    assert Settings.from_env({"SPACE_ID": "Me/My_Films"}).space_hosts == ("me-my-films.hf.space",)
    assert Settings.from_env({"SPACE_ID": "m/f", "SPACE_HOST": "a.hf.space,b.org"}).space_hosts == (
        "a.hf.space",
        "b.org",
    )
    assert asked(Hosts(app, SPACE), headers={"Host": "me-films.hf.space"})[0] == 200
    assert asked(Hosts(app, SPACE), headers={"Host": "evil.test"})[0] == 421


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"]
    + [
        "X-Forwarded",
        "X-Forwarded-Prefix",
        "X-Forwarded-Ssl",
        "X-Original-Forwarded-For",
        "X-Client-IP",
        "Fly-Client-IP",
    ]
    + ["X-Envoy-External-Address", "X-ProxyUser-Ip"],
)
def test_a_request_through_a_proxy_is_not_that_of_the_user_of_this_machine(name):
    assert asked(Hosts(app, LOCAL))[2]["is_local"] is True
    assert asked(Hosts(app, LOCAL), headers={"Host": "localhost", name: "x"})[2]["is_local"] is False
    assert not is_local({"host": "films.test"})


def test_addresses_are_counted_by_customer():
    assert asked(Hosts(app, LOCAL))[2]["address"] == "192.0.2.7"
    assert address_of("2001:db8:1:2:3::4") == address_of("2001:db8:1:2:ffff::1") != address_of("2001:db8:1:3::1")
    assert address_of("::ffff:192.0.2.7") == "192.0.2.7" and len(address_of("x" * 900)) == 64


# -- origins --------------------------------------------------------------------------------------

PAGE = f"{GRADIO}/run/predict"


def origin(settings, value, path=PAGE, method="POST", host="localhost:7860", **more):
    guard = Origins(Gradio(app), settings, is_public)
    return asked(guard, method, path, {"Host": host, "Origin": value, "Cookie": "session=1"} | more)


@pytest.mark.parametrize(
    "value",
    ["http://evil.test", "null", "https://localhost.evil.test", "http://localhost:1234", "file://", "http://[", "junk"],
)
@pytest.mark.parametrize("path", [PAGE, f"{GRADIO}/run/similar", f"{GRADIO}/component_server", "/", "/config"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_server_for_this_machine_answers_no_other_site(value, path, method):
    status, headers, answer = origin(LOCAL, value, path, method)
    assert status == 403 and "does not answer other web sites" in answer["error"]
    assert not any(name.startswith("access-control") for name in headers)


@pytest.mark.parametrize("value", ["http://localhost:7860", "http://127.0.0.1:7860", "http://[::1]:7860"])
def test_the_own_page_is_answered_without_credentials_for_others(value):
    status, headers, answer = origin(LOCAL, value)
    assert status == 200 and answer["cookie"] is True
    assert not any(name.startswith("access-control") for name in headers)


def test_the_own_page_behind_a_proxy_is_known_by_its_name():
    assert origin(HOSTED, "https://films.test", host="films.test")[0] == 200
    assert origin(HOSTED, "https://films.test", host="127.0.0.1:7860")[0] == 403
    assert origin(HOSTED, "https://films.test", host="127.0.0.1:7860", **{"X-Forwarded-Host": "films.test"})[0] == 200
    named = replace(HOSTED, allowed_hosts=("films.test",))
    assert origin(named, "https://films.test", host="127.0.0.1:7860")[0] == 200


def test_other_sites_may_read_what_is_public_without_cookies():
    for call in CALLS:
        status, headers, answer = origin(HOSTED, "https://blog.test", f"{GRADIO}/{call}/similar", host="films.test")
        assert status == 200 and answer["cookie"] is False
        assert headers["access-control-allow-origin"] == "*" and "access-control-allow-credentials" not in headers
    ask = {"Access-Control-Request-Method": "POST"}
    status, headers, _ = origin(HOSTED, "https://blog.test", f"{GRADIO}/run/similar", "OPTIONS", "films.test", **ask)
    assert status == 204 and headers["access-control-allow-headers"] == "content-type"


PRIVATE = [f"{GRADIO}/run/{name}" for name, one in ENDPOINTS.items() if one.writes or name == "user"]
PRIVATE += [PAGE, f"{GRADIO}/queue/join", f"{GRADIO}/component_server", f"{GRADIO}/mcp", "/", "/config", "/logout"]


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_other_sites_may_neither_write_nor_use_the_page(path, method):
    ask = {"Access-Control-Request-Method": "POST"} if method == "OPTIONS" else {}
    status, headers, _ = origin(HOSTED, "https://blog.test", path, method, "films.test", **ask)
    assert status == 403 and not any(name.startswith("access-control") for name in headers)


# -- routes ---------------------------------------------------------------------------------------

CLOSED = [
    "dev/reload",
    "upload",
    "upload_progress",
    "file=/etc/passwd",
    "proxy=http://x",
    "stream/1",
    "vibe-edit",
    "runs",
]
CLOSED += [
    "file/x",
    "run/nothing",
    "api/predict",
    "call/similar/1/2",
    "mcp/sse",
    "process_recording",
    "run-history/records",
]


@pytest.mark.parametrize("path", [f"{GRADIO}/{one}" for one in CLOSED] + ["/monitoring", "/docs", "/login", "/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_what_the_page_does_not_use_is_closed(path, method):
    assert asked(Routes(app), method, path)[0] == 404


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "PUT", "PATCH", "PROPFIND", "get"])
@pytest.mark.parametrize("path", ["/", f"{GRADIO}/run/similar", "/health", "/nothing"])
def test_methods_that_nothing_takes_are_refused(path, method):
    status, headers, answer = asked(Routes(app, {"/health"}), method, path)
    assert status == 405 and headers["allow"].startswith("GET, HEAD") and method in answer["error"]


@pytest.mark.parametrize("path", ["/assets/a\0.js", f"{GRADIO}/heartbeat/a\n", f"{GRADIO}/call/search/\x7f"])
def test_paths_with_control_characters_are_closed(path):
    assert asked(Routes(app), "GET", path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/health", "/assets/x.js", f"{GRADIO}/run/similar/", f"{GRADIO}/call/search/7f"])
def test_what_the_page_and_the_api_use_is_open(path):
    assert asked(Routes(app), "GET", path)[0] == 200


def test_some_addresses_are_answered_without_gradio():
    async def health(request):
        return JSONResponse({"direct": request.method})

    guard = Direct(app, {"/health": {"GET": health}})
    assert asked(guard, "GET", "/health")[2] == {"direct": "GET"}
    status, headers, answer = asked(guard, "POST", "/health")
    assert (status, headers["allow"]) == (405, "GET") and answer["error"].endswith("use GET.")
    assert "address" in asked(guard, "GET", "/other")[2]


def test_sign_ins_are_limited_by_address():
    guard = SignIns(app, RateLimits())

    def statuses(address, path):
        with answering(Client(address)):
            return [asked(guard, "GET", path) for _ in range(40)]

    found = statuses("192.0.2.7", "/login/callback")
    assert [status for status, _, _ in found].count(429) >= 15 and found[0][0] == 200
    assert int(found[-1][1]["retry-after"]) >= 1 and "sign-ins" in found[-1][2]["error"]
    assert statuses("192.0.2.8", "/login/huggingface")[0][0] == 200
    assert {status for status, _, _ in statuses("192.0.2.7", "/")} == {200}


# -- bodies ---------------------------------------------------------------------------------------


def sent(parts, headers, **options):
    return asked(
        BodyLimit(app, limit=1000, discard_s=0.05, **options), "POST", "/x", {"Host": "localhost"} | headers, parts
    )


@pytest.mark.parametrize("parts", [[b"x" * 1000], [b"x"] * 1000, [b"", b"x" * 999, b""]])
def test_a_body_within_the_limit_arrives_whole(parts):
    assert sent(parts, {"Transfer-Encoding": "chunked"})[2]["bytes"] == sum(map(len, parts))
    assert sent(parts, {"Content-Length": str(sum(map(len, parts)))})[2]["bytes"] == sum(map(len, parts))


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ([b"x" * 1001], {"Transfer-Encoding": "chunked"}),
        ([b"x"] * 1001, {"Transfer-Encoding": "chunked"}),
        ([b""], {"Content-Length": "1001"}),
        ([b""], {"Content-Length": "9" * 4000}),
    ],
)
def test_a_longer_body_is_refused_while_it_comes(parts, headers):
    status, answered, answer = sent(parts, headers)
    assert status == 413 and answer["error"] == "The body is longer than 1,000 bytes. Send less at a time."
    assert answered["connection"] == "close"


def test_two_ends_of_one_body_are_refused():
    status, answered, answer = sent([b"x"], {"Transfer-Encoding": "chunked", "Content-Length": "1"})
    assert (status, answered["connection"]) == (400, "close") and "contradict each other" in answer["error"]


def test_a_length_that_is_no_number_is_refused():
    assert sent([b"x"], {"Content-Length": "-1"})[0] == 400


def test_a_body_that_does_not_arrive_is_not_waited_for():
    async def asking():
        found = []

        async def receive():
            await asyncio.sleep(3600)

        async def send(message):
            found.append(message)

        scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"content-length", b"5")]}
        await BodyLimit(app, wait_s=0.01)(scope, receive, send)
        return found[0]["status"]

    assert run(asking()) == 408


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{nonsense", "The body is not JSON"),
        (b"", "The body is not JSON"),
        (b"\xff", "The body is not JSON"),
        (b'{"n": NaN}', "The body holds NaN"),
        (b"[Infinity]", "The body holds Infinity"),
        (b"[1e999]", "The body holds the number 1e999, which is too large"),
        (b"[" + b"9" * 401 + b"]", "The body holds a number of 401 digits"),
        (b"[" + b"9" * 10_000 + b"]", "The body holds a number of 10,000 digits"),
        (rb'{"data": ["\ud800"]}', "not valid Unicode"),
        (rb'{"\uDFFF": 1}', "not valid Unicode"),
        (b"[" * 40 + b"]" * 40, f"nested more than {MAX_DEPTH} levels"),
        (b"[" * 100_000, f"nested more than {MAX_DEPTH} levels"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, f"nested more than {MAX_DEPTH} levels"),
    ],
)
def test_json_that_later_code_cannot_handle_is_refused(body, sentence):
    with pytest.raises(BadInput, match=sentence):
        parse(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_any_other_json_is_read_as_it_is(value):
    assert parse(json.dumps(value).encode()) == value


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_one_refusal(body):
    try:
        json.dumps(parse(body), ensure_ascii=False, allow_nan=False).encode()
    except BadInput as error:
        assert str(error).endswith(".")


# -- headers --------------------------------------------------------------------------------------


def test_every_answer_has_the_security_headers():
    for settings_, ancestors in ((LOCAL, "'self'"), (SPACE, "'self' https://huggingface.co")):
        guard = SecurityHeaders(Hosts(app, settings_), settings_)
        for host in ("localhost", ""):  # an answer and a refusal
            headers = asked(guard, headers={"Host": host})[1]
            assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"]
            assert headers["permissions-policy"]
            assert headers["content-security-policy"].endswith(f"frame-ancestors {ancestors}")


def test_the_policy_names_no_other_host_but_those_of_pictures():
    rules = dict(rule.split(" ", 1) for rule in policy(["https://image.test"], nonce="abc").split("; "))
    assert rules["default-src"] == rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' data: blob: https://image.test"
    assert "'unsafe-inline'" not in rules["script-src"] and "http" not in rules["script-src"]
