"""Check the Host header, so that a foreign name that resolves to this machine gets no answer (DNS rebinding).

A web page whose name resolves to 127.0.0.1 sends its name in the Host header, which distinguishes its requests from
those of the user's own browser window.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api.guard.refusal import refuse
from recsys.serving.client import STRANGER, Client, answering
from recsys.settings import LOCAL_NAMES, Settings

# Headers, and beginnings of headers, in which a proxy names itself or the original request.
FORWARDING = (
    *("forwarded", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip"),
    *("x-appengine-user-ip", "x-azure-clientip", "fastly-client-ip", "fly-client-ip"),
)
FORWARDING_PREFIXES = ("x-forwarded", "x-original-", "x-envoy-", "x-proxy")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.IGNORECASE)
MISDIRECTED = 421
LAST_PORT = 65_535
HEADERS = "recsys.headers"
CLIENT = "recsys.client"
"""Key of the `Client` in the scope of a request."""


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request by lower-case name, the last one if repeated; parsed once for the whole guard."""
    found = scope.get(HEADERS)
    if found is None:
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        scope[HEADERS] = found
    return found


def name_of(host: str) -> str:
    """Return the name in a Host header without the port, or "" if it is invalid.

    >>> name_of("LOCALHOST:7860"), name_of("[::1]:80"), name_of("a b"), name_of("localhost:70000")
    ('localhost', '[::1]', '', '')
    """
    found = HOST.fullmatch(host.strip())
    return found[1].lower().rstrip(".") if found and int(found[2] or 0) <= LAST_PORT else ""


@dataclass(frozen=True)
class KnownHosts:
    """The accepted Host headers.

    Attributes:
        names: accepted names besides those of this machine.
        any_name: whether all valid names are accepted, because this server cannot know its own.
        any_address: whether all IP addresses are accepted, because an address cannot be rebound.
        are_listed: whether RECSYS_ALLOWED_HOSTS lists the names.
    """

    names: frozenset[str] = frozenset()
    any_name: bool = False
    any_address: bool = False
    are_listed: bool = False

    @classmethod
    def of(cls, settings: Settings) -> KnownHosts:
        """Derive the accepted hosts from the settings.

        If only this machine can reach the server and no admin key is set, a foreign name is an attack. On a Space the
        name is known. On other servers all names are accepted unless RECSYS_ALLOWED_HOSTS lists them.
        """
        names = frozenset((*settings.allowed_hosts, *settings.space_hosts))
        are_listed = bool(settings.allowed_hosts)
        if settings.is_open:
            return cls(names, are_listed=are_listed)
        return cls(names, any_name=not names, any_address=True, are_listed=are_listed)

    def allows(self, host: str) -> bool:
        """Whether a Host header is accepted."""
        name = name_of(host)
        if not name:
            return False
        return self.any_name or name in LOCAL_NAMES or name in self.names or (self.any_address and _is_address(name))

    def allows_forwarded(self, host: str) -> bool:
        """Whether an X-Forwarded-Host header is accepted; Gradio makes the address of the page from it.

        Proxies choose the name, so any valid name is accepted unless RECSYS_ALLOWED_HOSTS lists them.
        """
        first = host.split(",")[0]
        return self.allows(first) if self.are_listed else bool(name_of(first))


def is_local(headers: Mapping[str, str]) -> bool:
    """Whether a request is addressed to a name of this machine and came through no proxy."""
    if name_of(headers.get("host", "")) not in LOCAL_NAMES:
        return False
    return not any(name in FORWARDING or name.startswith(FORWARDING_PREFIXES) for name in headers)


class Hosts:
    """ASGI middleware that answers only requests addressed to this server, and sets the current client."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app, self._known = app, KnownHosts.of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        host, forwarded = headers.get("host", ""), headers.get("x-forwarded-host")
        if not self._known.allows(host):
            await refuse(send, MISDIRECTED, _foreign(host))
            return
        if forwarded is not None and not self._known.allows_forwarded(forwarded):
            await refuse(send, MISDIRECTED, _foreign(forwarded))
            return
        peer = scope.get("client")
        client = Client(address_of(peer[0]) if peer else STRANGER.address, is_local(headers))
        scope[CLIENT] = client
        with answering(client):
            await self._app(scope, receive, send)


@lru_cache(maxsize=1024)
def address_of(peer: str) -> str:
    """Return the address for rate limits: an IPv4 address, or the /64 network of an IPv6 address (one customer).

    >>> address_of("203.0.113.9"), address_of("2001:db8:1:2:3:4:5:6"), address_of("::ffff:203.0.113.9")
    ('203.0.113.9', '2001:db8:1:2::', '203.0.113.9')
    """
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer[:64]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _foreign(host: str) -> str:
    return (
        f"This server is not known as {host!a:.100}. Use http://localhost with its port, or start it with the name in "
        "RECSYS_ALLOWED_HOSTS."
    )
