"""Match an export of ratings to the catalogue and convert the ratings to its scale; nothing is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

from recsys.catalogue.database import Catalogue
from recsys.catalogue.titles import label
from recsys.catalogue.wording import FILM
from recsys.data.file_kinds import bytes_of
from recsys.errors import BadInput
from recsys.imports import Entry, Imported, read
from recsys.imports.matching import CatalogueItem, Match, TitleIndex
from recsys.serving.cards import Item
from recsys.serving.replies import ImportReport, Unmatched

MAX_TEXT = 20_000_000  # largest number of characters of an export


class Matched(NamedTuple):
    """An export matched to the catalogue.

    Attributes:
        format: name of the recognised format.
        ratings: rating by item id, on the catalogue's scale, oldest first; None for an item that is liked or was
            watched without a rating.
        liked: ids of items that are liked without a rating, such as completed courses.
        watchlist: ids of items to watch later.
        unmatched: titles without a matching item, with the reason.
        notes: sentences about ratings that could not be used.
    """

    format: str
    ratings: dict[str, float | None]
    liked: list[str]
    watchlist: list[str]
    unmatched: list[Unmatched]
    notes: list[str]

    def report(self, cards: Callable[[Iterable[str]], list[Item]], liked: float | None) -> ImportReport:
        """Return the result of `/import_ratings`; liked items get the rating `liked`, watched ones None."""
        ratings = self.ratings | dict.fromkeys(self.liked, liked)
        matched = zip(cards(ratings), ratings.values(), strict=True)
        return {
            "format": self.format,
            "matched": [{**card, "rating": rating} for card, rating in matched],
            "unmatched": self.unmatched,
            "watchlist": cards(self.watchlist),
            "notes": self.notes,
        }


class RatingsImport:
    """Reader of exports for one catalogue; the index of its titles is built at the first export."""

    def __init__(self, catalogue: Catalogue):
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._index: TitleIndex | None = None

    def match(self, source: object, format: str = "auto") -> Matched:
        """Match the text or bytes of an export.

        Raises:
            BadInput: the export cannot be read.
        """
        if not isinstance(source, (str, bytes)):
            raise BadInput(f"Parameter text is {source!r:.100}; use the text of an exported file.")
        if isinstance(source, str):
            if len(source) > MAX_TEXT:
                raise BadInput(f"The export has {len(source):,} characters; at most {MAX_TEXT:,} can be read.")
            source = bytes_of(source)
        return self.matched(read(source, format))

    def matched(self, imported: Imported) -> Matched:
        """Match the entries of an export. If two titles match one item, the first is used."""
        index = self._title_index()
        found = Matched(imported.format, {}, [], [], [], imported.notes())
        rated = sorted(imported.ratings, key=lambda entry: entry.date)
        for match in map(index.match, [*rated, *imported.watched]):
            if match.item_id is None:
                found.unmatched.append(_refusal(match))
            elif match.item_id not in found.ratings:
                found.ratings[match.item_id] = self._rating(match.entry)
                if match.entry.rating is None and (match.entry.liked or self._catalogue.wording.likes_done):
                    found.liked.append(match.item_id)
        for match in map(index.match, imported.watchlist):
            if match.item_id is None:
                found.unmatched.append(_refusal(match))
            elif match.item_id not in found.watchlist:
                found.watchlist.append(match.item_id)
        for row in imported.skipped:
            found.unmatched.append({"title": row.title, "year": None, "why": row.why})
        return found

    def _rating(self, entry: Entry) -> float | None:
        """The rating on the catalogue's scale, in steps of its lowest rating up to 1."""
        if entry.rating is None:
            return None
        low, high = self._catalogue.info["scale"]
        if self._catalogue.wording.item != FILM and entry.written is not None and low <= entry.written <= high:
            return entry.written  # other sites have no such catalogue, so the file is on its own scale
        step = 0.5 if 0 < low < 1 else 1.0
        return float(min(max(round(entry.rating * high / step) * step, low), high))

    def _title_index(self) -> TitleIndex:
        with self._lock:
            if self._index is None:
                self._index = TitleIndex(_items(self._catalogue))
            return self._index


def _items(catalogue: Catalogue) -> Iterable[CatalogueItem]:
    names = catalogue.names()
    films = catalogue.info["catalogue"] == "films" and str(catalogue.info["dataset"]).startswith("ml-")
    for item in catalogue.items(catalogue.ids.ids.tolist()):
        ids = {site: str(item[f"{site}_id"]) for site in ("imdb", "tmdb") if item.get(f"{site}_id")}
        if films:
            ids["movielens"] = item["item_id"]
        title = label(item["title"], item["year"])
        yield CatalogueItem(item["item_id"], title, item["year"], ids, (item["title"], *names.get(item["item_id"], [])))


def _refusal(match: Match) -> Unmatched:
    return {"title": match.entry.title or str(match.entry), "year": match.entry.year, "why": match.why}
