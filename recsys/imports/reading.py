"""Read one or several exports and merge them to one entry per title."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from recsys.catalogue.titles import key
from recsys.errors import BadInput, listing
from recsys.imports.entries import LONGEST, Entry, Imported, Skipped
from recsys.imports.files import Document, documents
from recsys.imports.formats import FORMATS, GENERAL, Format, plain

AUTO = "auto"
CUT = "The last line has fewer cells than the header, so the file may be cut off. Export it again."
WIDE = "The row has more cells than the header. Write cells that contain the separator in quotes."
LAST = "the last value is read."
NAMES = (AUTO, *(kind.NAME for kind in FORMATS))


def read(source: str | Path | bytes, format: str = AUTO) -> Imported:
    """Read an export.

    Args:
        source: path of a file, or its bytes: CSV, JSON, gzip, or a ZIP of these.
        format: name of the format, or "auto" to recognise it by the content.

    Returns:
        Ratings, watched titles and the watch-list, one entry for each title. A rated title is not listed as watched,
        and the latest rating of a title is used.

    Raises:
        BadInput: the file cannot be read, or its format is unknown.
    """
    if format not in NAMES:
        raise BadInput(f"Format {format!r} is unknown; use {listing(NAMES)}.")
    texts = documents(source)
    found = [_read(text, kind) for text, kind in _recognised(texts, format)]
    if not found:
        raise BadInput(f"No known export was found in {listing(text.name or 'the file' for text in texts)}. {_known()}")
    merged = merge(found)
    if not len(merged) and not merged.skipped:
        raise BadInput(f"The export has no titles. {_known()}")
    return merged


def _read(text: Document, kind: Format) -> Imported:
    found = kind.read(text)
    if text.note and len(found):
        found.said.append(f"{text.name or 'The file'}: {text.note}.")
    if text.repeated and (len(found) or found.skipped):
        are = "is" if len(text.repeated) == 1 else "are"
        named = listing((name[:LONGEST] for name in text.repeated), 5)
        found.said.append(f"In {text.name or 'the file'}, {named} {are} given more than once in an object; {LAST}")
    has_header = text.content is None and (kind.NAME != plain.NAME or plain.is_table(text))
    if has_header and len(found) and text.cut:
        found.skipped.append(Skipped(text.cut[:LONGEST], CUT))
    if has_header and (len(found) or kind.NAME == plain.NAME):
        found.skipped.extend(Skipped(row[:LONGEST], WIDE) for row in text.wide)
    return found


def merge(parts: Iterable[Imported]) -> Imported:
    """Merge several imports into one: each title once, as rated, else as watched, else as watch-listed."""
    parts = list(parts)
    rated: dict[tuple[str, object], Entry] = {}
    for part in parts:
        for entry in part.ratings:
            before = rated.get(_same(entry))
            rated[_same(entry)] = entry if before is None else _joined(before, entry)
    watched = _distinct((entry for part in parts for entry in part.watched), rated)
    # A liked title without a rating is listed with the ratings, so it is not listed as watched too.
    wanted = _distinct((entry for part in parts for entry in part.watchlist), rated)
    formats = dict.fromkeys(part.format for part in parts if len(part) or part.skipped)
    general = [kind.NAME for kind in GENERAL]
    specific = [name for name in formats if name not in general] or list(formats) or [part.format for part in parts]
    skipped: list[Skipped] = [row for part in parts for row in part.skipped]
    unusable = [one for part in parts for one in part.unusable]
    said = list(dict.fromkeys(sentence for part in parts for sentence in part.said))
    return Imported(specific[0], list(rated.values()), watched, wanted, skipped, unusable, said)


def _recognised(texts: list[Document], format: str) -> list[tuple[Document, Format]]:
    kinds = [kind for kind in FORMATS if format in (AUTO, kind.NAME)]
    found = []
    for text in texts:
        kind = next((kind for kind in kinds if kind.matches(text)), None)
        if kind is not None:
            found.append((text, kind))
    # If there are files of a known format, texts of other kinds (a read-me, a profile) are not read as lists of titles.
    specific = [(text, kind) for text, kind in found if kind not in GENERAL]
    return specific or found


def _same(entry: Entry) -> tuple[str, object]:
    """Identity of a title within an export."""
    if not entry.title:
        return "ids", tuple(sorted(entry.ids.items()))
    # a title without letters, such as "!!!", has no key
    return "title", (key(entry.title) or entry.title, entry.year)


def _joined(before: Entry, after: Entry) -> Entry:
    """Merge two entries: the rating of the later date; liked if either is."""
    rated = [entry for entry in (before, after) if entry.rating is not None] or [after]
    latest = max(reversed(rated), key=lambda entry: entry.date)  # the later row of two without a date
    return dataclasses.replace(latest, liked=before.liked or after.liked, ids={**before.ids, **after.ids})


def _distinct(entries: Iterable[Entry], known: dict[tuple[str, object], Entry]) -> list[Entry]:
    found: dict[tuple[str, object], Entry] = {}
    for entry in entries:
        if _same(entry) not in known:
            found.setdefault(_same(entry), entry)
    return list(found.values())


def _known() -> str:
    sites = "Letterboxd, IMDb, Trakt, Simkl, TV Time, MovieLens, Radarr or recsys"
    return f"Use an export of {sites}, or a CSV or JSON table with a column title."
