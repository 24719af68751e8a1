"""How the Hub is spoken to: one bounded retry policy, and one clear sentence for whatever goes wrong.

`huggingface_hub` retries some calls itself, waits as long as a Retry-After asks, and gives others neither a
retry nor a timeout. Requests made here fail at once instead and are retried by `retrying` alone, so that the
time a call may take is known.
"""

from __future__ import annotations

import errno
import logging
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import monotonic, sleep
from typing import Any, TypeVar

from recsys.errors import BadInput, HubError, RecsysError

log = logging.getLogger(__name__)
Result = TypeVar("Result")
AGENT = "recsys"
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_installing = threading.Lock()


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Attributes:
        attempts: calls made at most, the first included.
        seconds: waiting in all, Retry-After included.
        first: waiting before the second attempt in seconds; doubled each time, up to 8.
    """

    attempts: int = 5
    seconds: float = 60.0
    first: float = 0.5


PATIENT = Patience()
BRIEF = Patience(attempts=2, seconds=2.0)  # for the first call, which only finds out whether anybody is there
CONNECT_S = 2.5
READ_S = 60.0


class Unreachable(OSError):
    """The connection could not be made or was cut; `huggingface_hub` does not retry this class."""


class Stale(Exception):
    """The branch moved between reading it and committing to it (HTTP 412)."""


def api(token: str | None, endpoint: str | None) -> Any:
    """A client of the Hub whose requests follow the rules above."""
    from huggingface_hub import HfApi

    from recsys import __version__

    _install()
    return HfApi(endpoint=endpoint, token=token, library_name=AGENT, library_version=__version__)


@cache
def _session_class() -> type:
    import httpx2
    from huggingface_hub.utils import hf_raise_for_status

    class Session(httpx2.Client):
        """Requests of ours get a timeout and fail at once; those of others pass untouched."""

        def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            if not request.headers.get("user-agent", "").startswith(f"{AGENT}/"):
                return super().send(request, **options)
            asked = request.extensions.get("timeout") or {}
            limits = {"connect": CONNECT_S, "read": READ_S, "write": READ_S, "pool": READ_S}
            request.extensions["timeout"] = {
                kind: min(asked.get(kind) or seconds, seconds) for kind, seconds in limits.items()
            }
            try:
                response = super().send(request, **options)
            except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                raise Unreachable(f"{type(error).__name__} at {request.url.host}") from error
            if response.status_code in RETRIED:
                response.read()
                hf_raise_for_status(response)
            return response

    return Session


def _install() -> None:
    import httpx2
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import disable_progress_bars, get_session

    if constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not sys.stderr.isatty():
        disable_progress_bars()
    with _installing:
        session = get_session()
        if not isinstance(session, _session_class()):
            hooks = session.event_hooks  # the client's own: offline mode and request ids
            timeout = httpx2.Timeout(READ_S, connect=CONNECT_S)
            set_client_factory(lambda: _session_class()(event_hooks=hooks, follow_redirects=True, timeout=timeout))


def retrying(call: Callable[[], Result], repo_id: str, doing: str, patience: Patience = PATIENT) -> Result:
    """The result of `call`, tried again after 408, 429, 5xx and cut connections, with growing pauses.

    Args:
        call: one request, safe to repeat.
        repo_id, doing: for the sentence, such as "pushing to".
        patience: how long to try.

    Raises:
        HubError: what was wrong with which repo, and what to do.
        Stale: HTTP 412, which only the caller can answer.
    """
    began, pause = monotonic(), patience.first
    for attempt in range(1, patience.attempts + 1):
        try:
            return call()
        except RecsysError:
            raise
        except Exception as error:  # every error leaves as a HubError or, unknown, as it came
            cause = _cause(error)
            status = _status(cause)
            if status == 412:
                raise Stale from error
            wait = max(pause * random.uniform(0.8, 1.2), _asked_to_wait(cause))
            left = patience.seconds - (monotonic() - began)
            if not _passing(cause, status) or attempt == patience.attempts or wait > left:
                raise hub_error(cause, repo_id, doing) from error
            log.info("The Hub answered %s; trying again in %.1f s.", status or type(cause).__name__, wait)
            sleep(wait)
            pause = min(8.0, pause * 2)
    raise AssertionError("unreachable: the last attempt returns or raises")


def hub_error(error: BaseException, repo_id: str, doing: str) -> Exception:
    """One sentence for an error of the client; one it does not know is returned as it came."""
    from huggingface_hub import errors as hf

    cause = _cause(error)
    status = _status(cause)
    if isinstance(cause, hf.HFValidationError):
        return BadInput(f"{repo_id!r} is no legal repo name; write USER/REPO.")
    if isinstance(cause, hf.OfflineModeIsEnabled):
        what = "HF_HUB_OFFLINE is set, so the Hub is not asked; unset it."
    elif isinstance(cause, hf.RevisionNotFoundError):
        what = "it has no such revision; use one of its tags, or main."
    elif isinstance(cause, hf.GatedRepoError):
        what = "it is gated; ask for access on its page, then set HF_TOKEN."
    elif isinstance(cause, hf.EntryNotFoundError):
        what = "it lacks a file that the release lists; push it again."
    elif isinstance(cause, hf.RepositoryNotFoundError) or status == 404:
        what = "there is no such repo, or it is private and HF_TOKEN does not reach it; check the name and the token."
    elif status == 401 and not cause.response.request.headers.get("authorization"):
        what = "there is no such repo, or it is private; check the name, or set HF_TOKEN."
    elif status == 401:
        what = "the Hub did not accept the token; set HF_TOKEN to a valid one (huggingface.co/settings/tokens)."
    elif status == 403:
        what = "the token has no permission for this; set HF_TOKEN to one with write access to the repo."
    elif status == 429:
        wait = _asked_to_wait(cause)
        when = f"in {wait:.0f} seconds" if wait else "in a few minutes"
        what = f"the Hub limits the rate of requests (429); try again {when}."
    elif status is not None and status >= 500:
        what = f"the Hub is out of order (HTTP {status}); try again later."
    elif status is not None:
        what = f"the Hub refused the request (HTTP {status}); check the name of the repo and of the tag."
    elif isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        what = "the disk is full; free some space and try again."
    elif _passing(cause, status):
        what = "the Hub cannot be reached or cut the connection; check the network and HF_ENDPOINT, then try again."
    elif isinstance(cause, (OSError, ValueError, RuntimeError)):
        what = f"the transfer failed ({type(cause).__name__}: {_line(cause)}); try again."
    elif isinstance(cause, KeyError):
        what = f"the answer lacks {cause}; check that HF_ENDPOINT is the address of a Hub."
    else:
        return error if isinstance(error, Exception) else HubError(f"{doing} {repo_id} failed.")
    return HubError(f"{doing} {repo_id} failed: {what}")


def _cause(error: BaseException) -> BaseException:
    """The error that tells what happened: the client wraps it where it uploads or looks in its cache."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    while error.__cause__ is not None and (type(error) is RuntimeError or isinstance(error, LocalEntryNotFoundError)):
        error = error.__cause__
    return error


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _passing(error: BaseException, status: int | None) -> bool:
    """Whether trying again may help."""
    import httpx2

    if status is not None:
        return status in RETRIED
    incomplete = isinstance(error, OSError) and "Consistency check failed" in str(error)
    return incomplete or isinstance(error, (Unreachable, httpx2.TransportError, ConnectionError, TimeoutError))


def _asked_to_wait(error: BaseException) -> float:
    """Seconds asked for by Retry-After or, on 429, by the Hub's rate limit header; 0 where neither is given."""
    from huggingface_hub.utils import parse_ratelimit_headers

    response = getattr(error, "response", None)
    if response is None:
        return 0.0
    after = response.headers.get("retry-after", "").strip()
    if after.isdigit():
        return float(after)
    limit = parse_ratelimit_headers(response.headers) if response.status_code == 429 else None
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else 0.0


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
