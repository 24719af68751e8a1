"""The client of the current request: its network address, account, and whether it is on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Client:
    """Origin of a request.

    Attributes:
        address: network address for rate limits; "" if the call did not come over the network.
        is_local: whether the request was addressed to a name of this machine and came through no proxy.
        account: the signed-in Hugging Face account; "" if none.
    """

    address: str = ""
    is_local: bool = True
    account: str = ""


NOBODY = Client()
"""Client outside of requests, as on the command line."""
STRANGER = Client("unknown", is_local=False)
"""Client of a request about which nothing is known."""
_current: ContextVar[Client] = ContextVar("client", default=NOBODY)


def current() -> Client:
    """The client of the current request; `NOBODY` outside of requests."""
    return _current.get()


@contextmanager
def answering(client: Client) -> Iterator[None]:
    """Attribute all calls inside the block, including those in worker threads that it starts, to a client."""
    token = _current.set(client)
    try:
        yield
    finally:
        _current.reset(token)
