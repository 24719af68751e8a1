"""Downloads against a real server: resumed, checked, whole or not there."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recsys.catalogue.sources import download
from recsys.catalogue.sources.download import fetch
from recsys.errors import SourceError

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves BODY with byte ranges; the server's `cut` ends answers early, `ranges` says whether they count."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if self.path != "/file.zip":
            self.send_error(404)
            return
        start = 0
        wanted = self.headers.get("Range")
        if wanted and server.ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(BODY):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(BODY)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        stop = start + server.cut if server.cut else None
        self.wfile.write(BODY[start:stop])

    def log_message(self, *args):
        """Say nothing."""


class Server:
    """A server on a free port of this machine."""

    def __init__(self, certificate=None):
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.asked, self.http.cut, self.http.ranges = [], 0, True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.http.server_port}/file.zip"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


def test_a_file_arrives_whole_under_its_name(server, tmp_path):
    assert fetch(server.url, tmp_path / "new" / "file.zip", SHA256).read_bytes() == BODY
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.zip"]


def test_a_part_is_resumed_where_it_ends(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(BODY[:5000])
    said = []
    assert fetch(server.url, tmp_path / "file.zip", SHA256, said.append).read_bytes() == BODY
    assert server.http.asked == ["bytes=5000-"] and said == ["file.zip: resuming at 0.0 MB"]


def test_a_server_without_ranges_is_asked_for_all(server, tmp_path):
    server.http.ranges = False
    (tmp_path / "file.zip.part").write_bytes(b"old")
    assert fetch(server.url, tmp_path / "file.zip", SHA256).read_bytes() == BODY


def test_a_part_that_is_already_whole_is_used(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(BODY)
    assert fetch(server.url, tmp_path / "file.zip", SHA256).read_bytes() == BODY


def test_a_part_of_something_else_is_thrown_away(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(b"not the start of it")
    said = []
    assert fetch(server.url, tmp_path / "file.zip", SHA256, said.append).read_bytes() == BODY
    assert any("does not fit" in line for line in said)


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    (tmp_path / "file.zip.part").write_bytes(BODY + b"more")
    assert fetch(server.url, tmp_path / "file.zip", SHA256).read_bytes() == BODY


def test_a_download_that_is_cut_off_goes_on_by_itself(server, tmp_path):
    server.http.cut = len(BODY) * 3 // 4
    assert fetch(server.url, tmp_path / "file.zip", SHA256).read_bytes() == BODY
    assert len(server.http.asked) == 2 and server.http.asked[1].startswith("bytes=")


def test_what_came_of_a_download_that_fails_is_kept_for_the_next_try(server, tmp_path):
    server.http.cut = 20_000
    with pytest.raises(SourceError, match="bytes are kept, and the next attempt resumes there"):
        fetch(server.url, tmp_path / "file.zip", SHA256)
    assert (tmp_path / "file.zip.part").read_bytes() == BODY[: download.ATTEMPTS * download.BLOCK]
    assert not (tmp_path / "file.zip").exists()


def test_wrong_bytes_are_an_error_and_leave_nothing(server, tmp_path):
    (tmp_path / "file.zip").write_bytes(b"the old one")
    with pytest.raises(SourceError, match="gave 1,024,000 bytes with SHA-256 .* where 000000000000… is pinned"):
        fetch(server.url, tmp_path / "file.zip", "0" * 64)
    assert [path.name for path in tmp_path.iterdir()] == ["file.zip"]
    assert (tmp_path / "file.zip").read_bytes() == b"the old one"


def test_a_refusal_is_named(server, tmp_path):
    with pytest.raises(SourceError, match="missing.zip answered 404 Not Found"):
        fetch(server.url.replace("file", "missing"), tmp_path / "file.zip")


def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match="http://127.0.0.1:9/x.zip could not be downloaded: .*refused"):
        fetch("http://127.0.0.1:9/x.zip", tmp_path / "file.zip")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate nobody vouches for."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed, so no certificate can be made for this test")
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            str(key),
            "-out",
            str(file),
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    return file, key


@pytest.fixture
def unvouched(certificate):
    running = Server(certificate)
    yield running
    running.close()


def test_a_bad_certificate_is_passed_over_only_on_the_pinned_hash(unvouched, tmp_path):
    said = []
    assert fetch(unvouched.url, tmp_path / "file.zip", SHA256, said.append).read_bytes() == BODY
    assert len(said) == 1 and "certificate is not valid" in said[0] and "SHA-256" in said[0]
    with pytest.raises(SourceError, match="is pinned; they were discarded"):
        fetch(unvouched.url, tmp_path / "other.zip", "0" * 64)
    assert not list(tmp_path.glob("other*"))


def test_a_bad_certificate_without_a_pin_is_an_error(unvouched, tmp_path):
    with pytest.raises(SourceError, match="has no valid certificate and cannot be used"):
        fetch(unvouched.url, tmp_path / "file.zip")
    assert not list(tmp_path.iterdir())


def test_verification_is_tried_first(unvouched, tmp_path, monkeypatch):
    tried = []
    get = download.requests.get
    monkeypatch.setattr(
        download.requests, "get", lambda *args, **named: tried.append(named["verify"]) or get(*args, **named)
    )
    fetch(unvouched.url, tmp_path / "file.zip", SHA256)
    assert tried == [True, False]
