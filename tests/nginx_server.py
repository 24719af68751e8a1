"""nginx with the configuration of docs/scaling.md in front of replicas on this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from film_app import PROJECT, free_port
from postgres_server import missing

REPLICAS = ("10.0.0.11:7860", "10.0.0.12:7860")
"""The servers in the documentation."""


def documented(ports: list[int], listening: int) -> str:
    """The server of the documentation with the ports of this test."""
    text = (PROJECT / "docs" / "scaling.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    first, second = (re.findall(rf"^ *server {re.escape(address)}.*;\n", block, re.MULTILINE) for address in REPLICAS)
    assert len(first) == len(second) == 2
    for line in second:
        block = block.replace(line, "")
    for line in first:
        block = block.replace(line, "".join(line.replace(REPLICAS[0], f"127.0.0.1:{port}") for port in ports), 1)
    return block.replace("listen 80;", f"listen 127.0.0.1:{listening};")


@contextlib.contextmanager
def nginx(ports: list[int]):
    """Run nginx; yields its address, and the log with the address of the replica of each request."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("no nginx was found (apt-get install nginx-light)")
    folder, port = Path(tempfile.mkdtemp(prefix="recsys-nginx-")), free_port()
    scratch = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\n"
        f"http {{\nlog_format replica '$request_method $uri $upstream_addr';\naccess_log {folder}/log replica;\n"
        f"{scratch}{documented(ports, port)}}}\n"
    )
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}", folder / "log"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)
