"""Read plain tables with a title in each row and optionally a year, a rating and identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recsys.data.tables.cells import tidy
from recsys.errors import BadInput
from recsys.imports import cells, names
from recsys.imports.days import days
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document
from recsys.imports.formats import headerless, lines
from recsys.imports.rating_columns import with_scales

NAME = "csv"
FEW = 3  # columns that may be the rating
UNMARKED = "It is not marked as seen."
SCALES = (1.0, 5.0, 10.0, 100.0)


def matches(document: Document) -> bool:
    """Whether the text is not JSON."""
    return document.content is None


def read(document: Document) -> Imported:
    """Read rows with a rating as ratings, and the others as watched, or as the watch-list in a file of that name.

    The scale is the smallest of 1, 5, 10 and 100 that contains the ratings, unless a rating states its scale (`7/10`).
    If the first line names no known column, the cells decide what each column is, or each line is a title.
    """
    if is_table(document):
        return read_rows(document.named(document.columns), document.columns, document.name)
    if column := _own_ids(document.columns):
        rows = document.named(document.columns)
        _refuse_several_users(rows, document.name)
        named = [{**row, names.SITES["item"][0]: row.get(column, "")} for row in rows]
        found = read_rows(named, [*document.columns, names.SITES["item"][0]], document.name)
        found.said.append(f"The column {column} is read as the ids of this catalogue.")
        return found
    table = headerless.table_of(document)
    return _lines(document) if table is None else read_rows(table.rows, table.names, document.name, table.said)


def is_table(document: Document) -> bool:
    """Whether the first line names a known column."""
    return bool(names.KNOWN & set(document.columns))


def _own_ids(columns: Sequence[str]) -> str:
    """The column of ids in a table of ratings without titles, of which all columns are known; "" for other tables."""
    found = [name for name in names.OWN_IDS if name in columns]
    others = {*names.RATINGS, *names.DATES, *names.USERS, *names.TIMES}
    return found[0] if len(found) == 1 and others.issuperset({*columns} - {*found}) else ""


def _refuse_several_users(rows: Sequence[Mapping[str, str]], name: str) -> None:
    users = {user for row in rows if (user := cells.text(row, *names.USERS))}
    if len(users) > 1:
        raise BadInput(f"{name or 'The file'} has ratings of {len(users):,} users. Keep the rows of one of them.")


def read_rows(rows: Sequence[Mapping[str, str]], columns: Iterable[str], name: str, said: str = "") -> Imported:
    """Read the rows of a table with these columns from a file of that name; `said` is how the columns were decided."""
    found, columns = Imported(NAME, said=[said] if said else []), set(columns)
    ratings = names.RATINGS
    if columns.intersection(names.FRENCH_TITLES):
        ratings = (*ratings, names.FRENCH_RATING)
    rows, columns = with_scales(rows, columns, ratings)
    own = [one for one in ratings if one.startswith(names.OWN) and any(cells.text(row, one) for row in rows)]
    ratings = own or ratings
    # A column of this name, as in Letterboxd's import format, states its scale.
    ten = not own and "rating10" in columns and columns.isdisjoint(ratings[: ratings.index("rating10")])
    best = 10.0 if ten else _scale([cells.text(row, *ratings) for row in rows])
    unrated = found.watchlist if "watchlist" in name.lower().replace("-", "") else found.watched
    needs_mark = unrated is found.watched and not columns.isdisjoint(names.SEEN)
    dates, unread = days([cells.text(row, *names.DATES) for row in rows])
    found.said.extend([unread] if unread else [])
    for row, date in zip(rows, dates, strict=True):
        title, year = cells.titled(cells.text(row, *names.TITLES))
        ids = cells.identifiers(row, names.SITES)
        kind = cells.text(row, *names.TYPES)
        if "".join(kind.casefold().split()) in names.NO_FILM and ids.keys() & {"imdb", "tmdb"}:
            found.skipped.append(Skipped(title, f"This is not a film but of type {kind}."))
            continue
        if not title and not ids:
            found.skipped.append(Skipped("", "The row has neither a title nor an identifier."))
            continue
        entry = Entry(
            title,
            cells.year(cells.text(row, *names.YEARS)) or year,
            found.share(title, cells.text(row, *ratings), best),
            ids=ids,
            date=date,
            original_title=cells.text(row, *names.ORIGINALS),
            written=_number(cells.text(row, *ratings)),
        )
        status = cells.text(row, *names.STATUS).casefold().replace("_", " ")
        if entry.rating is not None:
            found.ratings.append(entry)
        elif (not status or status in names.UNSEEN) and _is_wanted(row):
            found.watchlist.append(entry)
        elif needs_mark and not status:
            found.skipped.append(Skipped(title, UNMARKED))
        else:
            (found.watchlist if status in names.UNSEEN else unrated).append(entry)
    if columns.isdisjoint(ratings) and (other := _maybe_rating(rows)):
        found.said.append(f"No column is known as your ratings. If {other} has them, call it rating.")
    if said and any(entry.written is not None for entry in found.ratings):
        found.said.append(f"The ratings are read as out of {best:g}.")
    return found


def _is_wanted(row: Mapping[str, str]) -> bool:
    return any(cells.text(row, name).casefold() in names.MARKED for name in names.WANTED)


def _maybe_rating(rows: Sequence[Mapping[str, str]]) -> str:
    """Names of the columns that may be the ratings: unknown names, numbers up to 10; "" if none or too many."""
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        column = [cell for row in rows if (cell := cells.text(row, name))]
        is_read = name in names.READ or name.endswith("id") or any(part in name for part in names.OF_OTHERS)
        is_rating = len(column) > 1 and all(cells.share(cell, 10.0) is not None for cell in column)
        if name and not is_read and is_rating and not headerless.counts(column):
            found.append(name)
    return " or ".join(found) if len(found) <= FEW else ""


def _lines(document: Document) -> Imported:
    """Read each line as a title, without the mark of a list before it and with the rating after it.

    Tasks that are not done are the watch-list.
    """
    found = Imported(NAME)
    rows = document.cells(document.text.lstrip("\ufeff"), ",")
    for line, rating, is_open in lines.parts([tidy(",".join(row)) for row in rows]):
        title, year = cells.titled(line)
        if title:
            entry = Entry(title, year, cells.share(rating, 5.0))
            unrated = found.watchlist if is_open else found.watched
            (unrated if entry.rating is None else found.ratings).append(entry)
    return found


def _scale(texts: list[str]) -> float:
    """The smallest usual scale that contains all ratings; if all are whole numbers up to 1, the scale is 5 stars.

    Ratings out of 100 have a median above 10. In other tables, a rating above 10 is a mistake and does not make the
    scale: one 11 among ratings out of 10 would make all others the worst possible.
    """
    given = [number for text in texts if (number := _number(text)) is not None]
    numbers = sorted(number for number in given if 0 < number <= SCALES[-1])
    if not numbers or numbers[(len(numbers) - 1) // 2] > 10:
        return SCALES[-1] if numbers else 5.0
    highest = max(number for number in numbers if number <= 10)
    if highest <= 1 and all(number == int(number) for number in numbers):
        return 5.0
    return next(scale for scale in SCALES if highest <= scale)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
