"""A catalogue of one's own: a folder with a table of items and a table of ratings, CSV or Parquet.

Items need `item_id` and `title`; `year, text, genres, keywords, director, cast, language, alternatives, image,
url` are known, and every other column becomes a facet of tags. Ratings need `user_id` and `item_id`; `rating` and
`timestamp` are optional. Several values in a cell are separated by `|`. A `description.json` beside them may hold
the fields of a Wording, facts for the page and the model card (`title`, `licence`, …), and `columns`, which
says what the tables call the columns known here.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.catalogue.sources.raw import Raw
from recsys.catalogue.sources.report import Report
from recsys.catalogue.sources.rows import Table, open_table
from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, SourceError, listing

ITEMS, RATINGS, WORDS = "items", "ratings", "description.json"
SINGLE = {
    "text": "overview",
    "overview": "overview",
    "description": "overview",
    "director": "director",
    "language": "language",
    "image": "image",
    "url": "url",
}
MANY = ("genres", "keywords", "cast", "alternatives")
LONGEST_ID = 200
ABOUT = ("title", "licence", "licence_url", "redistributable", "columns")
TOLD = 1_000_000  # rows between two lines of progress


def read(folder: Path, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
    """The two tables of a folder.

    Args:
        skip_bad: leave out what cannot be used, instead of refusing the files.

    Raises:
        SourceError: a table is missing.
        BadData: a table has rows that cannot be used; names file, line, column and what to do.
    """
    words, about = _words(folder)
    report, items, ratings = _read(folder, None if skip_bad else Report.LIMIT, words, about, progress)
    if report.total and (report.fatal or not skip_bad):
        raise BadData(report.text())
    for line in report.lines():
        progress(line)
    return Raw(
        dataset=folder.resolve().name,
        title=about.get("title") or folder.resolve().name,
        items=items,
        ratings=[ratings],
        licence=about.get("licence") or "as its owner states",
        licence_url=about.get("licence_url") or "",
        redistributable=bool(about.get("redistributable")),
        source=folder.name,
        fingerprint=fingerprint(folder),
        notes=report.notes,
        wording=words,
    )


def check(folder: Path, progress: Progress = quiet) -> Report:
    """What `read` would object to, without building anything.

    Raises:
        SourceError: a table is missing.
        BadData: description.json cannot be used.
    """
    return _read(folder, Report.LIMIT, *_words(folder), progress)[0]


def fingerprint(folder: Path) -> str:
    """Changes when one of the files does.

    Raises:
        SourceError: a table is missing.
    """
    paths = [open_table(folder, name).path for name in (ITEMS, RATINGS)]
    paths += [path for path in (folder / WORDS,) if path.exists()]
    return repr([(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths])


def _read(
    folder: Path, limit: int | None, words: dict, about: dict, progress: Progress
) -> tuple[Report, list[dict], pd.DataFrame]:
    if not folder.is_dir():
        raise SourceError(
            f"{folder} is no folder: give one with items.csv and ratings.csv, or pull a release that was pushed with "
            "its data (--with-data)."
        )
    report = Report(str(folder), limit)
    named = {name: _usual(about.get("columns") or {}, name) for name in (ITEMS, RATINGS)}
    tables = {name: open_table(folder, name) for name in named}
    report.names = {(tables[name].name, ours): theirs for name in named for theirs, ours in named[name].items()}
    items = _items(tables[ITEMS], named[ITEMS], report)
    known = {item["item_id"] for item in items}
    ratings = _ratings(tables[RATINGS], named[RATINGS], known, words.get("scale"), report, progress)
    if not report.total and not items:
        report.stop(ITEMS, 1, "", "the table has no rows; add one row for each item")
    report.counts = {"items": len(items), "ratings": len(ratings)}
    return report, items, ratings


def _items(table: Table, named: dict[str, str], report: Report) -> list[dict]:
    items: dict[str, dict] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(table, named, ("item_id", "title"), report):
        item_id, title = row.pop("item_id"), row.pop("title")
        if wrong := _bad_id(item_id):
            report.add(table.name, line, "item_id", wrong)
            continue
        if not title:
            report.add(table.name, line, "title", f"item {item_id!r} has none; give it one")
            continue
        if item_id in items:
            report.add(
                table.name, line, "item_id", f"{item_id!r} stands in line {lines[item_id]} too; keep one of them"
            )
            continue
        item = {"item_id": item_id, "title": title, "facets": {}}
        column, wrong = _fill(item, row)
        if wrong:
            report.add(table.name, line, column, wrong)
            continue
        items[item_id], lines[item_id] = item, line
    return list(items.values())


def _fill(item: dict, row: dict[str, str]) -> tuple[str, str]:
    """Put a row's optional cells into an item; a column and what is wrong with it, or two empty texts."""
    for column, cell in row.items():
        if not cell:
            continue
        if column == "year":
            try:
                item["year"] = int(float(cell))
            except (ValueError, OverflowError):
                return column, f"{cell!r} is not a year; give four digits or leave the cell empty"
        elif column in ("image", "url") and not cell.startswith(("https://", "http://")):
            return column, f"{cell[:80]!r} is not a web address; begin it with https:// or leave the cell empty"
        elif column in SINGLE:
            item[SINGLE[column]] = cell
        else:
            values = [part.strip() for part in cell.split("|") if part.strip()]
            (item if column in MANY else item["facets"])[column] = values
    return "", ""


