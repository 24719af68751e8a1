"""The client of the current request: its network address, and whether it is somebody at this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Client:
    """Where a request came from.

    Attributes:
        address: network address that rate limits count by; "" if nothing came over the network.
        is_local: whether the request was addressed to a name of this machine and passed through no proxy.
        account: the Hugging Face account that is signed in; "" if none.
    """

    address: str = ""
    is_local: bool = True
    account: str = ""


NOBODY = Client()
"""Outside of requests, as on the command line."""
STRANGER = Client("unknown", is_local=False)
"""A request of which nothing is known."""
_current: ContextVar[Client] = ContextVar("client", default=NOBODY)


def current() -> Client:
    """The client of the request that is being answered; `NOBODY` outside of requests."""
    return _current.get()


@contextmanager
def answering(client: Client) -> Iterator[None]:
    """Attribute everything inside the block, including the worker threads it starts, to a client."""
    token = _current.set(client)
    try:
        yield
    finally:
        _current.reset(token)
