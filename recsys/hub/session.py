"""HTTP session for requests to the Hub: timeouts, limits of answers, and no retries by the library."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from recsys.hub import answer_limits

AGENT = "recsys"
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
STREAMED = "recsys_streamed"  # extension of a request: whether its caller reads the body part by part
_installing = threading.Lock()


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of retries.

    Attributes:
        attempts: maximum number of calls, including the first.
        seconds: maximum total waiting time between calls, including Retry-After.
        first: pause before the second attempt in seconds; doubled each time, up to 8.
        read_s: seconds without a received byte after which a request counts as failed.
    """

    attempts: int = 5
    seconds: float = 60.0
    first: float = 0.5
    read_s: float = 60.0


FULL_RETRIES = RetryPolicy()
FEW_RETRIES = RetryPolicy(attempts=2, seconds=2.0, read_s=5.0)
"""Limits for the first call, which only tests whether the Hub answers, and for calls while the process ends."""
CONNECT_S = 2.5
current_policy: ContextVar[RetryPolicy] = ContextVar("policy", default=FULL_RETRIES)


class Unreachable(OSError):
    """The connection could not be made or was cut; `huggingface_hub` does not retry this class."""


@cache
def _session_class() -> type:
    import httpx2
    from huggingface_hub.utils import hf_raise_for_status

    class Session(httpx2.Client):
        """HTTP client that limits requests of this package and does not retry them; others are sent unchanged."""

        def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
            if not _is_ours(request):
                return super().send(request, stream=stream, **options)
            asked, read_s = request.extensions.get("timeout") or {}, current_policy.get().read_s
            limits = {"connect": CONNECT_S, "read": read_s, "write": read_s, "pool": read_s}
            request.extensions["timeout"] = {
                kind: min(asked.get(kind) or seconds, seconds) for kind, seconds in limits.items()
            }
            request.extensions[STREAMED] = stream
            request.headers["accept-encoding"] = "identity"
            try:
                response = super().send(request, stream=stream, **options)
            except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                raise Unreachable(f"{type(error).__name__} at {request.url.host}") from error
            if response.status_code in RETRIED:
                response.read()
                hf_raise_for_status(response)
            return response

    return Session


@cache
def _body_class() -> type:
    import httpx2

    class Body(httpx2.SyncByteStream):
        """Body of a response, with the limits of `answer_limits`."""

        def __init__(self, response: httpx2.Response):
            self._source = cast(httpx2.SyncByteStream, response.stream)
            seconds, host = current_policy.get().read_s, response.request.url.host
            if response.request.extensions[STREAMED] and not response.has_redirect_location:
                self._parts = answer_limits.as_file(self._source, seconds, host)
            else:
                encoded = "content-encoding" in response.headers
                self._parts = answer_limits.in_memory(self._source, seconds, host, encoded=encoded)

        def __iter__(self) -> Iterator[bytes]:
            return self._parts

        def close(self) -> None:
            self._source.close()

    return Body


def _limit_body(response: Any) -> None:
    """Hook of the HTTP client that is called for each response, redirects too, before its body is read."""
    if _is_ours(response.request):
        response.stream = _body_class()(response)


def _is_ours(request: Any) -> bool:
    return request.headers.get("user-agent", "").startswith(f"{AGENT}/")


def install() -> None:
    # huggingface_hub 2 retries some calls for as long as Retry-After says, and sends most requests without a timeout.
    # Its client is shared by the whole process, and a factory is the only public way to change that.
    import httpx2
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import disable_progress_bars, get_session

    if constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not sys.stderr.isatty():
        disable_progress_bars()
    with _installing:
        session = get_session()
        if not isinstance(session, _session_class()):
            hooks = dict(session.event_hooks)  # hooks of the library: offline mode and request ids
            hooks["response"] = [*hooks.get("response", []), _limit_body]
            timeout = httpx2.Timeout(FULL_RETRIES.read_s, connect=CONNECT_S)
            set_client_factory(lambda: _session_class()(event_hooks=hooks, follow_redirects=True, timeout=timeout))
