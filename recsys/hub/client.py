"""Hub client: bounded retries, bounded timeouts, and one readable sentence for every failure."""

from __future__ import annotations

import errno
import json
import logging
import random
from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from recsys.errors import BadInput, HubError, RecsysError
from recsys.hub.session import (
    AGENT,
    FULL_RETRIES,
    RETRIED,
    RetryPolicy,
    Unreachable,
    current_policy,
    install,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi

log = logging.getLogger(__name__)
Result = TypeVar("Result")
LONG_WAIT_S = 100_000
"""A pause from which on its seconds are not said."""


class Stale(HubError):
    """The branch changed between reading it and committing to it (HTTP 412)."""


def api(token: str | None, endpoint: str | None) -> HfApi:
    """Return a client of the Hub that does not retry by itself, so that only `retrying` decides how long to wait."""
    from huggingface_hub import HfApi

    from recsys import __version__

    install()
    return HfApi(endpoint=endpoint, token=token, library_name=AGENT, library_version=__version__)


def stored_token(repo_id: str, doing: str) -> str | None:
    """The token of this machine, or in a workflow the one that a Trusted Publisher of `HF_OIDC_RESOURCE` gives it.

    Raises:
        HubError: the workflow gets none.
    """
    from huggingface_hub import get_token

    install()
    return retrying(get_token, repo_id, doing)


def retrying(call: Callable[[], Result], repo_id: str, doing: str, policy: RetryPolicy = FULL_RETRIES) -> Result:
    """Return the result of `call`; retry after 408, 429, 5xx and broken connections, with exponential backoff.

    Args:
        call: one request, safe to repeat.
        repo_id, doing: for the error message, such as "Pushing to".
        policy: limits of the retries.

    Raises:
        HubError: the call failed; the text names the repository and says what to do. `Stale` for HTTP 412.
    """
    began, pause = monotonic(), policy.first
    bounded = current_policy.set(policy)
    try:
        for attempt in range(1, policy.attempts + 1):
            try:
                return call()
            except RecsysError:
                raise
            except Exception as error:  # errors of any type become one sentence for the caller
                cause = _cause(error)
                status = _status(cause)
                wait = max(pause * random.uniform(0.8, 1.2), _asked_to_wait(cause))
                left = policy.seconds - (monotonic() - began)
                if not _passing(cause, status) or attempt == policy.attempts or wait > left:
                    raise hub_error(cause, repo_id, doing) from error
                log.info("The Hub answered %s; trying again in %.1f s.", status or type(cause).__name__, wait)
                sleep(wait)
                pause = min(8.0, pause * 2)
    finally:
        current_policy.reset(bounded)
    raise AssertionError("unreachable: the last attempt returns or raises")


def hub_error(error: BaseException, repo_id: str, doing: str) -> RecsysError:
    """Convert an error of the Hub or of its client library to one with a readable sentence."""
    from huggingface_hub import errors as hf

    cause = _cause(error)
    status = _status(cause)
    if isinstance(cause, hf.HFValidationError):
        return BadInput(f"{repo_id!r} is not a legal repository name. Write USER/REPO.")
    if status == 412:
        return Stale(f"{doing} {repo_id} failed: the branch changed in the meantime. Try again.")
    if isinstance(cause, hf.OfflineModeIsEnabled):
        what = "HF_HUB_OFFLINE is set, so no request was made. Unset it."
    elif isinstance(cause, hf.OIDCError):
        what = "the workflow has no identity to get a token for. Give its job the permission id-token: write."
    elif isinstance(cause, hf.RevisionNotFoundError):
        what = "there is no such revision. Use one of its tags, or main."
    elif isinstance(cause, hf.GatedRepoError):
        what = "it is gated. Ask for access on its page, then set HF_TOKEN."
    elif isinstance(cause, hf.EntryNotFoundError):
        what = "a file that the release lists is missing. Push the release again."
    elif status is not None:
        what = _about_status(cause, status, repo_id)
    elif isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        what = "the disk is full. Free some space and try again."
    elif _passing(cause, status):
        what = "the Hub cannot be reached or cut the connection. Check the network and HF_ENDPOINT, then try again."
    elif isinstance(cause, (OSError, RuntimeError)):
        what = f"the transfer failed ({type(cause).__name__}: {_line(cause)}). Try again."
    else:
        log.debug("Unexpected error while talking to the Hub.", exc_info=cause)
        about = "not JSON" if isinstance(cause, json.JSONDecodeError) else f"{type(cause).__name__}: {_line(cause)}"
        what = f"the server did not answer like a Hub ({about}). Check HF_ENDPOINT."
    return HubError(f"{doing} {repo_id} failed: {what}")


def _about_status(cause: Any, status: int, repo_id: str) -> str:
    url = str(cause.response.request.url)
    if url.endswith("/oauth/token"):
        return (
            f"no Trusted Publisher of HF_OIDC_RESOURCE fits this workflow (HTTP {status}). Add one in the settings of "
            "the repository on the Hub."
        )
    if status in (403, 404) and "/api/" not in url and repo_id not in url:
        return f"the Hub's file storage refused the transfer (HTTP {status}). Try again."
    if status == 404:
        return (
            "there is no such repository, or it is private and HF_TOKEN does not give access to it. "
            "Check the name and the token."
        )
    if status == 401 and not cause.response.request.headers.get("authorization"):
        return "there is no such repository, or it is private. Check the name, or set HF_TOKEN."
    if status == 401:
        return "the Hub does not accept the token. Set HF_TOKEN to a valid one (huggingface.co/settings/tokens)."
    if status == 403:
        return "the token has no permission for this. Set HF_TOKEN to one with write access to the repository."
    if status == 429:
        wait = _asked_to_wait(cause)
        later = f"in {wait:.0f} seconds" if 0 < wait < LONG_WAIT_S else "later" if wait else "in a few minutes"
        return f"too many requests (HTTP 429). Try again {later}."
    if status >= 500:
        return f"the Hub has an internal error (HTTP {status}). Try again later."
    return f"the Hub refused the request (HTTP {status}). Check the names of the repository and the tag."


def _cause(error: BaseException) -> BaseException:
    """The original error, which the client wraps when it uploads or reads its cache."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    while error.__cause__ is not None and (type(error) is RuntimeError or isinstance(error, LocalEntryNotFoundError)):
        error = error.__cause__
    return error


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _passing(error: BaseException, status: int | None) -> bool:
    """Whether the error may be temporary, so that a retry may help."""
    import httpx2

    if status is not None:
        return status in RETRIED
    incomplete = isinstance(error, OSError) and "Consistency check failed" in str(error)
    return incomplete or isinstance(error, (Unreachable, httpx2.TransportError, ConnectionError, TimeoutError))


def _asked_to_wait(error: BaseException) -> float:
    """Seconds to wait by Retry-After or, for 429, by the Hub's rate limit header; 0 if neither is given."""
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
