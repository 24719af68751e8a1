"""Answers of the Hub that are endless, slow, compressed or from elsewhere: one sentence, nothing kept, no key sent."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from releases import write

from hub.conftest import REPO, TOKEN
from hub.faults import ODD, one_sentence
from recsys import hub, release
from recsys.errors import HubError, RecsysError
from recsys.hub import answer_limits, client
from recsys.hub.session import RetryPolicy

IMPATIENT = RetryPolicy(attempts=2, seconds=1.0, first=0.01, read_s=0.3)
TREE, FILE = "GET .*/tree/", "GET .*/resolve/.*items.json"


@pytest.fixture(scope="module")
def source(tmp_path_factory, tastes, facts):
    return write(tmp_path_factory.mktemp("source"), tastes, facts, names=("popular",), version="v1.0")


@pytest.fixture
def there(server, source, monkeypatch):
    """A Hub with a release, and a client that waits for a fraction of a second."""
    hub.push(source, REPO, token=TOKEN, endpoint=server.url)
    monkeypatch.setattr(answer_limits, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(client.retrying, "__defaults__", (IMPATIENT,))
    return server


def pull(there, root):
    return hub.pull(REPO, root, token=TOKEN, endpoint=there.url, policy=IMPATIENT)


@pytest.mark.parametrize(
    ("call", "fault", "sentence"),
    [
        (TREE, {"drip": 0.02}, "cannot be reached or cut the connection"),
        (FILE, {"drip": 0.02}, "cannot be reached or cut the connection"),
        (
            TREE,
            {"body": b"[", "endless": True},
            "The Hub at 127.0.0.1 sends more than the 1,000,000 bytes that were expected.",
        ),
        (FILE, {"body": b"[", "endless": True}, "bytes that were expected. Check HF_ENDPOINT."),
        (
            TREE,
            {"body": gzip.compress(bytes(100 << 20)), "headers": {"Content-Encoding": "gzip"}},
            "The Hub at 127.0.0.1 sends more than the 65,536 bytes that were expected.",
        ),
    ],
    ids=["slow answer", "slow file", "endless answer", "endless file", "compressed"],
)
def test_an_answer_without_end_is_refused(there, tmp_path, call, fault, sentence):
    there.fail(call, times=1000, **fault)
    with pytest.raises(HubError) as caught:
        pull(there, tmp_path)
    assert one_sentence(caught.value, TOKEN) and sentence in str(caught.value)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 1 << 20
    there.faults.clear()
    assert pull(there, tmp_path).version == "v1.0"


@pytest.mark.parametrize("kind", ODD)
def test_odd_answers_are_one_sentence_and_leave_nothing(there, tmp_path, kind):
    for skip, times in ((0, 1), (5, 1), (0, 1000)):
        root = tmp_path / f"{skip}-{times}"
        there.fail("", skip=skip, times=times, **ODD[kind])
        try:
            pull(there, root)
        except RecsysError as error:
            assert one_sentence(error, TOKEN) and str(error).isprintable(), error
            assert release.versions(root) == [] and not list(root.glob("current*"))
        there.faults.clear()
    assert pull(there, root).version == "v1.0"
    assert {path.name for path in tmp_path.iterdir()} <= {"0-1", "0-1000", "5-1"}


def test_a_slow_line_that_advances_is_waited_for(there, tmp_path):
    there.fail(FILE, drip=0.001)
    release.verify(pull(there, tmp_path).path)


class Elsewhere(BaseHTTPRequestHandler):
    """Another host, which stores the headers it gets."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(str(self.headers))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.mark.parametrize("call", ["GET /api/models", TREE, "HEAD .*/resolve/", "POST .*/commit/"])
def test_the_token_is_not_sent_to_another_host(there, source, tmp_path, tastes, facts, call):
    seen: list[str] = []
    handler = type("Handler", (Elsewhere,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, args=(0.02,), daemon=True).start()
        away = f"http://localhost:{other.server_port}/away"
        there.fail(call, times=1000, status=307, body=b"", headers={"Location": away})
        with pytest.raises(RecsysError) as caught:
            if call.startswith("POST"):
                again = write(tmp_path / "again", tastes, facts, names=("popular",), version="v1.1")
                hub.push(again, REPO, token=TOKEN, endpoint=there.url)
            else:
                pull(there, tmp_path / "pulled")
        other.shutdown()
    assert one_sentence(caught.value, TOKEN) and not any(TOKEN in headers for headers in seen)


def test_dates_of_another_clock_are_shown_or_refused(there):
    there.fail("GET .*/commits/", body=b'[{"id": "' + b"a" * 40 + b'", "date": "soon", "title": "x", "message": ""}]')
    with pytest.raises(HubError, match="did not answer like a Hub"):
        hub.versions(REPO, token=TOKEN, endpoint=there.url)
    assert [line["tag"] for line in hub.versions(REPO, token=TOKEN, endpoint=there.url)] == ["v1.0"]


def test_a_repository_with_another_name_is_followed(there, tmp_path):
    there.repos["model", "me/renamed"] = there.repos["model", REPO]
    commit = there.repos["model", REPO].head.id
    there.fail(f"GET /api/models/{REPO}/revision", status=307, body=b"", headers={"Location": "/api/models/me/renamed"})
    assert pull(there, tmp_path).revision == commit