def _ratings(
    table: Table, named: dict[str, str], known: set[str], scale: list | None, report: Report, progress: Progress
) -> pd.DataFrame:
    """The usable rows; columns are kept as machine numbers, so that millions of them take little memory."""
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    user_codes, item_codes, values, times, lines = (array(kind) for kind in "qqfqq")
    timed = rated = False
    for line, row in _rows(table, named, ("user_id", "item_id"), report):
        if line % TOLD == 0:
            progress(f"{table.name}: {line:,} rows read")
        user, item = row["user_id"], row["item_id"]
        if wrong := _bad_id(user):
            report.add(table.name, line, "user_id", wrong)
            continue
        if item not in known:
            what = f"{item!r} is not among the items; add it there or take the row out" if item else _bad_id(item)
            report.add(table.name, line, "item_id", what)
            continue
        value, when = 1.0, 0.0
        if "rating" in row:
            rated, value = True, _number(row["rating"])
            if value is None:
                report.add(table.name, line, "rating", f"{row['rating']!r} is not a number; give one")
                continue
            if scale and not scale[0] <= value <= scale[1]:
                span = f"from {scale[0]:g} to {scale[1]:g}"
                what = f"{value:g} is off the scale {span} that {WORDS} gives; mend one of them"
                report.add(table.name, line, "rating", what)
                continue
        if "timestamp" in row:
            timed, when = True, _time(row["timestamp"])
            if when is None:
                report.add(
                    table.name,
                    line,
                    "timestamp",
                    f"{row['timestamp']!r} is no time; give whole seconds since 1970 or a date such as 2024-05-31",
                )
                continue
        user_codes.append(users.setdefault(user, len(users)))
        item_codes.append(items.setdefault(item, len(items)))
        values.append(value)
        times.append(int(when))
        lines.append(line)
    frame = pd.DataFrame({"user": np.array(user_codes, np.int64), "item": np.array(item_codes, np.int64)})
    times, lines = np.array(times, np.int64), np.array(lines, np.int64)
    keep = _unrepeated(table.name, frame, times, lines, list(users), list(items), report)
    chosen = frame[keep]
    result = pd.DataFrame(
        {
            "user_id": np.array(list(users) or [""], dtype=object)[chosen["user"]],
            "item_id": np.array(list(items) or [""], dtype=object)[chosen["item"]],
        }
    )
    if rated:
        result["rating"] = np.array(values, np.float32)[keep]
    if timed:
        result["timestamp"] = times[keep]
    return result


