"""A Hub on localhost: the parts of the Hugging Face Hub's HTTP protocol that the real client uses here.

Models, datasets and Spaces; accounts with and without write access, free and paying (for them Spaces on other hardware than
ZeroGPU); preupload, LFS, commits with a parent
check, tags, refs, paged trees and histories, downloads with ranges. Faults are injected by `hub.fail(...)`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep  # by name: a test that patches time.sleep must not speed up the server
from urllib.parse import parse_qs, unquote, urlsplit

REGULAR_LIMIT = 1 << 20  # larger files, and those of these endings, travel by LFS
ZERO_GPU, MOST_ZERO_GPU = "zero-a10g", 2  # Spaces of a free account
LFS_ENDINGS = (".safetensors", ".sqlite", ".parquet", ".png", ".bin")


@dataclass(frozen=True)
class Blob:
    data: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n".encode()

    @property
    def oid(self) -> str:
        content = self.pointer if self.lfs else self.data
        return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


@dataclass(frozen=True)
class Commit:
    id: str
    title: str
    date: str
    files: dict[str, Blob]


@dataclass
class Repo:
    kind: str
    id: str
    private: bool = False
    commits: list[Commit] = field(default_factory=list)  # oldest first; the last is main
    tags: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    sdk: str = "gradio"  # of a Space, like hardware
    hardware: str | None = None

    @property
    def head(self) -> Commit:
        return self.commits[-1]

    @property
    def files(self) -> dict[str, bytes]:
        """What main holds now."""
        return {name: blob.data for name, blob in self.head.files.items()}

    def at(self, revision: str) -> Commit | None:
        if revision == "main":
            return self.head
        wanted = self.tags.get(revision, revision)
        return next((commit for commit in self.commits if commit.id == wanted or commit.id[:7] == wanted), None)

    def commit(self, title: str, files: dict[str, Blob]) -> Commit:
        number = len(self.commits)
        text = json.dumps([self.id, number, title, sorted((name, blob.oid) for name, blob in files.items())])
        date = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.commits.append(Commit(hashlib.sha1(text.encode()).hexdigest(), title, date, files))
        return self.head


@dataclass
class Fault:
    """What happens to the next `times` requests whose `METHOD path` matches `pattern`."""

    pattern: str
    times: int = 1
    status: int | None = None  # answer with this
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # bytes of the answer's body sent before the connection is reset; -1: not even headers
    delay: float = 0.0  # seconds before anything else
    drip: float = 0.0  # seconds between two bytes of the body
    endless: bool = False  # the body is followed by zeros until the client leaves
    lose_answer: bool = False  # do what was asked, then cut the connection
    answer: object = None  # this JSON instead of the right one
    body: bytes | None = None  # exactly this instead of the right answer, with `status` or 200
    also: dict[str, str] = field(default_factory=dict)  # headers of the right answer, instead of those of the same name
    raw: bytes | None = None  # these bytes instead of an HTTP answer, then the end of the connection
    skip: int = 0  # so many matching requests pass before
    then: object = None  # called before the request is handled: another client acting in between


class FakeHub:
    """The server; use as a context manager. `accounts` maps a token to (user, may write)."""

    def __init__(self, page_size: int = 50):
        self.accounts = {"hf_writer": ("me", True), "hf_other": ("me", True), "hf_reader": ("guest", False)}
        self.publishers: dict[str, str] = {}  # repository, as `spaces/me/films`, and the workflow that it trusts
        self.scopes: dict[str, str] = {}  # token of a workflow, and the name that its requests must contain
        self.paying: set[str] = set()  # users with a PRO subscription
        self.repos: dict[tuple[str, str], Repo] = {}
        self.lfs: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, int]] = []  # method, path, status
        self.faults: list[Fault] = []
        self.page_size = page_size
        self.closed = False
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.hub = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> FakeHub:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True  # connections kept alive must not outlive the server
        self.server.shutdown()
        self.server.server_close()

    def create(self, repo_id: str, kind: str = "model", private: bool = False) -> Repo:
        repo = Repo(kind, repo_id, private)
        repo.commit("initial commit", {".gitattributes": Blob(b"*.safetensors filter=lfs\n", False)})
        self.repos[kind, repo_id] = repo
        return repo

    def put(self, repo_id: str, files: dict[str, bytes | None], kind: str = "model", title: str = "edit") -> Commit:
        """Commit to a repo behind the client's back; None deletes."""
        with self.lock:
            repo = self.repos[kind, repo_id]
            merged = dict(repo.head.files)
            for name, data in files.items():
                if data is None:
                    del merged[name]
                else:
                    merged[name] = Blob(data, is_lfs(name, len(data)))
            return repo.commit(title, merged)

    def fail(self, pattern: str, **what: object) -> Fault:
        fault = Fault(pattern, **what)
        self.faults.append(fault)
        return fault

    def take_fault(self, line: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.pattern, line):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def count(self, pattern: str) -> int:
        """How many requests matched so far."""
        return sum(bool(re.search(pattern, f"{method} {path}")) for method, path, _ in list(self.requests))


