"""Catalogue: one data set in SQLite, written whole by `store` and then only read.

Search uses FTS5's trigram index for candidates and `recsys.catalogue.name_matching` for their order.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse
from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.catalogue.name_matching import CLOSE, EXACT, Query, rank
from recsys.catalogue.titles import label
from recsys.catalogue.wording import Wording
from recsys.data import IdMap, Interactions, ItemFeatures
from recsys.data.connections import Connections
from recsys.data.files import load_arrays
from recsys.errors import BrokenDatabase, BrokenRelease, UnknownItem, UnknownUser, listing

log = logging.getLogger(__name__)

LISTS = ("genres", "cast", "keywords")
TEXTS = ("director", "overview", "language", "tmdb_id", "imdb_id", "url", "image")
FACETS = ("genres", "keywords", "director", "cast", "language")
STRICT, FUZZY = 80, 60
"""Candidates of a search: names that hold every word, and names that share trigrams."""
REMEMBERED = 10_000
"""Texts whose item, and ids whose row, are remembered."""
CANDIDATES, OF_ITEM = "SELECT i.number, n.folded, i.year, i.n_ratings FROM", "JOIN items i ON i.number = n.item"
VISITED = 100_000
"""Pairs of a trigram and a name that a search looks at; the commonest trigrams beyond it are left out."""


class Catalogue:
    """The items, users and ratings of one data set; safe to read from many threads.

    Attributes:
        path: the database file.
        info: what was built, from what and when.
    """

    def __init__(self, path: Path):
        self.path = path
        self._connections = Connections(lambda: schema.reader(path))
        self._found: dict[str, str] = {}
        self._read: dict[str, dict] = {}
        if not path.is_file():
            raise BrokenDatabase(f"{path} does not exist; build it with: python -m recsys build")
        db = self._db
        try:
            schema.check(db, path)
        except BrokenDatabase:
            self.close()
            raise
        self.info = {row["name"]: json.loads(row["value"]) for row in db.table("info").rows}

    @classmethod
    def open(cls, path: Path | str) -> Catalogue:
        """The catalogue in a database file.

        Raises:
            BrokenDatabase: missing, corrupt, half-built or of another version.
        """
        return cls(Path(path))

    def close(self) -> None:
        """Close every thread's connection."""
        self._connections.close()

    @property
    def _db(self) -> Database:
        return self._connections.db

    @cached_property
    def wording(self) -> Wording:
        """The words of this catalogue."""
        return Wording.from_dict(self.info["description"])

    @cached_property
    def ids(self) -> IdMap:
        """Item ids in catalogue order."""
        return IdMap(row[0] for row in self._db.execute("SELECT item_id FROM items ORDER BY number"))

    def __len__(self) -> int:
        return self.info["n_items"]

    def item(self, item_id: str) -> dict:
        """Everything known of one item.

        Raises:
            UnknownItem: no such id; names the nearest titles.
        """
        found = self._items([str(item_id)])
        if not found:
            raise self._unknown(str(item_id))
        return found[0]

    def items(self, item_ids: Iterable[str]) -> list[dict]:
        """Items in the order asked for.

        Raises:
            UnknownItem: an id does not exist.
        """
        wanted = [str(item_id) for item_id in item_ids]
        found = {item["item_id"]: item for item in self._items(wanted)}
        missing = next((item_id for item_id in wanted if item_id not in found), None)
        if missing is not None:
            raise self._unknown(missing)
        return [found[item_id] for item_id in wanted]

    def _items(self, item_ids: Sequence[str]) -> list[dict]:
        # a copy each, as callers may add to theirs; the catalogue itself never changes while it is open
        known = {item_id: item for item_id in item_ids if (item := self._read.get(item_id)) is not None}
        wanted = [item_id for item_id in item_ids if item_id not in known]
        if wanted:
            rows = self._db.table("items").rows_where(
                "item_id IN (SELECT value FROM json_each(?))", [json.dumps(wanted)]
            )
            fresh = {row["item_id"]: _item(row) for row in rows}
            if len(self._read) + len(fresh) > REMEMBERED:
                self._read.clear()
            if len(fresh) <= REMEMBERED:
                self._read.update(fresh)
            known |= fresh
        return [dict(known[item_id]) for item_id in dict.fromkeys(item_ids) if item_id in known]

    def __contains__(self, item_id: object) -> bool:
        return self._db.execute("SELECT 1 FROM items WHERE item_id = ?", [str(item_id)]).fetchone() is not None

    def popular(self, n: int = 10) -> list[dict]:
        """The `n` items with most ratings."""
        return [_item(row) for row in self._db.table("items").rows_where(order_by="n_ratings DESC, number", limit=n)]

    def search(self, query: str, n: int = 10) -> list[dict]:
        """Items whose title or other name fits what was typed, best first; nothing for an empty text.

        Forgives case, accents, punctuation, word order, small typos and an unfinished last word; a year at the end
        helps to choose.
        """
        return self.items(self.named(query, n))

    def named(self, query: str, n: int = 10) -> list[str]:
        """Ids of the items that `search` finds."""
        numbers = [number for score, number in self._ranked(Query(str(query)), n) if score > 0.35][:n]
        return self.ids.ids[numbers].tolist() if numbers else []

    def find(self, text: str) -> str:
        """The id of the item meant by an id, by `Title (Year)`, or by an approximate title.

        Raises:
            UnknownItem: nothing is close; names the nearest titles.
        """
        text = str(text).strip()
        if text in self:
            return text
        # the catalogue never changes while it is open, and callers name the same few items again and again
        if text not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[text] = self._closest(text)
        return self._found[text]

    def _closest(self, text: str) -> str:
        query = Query(text)
        ranked = self._exact(query) or self._ranked(query, 10)
        if ranked and ranked[0][0] >= CLOSE:
            return str(self.ids.ids[ranked[0][1]])
        raise self._unknown(text, ranked)

    def _unknown(self, text: str, ranked: list[tuple[float, int]] | None = None) -> UnknownItem:
        ranked = self._ranked(Query(text), 3) if ranked is None else ranked
        order = [number for score, number in ranked[:3] if score > 0.2]
        near = self.items(self.ids.ids[order].tolist()) if order else []
        nearest = listing(f"“{label(item['title'], item['year'])}”" for item in near)
        words = self.wording
        return UnknownItem(
            f"No {words.item} is called {text!r} among the {len(self):,} {words.items} here; "
            + (f"the nearest are {nearest}." if nearest else "search for a part of its title.")
        )

    def _exact(self, query: Query) -> list[tuple[float, int]]:
        """The items whose label was given, title and year."""
        if query.year is None:
            return []
        ranked = rank(query, self._same(query), self.info["most_ratings"])
        return [one for one in ranked if one[0] >= EXACT]

    def _same(self, query: Query) -> list[tuple]:
        """The names that are what was typed, with or without its year."""
        return self._db.execute(
            f"{CANDIDATES} names n {OF_ITEM} WHERE n.folded IN (?, ?) ORDER BY n.place LIMIT {STRICT}",
            [f" {' '.join(query.words)} ", f" {query.folded} "],
        ).fetchall()

    def _ranked(self, query: Query, n: int) -> list[tuple[float, int]]:
        words = query.words or query.folded.split()
        if not words:
            return []
        columns, join, start = CANDIDATES, OF_ITEM, f" {query.folded}"
        rows = self._same(query)
        match = f"{columns} names_fts JOIN names n ON n.place = names_fts.rowid {join} WHERE names_fts MATCH ?"
        phrases = " AND ".join(f'" {word}"' for word in words if len(word) > 1)
        if phrases:
            strict = self._db.execute(f"{match} ORDER BY names_fts.rowid LIMIT {STRICT}", [phrases]).fetchall()
        else:
            strict = self._db.execute(
                f"{columns} names n {join} WHERE +n.folded >= ? AND +n.folded < ? ORDER BY n.place LIMIT {STRICT}",
                [start, f"{start}\U0010ffff"],
            ).fetchall()
        rows += strict
        if len({row[0] for row in strict}) < n:
            places = json.dumps(self._alike(query.trigrams))
            rows += self._db.execute(
                f"{columns} names n {join} WHERE n.place IN (SELECT value FROM json_each(?))", [places]
            ).fetchall()
        return rank(query, rows, self.info["most_ratings"])

    def _alike(self, trigrams: list[str]) -> list[int]:
        """Places of the FUZZY names that share most with the trigrams, by BM25 (Robertson and Walker 1994)."""
        found = self._db.execute(
            "SELECT names, places FROM trigrams WHERE trigram IN (SELECT value FROM json_each(?)) "
            "ORDER BY names, trigram",
            [json.dumps(trigrams)],
        ).fetchall()
        # the rarest first: the commonest tell least and are most of the work
        visited = np.cumsum([count for count, _ in found])
        found = found[: 1 + int(np.searchsorted(visited, VISITED))]
        if not found:
            return []
        counts = np.array([count for count, _ in found])
        places = np.frombuffer(b"".join(blob for _, blob in found), dtype="<i4")
        idf = np.log1p((len(self._spread) - counts + 0.5) / (counts + 0.5))
        scores = np.bincount(places, np.repeat(idf, counts), len(self._spread)) / self._spread
        best = np.flatnonzero(scores)
        if len(best) > FUZZY:
            cut = np.partition(scores[best], len(best) - FUZZY)[len(best) - FUZZY]
            best = best[scores[best] >= cut]
        return best[np.argsort(-scores[best], kind="stable")[:FUZZY]].tolist()

    @cached_property
    def _spread(self) -> np.ndarray:
        """What BM25 divides by for a name that holds a term once, by place: long names hold more by chance."""
        lengths = np.array([row[0] for row in self._db.execute("SELECT length(folded) FROM names ORDER BY place")])
        return 1 + 1.2 * (0.25 + 0.75 * lengths / lengths.mean())

    def users(self, n: int = 100) -> list[str]:
        """The first `n` user ids in catalogue order."""
        return [row[0] for row in self._db.execute("SELECT user_id FROM users ORDER BY number LIMIT ?", [n])]

    def last_user(self) -> str:
        """The last user id in catalogue order, "" where there are none."""
        row = self._db.execute("SELECT user_id FROM users ORDER BY number DESC LIMIT 1").fetchone()
        return row[0] if row else ""

    def has_user(self, user_id: str) -> bool:
        """Whether the data set has this user."""
        return self._user(user_id) is not None

    def _user(self, user_id: str) -> int | None:
        row = self._db.execute("SELECT number FROM users WHERE user_id = ?", [str(user_id)]).fetchone()
        return row and row[0]

    def history(self, user_id: str) -> dict[str, float]:
        """A user's ratings by item id, oldest first.

        Raises:
            UnknownUser: no such user.
        """
        rows = self._rows(user_id, "ASC", -1)
        # by number, without a look into the items for each of hundreds of ratings
        ids = self.ids.ids[[number for number, _, _ in rows]].tolist() if rows else []
        return dict(zip(ids, (rating for _, rating, _ in rows), strict=True))

    def user_rows(self, user_id: str, n: int = 20) -> list[dict]:
        """A user's latest `n` ratings as item_id, rating, timestamp (None where not known), newest first.

        Raises:
            UnknownUser: no such user.
        """
        return [
            {"item_id": str(self.ids.ids[number]), "rating": rating, "timestamp": timestamp}
            for number, rating, timestamp in self._rows(user_id, "DESC", n)
        ]

    def _rows(self, user_id: str, order: str, n: int) -> list[tuple[int, float, int | None]]:
        """Item number, rating and time of a user's ratings."""
        number = self._user(user_id)
        if number is None:
            raise UnknownUser(
                f"No {self.wording.person} {str(user_id)!r} among the {self.info['n_users']:,} of "
                f"{self.info['title']}" + (f" (such as {listing(self.users(3))})." if self.info["n_users"] else ".")
            )
        return self._db.execute(
            "SELECT item, rating, timestamp FROM ratings "
            f"WHERE user = ? ORDER BY timestamp {order}, item {order} LIMIT ?",
            [number, n],
        ).fetchall()

    def interactions(self) -> Interactions:
        """All ratings; columns are all items of the catalogue, in its order."""
        users = IdMap(row[0] for row in self._db.execute("SELECT user_id FROM users ORDER BY number"))
        arrays = self._arrays(len(users))
        matrix = sparse.csr_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(users), len(self.ids))
        )
        return Interactions(users, self.ids, matrix, arrays.get("times"))

    def _arrays(self, n_users: int) -> dict[str, np.ndarray]:
        kept = snapshot(self.path, self.info["digest"])
        if kept.exists():
            try:
                return load_arrays(kept)
            except BrokenRelease as error:
                log.warning("%s; reading the database instead", error)
        kinds = np.dtype([("user", "i4"), ("item", "i4"), ("rating", "f4"), ("time", "i8")])
        cursor = self._db.execute("SELECT user, item, rating, coalesce(timestamp, 0) FROM ratings")
        rows = np.fromiter(cursor, dtype=kinds, count=self.info["n_ratings"])
        indptr = np.zeros(n_users + 1, dtype=np.int32 if len(rows) < 2**31 else np.int64)
        np.cumsum(np.bincount(rows["user"], minlength=n_users), out=indptr[1:])
        arrays = {"data": rows["rating"].copy(), "indices": rows["item"].copy(), "indptr": indptr}
        if self.info["timed"]:
            arrays["times"] = rows["time"].copy()
        return arrays

    def features(self) -> ItemFeatures:
        """Titles, texts, years and tags of all items, in catalogue order.

        Facets: genres, keywords, director, cast, language, and those of the data set, where any item has one. The
        facet that the description names as `text_facet` becomes the bags of words.
        """
        titles, texts, years = [], [], []
        tags: dict[str, list[list[str]]] = {facet: [] for facet in (*FACETS, *self.info["facets"])}
        for row in self._db.execute(
            'SELECT title, overview, year, genres, keywords, director, "cast", language, facets '
            "FROM items ORDER BY number"
        ):
            titles.append(row[0])
            texts.append(row[1])
            years.append(row[2])
            extra = json.loads(row[8])
            values = (json.loads(row[3]), json.loads(row[4]), [row[5]], json.loads(row[6]), [row[7]])
            for facet, value in zip(FACETS, values, strict=True):
                tags[facet].append([one for one in value if one])
            for facet in self.info["facets"]:
                tags[facet].append(extra.get(facet, []))
        used = {facet: lists for facet, lists in tags.items() if any(lists)}
        bags = used.pop(self.wording.text_facet, [])
        return ItemFeatures(self.ids, titles, texts, used, np.array(years, dtype=np.float64), bags)


def snapshot(path: Path, digest: str) -> Path:
    """Where the matrix of a large catalogue is kept beside its database, under the digest of its ratings."""
    return path.with_name(f"{path.stem}.ratings-{digest[:16]}.safetensors")


def _item(row: dict) -> dict:
    item = {name: row[name] for name in ("item_id", "title", "year", *TEXTS, "n_ratings", "mean_rating")}
    if not item["url"] and item["tmdb_id"]:
        item["url"] = f"https://www.themoviedb.org/movie/{item['tmdb_id']}"
    elif not item["url"] and item["imdb_id"]:
        item["url"] = f"https://www.imdb.com/title/{item['imdb_id']}/"
    return item | {name: json.loads(row[name]) for name in LISTS}
