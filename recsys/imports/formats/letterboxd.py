"""Read the CSV files of a Letterboxd export, single or in its ZIP; ratings from 0.5 to 5 stars."""

from __future__ import annotations

from pathlib import PurePosixPath

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "letterboxd"
BEST = 5.0
IGNORED = ("profile.csv", "comments.csv")
# Folders of an export with deleted entries, and with lists that the person made.
LIST = "Letterboxd list export"
OTHER_FOLDERS = ("deleted", "orphaned", "lists")


def matches(document: Document) -> bool:
    """Whether there are columns `Name` and `Letterboxd URI`, or it is another file of such an export."""
    header = document.header
    if "letterboxd uri" in header:
        return "name" in header
    return document.text.startswith(LIST) or {"date joined", "username"} <= set(header)


def read(document: Document) -> Imported:
    """Read ratings from ratings, diary and reviews; likes; watched films; the watch-list.

    The files of watched films, likes and the watch-list have the same columns and are distinguished by their names; a
    file with another name counts as watched.
    """
    path = PurePosixPath(document.name.lower())
    if document.text.startswith(LIST) and not path.parts[:-1]:
        return Imported(NAME, skipped=[Skipped("", "A list does not say whether its titles were watched or liked.")])
    if path.name in IGNORED or set(path.parts[:-1]) & set(OTHER_FOLDERS) or "letterboxd uri" not in document.header:
        return Imported(NAME)
    found = Imported(NAME)
    liked = "likes" in path.parts[:-1] or path.stem.startswith("like")
    for row in document.rows:
        title = cells.text(row, "name")
        if not title:
            found.skipped.append(Skipped(cells.text(row, "letterboxd uri"), "The row has no title."))
            continue
        rating = found.share(title, row.get("rating"), BEST)
        day = cells.date(row.get("watched date") or row.get("date"))
        entry = Entry(title, cells.year(row.get("year")), rating, liked, date=day)
        if rating is not None or liked:
            found.ratings.append(entry)
        elif "watchlist" in path.stem.replace("-", ""):
            found.watchlist.append(entry)
        else:
            found.watched.append(entry)
    return found
