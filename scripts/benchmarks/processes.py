"""Start, watch and end processes, so that none outlives the benchmark."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.errors import RecsysError

log = logging.getLogger(__name__)

END_S = 10.0  # time between terminate and kill
LOOK_S = 0.05  # interval between readings of memory
TAIL = 1500  # characters of a log that an error quotes


class BenchmarkError(RecsysError, RuntimeError):
    """A measured process failed; the text contains the end of its log."""


def free_port() -> int:
    """A free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def memory_mb(pid: int) -> dict[str, float] | None:
    """Resident memory of a process, `now` and at `peak`, in MB (10^6 bytes); None without /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    if len(found) < 2:  # a zombie has no memory
        return None
    return {"now": int(found["VmRSS"]) * 1024 / 1e6, "peak": int(found["VmHWM"]) * 1024 / 1e6}


def cpu_s(pid: int) -> float | None:
    """CPU seconds of a process and all its threads, in steps of 10 ms; None without /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ran:
    """Outcome of a command.

    Attributes:
        seconds: duration.
        peak_mb: peak resident memory, None if unknown.
        status: exit status, None if the command was ended at a limit.
        over: the limit, "time" or "memory".
    """

    seconds: float
    peak_mb: float | None
    status: int | None
    over: str = ""


@contextlib.contextmanager
def running(command: Sequence[str], log_file: Path, cwd: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen]:
    """Run a process during the block; its output goes to `log_file`."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            list(command), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen) -> None:
    """Terminate a process; kill it if that fails."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(
    command: Sequence[str],
    log_file: Path,
    cwd: Path,
    env: Mapping[str, str],
    *,
    most_s: float | None = None,
    most_mb: float | None = None,
) -> Ran:
    """Run a command until it ends or exceeds a limit."""
    started = time.perf_counter()
    peak = None
    with running(command, log_file, cwd, env) as process:
        while process.poll() is None:
            memory = memory_mb(process.pid)
            peak = memory["peak"] if memory else peak
            seconds = time.perf_counter() - started
            if most_s is not None and seconds > most_s:
                return Ran(seconds, peak, None, "time")
            if most_mb is not None and memory and memory["now"] > most_mb:
                return Ran(seconds, peak, None, "memory")
            # wait instead of sleep, so that the end is noticed at once
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
    return Ran(time.perf_counter() - started, peak, process.returncode)


def answered(process: subprocess.Popen, ask: Callable[[], Any], log_file: Path, most_s: float) -> float:
    """Seconds until `ask` succeeds on a starting server.

    Raises:
        BenchmarkError: the server ended, or did not answer within `most_s`.
    """
    started = time.perf_counter()
    while time.perf_counter() - started < most_s:
        if process.poll() is not None:
            raise BenchmarkError(f"A server ended with status {process.returncode}: {tail(log_file)}")
        try:
            ask()
        except (OSError, BenchmarkError) as error:
            log.debug("Not ready yet: %s", error)
            time.sleep(0.01)
        else:
            return time.perf_counter() - started
    raise BenchmarkError(f"A server did not answer within {most_s:.0f} s: {tail(log_file)}")


def tail(log_file: Path) -> str:
    """The end of a log in one line."""
    text = log_file.read_text(encoding="utf-8", errors="replace") if log_file.exists() else ""
    return " / ".join(text[-TAIL:].split("\n")).strip(" /") or "no output"
