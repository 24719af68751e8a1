"""Posters, overviews, people and trailers from TMDb; every answer is kept in SQLite and no failure reaches the page."""

from __future__ import annotations

import email.utils
import json
import logging
import queue
import re
import sqlite3
import threading
import time
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from recsys.data.progress import Progress, quiet
from recsys.errors import BadSetting, RecsysError, SourceError
from recsys.settings import Settings

if TYPE_CHECKING:
    import requests

ATTRIBUTION = "This product uses the TMDB API but is not endorsed or certified by TMDB."
KEEP_FOUND = 30 * 86_400  # seconds an answer is good for
KEEP_MISSING = 3 * 86_400
TIMEOUT = 5.0
ATTEMPTS = 4
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After asks for
PAUSE = 60.0  # seconds the background rests after TMDb failed, so that a dead network is not hammered
QUEUE = 500

log = logging.getLogger(__name__)


class Tmdb:
    """TMDb's films by id, or by title and year.

    `lookup` answers from the cache at once and lets a background thread fetch what is missing; `fetch` waits.
    Without a key nothing is ever requested. The key goes into the Authorization header where it is a v4 read
    token; a v3 key has no header form and is sent as the `api_key` parameter, and taken out of every message.

    Attributes:
        problem: why nothing can be fetched, in one sentence, or None.
    """

    def __init__(self, settings: Settings):
        self._key = settings.tmdb_api_key
        self._api, self._images = settings.tmdb_api_url, settings.tmdb_image_url
        self._by_title = settings.catalogue == "films"  # elsewhere a title may be anything: only ids are asked for
        self._allowed = settings.catalogue != "courses"
        self.problem = _problem(self._key)
        self._cache = _Cache(settings.cache_database)
        self._queue: queue.Queue[tuple[str, dict]] = queue.Queue(QUEUE)
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self._session: requests.Session | None = None
        if self._key and self.problem:
            log.warning("%s Posters are drawn instead.", self.problem)

    @property
    def configured(self) -> bool:
        """Whether there is a usable key."""
        return self.problem is None

    def lookup(self, item: dict) -> dict | None:
        """What the cache knows of an item (keys of `fetch`), at once; the rest is fetched behind the scenes."""
        key = self._name(item)
        if key is None:
            return None
        fresh, answer = self._cache.get(key)
        if not fresh and self.configured:
            self._enqueue(key, item)
        return answer and self._dress(answer)

    def fetch(self, item: dict) -> dict | None:
        """One film from the cache or TMDb, or None where TMDb has none.

        Args:
            item: has tmdb_id, or title and year.

        Returns:
            `{"tmdb_id", "url", "poster", "overview", "trailer", "director", "cast", "language"}`; the texts
            are "" and cast is [] where TMDb has nothing.

        Raises:
            BadSetting: there is no key, or TMDb refuses it.
            SourceError: TMDb fails or cannot be reached.
        """
        key = self._name(item)
        if key is None:
            return None
        fresh, answer = self._cache.get(key)
        if not fresh:
            if self.problem:
                raise BadSetting(self.problem)
            answer = self._film(item)
            self._cache.put(key, answer)
        return answer and self._dress(answer)

    def enrich(self, items: Iterable[dict], progress: Progress = quiet) -> dict[str, int]:
        """Fetch every item that the cache does not hold; returns `{"found", "missing"}` counts.

        Args:
            items: as for `fetch`.
            progress: called with each item's title and the share done.

        Raises:
            BadSetting, SourceError: as `fetch`; what was fetched before is kept.
        """
        items, counts = list(items), {"found": 0, "missing": 0}
        for number, item in enumerate(items, 1):
            counts["found" if self.fetch(item) else "missing"] += 1
            progress(str(item.get("title", "")), number / len(items))
        return counts

    def close(self) -> None:
        """Stop the background thread and close the cache."""
        self._stop.set()
        if self._worker:
            self._worker.join(TIMEOUT + 1)
        logging.getLogger("urllib3.connectionpool").removeFilter(self._scrub_record)
        self._cache.close()

    def _name(self, item: dict) -> str | None:
        if not self._allowed:
            return None
        if item.get("tmdb_id"):
            return f"id:{int(item['tmdb_id'])}"
        if self._by_title and item.get("title"):
            return f"title:{_plain(_bare(item))}|{item.get('year') or ''}"
        return None

    def _enqueue(self, key: str, item: dict) -> None:
        with self._lock:
            if key in self._pending or self._stop.is_set():
                return
            try:
                self._queue.put_nowait((key, item))
            except queue.Full:
                return  # it is asked for again the next time it is shown
            self._pending.add(key)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="tmdb", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                key, item = self._queue.get(timeout=0.2)
            except queue.Empty:
                continue
            try:
                self.fetch(item)
            except RecsysError as error:
                log.warning("TMDb: %s", error)
                self._drop()
                self._stop.wait(PAUSE if self.configured else 0)
            finally:
                with self._lock:
                    self._pending.discard(key)

    def _drop(self) -> None:
        """Forget what is queued: it would meet the same failure."""
        with self._lock:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._pending.clear()

    def _film(self, item: dict) -> dict | None:
        number = item.get("tmdb_id")
        answer = self._get(f"movie/{int(number)}", append_to_response="videos,credits") if number else None
        if answer is None and self._by_title and item.get("title"):
            found = self._get("search/movie", query=_bare(item), include_adult="false")
            best = _best(found.get("results") if found else None, _bare(item), item.get("year"))
            answer = best and self._get(f"movie/{best}", append_to_response="videos,credits")
        return _digest(answer) if answer else None

    def _get(self, path: str, **params: str) -> dict | None:
        """TMDb's JSON for one path, None for 404; waits and asks again on 429, 5xx and broken answers."""
        import requests  # at first use: serving without a key never needs it

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["Accept"] = "application/json"
            # urllib3 logs each address, api_key and all, to whoever turns its debug level on.
            logging.getLogger("urllib3.connectionpool").addFilter(self._scrub_record)
        headers = {"Authorization": f"Bearer {self._key}"} if _is_token(self._key) else {}
        if not headers:
            params["api_key"] = self._key
        reason = ""
        for attempt in range(ATTEMPTS):
            wait = 0.5 * 2**attempt
            try:
                response = self._session.get(f"{self._api}/{path}", params=params, headers=headers, timeout=TIMEOUT)
            except requests.RequestException as error:
                raise SourceError(self._scrub(f"cannot reach {self._api} ({type(error).__name__}).")) from None
            if response.status_code in (401, 403):
                self.problem = (
                    "TMDb refuses the key in TMDB_API_KEY: take a v3 key or v4 read token from your TMDb account."
                )
                raise BadSetting(self.problem)
            if response.status_code == 404:
                return None
            if response.status_code == 429 or response.status_code >= 500:
                reason, wait = f"status {response.status_code}", _retry_after(response, wait)
            elif response.ok:
                try:
                    answer = response.json()
                except ValueError:
                    answer = None
                if isinstance(answer, dict):
                    return answer
                reason = "an answer that is no JSON object"
            else:
                raise SourceError(self._scrub(f"{self._api}/{path} answered status {response.status_code}."))
            if attempt < ATTEMPTS - 1 and self._stop.wait(min(wait, LONGEST_WAIT)):
                break
        raise SourceError(self._scrub(f"{self._api}/{path} gave {reason} {ATTEMPTS} times; try again later."))

    def _scrub(self, text: str) -> str:
        return text.replace(self._key, "***").replace(quote(self._key), "***") if self._key else text

    def _scrub_record(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._scrub(record.getMessage()), ()
        return True

    def _dress(self, answer: dict) -> dict:
        """A cached answer with the addresses that depend on settings."""
        path = answer["poster_path"]
        poster = f"{self._images}/w342{path}" if path else ""
        rest = {name: value for name, value in answer.items() if name != "poster_path"}
        return {**rest, "poster": poster, "url": f"https://www.themoviedb.org/movie/{answer['tmdb_id']}"}


class _Cache:
    """Answers by name with the time they were given; a cache that fails is a cache miss, never an error."""

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        self._db = None

    def get(self, key: str) -> tuple[bool, dict | None]:
        """(whether the answer may still be used without asking again, the answer or None)."""
        with self._lock:
            if self._db is None and not self._path.exists():
                return False, None
            row = self._try("SELECT answer, fetched FROM answers WHERE name = ?", (key,))
        if row is None:
            return False, None
        answer = json.loads(row[0])
        return time.time() - row[1] < (KEEP_FOUND if answer else KEEP_MISSING), answer

    def put(self, key: str, answer: dict | None) -> None:
        """Keep an answer, None for "TMDb has no such film"."""
        with self._lock:
            self._try(
                "INSERT OR REPLACE INTO answers (name, answer, fetched) VALUES (?, ?, ?)",
                (key, json.dumps(answer, ensure_ascii=False), int(time.time())),
            )

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _try(self, sql: str, values: tuple) -> tuple | None:
        try:
            if self._db is None:
                self._db = self._open()
            with self._db.conn:
                return self._db.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            log.warning("TMDb cache %s: %s; starting a new one.", self._path, error)
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._path.unlink(missing_ok=True)
            self._db = None
            return None

    def _open(self):
        import sqlite_utils

        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite_utils.Database(sqlite3.connect(self._path, timeout=2, check_same_thread=False))
        db.enable_wal()
        db["answers"].create({"name": str, "answer": str, "fetched": int}, pk="name", if_not_exists=True)
        return db


def _is_token(key: str) -> bool:
    return re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", key) is not None


def _problem(key: str | None) -> str | None:
    if not key:
        return "No TMDB_API_KEY is set: put a v3 key or a v4 read token of TMDb into it."
    if _is_token(key) or re.fullmatch(r"[0-9a-fA-F]{32}", key):
        return None
    return "TMDB_API_KEY is neither a v3 key (32 hexadecimal digits) nor a v4 read token (three parts with dots)."


def _retry_after(response: requests.Response, default: float) -> float:
    """Seconds the server asks to wait: a number or an HTTP date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return default


def _bare(item: dict) -> str:
    return re.sub(r"\s*\(\d{4}\)$", "", str(item["title"]))


def _plain(title: str) -> str:
    return re.sub(r"\W+", " ", title.casefold()).strip()


def _best(results: object, title: str, year: int | None) -> int | None:
    """TMDb id of the search result that is this film: a year at most one off and a title much alike."""
    best, best_score = None, 0.6
    for result in results if isinstance(results, list) else []:
        if not isinstance(result, dict) or not isinstance(result.get("id"), int):
            continue
        given = str(result.get("release_date") or "")[:4]
        if year and (not given.isdecimal() or abs(int(given) - int(year)) > 1):
            continue
        names = (str(result.get("title") or ""), str(result.get("original_title") or ""))
        score = max(SequenceMatcher(None, _plain(title), _plain(name)).ratio() for name in names)
        score += 0.05 * (bool(year) and given == str(year))
        if score > best_score:
            best, best_score = result["id"], score
    return best


def _digest(answer: dict) -> dict | None:
    """What is kept of TMDb's answer."""
    if not isinstance(answer.get("id"), int):
        return None
    path = answer.get("poster_path")
    credits = answer.get("credits") if isinstance(answer.get("credits"), dict) else {}
    crew, cast = _dicts(credits.get("crew")), _dicts(credits.get("cast"))
    return {
        "tmdb_id": answer["id"],
        "poster_path": path if isinstance(path, str) and re.fullmatch(r"/[\w.-]+", path) else "",
        "overview": str(answer.get("overview") or ""),
        "trailer": _trailer(answer.get("videos")),
        "director": ", ".join(str(one["name"]) for one in crew if one.get("job") == "Director" and one.get("name")),
        "cast": [str(one["name"]) for one in cast[:8] if one.get("name")],
        "language": str(answer.get("original_language") or ""),
    }


def _trailer(videos: object) -> str:
    """YouTube address of the best trailer: official before not, trailer before teaser, "" for none."""
    found = [
        video
        for video in _dicts(videos.get("results") if isinstance(videos, dict) else None)
        if video.get("site") == "YouTube" and re.fullmatch(r"[\w-]{6,20}", str(video.get("key")))
    ]
    found = [video for video in found if video.get("type") in ("Trailer", "Teaser")]
    found.sort(key=lambda video: (video["type"] != "Trailer", not video.get("official")))
    return f"https://www.youtube.com/watch?v={found[0]['key']}" if found else ""


def _dicts(value: object) -> list[dict]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
