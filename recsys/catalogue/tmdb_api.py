"""HTTP client of TMDb's API: bounded retries, readable errors, and a key that never reaches a message or a log."""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from recsys.errors import BadSetting, SourceError

if TYPE_CHECKING:
    import requests

TIMEOUT_S = 5.0
RETRIES = 3
RETRY_STATUS = (429, 500, 502, 503, 504)
BACKOFF_S = 0.5
LONGEST_WAIT_S = 30.0  # between two attempts, even if Retry-After asks for more
# Both of these loggers of urllib3 log the URL of a request, which contains a v3 key.
URLLIB3_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")


class TmdbApi:
    """HTTP session for GET requests to TMDb.

    A v4 read token is sent in the Authorization header. TMDb accepts a v3 key only as the parameter `api_key`, so it
    is replaced by `***` in every message and in urllib3's log records.

    Attributes:
        problem: why no request can be made, in one sentence, or None.
    """

    def __init__(self, url: str, key: str | None):
        self._url, self._key = url, key or ""
        self.problem = _problem(key)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        for name in URLLIB3_LOGGERS:
            logging.getLogger(name).addFilter(self._scrub_record)

    def close(self) -> None:
        """Cancel a wait between two attempts, and close the session."""
        self._stop.set()
        for name in URLLIB3_LOGGERS:
            logging.getLogger(name).removeFilter(self._scrub_record)
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def get(self, path: str, **params: str) -> dict[str, Any] | None:
        """Return the JSON object at `path`, or None for status 404.

        Raises:
            BadSetting: there is no usable key, or TMDb refuses it.
            SourceError: TMDb fails after all retries, or cannot be reached.
        """
        if self.problem:
            raise BadSetting(self.problem)
        # The session retries by status only; retry here once if the body is truncated or is not JSON.
        for _ in range(2):
            answer = self._json(self._response(path, params))
            if answer is not None:
                return answer or None
        raise SourceError(self._scrub(f"{self._url}/{path} did not answer with a JSON object."))

    def _response(self, path: str, params: dict[str, str]) -> requests.Response:
        import requests  # imported at first use, because serving without a key does not need it

        headers = {}
        if _is_token(self._key):
            headers["Authorization"] = f"Bearer {self._key}"
        else:
            params = params | {"api_key": self._key}
        try:
            return self._opened().get(f"{self._url}/{path}", params=params, headers=headers, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise SourceError(self._scrub(f"Cannot reach {self._url} ({type(error).__name__}).")) from None

    def _json(self, response: requests.Response) -> dict[str, Any] | None:
        """The object in a response, {} for status 404, None if the body is not a JSON object."""
        status = response.status_code
        if status in (401, 403):
            self.problem = (
                "TMDb refuses the key in TMDB_API_KEY. Take a v3 key or v4 read token from your TMDb account."
            )
            raise BadSetting(self.problem)
        if status == 404:
            return {}
        if not response.ok:
            times = f" {RETRIES + 1} times; try again later" if status in RETRY_STATUS else ""
            raise SourceError(self._scrub(f"{response.url.partition('?')[0]} answered status {status}{times}."))
        try:
            answer = response.json()
        except ValueError:
            return None
        return answer if isinstance(answer, dict) and answer else None

    def _opened(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = _session(self._stop)
            return self._session

    def _scrub(self, text: str) -> str:
        return text.replace(self._key, "***").replace(quote(self._key), "***") if self._key else text

    def _scrub_record(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._scrub(record.getMessage()), ()
        return True


def _session(stop: threading.Event) -> requests.Session:
    """Return a session that retries failed requests; setting `stop` ends the wait between two attempts."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    class BoundedRetry(Retry):
        """Retry policy that waits at most LONGEST_WAIT_S and only until `stop` is set."""

        def get_retry_after(self, response: Any) -> float | None:
            try:
                return super().get_retry_after(response)
            except InvalidHeader:
                return None

        def sleep(self, response: Any = None) -> None:
            retry_after = self.get_retry_after(response) if response is not None else None
            stop.wait(min(retry_after or self.get_backoff_time(), LONGEST_WAIT_S))

    retry = BoundedRetry(
        total=RETRIES,
        connect=1,
        read=1,
        status_forcelist=RETRY_STATUS,
        respect_retry_after_header=True,
        backoff_factor=BACKOFF_S,
        raise_on_status=False,  # return the last response, because the message names its status
    )
    session = requests.Session()
    session.headers["Accept"] = "application/json"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _is_token(key: str) -> bool:
    return re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", key) is not None


def _problem(key: str | None) -> str | None:
    if not key:
        return "TMDB_API_KEY is not set. Set it to a v3 key or a v4 read token of your TMDb account."
    if _is_token(key) or re.fullmatch(r"[0-9a-fA-F]{32}", key):
        return None
    return "TMDB_API_KEY is neither a v3 key (32 hexadecimal digits) nor a v4 read token (three parts with dots)."
