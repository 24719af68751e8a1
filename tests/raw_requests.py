"""A client that sends requests given as bytes, many at once, and uses connections again where it can."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from waiting import PATIENCE_S

LENGTH = re.compile(r"\r\ncontent-length: (\d+)", re.IGNORECASE)
READ_BYTES, READ_S = 4_000, float(PATIENCE_S)  # of an answer without a length: the rest is never read


@dataclass(frozen=True)
class Bad:
    """One request: what is sent, and whether the client leaves without reading the answer."""

    data: bytes
    unread: bool = False


async def send(port: int, requests: Iterable[tuple[str, Bad]], at_once: int = 16) -> Counter[tuple[str, str]]:
    """Send all requests, some of them at once; counts of (kind, status), where the status may be "" or "closed"."""
    seen: Counter[tuple[str, str]] = Counter()
    waiting = iter(requests)

    async def client() -> None:
        wire = None
        for kind, bad in waiting:
            wire = wire or await asyncio.open_connection("127.0.0.1", port)
            status, stays_open = await _sent(*wire, bad)
            seen[kind, status] += 1
            if not stays_open:
                await _closed(wire[1])
                wire = None
        if wire is not None:
            await _closed(wire[1])

    await asyncio.gather(*(client() for _ in range(at_once)))
    return seen


async def _sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bad: Bad) -> tuple[str, bool]:
    """The status of the answer, and whether the connection can be used again."""
    try:
        writer.write(bad.data)
        await writer.drain()
        if bad.unread:
            return "", False
        async with asyncio.timeout(READ_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, length = head.split()[1], LENGTH.search(head)
            if length is None or "connection: close" in head.lower() or bad.data.startswith(b"HEAD"):
                await reader.read(READ_BYTES)
                return status, False
            await reader.readexactly(int(length[1]))
            return status, True
    except (ConnectionError, asyncio.IncompleteReadError):
        return "closed", False
    except TimeoutError:
        return "no end", False


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
