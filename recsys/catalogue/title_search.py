"""Search items of a catalogue by title: get candidates from two SQLite indexes, then rank them with `name_matching`.

FTS5 finds the names that contain every word; a posting list by trigram finds names with typos. FTS5 could find the
latter too and order them by its `bm25()`, with the same candidates, but it scores every name that shares a trigram
one by one: 9 to 15 ms per query against 0.4 ms for the posting list, on 9,742 titles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from recsys.catalogue.name_matching import CLOSE, EXACT, SMALL_WORDS, Candidate, Query, rank
from recsys.catalogue.title_variants import FEWEST_LETTERS, Beginnings, initials, with_other_numbers
from recsys.catalogue.titles import bare, fold
from recsys.data.connections import Connections

STRICT, FUZZY = 80, 60
"""Largest numbers of candidates of a search: names that contain every word, and names that share trigrams."""
FITS, NEAR = 0.35, 0.2
"""Lowest score of a search result, and of a title named in an error message."""
VISITED = 100_000
"""Largest number of (trigram, name) pairs that a search reads; the most common trigrams beyond it are left out."""
COLUMNS = "SELECT i.number, n.folded, i.year, i.n_ratings"
OF_ITEM = "JOIN items i ON i.number = n.item"


class TitleSearch:
    """Title search that returns the numbers of items; thread-safe.

    Args:
        connections: to the catalogue's database.
        most_ratings: the highest number of ratings of an item.
    """

    def __init__(self, connections: Connections, most_ratings: int):
        self._connections, self._most = connections, most_ratings

    def search(self, text: str, n: int) -> list[tuple[int, bool]]:
        """The `n` items whose title or other name fits a typed text, best first, and whether it is close.

        Empty for an empty text. If no name is close, the titles that begin with the text without spaces come first, and
        those whose initials begin with it.
        """
        query = Query(text)
        found = [(number, score >= CLOSE) for score, number in self._ranked(query, n) if score > FITS]
        if query.folded and not any(close for _, close in found):
            known = dict.fromkeys(self._abbreviated(query.folded.replace(" ", ""), n), True)
            found = [*known.items(), *(one for one in found if one[0] not in known)]
        return found[:n]

    def find(self, text: str) -> int | None:
        """The item meant by `Title (Year)` or an approximate title, None if no title is close enough."""
        query = Query(text)
        # an item with exactly this name comes before a better known one that only has an article more
        if named := self.called(text):
            return named[0]
        ranked = self._ranked(query, 10)
        return ranked[0][1] if ranked and ranked[0][0] >= CLOSE else None

    def called(self, text: str) -> list[int]:
        """The items with exactly this name, or this name and year, ignoring case and accents; the most rated first."""
        query = Query(text)
        folded = query.folded
        if not folded:
            return []
        if dated := self._exact(query):
            return [number for _, number in dated]
        found = self._candidates(
            f"FROM names n {OF_ITEM} WHERE n.folded = ? ORDER BY n.place LIMIT 10", [f" {folded} "]
        )
        return list(dict.fromkeys(candidate.item for candidate in found))

    def called_any(self, folded: Iterable[str]) -> dict[str, list[tuple[int, int | None]]]:
        """The items with exactly one of some names in folded form, and their years, by name; the most rated first."""
        found: dict[str, list[tuple[int, int | None]]] = {}
        names = json.dumps([f" {name} " for name in folded])
        for item, name, year, _ in self._candidates(
            f"FROM names n {OF_ITEM} WHERE n.folded IN (SELECT value FROM json_each(?)) ORDER BY n.place", [names]
        ):
            found.setdefault(name.strip(), []).append((item, year))
        return found

    def begins_a_name(self, text: str) -> bool:
        """Whether the name of an item begins with the words of a text and goes on."""
        start = f" {fold(text)} "
        rows = self._connections.db.execute(
            "SELECT 1 FROM names WHERE folded > ? AND folded < ? LIMIT 1", [start, f"{start}\U0010ffff"]
        )
        return rows.fetchone() is not None

    def is_called(self, number: int, text: str) -> bool:
        """Whether an item has this name, ignoring case, accents, spaces and a leading article.

        A year at the end is ignored too if it is that of the item or the one before or after: data sets differ by one.
        """
        query = Query(text)
        forms, dated = {_plain(query.folded)}, _plain(" ".join(query.words))
        names = self._connections.db.execute(
            "SELECT n.folded, i.year FROM names n JOIN items i ON i.number = n.item WHERE n.item = ?", [number]
        )
        return any(
            _plain(name) in forms or (_plain(name) == dated and _same_year(year, query.year)) for name, year in names
        )

    def nearest(self, text: str) -> list[int]:
        """Up to three items to name in an error message."""
        return [number for score, number in self._ranked(Query(text), 3)[:3] if score > NEAR]

    def _exact(self, query: Query) -> list[tuple[float, int]]:
        """The items whose title and year match exactly."""
        if query.year is None:
            return []
        return [one for one in rank(query, self._same(query), self._most) if one[0] >= EXACT]

    def _ranked(self, query: Query, n: int) -> list[tuple[float, int]]:
        if not query.folded:
            return []
        strict = self._with_every_word(query)
        candidates = self._same(query) + strict
        others = [Query(form) for form in with_other_numbers(" ".join(query.words))]
        for other in others:
            candidates += self._same(other) + self._with_every_word(other)
        if len({candidate.item for candidate in strict}) < n:
            alike = self._sharing_trigrams(query.trigrams)
            # Beside the item that is meant, names with typos of its words are noise: Matron, for Matrix.
            meant = _plain(" ".join(query.words))
            is_named = any(_plain(candidate.name) == meant for candidate in candidates)
            candidates += _sharing_a_word(query, alike) if is_named else alike
        return rank(query, candidates, self._most, others)

    def _abbreviated(self, text: str, n: int) -> list[int]:
        """Up to n items with a name that begins with a text without spaces, then by initials; the most rated first."""
        if len(text) < FEWEST_LETTERS:
            return []
        places = [place for beginnings in self._beginnings for place in sorted(beginnings.of(text))]
        numbers = [self._items_of_names[place] for place in places]
        return list(dict.fromkeys(numbers))[:n]

    @cached_property
    def _beginnings(self) -> tuple[Beginnings, ...]:
        """Names without spaces, then without a leading article too, then their initials; the most rated first."""
        names = [name.strip() for (name,) in self._connections.db.execute("SELECT folded FROM names ORDER BY place")]
        without_spaces = [Beginnings(form(name).replace(" ", "") for name in names) for form in (str, bare)]
        return *without_spaces, Beginnings(map(initials, names))

    @cached_property
    def _items_of_names(self) -> list[int]:
        return [item for (item,) in self._connections.db.execute("SELECT item FROM names ORDER BY place")]

    def _same(self, query: Query) -> list[Candidate]:
        """The names that equal the typed text, with or without its year."""
        return self._candidates(
            f"FROM names n {OF_ITEM} WHERE n.folded IN (?, ?) ORDER BY n.place LIMIT {STRICT}",
            [f" {' '.join(query.words)} ", f" {query.folded} "],
        )

    def _with_every_word(self, query: Query) -> list[Candidate]:
        """The most rated names that contain every word of two or more letters, or begin with the one letter typed."""
        phrases = " AND ".join(f'" {word}"' for word in (query.words or query.folded.split()) if len(word) > 1)
        if phrases:
            return self._candidates(
                f"FROM names_fts JOIN names n ON n.place = names_fts.rowid {OF_ITEM} "
                f"WHERE names_fts MATCH ? ORDER BY names_fts.rowid LIMIT {STRICT}",
                [phrases],
            )
        start = f" {query.folded}"
        return self._candidates(
            # The + stops SQLite from using the index by name: rows in the order of `place` are in order of popularity.
            f"FROM names n {OF_ITEM} WHERE +n.folded >= ? AND +n.folded < ? ORDER BY n.place LIMIT {STRICT}",
            [start, f"{start}\U0010ffff"],
        )

    def _sharing_trigrams(self, trigrams: list[str]) -> list[Candidate]:
        """The FUZZY names that share most with the trigrams, by BM25 (Robertson and Walker 1994)."""
        found = self._connections.db.execute(
            "SELECT names, places FROM trigrams WHERE trigram IN (SELECT value FROM json_each(?)) "
            "ORDER BY names, trigram",
            [json.dumps(trigrams)],
        ).fetchall()
        # The rarest first: common trigrams distinguish names least and take the most time.
        visited = np.cumsum([count for count, _ in found])
        found = found[: 1 + int(np.searchsorted(visited, VISITED))]
        if not found:
            return []
        counts = np.array([count for count, _ in found])
        places = np.frombuffer(b"".join(blob for _, blob in found), dtype="<i4")
        idf = np.log1p((len(self._length_norm) - counts + 0.5) / (counts + 0.5))
        scores = np.bincount(places, np.repeat(idf, counts), len(self._length_norm)) / self._length_norm
        best = np.flatnonzero(scores)
        if len(best) > FUZZY:
            cut = np.partition(scores[best], len(best) - FUZZY)[len(best) - FUZZY]
            best = best[scores[best] >= cut]
        best = best[np.argsort(-scores[best], kind="stable")[:FUZZY]]
        return self._candidates(
            f"FROM names n {OF_ITEM} WHERE n.place IN (SELECT value FROM json_each(?))", [json.dumps(best.tolist())]
        )

    @cached_property
    def _length_norm(self) -> np.ndarray:
        """BM25's divisor by place for a name that has a term once: long names have more terms by chance."""
        rows = self._connections.db.execute("SELECT length(folded) FROM names ORDER BY place")
        lengths = np.array([row[0] for row in rows])
        return 1 + 1.2 * (0.25 + 0.75 * lengths / lengths.mean())

    def _candidates(self, where: str, values: list[str]) -> list[Candidate]:
        return list(map(Candidate._make, self._connections.db.execute(f"{COLUMNS} {where}", values)))


def _sharing_a_word(query: Query, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The names with a word of the query, other than articles and the like."""
    words = set(query.words) - SMALL_WORDS
    return [candidate for candidate in candidates if not words.isdisjoint(candidate.name.split())]


def _same_year(year: int | None, typed: int | None) -> bool:
    return year is None or typed is None or abs(year - typed) <= 1


def _plain(folded: str) -> str:
    """A folded name without a leading article and without spaces."""
    return bare(folded.strip()).replace(" ", "")
