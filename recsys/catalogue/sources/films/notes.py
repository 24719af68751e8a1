"""Read the project's film notes and add them to films: director, cast, keywords, plot line, language, genres."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from recsys.catalogue.sources.films.film import imdb_id
from recsys.catalogue.titles import key, parse
from recsys.data.bundled import bundled
from recsys.errors import BadData, SourceError

NOTES = bundled("film_notes.jsonl")
DISTINCTIVE = 12
"""Fewest letters of a folded title for which a year that differs by one is accepted."""
TELLING = 4
"""Fewest letters of a word that two titles rarely share by chance."""


@cache
def load(path: Path = NOTES) -> tuple[dict, ...]:
    """Read all notes, with `title` in reading order, `alternatives`, and `keys` (its names in folded form).

    Raises:
        SourceError: the file is missing.
        BadData: a line is not a note; the text names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SourceError(f"The film notes are missing: {path} should be in the project's data folder.") from None
    notes = []
    for number, line in enumerate(lines, start=1):
        try:
            note = json.loads(line)
            title = parse(note["title"])
        except (json.JSONDecodeError, KeyError, TypeError):
            raise BadData(f"{path.name}, line {number}: not a JSON object with a title.") from None
        original = [note["original_title"]] if note.get("original_title") else []
        alternatives = list(dict.fromkeys([*title.alternatives, *original]))
        keys = {key(name) for name in (title.main, *alternatives)}
        notes.append(note | {"title": title.main, "alternatives": alternatives, "keys": keys})
    return tuple(notes)


def enrich(items: list[dict], id_field: str, notes: Sequence[dict] | None = None) -> int:
    """Add the notes to films, in place; return the number of films with a note.

    A note is matched by IMDb id, else by the data set's id if a name agrees too, else by a name and the year, else by
    a long name that is unique among films and notes and a year that differs by one.

    Args:
        items: films as the source returns them.
        id_field: the field of a note with the data set's own ids, `movielens_id` or `ml100k_id`.
        notes: the notes (default: the project's).
    """
    notes = load() if notes is None else notes
    keys = [{key(name) for name in (item["title"], *item["alternatives"])} - {""} for item in items]
    matched = _by_id(items, keys, id_field, notes)
    taken = {id(note) for note in matched.values()}
    matched |= {row: note for row, note in _by_name(items, keys, notes, set(matched)).items() if id(note) not in taken}
    for row, note in matched.items():
        _add(items[row], note, keys[row])
    return len(matched)


def _by_id(items: list[dict], keys: list[set[str]], id_field: str, notes: Sequence[dict]) -> dict[int, dict]:
    """Notes by row of the films whose IMDb id or data set's id they have."""
    by_imdb = {imdb_id(note["imdb_id"]): note for note in notes if note.get("imdb_id")}
    by_id = {note[id_field]: note for note in notes if note.get(id_field)}
    matched = {}
    for row, item in enumerate(items):
        note = by_id.get(item["item_id"])
        if same := by_imdb.get(item.get("imdb_id") or ""):
            matched[row] = same
        elif note and _same_film(item, keys[row], note):
            matched[row] = note
    return matched


def _by_name(items: list[dict], keys: list[set[str]], notes: Sequence[dict], known: set[int]) -> dict[int, dict]:
    """Notes by row of the other films whose name and year they have."""
    by_name, by_key = defaultdict(list), defaultdict(list)
    for note in notes:
        for name in note["keys"]:
            by_name[name, note["year"]].append(note)
            by_key[name].append(note)
    count = Counter(name for names in keys for name in names)
    matched = {}
    for row, item in enumerate(items):
        if row in known:
            continue
        same = _only(note for name in keys[row] for note in by_name.get((name, item["year"]), ()))
        if same is None:
            same = _only(
                note
                for name in keys[row]
                if len(name) >= DISTINCTIVE and count[name] == 1 and len(by_key.get(name, ())) == 1
                for note in by_key[name]
                if _near(item["year"], note["year"])
            )
        if same is not None:
            matched[row] = same
    return matched


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
    """Whether an id means the same film here as in the notes: files like MovieLens's can have different ids."""
    if names & note["keys"]:
        return True
    words = set(" ".join(names).split()) & set(" ".join(note["keys"]).split())
    return _near(item["year"], note["year"]) and any(len(word) >= TELLING for word in words)


def _near(year: int | None, other: int | None) -> bool:
    return year is not None and other is not None and abs(year - other) <= 1


def _only(notes: Iterable[dict]) -> dict | None:
    """Return the note if all given notes are the same one; None if there are different notes or no note."""
    different = {id(note): note for note in notes}
    return next(iter(different.values())) if len(different) == 1 else None