def is_lfs(name: str, size: int) -> bool:
    return size > 0 and (size > REGULAR_LIMIT or name.endswith(LFS_ENDINGS))


def runtime(space: Repo) -> dict:
    """The state of a Space as the Hub reports it."""
    return {"stage": "RUNNING", "hardware": {"current": space.hardware, "requested": space.hardware}}


class Refused(Exception):
    def __init__(self, status: int, message: str, code: str = "", headers: dict[str, str] | None = None):
        self.status, self.message = status, message
        self.headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {}), **(headers or {})}


class Cut(Exception):
    pass


ROUTES: list[tuple[str, re.Pattern, str]] = []
KIND = r"/api/(?P<kind>model|dataset|space)s"
REPO = r"(?P<repo>[^/]+/[^/]+)"
FILES = r"/(?:(?P<kind>dataset|space)s/)?(?P<repo>[^/]+/[^/]+)"


def route(method: str, pattern: str):
    def keep(function):
        ROUTES.append((method, re.compile(pattern + r"\Z"), function.__name__))
        return function

    return keep


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; without this each answer waits 40 ms

    def log_message(self, *_: object) -> None:
        """Silent: the tests read `hub.requests`."""

    def do_GET(self) -> None:
        self.answer()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def answer(self) -> None:
        self.hub: FakeHub = self.server.hub
        self.fault = self.hub.take_fault(f"{self.command} {unquote(self.path)}")
        try:
            if self.fault and self.fault.delay:
                sleep(self.fault.delay)
            if self.hub.closed or (self.fault and self.fault.cut_after == -1):
                raise Cut
            self.body = self.read_body()
            if self.fault and self.fault.raw is not None:
                self.wfile.write(self.fault.raw)
                self.hub.requests.append((self.command, unquote(self.path), 0))
                self.close_connection = True
                return
            if self.fault and self.fault.then:
                self.fault.then()
            if self.fault and self.fault.body is not None:
                self.send(self.fault.status or 200, self.fault.body, self.fault.headers)
                return
            if self.fault and self.fault.status:
                raise Refused(self.fault.status, "injected", headers=self.fault.headers)
            if self.fault and self.fault.answer is not None:
                self.send(200, self.fault.answer)
            else:
                self.dispatch()
        except Refused as refused:
            try:
                self.send(refused.status, {"error": refused.message}, refused.headers)
            except (Cut, ConnectionError):
                self.reset()
        except (Cut, ConnectionError):
            self.reset()

    def read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            length = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(length)
            if len(data) < length:
                raise Cut
            return data
        data = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def reset(self) -> None:
        self.hub.requests.append((self.command, unquote(self.path), 0))
        self.close_connection = True
        # Lingering for zero seconds turns the close into a reset, as when a line breaks.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def dispatch(self) -> None:
        parts = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        for method, pattern, name in ROUTES:
            match = pattern.match(parts.path)
            if match and (method == self.command or (method == "GET" and self.command == "HEAD")):
                getattr(self, name)(**{key: unquote(value) for key, value in match.groupdict().items() if value})
                return
        raise Refused(404, f"no route {self.command} {self.path}")

    def send(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        if self.fault and self.fault.lose_answer:
            raise Cut
        self.send_response(status)
        also = self.fault.also if self.fault else {}
        for key, value in {"Content-Type": "application/json", **(headers or {}), **also}.items():
            self.send_header(key, value)
        if self.fault and self.fault.endless:
            self.close_connection = True
        elif "Content-Length" not in {**(headers or {}), **also}:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        cut = self.fault.cut_after if self.fault and not self.fault.status and self.command != "HEAD" else None
        if cut is not None:
            self.wfile.write(data[:cut])
            self.wfile.flush()
            sleep(0.05)  # what was sent must arrive before the reset overtakes it
            raise Cut
        # Noted first: once the client has its answer the test may look.
        self.hub.requests.append((self.command, unquote(self.path), status))
        if self.command == "HEAD":
            return
        if self.fault and self.fault.drip:
            for byte in data:
                self.wfile.write(bytes([byte]))
                sleep(self.fault.drip)
            return
        self.wfile.write(data)
        while self.fault and self.fault.endless and not self.hub.closed:
            self.wfile.write(bytes(1 << 16))

    # -- accounts ---------------------------------------------------------------------------------

    def account(self, needed: bool = False) -> tuple[str, bool] | None:
        header = self.headers.get("Authorization", "")
        if not header:
            if needed:
                raise Refused(401, "Invalid username or password.")
            return None
        token = header.removeprefix("Bearer ")
        account = self.hub.accounts.get(token)
        if account is None:
            raise Refused(401, "Invalid credentials in Authorization header")
        if self.hub.scopes.get(token, "") not in unquote(self.path):
            raise Refused(403, "This token is for another repository.")
        return account

    def writer(self) -> str:
        user, may_write = self.account(needed=True)
        if not may_write:
            raise Refused(403, "You don't have the rights to write to this repo.")
        return user

    def repo(self, kind: str, repo_id: str) -> Repo:
        account = self.account()
        repo = self.hub.repos.get((kind, repo_id))
        owner = account is not None and account[0] == repo_id.split("/")[0]
        if repo is None or (repo.private and not owner):
            if account is None:
                raise Refused(401, "Invalid username or password.")
            raise Refused(404, "Repository not found", "RepoNotFound")
        return repo

    def revision(self, repo: Repo, name: str) -> Commit:
        commit = repo.at(name)
        if commit is None:
            raise Refused(404, f"Invalid rev id: {name}", "RevisionNotFound")
        return commit

    @route("GET", r"/api/whoami-v2")
    def whoami(self) -> None:
        user, may_write = self.account(needed=True)
        role = "write" if may_write else "read"
        pays = user in self.hub.paying
        about = {"type": "user", "name": user, "isPro": pays, "canPay": pays, "orgs": []}
        self.send(200, {**about, "auth": {"accessToken": {"role": role}}})

    def check_hardware(self, user: str, hardware: str | None) -> None:
        """What an account may have: for free, two Spaces on ZeroGPU and any number of static ones."""
        if user in self.hub.paying or hardware is None:
            return
        if hardware != ZERO_GPU:
            raise Refused(402, "Subscribe to PRO to create Gradio and Docker Spaces.")
        own = [repo for repo in self.hub.repos.values() if repo.id.split("/")[0] == user]
        if sum(repo.hardware == ZERO_GPU for repo in own) >= MOST_ZERO_GPU:
            raise Refused(403, "You have reached your limit of ZeroGPU Spaces.")

    @route("GET", r"/identity/(?P<workflow>[\w.-]+)")
    def identity(self, workflow: str) -> None:
        """What GitHub gives a job with the permission `id-token: write`, here with the workflow as the token."""
        if self.headers.get("Authorization") != "Bearer of-the-job" or "audience" not in self.query:
            raise Refused(401, "no such job")
        self.send(200, {"value": workflow})

    @route("POST", r"/oauth/token")
    def exchange(self) -> None:
        asked = json.loads(self.body)
        if self.hub.publishers.get(asked["resource"]) != asked["subject_token"]:
            raise Refused(400, "invalid_grant")
        token = f"hf_jwt_{len(self.hub.scopes)}"
        name = asked["resource"].removeprefix("spaces/")
        self.hub.accounts[token], self.hub.scopes[token] = (name.split("/")[0], True), name
        self.send(200, {"access_token": token, "token_type": "bearer", "expires_in": 3600})

    # -- repos ------------------------------------------------------------------------------------

    @route("POST", r"/api/repos/create")
    def create_repo(self) -> None:
        user = self.writer()
        wanted = json.loads(self.body)
        repo_id, kind = f"{wanted.get('organization') or user}/{wanted['name']}", wanted.get("type") or "model"
        if repo_id.split("/")[0] != user:
            raise Refused(403, "You don't have the rights to create a repo in this namespace.")
        with self.hub.lock:
            prefix = "" if kind == "model" else f"{kind}s/"
            answer = {"url": f"{self.hub.url}/{prefix}{repo_id}", "name": repo_id}
            if (kind, repo_id) in self.hub.repos:
                self.send(409, {**answer, "error": "You already created this repo"})
                return
            sdk, hardware = wanted.get("sdk", "gradio"), None
            if kind == "space" and sdk != "static":
                hardware = wanted.get("hardware") or "cpu-basic"
                self.check_hardware(user, hardware)
            repo = self.hub.create(repo_id, kind, wanted.get("visibility") == "private")
            repo.sdk, repo.hardware = sdk, hardware
            for entry in wanted.get("variables", []):
                repo.variables[entry["key"]] = entry["value"]
            repo.secrets |= {entry["key"] for entry in wanted.get("secrets", [])}
        self.send(200, answer)

    @route("DELETE", r"/api/repos/delete")
    def delete_repo(self) -> None:
        user = self.writer()
        wanted = json.loads(self.body)
        owner, kind = wanted.get("organization") or user, wanted.get("type") or "model"
        if self.hub.repos.pop((kind, f"{owner}/{wanted['name']}"), None) is None:
            raise Refused(404, "Repository not found", "RepoNotFound")
        self.send(200, {})

    @route("POST", r"/api/validate-yaml")
    def validate_yaml(self) -> None:
        import yaml

        content = json.loads(self.body)["content"]
        block = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
        try:
            data = yaml.safe_load(block.group(1)) if block else None
        except yaml.YAMLError as error:
            self.send(400, {"errors": [{"message": str(error)}], "warnings": []})
            return
        warnings = [] if isinstance(data, dict) else [{"message": "empty or missing yaml metadata in repo card"}]
        self.send(200, {"errors": [], "warnings": warnings})

    @route("GET", KIND + "/" + REPO + r"(?:/revision/(?P<revision>[^/]+))?")
    def info(self, kind: str, repo: str, revision: str = "main") -> None:
        found = self.repo(kind, repo)
        commit = self.revision(found, revision)
        siblings = [{"rfilename": name} for name in sorted(commit.files)]
        about = {"_id": "0", "id": repo, "modelId": repo, "private": found.private, "sha": commit.id}
        if kind == "space":
            about |= {"sdk": found.sdk, "runtime": runtime(found)}
        self.send(200, {**about, "tags": [], "downloads": 0, "likes": 0, "siblings": siblings})

    @route("POST", r"/api/spaces/" + REPO + r"/hardware")
    def request_hardware(self, repo: str) -> None:
        user, found = self.writer(), self.repo("space", repo)
        hardware = json.loads(self.body)["flavor"]
        self.check_hardware(user, hardware)
        found.hardware = hardware
        self.send(200, runtime(found))

    @route("POST", r"/api/spaces/" + REPO + r"/(?P<what>variables|secrets)")
    def set_variable(self, repo: str, what: str) -> None:
        self.writer()
        found, entry = self.repo("space", repo), json.loads(self.body)
        if what == "variables":
            found.variables[entry["key"]] = entry["value"]
        else:
            found.secrets.add(entry["key"])
        self.send(200, {})

    @route("GET", r"/api/spaces/" + REPO + r"/variables")
    def get_variables(self, repo: str) -> None:
        self.writer()
        found = self.repo("space", repo)
        self.send(200, {key: {"key": key, "value": value} for key, value in found.variables.items()})

    @route("GET", r"/api/spaces/" + REPO + r"/secrets")
    def get_secrets(self, repo: str) -> None:
        self.writer()
        found = self.repo("space", repo)
        self.send(200, {key: {"key": key, "updatedAt": "2026-01-01T00:00:00.000Z"} for key in sorted(found.secrets)})

    # -- reading ----------------------------------------------------------------------------------

    def paged(self, entries: list[dict]) -> None:
        start = int(self.query.get("cursor", 0))
        headers = {}
        if start + self.hub.page_size < len(entries):
            parts = urlsplit(self.path)
            rest = "&".join(pair for pair in parts.query.split("&") if pair and not pair.startswith("cursor="))
            target = f"{self.hub.url}{parts.path}?{rest}&cursor={start + self.hub.page_size}"
            headers["Link"] = f'<{target}>; rel="next"'
        self.send(200, entries[start : start + self.hub.page_size], headers)

    @route("GET", KIND + "/" + REPO + r"/tree/(?P<revision>[^/]+)")
    def tree(self, kind: str, repo: str, revision: str) -> None:
        commit, entries, folders = self.revision(self.repo(kind, repo), revision), [], set()
        for name, blob in sorted(commit.files.items()):
            folder = name.rpartition("/")[0]
            if folder and folder not in folders:
                folders.add(folder)
                entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": folder})
            entry = {"type": "file", "oid": blob.oid, "size": len(blob.data), "path": name}
            if blob.lfs:
                entry["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": len(blob.pointer)}
            entries.append(entry)
        self.paged(entries)

    @route("GET", KIND + "/" + REPO + "/refs")
    def refs(self, kind: str, repo: str) -> None:
        found = self.repo(kind, repo)
        tags = [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit} for name, commit in found.tags.items()
        ]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": found.head.id}
        self.send(200, {"branches": [main], "converts": [], "tags": tags})

    @route("GET", KIND + "/" + REPO + r"/commits/(?P<revision>[^/]+)")
    def commits(self, kind: str, repo: str, revision: str) -> None:
        found = self.repo(kind, repo)
        last = found.commits.index(self.revision(found, revision))
        self.paged(
            [
                {"id": commit.id, "title": commit.title, "message": "", "date": commit.date, "authors": []}
                for commit in reversed(found.commits[: last + 1])
            ]
        )

    @route("GET", FILES + r"/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
    def resolve(self, repo: str, revision: str, path: str, kind: str = "model") -> None:
        commit = self.revision(self.repo(kind, repo), revision)
        if path not in commit.files:
            raise Refused(404, "Entry not found", "EntryNotFound", {"X-Repo-Commit": commit.id})
        blob = commit.files[path]
        etag = blob.sha256 if blob.lfs else blob.oid
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit.id, "Accept-Ranges": "bytes"}
        if blob.lfs:
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(blob.data))}
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and int(wanted[1]) < len(blob.data):
            start = int(wanted[1])
            headers["Content-Range"] = f"bytes {start}-{len(blob.data) - 1}/{len(blob.data)}"
            self.send(206, blob.data[start:], headers)
            return
        self.send(200, blob.data, headers)

    # -- writing ----------------------------------------------------------------------------------

    @route("POST", KIND + "/" + REPO + r"/preupload/(?P<revision>[^/]+)")
    def preupload(self, kind: str, repo: str, revision: str) -> None:
        self.repo(kind, repo)
        self.writer()
        files = self.hub.repos[kind, repo].head.files
        answer = []
        for entry in json.loads(self.body)["files"]:
            name, old = entry["path"], files.get(entry["path"])
            oid = None if old is None else (old.sha256 if old.lfs else old.oid)
            mode = "lfs" if is_lfs(name, entry["size"]) else "regular"
            answer.append({"path": name, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self.send(200, {"files": answer})

    @route("POST", FILES + r"\.git/info/lfs/objects/batch")
    def lfs_batch(self, repo: str, kind: str = "model") -> None:
        self.repo(kind, repo)
        self.writer()
        objects = []
        for entry in json.loads(self.body)["objects"]:
            answer = {"oid": entry["oid"], "size": entry["size"]}
            if entry["oid"] not in self.hub.lfs:
                answer["actions"] = {
                    "upload": {"href": f"{self.hub.url}/lfs/{entry['oid']}", "header": {}},
                    "verify": {"href": f"{self.hub.url}/lfs-verify", "header": {}},
                }
            objects.append(answer)
        self.send(200, {"transfer": "basic", "objects": objects})

    @route("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})")
    def lfs_put(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise Refused(400, "SHA-256 differs")
        self.hub.lfs[oid] = self.body
        self.send(200, {})

    @route("POST", r"/lfs-verify")
    def lfs_verify(self) -> None:
        wanted = json.loads(self.body)
        if len(self.hub.lfs.get(wanted["oid"], b"")) != wanted["size"]:
            raise Refused(404, "no such object")
        self.send(200, {})

    @route("POST", KIND + "/" + REPO + r"/commit/(?P<revision>[^/]+)")
    def commit(self, kind: str, repo: str, revision: str) -> None:
        found = self.repo(kind, repo)
        self.writer()
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        with self.hub.lock:
            parent = header.get("parentCommit")
            if parent is not None and parent != found.head.id:
                raise Refused(412, "A commit has happened since. Please refresh and try again.")
            files = dict(found.head.files)
            for line in lines:
                key, value = line["key"], line["value"]
                if key == "file":
                    files[value["path"]] = Blob(base64.b64decode(value["content"]), False)
                elif key == "lfsFile":
                    if value["oid"] not in self.hub.lfs:
                        raise Refused(400, f"LFS object {value['oid']} was not uploaded")
                    files[value["path"]] = Blob(self.hub.lfs[value["oid"]], True)
                elif key == "deletedFile" and files.pop(value["path"], None) is None:
                    raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
            made = found.commit(header["summary"], files)
        url = f"{self.hub.url}/{repo}/commit/{made.id}"
        self.send(200, {"success": True, "commitOid": made.id, "commitUrl": url, "hookOutput": ""})

    @route("POST", KIND + "/" + REPO + r"/tag/(?P<revision>[^/]+)")
    def tag(self, kind: str, repo: str, revision: str) -> None:
        found = self.repo(kind, repo)
        self.writer()
        name, commit = json.loads(self.body)["tag"], self.revision(found, revision)
        if name in found.tags:
            raise Refused(409, f"Tag {name} already exists")
        found.tags[name] = commit.id
        self.send(200, {})

    @route("DELETE", KIND + "/" + REPO + r"/tag/(?P<name>[^/]+)")
    def delete_tag(self, kind: str, repo: str, name: str) -> None:
        found = self.repo(kind, repo)
        self.writer()
        if found.tags.pop(name, None) is None:
            raise Refused(404, f"no tag {name}", "RevisionNotFound")
        self.send(200, {})
