"""The running app against requests that no honest client sends: 4xx and one sentence, and no traceback in the log."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
from film_app import running
from waiting import PATIENCE_S

from recsys.api.endpoints import ENDPOINTS

NASTY = {
    "lone surrogate": '"\\ud800"',
    "huge number": "1" + "0" * 400,
    "longer number": "9" * 5000,
    "infinity": "Infinity",
    "not a number": "NaN",
    "overflow": "1e999",
    "deep list": "[" * 3000 + "]" * 3000,
    "null byte": '"\\u0000"',
    "long text": json.dumps("x" * 50_000),
    "object": '{"a": {"b": []}}',
    "file": '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}',
    "nothing": "null",
    "truth": "true",
    "negative": "-1",
    "markup": json.dumps("<script>alert(1)</script>"),
    "separators": '"\\u2028\\u0085\\r\\n"',
}


@pytest.fixture(scope="module")
def app(prepared, film_folder):
    """Address and log of an app of its own."""
    with running(prepared, film_folder) as address:
        yield address, prepared.parent / f"app-{urlsplit(address).port}.log"


@pytest.fixture(scope="module")
def ask(app):
    """Send one request; returns status, headers and body."""
    address = urlsplit(app[0])

    def send(method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            given = {"Content-Type": "application/json"} | (headers or {})
            connection.request(method, path, body.encode() if isinstance(body, str) else body, given)
            answer = connection.getresponse()
            # streams end only with the connection
            return answer.status, dict(answer.getheaders()), answer.read(200_000)

    return send


@pytest.fixture
def quiet_log(app):
    """In the end the log holds no traceback and no more than a line for each request."""
    before = app[1].stat().st_size
    yield
    with app[1].open(encoding="utf-8") as log:
        log.seek(before)
        text = log.read()
    assert "Traceback" not in text, text[:4000]
    assert len(text) < 20_000, text[:4000]


def parameters(name, nasty):
    """Calls of an endpoint with a nasty value in each place, the others plausible."""
    plausible = {
        "title": '"Heat (1995)"',
        "query": '"heat"',
        "user_id": '"1"',
        "liked": '["Heat (1995)"]',
        "key": '"k"',
    }
    plausible |= {"verdict": '"like"', "people": '["1", "2"]', "text": '"a,b\\n1,2"', "rating": "4"}
    names = [one.name for one in ENDPOINTS[name].parameters]
    for place in range(len(names)):
        values = [plausible.get(one, "null") for one in names[: place + 1]]
        yield "[" + ", ".join([*values[:-1], nasty]) + "]"
        yield "[" + ", ".join([*values[:-1], f"[{nasty}]"]) + "]"
        yield "[" + ", ".join([*values[:-1], f'{{"Heat (1995)": {nasty}, "n": {nasty}, "year_from": {nasty}}}']) + "]"


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_no_value_of_a_parameter_is_a_failure_of_ours(ask, quiet_log, nasty):
    for name in ENDPOINTS:
        for data in parameters(name, nasty):
            for way in ("run", "api"):
                status, _, body = ask("POST", f"/gradio_api/{way}/{name}", f'{{"data": {data}}}')
                assert status in (200, 422, 429), (name, data[:200], body[:300])
                if status != 200:
                    assert json.loads(body)["error"].endswith(".") and len(body) < 3000


SHAPES = ["", "null", "[]", "7", '"x"', "{}", '{"data": 7}', '{"data": [[], {}]}', '{"data": [], "session_hash": 7}']
SHAPES += [
    f'{{"data": [], "fn_index": {one}, "session_hash": "s"}}' for one in ("0", "-1", "9999", '"x"', "1.5", "null")
]
SHAPES += [
    '{"data": [], "fn_index": 0, "session_hash": "s", "batched": true}',
    '{"session_hash": "s", "fn_name": "search"}',
]
SHAPES += [
    f'{{"session_hash": "s", "component_id": 1, "fn_name": {one}, "data": null}}' for one in ('"__init__"', "1", "[]")
]
SHAPES += [f'{{"session_hash": "{"s" * 5000}", "fn_index": 1, "event_id": "e"}}', '{"nonsense": 1}']
SHAPES += [f'{{"data": [{one}], "fn_index": 1, "session_hash": "s"}}' for one in NASTY.values()]
PATHS = [
    "run/predict",
    "queue/join",
    "component_server",
    "cancel",
    "reset",
    "call/search",
    "call/v2/search",
    "call/v2/rate",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_shape_of_a_body_is_a_failure_of_ours(ask, quiet_log, path):
    for shape in SHAPES:
        status, _, body = ask("POST", f"/gradio_api/{path}", shape)
        assert status < 500, (path, shape[:200], body[:300])


def test_what_components_are_sent_is_never_a_failure_of_ours(ask, quiet_log, app):
    config = json.loads(ask("GET", "/config")[2])
    functions = [
        (one["id"], name) for one in config["components"] for name in (one.get("props") or {}).get("server_fns") or []
    ]
    assert len(functions) > 5
    for (number, name), value in itertools.product(functions, NASTY.values()):
        call = f'{{"session_hash": "s", "component_id": {number}, "fn_name": "{name}", "data": {value}}}'
        status, _, body = ask("POST", "/gradio_api/component_server", call)
        assert status in (200, 422), (name, value[:100], body[:300])
        for key in ("query", "id", "title", "user_id", "key", "token", "model", "first", "verdict"):
            inner = call.replace(f'"data": {value}', f'"data": {{"{key}": {value}}}')
            assert ask("POST", "/gradio_api/component_server", inner)[0] in (200, 422), (name, key, value[:100])


def test_events_of_the_page_take_any_value(ask, quiet_log):
    config = json.loads(ask("GET", "/config")[2])
    events = [one for one in config["dependencies"] if one["backend_fn"] and one["api_visibility"] == "private"]
    assert len(events) > 4
    for event, value in itertools.product(events, NASTY.values()):
        data = ", ".join([value] * len(event["inputs"]))
        body = f'{{"data": [{data}], "fn_index": {event["id"]}, "session_hash": "s", "event_data": {value}}}'
        status, _, answer = ask("POST", "/gradio_api/run/predict", body)
        assert status in (200, 422), (event["id"], value[:100], answer[:300])


@pytest.mark.parametrize(
    "path", ["call/search/none", "call/v2/search/none", "queue/data", "queue/data?session_hash=none"]
)
def test_results_that_are_not_there_are_404(ask, quiet_log, path):
    assert ask("GET", f"/gradio_api/{path}")[0] == 404


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
@pytest.mark.parametrize("path", [*PATHS, "mcp", "run/feedback", "run/join", "api/rate"])
def test_only_json_is_taken_for_a_call(ask, quiet_log, path, kind):
    body = '{"data": ["like", "Heat (1995)"], "session_hash": "s", "component_id": 1, "fn_name": "verdict"}'
    status, _, answer = ask("POST", f"/gradio_api/{path}", body, {"Content-Type": kind})
    assert status in (415, 422) and "Content-Type" in json.loads(answer)["error"]


@pytest.mark.parametrize(
    "path", ["run/search", "api/search", "call/search", "queue/join", "component_server", "mcp", "upload"]
)
def test_every_route_has_the_same_limit(ask, quiet_log, path):
    body = b'{"data": ["' + b"x" * 1_100_000 + b'"]}'
    status, _, answer = ask("POST", f"/gradio_api/{path}", body)
    assert status == (404 if path == "upload" else 413) and json.loads(answer)["error"].endswith(".")


def test_chunks_are_counted_while_they_come(app, quiet_log):
    address = urlsplit(app[0])
    head = "POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as wire:
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        answer = b""
        with contextlib.suppress(OSError):  # closed before everything is sent
            for _ in range(40):
                wire.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        with contextlib.suppress(OSError):
            answer = wire.recv(1000)
    assert answer.startswith(b"HTTP/1.1 413")


def test_development_and_upload_routes_are_closed(ask, quiet_log):
    for method, path in itertools.product(
        ("GET", "POST"), ("dev/reload", "upload", "file=/etc/passwd", "stream/1", "runs")
    ):
        assert ask(method, f"/gradio_api/{path}")[0] == 404


def test_a_foreign_name_and_a_foreign_page_get_nothing(ask, quiet_log):
    assert ask("GET", "/", headers={"Host": "evil.test"})[0] == 421
    for path in ("/gradio_api/run/similar", "/gradio_api/run/predict", "/gradio_api/component_server"):
        status, headers, _ = ask("POST", path, '{"data": ["Heat"]}', {"Origin": "http://evil.test"})
        assert status == 403 and not any("access-control" in name.lower() for name in headers)


def test_an_address_that_tries_wrong_keys_must_wait(ask, quiet_log):
    proxied = {"X-Forwarded-For": "203.0.113.77"}  # the proxy on this machine is trusted
    found = [
        ask("POST", "/gradio_api/run/rate", f'{{"data": ["guest-x", "{n}", "Heat (1995)", 4]}}', proxied)
        for n in range(60)
    ]
    statuses = [status for status, _, _ in found]
    assert statuses.count(429) >= 40 and statuses[0] == 422
    status, headers, body = found[-1]
    assert int(headers["retry-after"]) >= 1 and "wrong keys" in json.loads(body)["error"]


def test_requests_without_an_end_are_closed(app, quiet_log):
    from recsys.api.guard.connections import HEAD_S

    address = urlsplit(app[0])
    started = time.monotonic()
    wires = [socket.create_connection((address.hostname, address.port), timeout=3 * HEAD_S) for _ in range(50)]
    for number, wire in enumerate(wires):
        wire.sendall(b"GET / HT" if number % 2 else b"GET / HTTP/1.1\r\nHost: loc")
    assert all(wire.recv(10) == b"" for wire in wires), "closed by the server"
    assert time.monotonic() - started >= HEAD_S / 2
    for wire in wires:
        wire.close()


def joined_by_call(ask, address):
    """Whether a profile was created by Gradio's queue, for a visitor at an address."""
    headers = {"X-Forwarded-For": address}
    event = json.loads(ask("POST", "/gradio_api/call/join", '{"data": [["Heat (1995)"]]}', headers)[2])["event_id"]
    return b"event: complete" in ask("GET", f"/gradio_api/call/join/{event}", headers=headers)[2]


def joined_by_mcp(ask, address):
    """Whether a profile was created by an MCP tool, for a visitor at an address."""
    call = {"name": "join", "arguments": {"liked": ["Heat (1995)"]}}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    headers = {"X-Forwarded-For": address, "Accept": "application/json, text/event-stream"}
    status, _, body = ask("POST", "/gradio_api/mcp/", message, headers)
    assert status == 200
    return b'"isError":false' in body


@pytest.mark.parametrize("joined", [joined_by_call, joined_by_mcp])
def test_every_way_counts_for_the_visitor_s_own_address(ask, joined):
    if joined is joined_by_mcp:
        pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")
    number = "1" if joined is joined_by_mcp else "2"
    found = [joined(ask, f"192.0.2.{number}") for _ in range(26)]
    assert found[:15] == [True] * 15 and not any(found[24:])
    assert joined(ask, f"198.51.100.{number}"), "another visitor does not wait"
