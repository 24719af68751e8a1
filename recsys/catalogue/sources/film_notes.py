"""The project's own notes on films: director, cast, keywords, logline, language, and further genres."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

from recsys.catalogue.sources.raw import Raw
from recsys.catalogue.titles import key, parse
from recsys.data.bundled import bundled
from recsys.errors import BadData, SourceError

NOTES = bundled("film_notes.jsonl")
DISTINCTIVE = 12
"""Letters a folded title needs for a year that is off by one to be forgiven."""

TELLING = 4
"""Letters of a word that two titles may share by more than chance."""


@cache
def load(path: Path = NOTES) -> tuple[dict, ...]:
    """Every note, with `title` in reading order, `alternatives`, and `keys` (what its names share with spellings).

    Raises:
        SourceError: the file is missing.
        BadData: a line is not a note; names it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SourceError(f"The film notes are missing: {path} does not exist. Install the project again.") from None
    notes = []
    for number, line in enumerate(lines, start=1):
        try:
            note = json.loads(line)
            title = parse(note["title"])
        except (json.JSONDecodeError, KeyError, TypeError):
            raise BadData(f"{path.name}, line {number}: not a JSON object with a title.") from None
        names = [title.main, *title.alternatives]
        notes.append(note | {"title": title.main, "alternatives": names[1:], "keys": {key(name) for name in names}})
    return tuple(notes)


def enrich(items: list[dict], id_field: str, notes: tuple[dict, ...] | None = None) -> int:
    """Add what the notes know to films, in place; returns how many films have a note.

    A note is matched by id where names agree too, else by a name and the year, else by a long name that is
    unique on both sides and a year that is off by one.

    Args:
        items: films as a source made them.
        id_field: `movielens_id` or `ml100k_id`.
        notes: the notes (default: the project's).
    """
    notes = load() if notes is None else notes
    by_id = {note[id_field]: note for note in notes if note.get(id_field)}
    by_name, by_key = defaultdict(list), defaultdict(list)
    for note in notes:
        for name in note["keys"]:
            by_name[name, note["year"]].append(note)
            by_key[name].append(note)
    keys = [{key(name) for name in (item["title"], *item["alternatives"])} - {""} for item in items]
    how_often: dict[str, int] = defaultdict(int)
    for names in keys:
        for name in names:
            how_often[name] += 1
    matched, taken = {}, set()
    for row, item in enumerate(items):
        note = by_id.get(item["item_id"])
        if note and _same_film(item, keys[row], note):
            matched[row] = note
            taken.add(id(note))
    for row, item in enumerate(items):
        if row in matched:
            continue
        same = _only(note for name in keys[row] for note in by_name.get((name, item["year"]), ()))
        if same is None:
            same = _only(
                note
                for name in keys[row]
                if len(name) >= DISTINCTIVE and how_often[name] == 1 and len(by_key.get(name, ())) == 1
                for note in by_key[name]
                if _near(item["year"], note["year"])
            )
        if same is not None and id(same) not in taken:
            matched[row] = same
    for row, note in matched.items():
        _add(items[row], note, keys[row])
    return len(matched)


def read() -> Raw:
    """The films of the notes alone: a catalogue without ratings; ids are MovieLens's where known.

    Raises:
        SourceError: the file is missing.
    """
    items = []
    for number, note in enumerate(load(), start=1):
        item = {
            "item_id": note.get("movielens_id") or f"note-{number}",
            "title": note["title"],
            "alternatives": [],
            "year": note["year"],
            "genres": [],
            "keywords": [],
        }
        _add(item, note, {key(note["title"])})
        items.append(item)
    return Raw(
        dataset="film-notes",
        title="the project's film notes, without ratings",
        items=items,
        ratings=(),
        licence="the project's own licence",
        redistributable=True,
        source=str(NOTES.name),
        fingerprint="film-notes",
    )


def _add(item: dict, note: dict, keys: set[str]) -> None:
    item["director"] = note.get("director") or ""
    item["cast"] = list(note.get("cast") or ())
    item["overview"] = note.get("logline") or ""
    item["language"] = note.get("language") or ""
    own = list(note.get("keywords") or ())
    item["keywords"] = own + [word for word in item["keywords"] if word not in set(own)]
    item["year"] = item["year"] or note.get("year")
    item["genres"] = list(dict.fromkeys([*item["genres"], *(note.get("genres") or ())]))
    for name in (note["title"], *note["alternatives"]):
        if key(name) not in keys:
            item["alternatives"].append(name)
            keys.add(key(name))


def _same_film(item: dict, names: set[str], note: dict) -> bool:
    """Whether an id means the same film here as in the notes: own data in MovieLens's files has ids of its own."""
    if names & note["keys"]:
        return True
    words = set(" ".join(names).split()) & set(" ".join(note["keys"]).split())
    return _near(item["year"], note["year"]) and any(len(word) >= TELLING for word in words)


def _near(year: int | None, other: int | None) -> bool:
    return year is not None and other is not None and abs(year - other) <= 1


def _only(notes: object) -> dict | None:
    """The one note of several mentions of it; None where there are none or different ones."""
    different = {id(note): note for note in notes}  # type: ignore[attr-defined]
    return next(iter(different.values())) if len(different) == 1 else None
