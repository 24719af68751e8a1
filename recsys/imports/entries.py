"""Data types of an imported export: rated, watched and watch-listed titles, and rows that were left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recsys.imports import cells

LONGEST = 40  # characters of a cell in a sentence


@dataclass(frozen=True)
class Entry:
    """One title of an export.

    Attributes:
        title: the title as the export writes it; "" if the export gives only ids.
        year: year of release, None if unknown.
        rating: rating on the scale 0 to 1, where 1 is the best rating the site allows; None if the title is not rated.
        liked: whether it is marked as a favourite, independent of its rating.
        ids: identifiers by site: "imdb" (`tt0114709`), "tmdb", "movielens", "item" (an id of this catalogue).
        date: date of the rating or viewing as `YYYY-MM-DD`; "" if unknown.
        original_title: the title in its own language, "" if the export does not give it.
        written: the rating as a plain table has it, where its scale was only inferred; None otherwise.
    """

    title: str
    year: int | None = None
    rating: float | None = None
    liked: bool = False
    ids: dict[str, str] = field(default_factory=dict)
    date: str = ""
    original_title: str = ""
    written: float | None = None

    def __str__(self) -> str:
        if not self.title:
            return next((f"{site} {name}" for site, name in self.ids.items()), "a row without a title")
        return f"{self.title} ({self.year})" if self.year else self.title


@dataclass(frozen=True)
class Skipped:
    """A row that was left out, and the reason."""

    title: str
    why: str


@dataclass(frozen=True)
class Imported:
    """The content of one or several exports.

    Attributes:
        format: name of the format, such as `letterboxd`.
        ratings: rated or liked titles, one entry for each title, in the order of the export.
        watched: titles that were watched without a rating.
        watchlist: titles to watch later.
        skipped: rows that could not be used.
        unusable: ratings that are not on the scale, by title and cell; these titles count as not rated.
        said: sentences about how the export was read, if that had to be inferred.
    """

    format: str
    ratings: list[Entry] = field(default_factory=list)
    watched: list[Entry] = field(default_factory=list)
    watchlist: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def share(self, title: str, cell: Any, best: float) -> float | None:
        """Return a rating out of `best` as a share from 0 to 1, or None; remember a rating that is not on the scale."""
        if cells.is_unusable(cell, best):
            self.unusable.append((title, str(cell).strip()))
        return cells.share(cell, best)

    def notes(self) -> list[str]:
        """Sentences about how the export was read and which cells were not used; equal problems are one sentence."""
        if not self.unusable:
            return list(self.said)
        title, cell = self.unusable[0]
        example = f"{cell[:LONGEST]!r}" + (f" for {title}" if title else "")
        if len(self.unusable) == 1:
            one = f"The rating {example} is not on the scale of this export, so the title counts as not rated."
            return [*self.said, one]
        many = f"{len(self.unusable):,} ratings, such as {example}, are"
        return [*self.said, f"{many} not on the scale of this export, so their titles count as not rated."]

    def __len__(self) -> int:
        """Number of usable titles."""
        return len(self.ratings) + len(self.watched) + len(self.watchlist)
