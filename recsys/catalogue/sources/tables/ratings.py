"""Convert the rows of a table to a frame of ratings; rows are stored as numbers, so millions need little memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from recsys.catalogue.sources.tables.headings import SAID, is_second_heading
from recsys.catalogue.sources.tables.items import bad_id
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.rating_rows import Rows
from recsys.catalogue.sources.tables.rating_times import read_times
from recsys.catalogue.sources.tables.rating_values import marks, read_values
from recsys.catalogue.sources.tables.report import FILE, Report, shown
from recsys.data.progress import Progress, quiet
from recsys.data.tables import ids
from recsys.data.tables.coded import CodedTexts, TimeTexts
from recsys.data.tables.delimited import TEXT, WHOLE
from recsys.data.tables.table import Table
from recsys.errors import cut

OTHER_SCALE = "for another scale, read the folder as your own tables, with RECSYS_CATALOGUE"
SHORTENED = 40
"""Letters of a cell in a line of description.json."""
REPORT_EVERY = 1_000_000
"""Rows between two progress reports."""
NO_USER = frozenset(("nan", "<na>", "n/a", "#n/a", "nat", "null", "(null)", "none", "(none)", "undefined", "\\n"))
NO_USER_SAID = "means that there is none; every row needs an id"


def read_ratings(
    table: Table,
    named: Mapping[str, str],
    known: Sequence[str],
    options: Options,
    report: Report,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Read the usable rows as user_id, item_id[, rating][, timestamp]; add the other rows to the report.

    Args:
        named: the owner's names of the columns, by standard name.
        known: the ids of the items.
    """
    rows = _read(table, named, report, progress)
    rows.usable = np.ones(rows.lines.count, dtype=bool)
    _leave_out_headings(rows, named)
    user_codes, users = _users(rows)
    item_codes = _items(rows, known, options)
    columns: dict[str, object] = {
        "user_id": pd.Categorical.from_codes(user_codes, categories=pd.Index(users, dtype=object)),
        "item_id": pd.Categorical.from_codes(item_codes, categories=pd.Index(list(known), dtype=object)),
    }
    if "rating" in rows.texts and not _is_empty(rows, options):
        values, refused = read_values(rows.texts["rating"], options, report, rows.file)
        if refused:
            report.add_fatal(rows.file, 0, "rating", refused)
            return pd.DataFrame(columns).iloc[:0]
        _check_ratings(rows, values, options)
        columns["rating"] = values.astype(np.float32)
    if rows.times is not None:
        read = read_times(rows, options, user_codes)
        if read is None:
            return pd.DataFrame(columns).iloc[:0]
        columns |= read
    frame = pd.DataFrame(columns)
    frame = frame if rows.usable.all() else frame.loc[rows.usable]
    _say_repeated(frame, rows.file, report)
    return frame


def _read(table: Table, named: Mapping[str, str], report: Report, progress: Progress) -> Rows:
    rows = Rows(table.name, report)
    wanted = ("user_id", "item_id", "rating", "timestamp")
    places = {standard: table.names.index(named[standard]) for standard in wanted if standard in named}
    rows.texts = {standard: CodedTexts() for standard in ("user_id", "item_id", "rating") if standard in places}
    rows.times = TimeTexts() if "timestamp" in places else None
    reported = 0
    kinds = {places[standard]: WHOLE if standard == "timestamp" else TEXT for standard in places}
    for block in table.rows(lambda line, what: report.add(table.name, line, "", what), kinds):
        rows.lines.add(block.lines)
        for standard, texts in rows.texts.items():
            texts.add(block.columns[places[standard]])
        if rows.times is not None:
            rows.times.add(block.columns[places["timestamp"]])
        if rows.lines.count // REPORT_EVERY > reported:
            reported = rows.lines.count // REPORT_EVERY
            progress(f"{table.name}: {rows.lines.count:,} rows read")
    return rows


def _leave_out_headings(rows: Rows, named: Mapping[str, str]) -> None:
    """Leave out rows that repeat the names of the columns, as in files that were put together."""
    columns = ("user_id", "item_id")
    same = [rows.texts[one].where(partial(_is_name, rows.texts[one], named[one])) for one in columns]
    repeated = same[0] & same[1]
    if len(repeated) and is_second_heading([rows.texts[one].text(0).strip() for one in rows.texts]):
        repeated[0] = True
    if count := int(repeated.sum()):
        first = int(rows.lines.of(np.flatnonzero(repeated)[:1])[0])
        at = f"line {first}" + (f" and {count - 1:,} more" if count > 1 else "")
        rows.report.note(rows.file, "", f"{at} {SAID}, and is left out")
        rows.usable &= ~repeated


def _is_name(column: CodedTexts, name: str, place: int) -> bool:
    return ids.clean(column.texts[place]) == name


def _users(rows: Rows) -> tuple[np.ndarray, list[str]]:
    """The number of each row's user, and the users' ids."""
    column = rows.texts["user_id"]
    cleaned = [ids.clean(text) for text in column.texts]
    rows.report.note_shortened(rows.file, "user_id", cleaned)
    changed = ids.as_written(cleaned)
    if changed:
        before, after = next(iter(changed.items()))
        rows.report.note(
            rows.file, "user_id", f"ids are whole numbers written as decimals ({shown(before)} is read as {after})"
        )
    cleaned = [changed.get(one, one) for one in cleaned]
    for what in dict.fromkeys(filter(None, map(bad_id, cleaned))):
        rows.refuse("user_id", column.where(lambda place, what=what: bad_id(cleaned[place]) == what), what)
    missing = column.where(lambda place: cleaned[place].casefold() in NO_USER)
    rows.refuse("user_id", missing, NO_USER_SAID, shown(rows.first("user_id", missing)))
    numbers: dict[str, int] = {}
    places = np.array([numbers.setdefault(one, len(numbers)) for one in cleaned], dtype=np.int32)
    return (places[column.codes] if len(places) else column.codes), list(numbers)


