"""Fetch posters, overviews, people and trailers of films from TMDb and cache them in SQLite."""

from __future__ import annotations

import logging
import queue
import re
import threading
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from recsys.catalogue.tmdb_api import TIMEOUT_S, TmdbApi
from recsys.catalogue.tmdb_cache import TmdbCache
from recsys.catalogue.tmdb_film import DETAILS, dicts, digest
from recsys.data.progress import Progress, quiet
from recsys.errors import RecsysError
from recsys.settings import Settings

ATTRIBUTION = "This product uses the TMDB API but is not endorsed or certified by TMDB. Where to watch: JustWatch."
PAUSE_S = 60.0  # pause of the background thread after a failure, to limit requests while the network is down
QUEUE = 500

log = logging.getLogger(__name__)


class Tmdb:
    """Lookup of films in TMDb by TMDb id, by IMDb id, or by title and year.

    `lookup` returns at once from the cache and lets a background thread fetch missing films; `fetch` waits for TMDb.
    Without a usable key no request is sent.
    """

    def __init__(self, settings: Settings):
        self._api = TmdbApi(settings.tmdb_api_url, settings.tmdb_api_key)
        self._images = settings.tmdb_image_url
        self._cache = TmdbCache(settings.cache_database)
        self._queue: queue.Queue[tuple[str, Mapping[str, Any]]] = queue.Queue(QUEUE)
        self._pending: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        if settings.tmdb_api_key and self.problem:
            log.warning("%s Posters are drawn instead.", self.problem)

    @property
    def problem(self) -> str | None:
        """Why no film can be fetched, in one sentence, or None."""
        return self._api.problem

    @property
    def configured(self) -> bool:
        """Whether there is a usable key."""
        return self.problem is None

    def lookup(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the cached film of an item (see `fetch`) without waiting; if missing, fetch it in the background."""
        key = _key(item)
        if key is None:
            return None
        fresh, answer = self._cached(key)
        if not fresh and self.configured:
            self._enqueue(key, item)
        return answer and self._with_addresses(answer)

    def fetch(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return one film from the cache or TMDb, or None if TMDb has no such film.

        Args:
            item: has `tmdb_id`, or `imdb_id`, or `title` and `year`.

        Returns:
            The fields of `tmdb_film.digest`, with `url` and `poster` instead of the path of the poster.

        Raises:
            BadSetting: there is no usable key, or TMDb refuses it.
            SourceError: TMDb fails or cannot be reached.
        """
        key = _key(item)
        if key is None:
            return None
        fresh, answer = self._cached(key)
        if not fresh:
            answer = self._film(item)
            self._cache.put(key, answer)
        return answer and self._with_addresses(answer)

    @property
    def changes(self) -> int:
        """Number of answers that were stored since the start."""
        return self._cache.changes

    def known_facts(self, items: Iterable[Mapping[str, Any]]) -> list[tuple[int | None, str]]:
        """Running time and certificate of each item from the cache, None and "" if unknown; TMDb is not asked."""
        facts = self._cache.facts()
        return [facts.get(_key(item) or "", (None, "")) for item in items]

    def enrich(self, items: Iterable[Mapping[str, Any]], progress: Progress = quiet) -> dict[str, int]:
        """Fetch all items that are not cached; return the counts `{"found", "missing"}`.

        Args:
            items: as for `fetch`.
            progress: called with each item's title and the share done.

        Raises:
            BadSetting, SourceError: as for `fetch`. Films that were fetched before the error stay cached.
        """
        items, counts = list(items), {"found": 0, "missing": 0}
        for number, item in enumerate(items, start=1):
            counts["found" if self.fetch(item) else "missing"] += 1
            progress(str(item.get("title", "")), number / len(items))
        return counts

    def close(self) -> None:
        """Stop the background thread, then close the session and the cache."""
        self._stop.set()
        self._api.close()
        if self._worker:
            self._worker.join(TIMEOUT_S + 1)
        self._cache.close()

    def _cached(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """Whether the cached answer is still fresh, and the answer; one of an earlier version lacks some fields."""
        fresh, answer = self._cache.get(key)
        return fresh and (answer is None or "providers" in answer), answer

    def _enqueue(self, key: str, item: Mapping[str, Any]) -> None:
        with self._lock:
            if key in self._pending or self._stop.is_set():
                return
            try:
                self._queue.put_nowait((key, item))
            except queue.Full:
                return  # it is queued again when it is shown the next time
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
                self._clear_queue()
                self._stop.wait(PAUSE_S if self.configured else 0)
            finally:
                with self._lock:
                    self._pending.discard(key)

    def _clear_queue(self) -> None:
        """Discard all queued items, because they would fail in the same way."""
        with self._lock:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._pending.clear()

    def _film(self, item: Mapping[str, Any]) -> dict[str, Any] | None:
        for find in (_tmdb_id, self._by_imdb_id, self._by_title):
            number = find(item)
            answer = self._api.get(f"movie/{number}", **DETAILS) if number else None
            if answer:
                return digest(answer)
        return None

    def _by_imdb_id(self, item: Mapping[str, Any]) -> int | None:
        imdb_id = str(item.get("imdb_id") or "")
        if not re.fullmatch(r"tt\d{7,10}", imdb_id):
            return None
        found = self._api.get(f"find/{imdb_id}", external_source="imdb_id") or {}
        ids = (film.get("id") for film in dicts(found.get("movie_results")))
        return next((number for number in ids if isinstance(number, int)), None)

    def _by_title(self, item: Mapping[str, Any]) -> int | None:
        if not item.get("title"):
            return None
        found = self._api.get("search/movie", query=_without_year(item), include_adult="false") or {}
        return _best(dicts(found.get("results")), _without_year(item), item.get("year"))

    def _with_addresses(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Add the URLs that depend on settings to a cached answer."""
        path = answer["poster_path"]
        poster = f"{self._images}/w342{path}" if path else ""
        rest = {name: value for name, value in answer.items() if name != "poster_path"}
        return {**rest, "poster": poster, "url": f"https://www.themoviedb.org/movie/{answer['tmdb_id']}"}


def _tmdb_id(item: Mapping[str, Any]) -> int | None:
    number = str(item.get("tmdb_id") or "")
    return int(number) if number.isdecimal() else None


def _key(item: Mapping[str, Any]) -> str | None:
    """Cache key of an item, None if it has neither id nor title."""
    if number := _tmdb_id(item):
        return f"id:{number}"
    if item.get("imdb_id"):
        return f"imdb:{item['imdb_id']}"
    if item.get("title"):
        return f"title:{_plain(_without_year(item))}|{item.get('year') or ''}"
    return None


def _without_year(item: Mapping[str, Any]) -> str:
    return re.sub(r"\s*\(\d{4}\)$", "", str(item["title"]))


def _plain(title: str) -> str:
    return re.sub(r"\W+", " ", title.casefold()).strip()


def _best(results: list[dict[str, Any]], title: str, year: int | None) -> int | None:
    """TMDb id of the search result that matches the film: at most one year apart, with a similar title."""
    best, best_score = None, 0.6
    for result in results:
        if not isinstance(result.get("id"), int):
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