def _unrepeated(
    name: str, frame: pd.DataFrame, times: np.ndarray, lines: np.ndarray, users: list, items: list, report: Report
) -> np.ndarray:
    """Which rows stay. Of a repeated user and item the latest counts; where no time tells, it is an error."""
    repeated = frame.assign(time=times).duplicated(keep="first").to_numpy()
    first = {}
    if repeated.any():
        wanted = set(map(tuple, frame[repeated].to_numpy().tolist()))
        for row, pair in enumerate(map(tuple, frame.to_numpy().tolist())):
            if pair in wanted:
                first.setdefault((*pair, times[row]), lines[row])
    for row in np.flatnonzero(repeated).tolist():
        user, item = frame["user"].iat[row], frame["item"].iat[row]
        report.add(
            name,
            int(lines[row]),
            "item_id",
            f"user {users[user]!r} and item {items[item]!r} stand in line {first[user, item, times[row]]} too, and no "
            "timestamp says which is later; keep one of them",
        )
    later = int(frame[~repeated].duplicated().sum())
    if later:
        report.notes.append(f"{name}: {later:,} rows give a user and item again; the latest of them counts.")
    return ~repeated


def _rows(
    table: Table, named: dict[str, str], needed: tuple[str, ...], report: Report
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows as dicts of stripped text by column with their line, until the report is full."""
    there = table.header(report)
    header = [named.get(name, name) for name in there]
    missing = [column for column in needed if column not in header]
    if header and missing:
        report.stop(
            table.name,
            1,
            missing[0],
            f"the column is missing; there are {listing(there)}; needed: {', '.join(needed)} (or say in {WORDS} what "
            "the table calls it)",
        )
    twice = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if twice:
        report.stop(table.name, 1, twice, f"two columns stand for {twice}; name one of them in {WORDS}, or rename one")
    if not header or missing or twice:
        return
    for line, cells in table.rows(report):
        if report.full:
            return
        if len(cells) != len(header):
            report.add(
                table.name,
                line,
                "",
                f"{len(cells)} cells where the header has {len(header)}; quote cells that hold commas",
            )
            continue
        yield line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}


def _bad_id(value: str) -> str:
    if not value:
        return "the cell is empty; every row needs an id"
    return f"an id of {len(value)} letters; {LONGEST_ID} are the most" if len(value) > LONGEST_ID else ""


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) and abs(value) < 1e9 else None


def _time(cell: str) -> float | None:
    """Seconds since 1970 of a number of seconds or a date; None for anything else, milliseconds included."""
    try:
        value = float(cell)
    except ValueError:
        try:
            date = datetime.fromisoformat(cell)
        except ValueError:
            date = pd.to_datetime(cell, errors="coerce", utc=True)
            if pd.isna(date):
                return None
        value = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    return value if abs(value) < 1e11 else None


def _words(folder: Path) -> tuple[dict, dict]:
    """Wording and facts from description.json, where there is one."""
    path = folder / WORDS
    if not path.exists():
        return {}, {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        about = {name: values.pop(name) for name in ABOUT if name in values}
        values["name"] = folder.resolve().name
        made = Wording.from_dict(values)
        if made.images == "tmdb":
            raise ValueError("images is 'tmdb', which is for films alone: use 'column' or ''")
        for name in (ITEMS, RATINGS):
            _usual(about.get("columns") or {}, name)
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError, TypeError, ValueError) as error:
        raise BadData(f"{WORDS} cannot be used: {error}") from error
    # as the description understood them: a scale as numbers, marks as pairs
    return {name: made.to_dict()[name] for name in values}, about


def _usual(columns: dict, table: str) -> dict[str, str]:
    """The columns known here, by what a table calls them."""
    unknown = [name for name in columns if name not in (ITEMS, RATINGS)]
    if unknown:
        raise ValueError(f"columns names {listing(unknown)}; there are {ITEMS} and {RATINGS}")
    return {str(theirs): str(ours) for ours, theirs in (columns.get(table) or {}).items()}
