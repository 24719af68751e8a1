"""A local HTTP server that answers as TMDb's API does for what recsys asks, with faults on demand."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

V3_KEY = "0123456789abcdef0123456789abcdef"
V4_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ0ZXN0In0.c2lnbmF0dXJl"
PIXEL = bytes.fromhex(  # a 1×1 PNG
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
FILMS = {
    629: {
        "id": 629,
        "title": "The Usual Suspects",
        "original_title": "The Usual Suspects",
        "release_date": "1995-07-19",
        "poster_path": "/suspects.jpg",
        "overview": "Five men meet in a line-up.",
        "original_language": "en",
        "videos": {
            "results": [
                {"site": "Vimeo", "type": "Trailer", "key": "vimeo12345", "official": True},
                {"site": "YouTube", "type": "Teaser", "key": "teaser_00001", "official": True},
                {"site": "YouTube", "type": "Trailer", "key": "fanmade_0001", "official": False},
                {"site": "YouTube", "type": "Trailer", "key": "official_001", "official": True},
            ]
        },
        "credits": {
            "crew": [{"job": "Editor", "name": "John Ottman"}, {"job": "Director", "name": "Bryan Singer"}],
            "cast": [{"name": "Kevin Pollak"}, {"name": "Gabriel Byrne"}],
        },
        "runtime": 106,
        "release_dates": {
            "results": [
                {"iso_3166_1": "DE", "release_dates": [{"certification": "16", "type": 3}]},
                {"iso_3166_1": "US", "release_dates": [{"certification": ""}, {"certification": "R", "type": 3}]},
            ]
        },
        "watch/providers": {
            "results": {
                "US": {
                    "link": "https://www.themoviedb.org/movie/629/watch?locale=US",
                    "flatrate": [{"provider_name": "Netflix"}],
                    "ads": [{"provider_name": "Tubi"}, {"provider_name": "Netflix"}],
                    "rent": [{"provider_name": "Apple TV"}],
                },
                "DE": {"buy": [{"provider_name": "Apple TV"}]},
            }
        },
    },
    949: {
        "id": 949,
        "title": "Heat",
        "original_title": "Heat",
        "release_date": "1995-12-15",
        "poster_path": "/heat.jpg",
    },
    950: {"id": 950, "title": "Heat", "original_title": "Heat", "release_date": "1986-11-14", "poster_path": None},
}
IMDB_IDS = {"tt0114814": 629, "tt0113277": 949}


class FakeTmdb:
    """Serves `FILMS` on 127.0.0.1; `faults` are used up first, one a request.

    A fault is a status, (status, headers), "slow" (answers after `delay` seconds) or "garbage".
    """

    def __init__(self) -> None:
        self.faults: list[object] = []
        self.delay = 0.0
        self.requests: list[dict] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def api(self) -> str:
        return f"{self.base}/3"

    @property
    def images(self) -> str:
        return f"{self.base}/t/p"

    @property
    def paths(self) -> list[str]:
        return [request["path"] for request in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.requests.append({"path": url.path, "query": query, "headers": dict(handler.headers)})
        fault = self.faults.pop(0) if self.faults else None
        if fault == "slow":
            time.sleep(self.delay)
        elif fault == "garbage":
            return self._send(handler, 200, b"<html>not json", "text/html")
        elif fault:
            status, headers = fault if isinstance(fault, tuple) else (fault, {})
            return self._send(handler, status, b'{"success": false}', headers=headers)
        if url.path.startswith("/t/p/"):
            return self._send(handler, 200, PIXEL, "image/png")
        allowed = query.get("api_key") == V3_KEY or handler.headers.get("Authorization") == f"Bearer {V4_TOKEN}"
        if not allowed:
            return self._send(handler, 401, b'{"status_code": 7}')
        if url.path == "/3/search/movie":
            words = query.get("query", "").casefold()
            found = [film for film in FILMS.values() if words in film["title"].casefold()]
            return self._send(handler, 200, json.dumps({"page": 1, "results": found}).encode())
        if url.path.startswith("/3/find/") and query.get("external_source") == "imdb_id":
            number = IMDB_IDS.get(url.path.removeprefix("/3/find/"))
            found = [FILMS[number]] if number else []
            return self._send(handler, 200, json.dumps({"movie_results": found, "tv_results": []}).encode())
        number = url.path.removeprefix("/3/movie/")
        film = FILMS.get(int(number)) if number.isdecimal() else None
        if film is None:
            return self._send(handler, 404, b'{"status_code": 34}')
        return self._send(handler, 200, json.dumps(film).encode())

    def _send(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client gave up waiting for a slow answer
            handler.wfile.write(body)
