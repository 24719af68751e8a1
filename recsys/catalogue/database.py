"""Read-only access to the catalogue: the items, users and ratings of one data set in a SQLite file."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.catalogue.title_search import TitleSearch
from recsys.catalogue.titles import CACHED_LENGTH, label
from recsys.catalogue.wording import Wording
from recsys.data import IdMap, Interactions, ItemFeatures
from recsys.data.connections import Connections
from recsys.data.files import load_arrays
from recsys.data.lru import LruCache
from recsys.data.origins import origin_of
from recsys.errors import BrokenDatabase, BrokenRelease, UnknownItem, UnknownUser, listing

log = logging.getLogger(__name__)

LISTS = ("genres", "cast", "keywords")
TEXTS = ("director", "overview", "language", "tmdb_id", "imdb_id", "url", "image")
FACETS = ("genres", "keywords", "director", "cast", "language")
BY_ID = "id:"
"""Prefix of an id that must not be read as a title."""
# Between the names of directors who worked together, but not in "Robert Downey, Sr.".
BETWEEN_NAMES = re.compile(r", (?!jr\b|sr\b|i{2,3}\b)", re.IGNORECASE)
CACHED = 10_000
"""Items by id, and items by title, in memory."""


class Catalogue:
    """The items, users and ratings of one data set; thread-safe.

    The file never changes while it is open, so values that were read from it may be cached.

    Attributes:
        path: the database file.
        info: facts about the build: title, licence, counts, scale, digest of the ratings and others.
    """

    def __init__(self, path: Path):
        self.path = path
        if not path.is_file():
            raise BrokenDatabase(f"{path} does not exist. Build it with: python -m recsys build")
        self._connections = Connections(lambda: schema.reader(path))
        try:
            schema.check(self._db, path)
        except BrokenDatabase:
            self.close()
            raise
        self.info: dict[str, Any] = {row["name"]: json.loads(row["value"]) for row in self._db.table("info").rows}
        self._search = TitleSearch(self._connections, self.info["most_ratings"])
        self._items: LruCache[str, dict[str, Any]] = LruCache(CACHED)
        self._meant = lru_cache(CACHED)(self._item_meant)
        self._titled = lru_cache(CACHED)(self._item_titled)
        self._chosen = lru_cache(CACHED)(self._choice)

    @classmethod
    def open(cls, path: Path | str) -> Catalogue:
        """Open a database file.

        Raises:
            BrokenDatabase: the file is missing, corrupt, half-built or of another version.
        """
        return cls(Path(path))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    @property
    def _db(self) -> Database:
        return self._connections.db

    @cached_property
    def wording(self) -> Wording:
        """The words and settings of this catalogue."""
        return Wording.from_dict(self.info["description"])

    # -- items ----------------------------------------------------------------------------------

    @cached_property
    def ids(self) -> IdMap:
        """Item ids in catalogue order."""
        return IdMap(row[0] for row in self._db.execute("SELECT item_id FROM items ORDER BY number"))

    def __len__(self) -> int:
        return self.info["n_items"]

    def __contains__(self, item_id: object) -> bool:
        return str(item_id) in self.ids

    def item(self, item_id: str) -> dict[str, Any]:
        """Return one item with all its fields.

        Raises:
            UnknownItem: there is no such id; the text names the nearest titles.
        """
        return self.items([item_id])[0]

    def items(self, item_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return items in the given order; each is a copy that the caller may change.

        Raises:
            UnknownItem: an id does not exist.
        """
        wanted = [str(item_id) for item_id in item_ids]
        found = self._items.get_many(wanted)
        missing = [item_id for item_id in wanted if item_id not in found]
        if missing:
            known = [item_id for item_id in missing if item_id in self]
            rows = self._db.table("items").rows_where(
                "item_id IN (SELECT value FROM json_each(?))", [json.dumps(known)]
            )
            fresh = {row["item_id"]: _item(row) for row in rows}
            self._items.put_many(fresh)
            found |= fresh
            if len(known) < len(missing):
                raise self._unknown(next(item_id for item_id in missing if item_id not in found))
        return [dict(found[item_id]) for item_id in wanted]

    def names(self) -> dict[str, list[str]]:
        """All names of each item in folded form, by item id."""
        found: dict[str, list[str]] = {}
        rows = self._db.execute("SELECT item_id, folded FROM names JOIN items ON items.number = names.item")
        for item_id, name in rows:
            found.setdefault(item_id, []).append(name)
        return found

    def image_origins(self) -> frozenset[str]:
        """Scheme and host of every URL in the column of images."""
        rows = self._db.execute("SELECT DISTINCT image FROM items WHERE image LIKE 'http%'")
        return frozenset(origin for (image,) in rows if (origin := origin_of(image)))

    def popular(self, n: int = 10) -> list[dict[str, Any]]:
        """Return the `n` items with the most ratings."""
        return [_item(row) for row in self._db.table("items").rows_where(order_by="n_ratings DESC, number", limit=n)]

    # -- search by title ------------------------------------------------------------------------

    def search(self, query: str, n: int = 10) -> list[dict[str, Any]]:
        """Return the items whose title or other name fits a typed text, best first; empty for an empty text.

        The search tolerates differences in case, accents, punctuation and word order, small typos and an incomplete
        last word; a year at the end raises the items of that year. It understands numbers as digits, words and Roman
        numerals, titles without spaces, and initials.
        """
        return self.items(item_id for item_id, _ in self.named(query, n))

    def named(self, query: str, n: int = 10) -> list[tuple[str, bool]]:
        """Return the ids of the items that `search` finds, and whether the title of each is close to the query."""
        return [(self.ids.ids[number], close) for number, close in self._search.search(str(query), n)]

    def titled(self, folded: Iterable[str]) -> dict[str, list[tuple[str, int | None]]]:
        """Return ids and years of the items with exactly one of some folded names, by name; the most rated first."""
        found = self._search.called_any(folded)
        return {name: [(self.ids.ids[number], year) for number, year in items] for name, items in found.items()}

    def is_title(self, text: str) -> bool:
        """Whether a text is an id, an exact title, or the beginning of a title that goes on."""
        text = str(text).strip()
        if text in self or text.removeprefix(BY_ID) in self or self._search.called(text):
            return True
        return self._search.begins_a_name(text)

    def find(self, text: str) -> str:
        """Return the id of the item with an exact title, an id, `Title (Year)`, or an approximate title.

        A title wins over an id of the same text: people type `300` for the film. `id:300` always means the id.

        Raises:
            UnknownItem: no title is close; the text names the nearest titles.
        """
        rest = (text := str(text).strip()).removeprefix(BY_ID)
        if text in self:
            return self._titled(text) or text
        if rest != text and rest in self:
            return rest
        if rest != text and not self._search.called(text):
            raise UnknownItem(f"No {self.wording.item} has the id {rest!r}. Search for its title.")
        # a text longer than any title is not cached: the cache is bounded by number of entries
        return self._meant(text) if len(text) <= CACHED_LENGTH else self._item_meant(text)

    def name_of(self, item_id: str) -> str:
        """Return a text by which `find` finds this item; a text that is not an id is returned unchanged."""
        return f"{BY_ID}{item_id}" if item_id in self and self.find(item_id) != item_id else item_id

    def choice(self, text: str) -> str:
        """Return a sentence on which item was chosen if a text is ambiguous or names no item exactly, otherwise ""."""
        text = str(text).strip()
        return self._chosen(text) if len(text) <= CACHED_LENGTH else self._choice(text)

    def _choice(self, text: str) -> str:
        if text in self and (found := self.find(text)) != text:
            title, other = self.items([found, text])
            return (
                f"{text!r} is taken for the title “{label(title['title'], title['year'])}”; {BY_ID}{text} means "
                f"“{label(other['title'], other['year'])}”."
            )
        same = [] if text in self else self._search.called(text)
        if not same and text not in self:
            return self._approximation(text)
        if len(same) < 2:
            return ""
        first, *others = self.items(self.ids.ids[number] for number in same)
        named = listing((f"“{label(one['title'], one['year'])}” ({BY_ID}{one['item_id']})" for one in others), 3)
        return f"{text!r} is taken for “{label(first['title'], first['year'])}”; there are also {named}."

    def _approximation(self, text: str) -> str:
        number = self._search.find(text) if len(text) <= CACHED_LENGTH and not text.startswith(BY_ID) else None
        if number is None or self._search.is_called(number, text):
            return ""
        (item,) = self.items([self.ids.ids[number]])
        return f"No {self.wording.item} is called {text!r}; it is taken for “{label(item['title'], item['year'])}”."

    def _item_titled(self, text: str) -> str | None:
        """Id of the most rated item with exactly this title; None if there is no such item or the text is its id."""
        found = [self.ids.ids[number] for number in self._search.called(text)]
        exact = [item["item_id"] for item in self.items(found) if item["title"].casefold() == text.casefold()]
        return None if text in exact or not exact else exact[0]

    def _item_meant(self, text: str) -> str:
        number = self._search.find(text)
        if number is None:
            raise self._unknown(text)
        return self.ids.ids[number]

    def _unknown(self, text: str) -> UnknownItem:
        near = self.items(self.ids.ids[number] for number in self._search.nearest(text))
        nearest = listing(f"“{label(item['title'], item['year'])}”" for item in near)
        words = self.wording
        return UnknownItem(
            f"No {words.item} is called {text!r} among the {len(self):,} {words.items} here; "
            + (f"the nearest are {nearest}." if nearest else "search for a part of its title.")
        )

    # -- users and their ratings ----------------------------------------------------------------

    def users(self, n: int = 100, at_least: int = 0, at_most: int = 1_000_000_000) -> list[str]:
        """Return the first `n` ids, in catalogue order, of users with `at_least` to `at_most` ratings."""
        rows = self._db.table("users").rows_where(
            "n_ratings BETWEEN ? AND ?", [at_least, at_most], order_by="number", limit=n
        )
        return [row["user_id"] for row in rows]

    def last_user(self) -> str:
        """Return the last user id in catalogue order, "" if there are no users."""
        rows = self._db.table("users").rows_where(order_by="number DESC", limit=1)
        return next((row["user_id"] for row in rows), "")

    def has_user(self, user_id: str) -> bool:
        """Whether the data set has this user."""
        return self._user_number(user_id) is not None

    def _user_number(self, user_id: str) -> int | None:
        try:
            row = self._db.execute("SELECT number FROM users WHERE user_id = ?", [str(user_id)]).fetchone()
        except UnicodeEncodeError:  # a lone surrogate: SQLite cannot search for it, and no id contains one
            return None
        return row and row[0]

    def history(self, user_id: str) -> dict[str, float]:
        """Return a user's ratings by item id, oldest first.

        Raises:
            UnknownUser: there is no such user.
        """
        return {self.ids.ids[number]: rating for number, rating, _ in self._ratings(user_id, "ASC", -1)}

    def user_rows(self, user_id: str, n: int = 20) -> list[dict[str, Any]]:
        """Return a user's latest `n` ratings as item_id, rating, timestamp (None if unknown), newest first.

        Raises:
            UnknownUser: there is no such user.
        """
        return [
            {"item_id": self.ids.ids[number], "rating": rating, "timestamp": timestamp}
            for number, rating, timestamp in self._ratings(user_id, "DESC", n)
        ]

    def _ratings(self, user_id: str, order: str, n: int) -> list[tuple[int, float, int | None]]:
        """Item number, rating and time of a user's ratings; all of them for n = -1."""
        number = self._user_number(user_id)
        if number is None:
            known = f" (such as {listing(self.users(3))})." if self.info["n_users"] else "."
            raise UnknownUser(
                f"No {self.wording.person} {str(user_id)!r} among the {self.info['n_users']:,} of "
                f"{self.info['title']}{known}"
            )
        return self._db.execute(
            "SELECT item, rating, timestamp FROM ratings "
            f"WHERE user = ? ORDER BY timestamp {order}, item {order} LIMIT ?",
            [number, n],
        ).fetchall()

    # -- everything, for training ---------------------------------------------------------------

    def interactions(self) -> Interactions:
        """Return all ratings; columns are all items of the catalogue, in its order."""
        users = IdMap(row[0] for row in self._db.execute("SELECT user_id FROM users ORDER BY number"))
        arrays = self._arrays(len(users))
        matrix = sparse.csr_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(users), len(self.ids))
        )
        return Interactions(users, self.ids, matrix, arrays.get("times"))

    def _arrays(self, n_users: int) -> Mapping[str, np.ndarray]:
        """The arrays of the rating matrix: from the snapshot if there is one, otherwise from the table."""
        kept = snapshot(self.path, self.info["digest"])
        if kept.exists():
            try:
                return load_arrays(kept)
            except BrokenRelease as error:
                log.warning("%s; reading the database instead", error)
        # In bulk, straight into a structured array: dictionaries of millions of rows take gigabytes.
        kinds = np.dtype([("user", "i4"), ("item", "i4"), ("rating", "f4"), ("time", "i8")])
        cursor = self._db.execute("SELECT user, item, rating, coalesce(timestamp, 0) FROM ratings")
        rows = np.fromiter(cursor, dtype=kinds, count=self.info["n_ratings"])
        indptr = np.zeros(n_users + 1, dtype=np.int32 if len(rows) < 2**31 else np.int64)
        np.cumsum(np.bincount(rows["user"], minlength=n_users), out=indptr[1:])
        arrays = {"data": rows["rating"].copy(), "indices": rows["item"].copy(), "indptr": indptr}
        if self.info["timed"]:
            arrays["times"] = rows["time"].copy()
        return arrays

    def rating_counts(self) -> np.ndarray:
        """(n_items,) int64: number of ratings of each item, in catalogue order."""
        rows = self._db.execute("SELECT n_ratings FROM items ORDER BY number")
        return np.fromiter((count for (count,) in rows), dtype=np.int64, count=len(self.ids))

    def mean_ratings(self) -> np.ndarray:
        """(n_items,) float64: mean rating of each item, NaN without ratings, in catalogue order."""
        rows = self._db.execute("SELECT mean_rating FROM items ORDER BY number")
        return np.array([mean for (mean,) in rows], dtype=np.float64)

    def texts(self) -> list[str]:
        """Return the texts of all items, in catalogue order; `features` has them too, but takes far longer."""
        return [text for (text,) in self._db.execute("SELECT overview FROM items ORDER BY number")]

    def features(self, only: Collection[str] | None = None) -> ItemFeatures:
        """Return titles, texts, years and tags of all items, in catalogue order.

        Facets of tags are genres, keywords, director, cast, language, and those of the data set, if any item has one.
        The facet that the wording names as `text_facet` becomes the bags of words.

        Args:
            only: the facets to read, because most of the time goes into them; None for all.
        """
        wanted = [facet for facet in FACETS if only is None or facet in only]
        names = "".join(f', "{facet}"' for facet in wanted)  # quoted, because CAST is a word of SQL
        rows = self._db.execute(f"SELECT title, overview, year, facets{names} FROM items ORDER BY number")
        columns = list(map(list, zip(*rows, strict=True))) or [[] for _ in range(4 + len(wanted))]
        titles, texts, years, facets = columns[:4]
        tags = {facet: _values(facet, column) for facet, column in zip(wanted, columns[4:], strict=True)}
        if other := [facet for facet in self.info["facets"] if only is None or facet in only]:
            own = _parsed(facets)
            tags |= {facet: [values.get(facet, []) for values in own] for facet in other}
        used = {facet: lists for facet, lists in tags.items() if any(lists)}
        bags = used.pop(self.wording.text_facet, [])
        return ItemFeatures(self.ids, titles, texts, used, np.array(years, dtype=np.float64), bags)


def snapshot(path: Path, digest: str) -> Path:
    """Path of the file beside the database that holds the rating matrix of a large catalogue, named by its digest."""
    return path.with_name(f"{path.stem}.ratings-{digest[:16]}.safetensors")


def _values(facet: str, column: list[str]) -> list[list[str]]:
    """The tags of one facet of each item, from the texts in its column."""
    if facet in LISTS:
        lists = _parsed(column)
    else:
        lists = [BETWEEN_NAMES.split(text) if facet == "director" else [text] for text in column]
    return [[one for one in values if one] for values in lists]


def _parsed(column: list[str]) -> list[Any]:
    """JSON values, parsed as one text, because a call for each of them takes several times as long."""
    return json.loads(f"[{','.join(column)}]")


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    item = {name: row[name] for name in ("item_id", "title", "year", *TEXTS, "n_ratings", "mean_rating")}
    if not item["url"] and item["tmdb_id"]:
        item["url"] = f"https://www.themoviedb.org/movie/{item['tmdb_id']}"
    elif not item["url"] and item["imdb_id"]:
        item["url"] = f"https://www.imdb.com/title/{item['imdb_id']}/"
    return item | {name: json.loads(row[name]) for name in LISTS}
