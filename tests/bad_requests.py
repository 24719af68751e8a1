"""Requests that no honest client sends, as bytes."""

from __future__ import annotations

import itertools
import json
import random
import string
from collections.abc import Callable, Iterable

from crafted_requests import crafted
from raw_requests import Bad

ENDPOINTS = ("similar", "recommend", "search", "recommend_for", "hybrid", "together", "item", "user", "person")
ENDPOINTS += ("explain", "import_ratings", "feedback", "about", "models")
VALUES = ('"\\ud800"', "1" + "0" * 400, "NaN", "1e999", "null", "true", "-1", '{"a": {"b": []}}', "[" * 300 + "]" * 300)
VALUES += ('"\\u0000"', '"<script>"', '{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}', "[]", "{}")


class BadRequests:
    """A reproducible stream of bad requests of every kind; no two texts, sessions and addresses are the same."""

    def __init__(self, seed: int):
        self._rng = random.Random(seed)
        self._crafted = itertools.cycle(crafted())
        self.kinds: dict[str, Callable[[], Bad]] = {
            name.removeprefix("kind_"): getattr(self, name) for name in dir(self) if name.startswith("kind_")
        }

    def take(self, count: int) -> Iterable[tuple[str, Bad]]:
        """That many requests with the names of their kinds, in turn."""
        names = list(self.kinds)
        for number in range(count):
            name = names[number % len(names)]
            yield name, self.kinds[name]()

    def kind_broken_json(self) -> Bad:
        return self._call(self._run(), self._pick('{"data": [', "{nonsense", "\udc00", "", '{"data": 7}', '"x"', "[[["))

    def kind_wrong_types(self) -> Bad:
        return self._call(self._run(), f'{{"data": [{", ".join(self._rng.choices(VALUES, k=3))}]}}')

    def kind_long_texts(self) -> Bad:
        return self._call(self._run(), json.dumps({"data": [self._text(300) * self._rng.choice((1, 30, 600))]}))

    def kind_long_lists(self) -> Bad:
        names = [self._text(8) for _ in range(self._pick(3, 40, 3000))]
        return self._call("run/recommend_for", json.dumps({"data": [names]}))

    def kind_too_large(self) -> Bad:
        return self._call(self._run(), "x" * 1_050_000 if self._rng.random() < 0.05 else "", length=5_000_000)

    def kind_unknown_items(self) -> Bad:
        return self._call(self._run(), json.dumps({"data": [self._text(40), 5]}))

    def kind_unknown_paths(self) -> Bad:
        way = self._pick("", "gradio_api/", "gradio_api/run/", "gradio_api/file=", "assets/", "static/../", "login/")
        return self._request(self._pick("GET", "POST", "PUT", "DELETE", "OPTIONS"), f"/{way}{self._text(20)}")

    def kind_half_bodies(self) -> Bad:
        return Bad(self._call(self._run(), '{"data": ["He', length=200).data, unread=True)

    def kind_half_heads(self) -> Bad:
        return Bad(
            self._pick(b"GET / HT", b"POST /gradio_api/run/similar HTTP/1.1\r\nHost: loc", b"\x16\x03\x01"), True
        )

    def kind_no_http(self) -> Bad:
        return Bad(self._text(200).encode() + b"\r\n\r\n")

    def kind_large_heads(self) -> Bad:
        return self._request("GET", "/", headers={"X-Odd": self._text(100) * self._pick(5, 600, 2000)})

    def kind_wrong_keys(self) -> Bad:
        who = [f"guest-{self._text(12).lower()}", self._text(24)]
        name = self._pick("user", "rate", "forget", "feedback")
        given = {
            "user": [who[0], 5, who[1]],
            "rate": [*who, "Heat (1995)", 4],
            "forget": who,
            "feedback": ["like", "Heat (1995)", who[0], "", "", who[1]],
        }
        return self._call(f"run/{name}", json.dumps({"data": given[name]}))

    def kind_wrong_hosts(self) -> Bad:
        return self._call(self._run(), '{"data": ["Heat"]}', headers={"Host": f"{self._text(9)}.test"})

    def kind_wrong_origins(self) -> Bad:
        return self._call(self._run(), '{"data": ["Heat"]}', headers={"Origin": f"http://{self._text(9)}.test"})

    def kind_wrong_content_types(self) -> Bad:
        kind = self._pick("text/plain", "multipart/form-data; boundary=x", self._text(30))
        return self._call(self._run(), '{"data": ["Heat"]}', headers={"Content-Type": kind})

    def kind_queue_joins(self) -> Bad:
        given = self._pick('"x"', "[]", "[[], {}]", '["\\ud800"]', "[null, null, null]")
        number, session = self._pick("0", "3", "-1", "9999", '"x"', "null"), self._text(10)
        body = f'{{"data": {given}, "fn_index": {number}, "session_hash": "{session}", "event_data": null}}'
        return self._call(self._pick("queue/join", "run/predict"), body)

    def kind_unread_events(self) -> Bad:
        return Bad(self._request("GET", f"/gradio_api/queue/data?session_hash={self._text(10)}").data, unread=True)

    def kind_unread_calls(self) -> Bad:
        name = self._pick("similar", "search", "recommend", "models")
        return self._call(f"call/{name}", json.dumps({"data": [self._pick("Heat (1995)", "1", self._text(10)), 100]}))

    def kind_sessions(self) -> Bad:
        session = self._text(10)
        path = self._pick(f"/gradio_api/heartbeat/{session}", f"/config?session={session}", f"/?film={session}")
        return Bad(self._request("GET", path, headers={"Cookie": f"session={session}"}).data, unread=True)

    def kind_components(self) -> Bad:
        call = {"session_hash": self._text(10), "component_id": self._rng.randint(0, 120), "fn_name": "suggestions"}
        return self._call("component_server", json.dumps({**call, "data": self._pick({}, [], None, "x", {"query": 1})}))

    def kind_crafted(self) -> Bad:
        return next(self._crafted)[1]

    def kind_tools(self) -> Bad:
        message = {"jsonrpc": "2.0", "id": self._text(5), "method": self._pick("tools/call", "initialize", "x")}
        params = self._pick({}, [], {"name": self._text(9), "arguments": {}}, {"name": "similar", "arguments": 7})
        accept = {"Accept": "application/json, text/event-stream"}
        return self._call("mcp/", json.dumps({**message, "params": params}), headers=accept)

    # -- making requests ------------------------------------------------------------------------

    def _run(self) -> str:
        return f"{self._pick('run', 'api')}/{self._pick(*ENDPOINTS)}"

    def _call(self, path: str, body: str, length: int | None = None, headers: dict[str, str] | None = None) -> Bad:
        return self._request("POST", f"/gradio_api/{path}", body, length, headers)

    def _request(
        self,
        method: str,
        path: str,
        body: str = "",
        length: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> Bad:
        data = body.encode("utf-8", "surrogatepass")
        lines = {
            "Host": "localhost",
            "Connection": self._pick("close", "keep-alive"),
            "Content-Type": "application/json",
            "X-Forwarded-For": ".".join(str(self._rng.randint(1, 254)) for _ in range(4)),
            "Content-Length": str(len(data) if length is None else length),
        } | (headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return Bad(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)

    def _pick(self, *values):
        return self._rng.choice(values)

    def _text(self, length: int) -> str:
        return "".join(self._rng.choices(string.ascii_letters + string.digits, k=length))
