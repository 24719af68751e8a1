"""Questions and CPU time of scripts/measure_replicas.py, with a server that answers anything."""

from __future__ import annotations

import json
import subprocess
import sys

import measure_replicas
import pytest

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sum(range(200_000))
        with open(sys.argv[1], "a") as file:
            file.write(body + "\\n")
        self.send_response(200)
        self.send_header("Content-Length", "13")
        self.end_headers()
        self.wfile.write(b'{"data": [1]}')

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture()
def group(tmp_path):
    found = []
    for number in range(2):
        asked = tmp_path / f"asked{number}"
        asked.touch()
        process = subprocess.Popen([sys.executable, "-c", SERVER, str(asked)], stdout=subprocess.PIPE, text=True)
        found.append((process, f"http://127.0.0.1:{int(process.stdout.readline())}"))
    yield found
    for process, _ in found:
        process.kill()
        process.communicate()


def test_every_replica_answers_equally_many_questions_and_their_time_is_counted(group, tmp_path):
    own, store = measure_replicas.asked(group, ["a", "b", "c"], 9, seed=3)
    lines = [
        [json.loads(line)["data"] for line in (tmp_path / f"asked{number}").read_text().splitlines()]
        for number in range(2)
    ]
    assert [len(asked) for asked in lines] == [8, 8], "four callers with two questions each"
    assert lines[0] != lines[1]
    shortest, longest = measure_replicas.LENGTHS
    assert all(user in "abc" and shortest <= n < longest for asked in lines for user, n in asked)
    assert own > 0 and store >= 0
