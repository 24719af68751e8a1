"""A PostgreSQL server for tests: made in a temporary folder, on a free port, as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from film_app import free_port

PASSWORD = "p@ss/word#1"
IN_URL = "p%40ss%2Fword%231"
WAIT_S = 60


def programs() -> Path | None:
    """The folder of `postgres` and `initdb`; Debian does not put it on the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def missing(why: str) -> None:
    """Skip a test, or fail it where RECSYS_REQUIRE_POSTGRES is 1."""
    if os.environ.get("RECSYS_REQUIRE_POSTGRES") == "1":
        pytest.fail(f"RECSYS_REQUIRE_POSTGRES is 1 and {why}", pytrace=False)
    pytest.skip(f"not run with PostgreSQL: {why}")


class Server:
    """One server process and its data.

    Attributes:
        url: the URL of its database, for the role that owns it.
        process: the running process.
    """

    def __init__(self, folder: Path, *options: str):
        found = programs()
        assert found is not None
        self._programs, self.folder, self._options = found, folder, options
        self.port = free_port()
        self._user = _unprivileged()
        self._initialize()

    def address(self, role: str = "owner", database: str = "postgres", password: str = IN_URL) -> str:
        """The URL of a role and a database."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def url(self) -> str:
        """The URL of the owner."""
        return self.address()

    def _initialize(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self._user:
            for path in (self.folder, secret):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        made = [self._programs / "initdb", "-D", self.folder / "data", "-U", "owner", "-A", "scram-sha-256"]
        made += [f"--pwfile={secret}", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(self._as_user(made), check=True, capture_output=True, cwd=self.folder)

    def _as_user(self, command: list) -> list[str]:
        if self._user is None:
            return [str(part) for part in command]
        rights = [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        return ["setpriv", *rights, *(str(part) for part in command)]

    def start(self) -> None:
        """Start the process and wait until it answers."""
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *self._options]
        command = [self._programs / "postgres", "-D", self.folder / "data", "-p", self.port]
        command += [part for setting in settings for part in ("-c", setting)]
        deadline = time.monotonic() + WAIT_S
        while True:
            with (self.folder / "log").open("a") as log:
                self.process = subprocess.Popen(self._as_user(command), cwd=self.folder, stdout=log, stderr=log)
            if self._answers(deadline):
                return
            # after kill -9 the memory is in use until the last process has noticed
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def _answers(self, deadline: float) -> bool:
        """Wait until the process answers; return False if it ends or takes too long."""
        import psycopg

        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End the process at once, and all its connections."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """kill -9 of all its processes; those of connections would otherwise go on until they notice."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")  # on Linux
        others = listed.read_text().split() if listed.exists() else []
        self.process.kill()
        self.process.wait()
        for other in others:
            with suppress(ProcessLookupError):
                os.kill(int(other), signal.SIGKILL)

    def execute(self, *statements: str) -> None:
        """Execute statements as the owner."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]


def _unprivileged() -> pwd.struct_passwd | None:
    """The user for a server that root starts; None if the caller is not root."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is no user postgres or nobody")


@contextmanager
def running_postgres(*options: str, on: Path | None = None) -> Iterator[Server]:
    """Start a server, and remove it with its data at the end.

    Args:
        options: settings as NAME=VALUE.
        on: the disk for its data (default: that of temporary files).
    """
    if programs() is None:
        missing("no server was found (apt-get install postgresql)")
    try:
        import psycopg_pool  # noqa: F401
    except ImportError:
        missing('psycopg is not installed (pip install "psycopg[binary,pool]")')
    # not in pytest's folder, which only the user who runs the tests may enter
    folder = Path(tempfile.mkdtemp(prefix="recsys-postgres-", dir=on))
    server = Server(folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
