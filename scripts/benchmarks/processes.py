"""Other processes: started, watched and ended, so that none outlives the benchmark."""

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

END_S = 10.0  # a process asked to end is ended after that
LOOK_S = 0.05  # from one look at a process's memory to the next
TAIL = 1500  # characters of a log that an error quotes


class BenchmarkError(RecsysError, RuntimeError):
    """Something that was to be measured did not run; the text says what it said last."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def memory_mb(pid: int) -> dict[str, float] | None:
    """Resident memory `now` and at `peak` of a process in MB (10^6 bytes), as /proc tells; None where it does not."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS:", "VmHWM:"))}
    if len(found) < 2:  # a process that has ended keeps its entry without its memory
        return None
    return {"now": int(found["VmRSS"]) * 1024 / 1e6, "peak": int(found["VmHWM"]) * 1024 / 1e6}


def cpu_s(pid: int) -> float | None:
    """Seconds on a core of a process and its threads so far, ended ones included, by the system's clock of 10 ms.

    None where the system does not tell.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ran:
    """What a command took.

    Attributes:
        seconds: from start to end.
        peak_mb: most resident memory, None where the system does not tell.
        status: exit status, None where it was ended because it went beyond a limit.
        over: "time" or "memory" where it did.
    """

    seconds: float
    peak_mb: float | None
    status: int | None
    over: str = ""


@contextlib.contextmanager
def running(command: Sequence[str], log_file: Path, cwd: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen]:
    """A process while the block lasts; its output goes to `log_file`."""
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
    """Ask a process to end, and end it where it does not."""
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
    """Run a command to its end, or to the limit it goes beyond."""
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
            # waiting for the process rather than sleeping: its end is noticed at once
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
    return Ran(time.perf_counter() - started, peak, process.returncode)


def answered(process: subprocess.Popen, ask: Callable[[], Any], log_file: Path, most_s: float) -> float:
    """Seconds until `ask` is answered for the first time by a server that is just starting.

    Raises:
        BenchmarkError: the server ended, or did not answer in `most_s`.
    """
    started = time.perf_counter()
    while time.perf_counter() - started < most_s:
        if process.poll() is not None:
            raise BenchmarkError(f"a server ended with status {process.returncode}: {tail(log_file)}")
        try:
            ask()
        except (OSError, BenchmarkError) as error:
            log.debug("not yet: %s", error)
            time.sleep(0.01)
        else:
            return time.perf_counter() - started
    raise BenchmarkError(f"a server did not answer within {most_s:.0f} s: {tail(log_file)}")


def tail(log_file: Path) -> str:
    """The end of a log, on one line."""
    text = log_file.read_text(encoding="utf-8", errors="replace") if log_file.exists() else ""
    return " / ".join(text[-TAIL:].split("\n")).strip(" /") or "it said nothing"
