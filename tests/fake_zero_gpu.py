"""ZeroGPU's device API on localhost: the part of the protocol that the package `spaces` 0.51 uses.

`behaviours` says what happens to the next requests for a GPU, one each: "lend", "queue" (lend after waiting), "busy"
(waiting in vain), "spent" and "too long" (quota), "unavailable", "broken". The last one stays.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LEFT_S, WAIT_S = 9, 9000  # quota left in seconds, and until there is more: 2:30:00


class FakeZeroGpu:
    """The server; use as a context manager. `calls` are the requests so far: path and query."""

    def __init__(self) -> None:
        self.behaviours = ["lend"]
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.api = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> FakeZeroGpu:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a ZeroGPU Space."""
        return {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": self.url}

    def paths(self) -> list[str]:
        """The paths of the requests so far."""
        return [path for path, _ in self.calls]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        self.send(200, 0) if self.path == "/queue-size" else self.send(404)

    def do_POST(self) -> None:
        api: FakeZeroGpu = self.server.api
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        api.calls.append((parts.path, query))
        if parts.path == "/schedule":
            self.schedule(api, query)
        elif parts.path in ("/startup-report", "/allow", "/release"):
            self.send(200)
        else:
            self.send(404)

    def schedule(self, api: FakeZeroGpu, query: dict[str, str]) -> None:
        assert query["cgroupPath"] and query["taskId"] and query["tokenVersion"] == "2"
        behaviour = api.behaviours.pop(0) if len(api.behaviours) > 1 else api.behaviours[0]
        lent = {"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": f"token-{len(api.calls)}"}
        if behaviour == "lend":
            self.send(200, lent)
        elif behaviour in ("spent", "too long"):
            wait, result = (WAIT_S, "quota-exceeded") if behaviour == "spent" else (-1, "illegal-duration")
            self.send(429, {"left": LEFT_S, "wait": wait}, {"X-Approve-Result": result})
        elif behaviour in ("queue", "busy"):
            last = f"event: succeeded\ndata: {json.dumps(lent)}" if behaviour == "queue" else "event: failed"
            self.events(["event: ping", last])
        else:
            self.send(503 if behaviour == "unavailable" else 500)

    def send(self, status: int, content: Any = None, headers: dict[str, str] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def events(self, texts: list[str]) -> None:
        """Server-sent events, one chunk each, because the client reads a chunk as one event."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("X-Queuing-Reason", "node")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in texts:
            data = f"{text}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
            threading.Event().wait(0.1)
        self.wfile.write(b"0\r\n\r\n")
