"""Limit size and time of an answer of the Hub: an endless or very slow one must not fill the disk or hang a pull."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Protocol

from recsys.errors import HubError

MOST_BYTES = 64 << 20  # of an answer that is read into memory
MOST_ENCODED = 64 << 10  # the same if it is compressed; requests do not ask for compression
LEAST_BYTES = 64 << 10  # that a file must advance in each `seconds`
_file_bytes: ContextVar[int | None] = ContextVar("file_bytes", default=None)


class Source(Protocol):
    """The body of an answer."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class TooSlow(TimeoutError):
    """The answer arrives, but too slowly to wait for its end."""


@contextmanager
def file_of(size: int) -> Iterator[None]:
    """Limit the files that are downloaded in a block to `size` bytes."""
    before = _file_bytes.set(size)
    try:
        yield
    finally:
        _file_bytes.reset(before)


def in_memory(source: Source, seconds: float, host: str, *, encoded: bool) -> Iterator[bytes]:
    """Yield the parts of an answer that must be complete after `seconds`.

    Raises:
        HubError: it has too many bytes.
        TooSlow: it is not complete in time.
    """
    end, most = monotonic() + seconds, MOST_ENCODED if encoded else MOST_BYTES
    for part in _up_to(source, most, host):
        if monotonic() > end:
            raise TooSlow(f"no end after {seconds:g} s at {host}")
        yield part


def as_file(source: Source, seconds: float, host: str) -> Iterator[bytes]:
    """Yield the parts of a file, of which LEAST_BYTES must arrive in each `seconds`.

    Raises:
        HubError: it is larger than the block of `file_of` allows.
        TooSlow: too little arrives.
    """
    since, arrived = monotonic(), 0
    for part in _up_to(source, _file_bytes.get(), host):
        arrived += len(part)
        if arrived >= LEAST_BYTES:
            since, arrived = monotonic(), 0
        elif monotonic() - since > seconds:
            raise TooSlow(f"{arrived:,} bytes in {seconds:g} s at {host}")
        yield part


def _up_to(source: Source, most: int | None, host: str) -> Iterator[bytes]:
    total = 0
    for part in source:
        total += len(part)
        if most is not None and total > most:
            raise HubError(
                f"The Hub at {host} sends more than the {most:,} bytes that were expected. Check HF_ENDPOINT."
            )
        yield part