def _items(rows: Rows, known: Sequence[str], options: Options) -> np.ndarray:
    """The number of each row's item, -1 if the row is unusable."""
    column, numbers = rows.texts["item_id"], {item_id: number for number, item_id in enumerate(known)}
    cleaned = [ids.clean(text) for text in column.texts]
    other = [one for one in cleaned if one and one not in numbers]
    again = ids.matches(other, known) if other else {}
    if again:
        theirs, ours = next(iter(again.items()))
        many = "1 id is" if len(again) == 1 else f"{len(again):,} ids are"
        what = f"{many} written differently from the items ({shown(theirs)} is read as {shown(ours)})"
        rows.report.note(rows.file, "item_id", what)
    found = np.array([numbers.get(again.get(one, one), -1) for one in cleaned], dtype=np.int32)
    codes = found[column.codes] if len(found) else column.codes
    empty = column.where(lambda place: not cleaned[place])
    rows.refuse("item_id", empty, bad_id(""))
    unknown = (codes < 0) & ~empty & rows.usable
    count, first = int(unknown.sum()), rows.first("item_id", unknown)
    if options.leave_out_unknown and 2 * count <= len(codes):
        if count:
            ratings = "1 rating is" if count == 1 else f"{count:,} ratings are"
            rows.report.notes.append(f"{rows.file}: {ratings} left out, because the item is unknown.")
            rows.usable &= ~unknown
    elif count and 2 * count > len(codes) and options.leave_out_unknown:
        what = f"{shown(first)} is not among the items, and neither are most others of this file"
        what += "; use both files of one data set"
        rows.report.add_fatal(rows.file, int(rows.lines.of(np.flatnonzero(unknown)[:1])[0]), "item_id", what)
    else:
        refused = unknown & column.where(lambda place: cleaned[place] in rows.report.refused)
        what = "is an item that cannot be used; correct its row in the items"
        rows.refuse("item_id", refused, what, shown(rows.first("item_id", refused)))
        unknown &= ~refused
        first = rows.first("item_id", unknown)
        remedy = ids.SHORTENED if ids.shortened([first]) else "add it there or remove the row"
        rows.refuse("item_id", unknown, f"is not among the items; {remedy}", shown(first))
    return codes


def _is_empty(rows: Rows, options: Options) -> bool:
    """Whether no row of own tables has a rating, so that each is a choice."""
    texts = rows.texts["rating"].texts
    if options.leave_out_unknown or not texts or any(map(str.strip, texts)):
        return False
    rows.report.note(rows.file, "rating", "no row has a rating, so each row is a choice")
    return True


def _check_ratings(rows: Rows, values: np.ndarray, options: Options) -> None:
    _leave_out_unrated(rows, values, options)
    column = rows.texts["rating"]
    no_number = np.isnan(values)
    if no_number.any():
        empty = no_number & column.where(lambda place: not column.texts[place].strip())
        rows.refuse("rating", empty, "is empty; give a number", "''")
        what = "is not a number; give one"
        if rows.report.described and (mark := rows.first("rating", no_number)):
            stated = json.dumps({"not_rated": [cut(mark, SHORTENED)]}, ensure_ascii=False)
            what += f', or put {stated} into {FILE} if it means "not rated"'
        rows.refuse("rating", no_number, what, shown(rows.first("rating", no_number)))
    if options.scale:
        low, high = options.scale
        off = ((values < low) | (values > high)) & rows.usable
        if off.any():
            lead = f"{values[int(off.argmax())]:g}"
            what = f"is outside the scale from {low:g} to {high:g} in {FILE}; correct one of them"
            if options.leave_out_unknown:
                lead, what = (
                    shown(rows.first("rating", off)),
                    f"is outside the scale from {low:g} to {high:g}; {OTHER_SCALE}",
                )
            rows.refuse("rating", off, what, lead)


def _leave_out_unrated(rows: Rows, values: np.ndarray, options: Options) -> None:
    """Leave out rows whose rating means "not rated"."""
    column = rows.texts["rating"]
    are_marks = marks(column.texts, options)
    marked = column.where(are_marks.__getitem__) & np.isnan(values)
    marked |= np.isin(values, [one for one in options.not_rated if isinstance(one, float)])
    marked &= rows.usable
    if count := int(marked.sum()):
        many = "1 row is" if count == 1 else f"{count:,} rows are"
        example = shown(rows.first("rating", marked))
        rows.report.note(rows.file, "rating", f'{many} left out, because the rating means "not rated" ({example})')
        rows.usable &= ~marked


def _say_repeated(frame: pd.DataFrame, file: str, report: Report) -> None:
    """Note how many rows repeat a user and item; `Interactions` uses the latest of them."""
    users, items = frame["user_id"].cat.codes.to_numpy(), frame["item_id"].cat.codes.to_numpy()
    keys = np.sort(users.astype(np.int64) * max(len(frame["item_id"].cat.categories), 1) + items)
    count = int((keys[1:] == keys[:-1]).sum())
    if not count:
        return
    rows = "row repeats" if count == 1 else "rows repeat"
    if "rating" not in frame:
        what = f"{count:,} {rows} a user and item; each pair counts once"
    elif "timestamp" in frame:
        what = f"{count:,} {rows} a user and item; the latest rating is used"
    else:
        what = f"{count:,} {rows} a user and item; the last row is used"
    report.note(file, "", what)
