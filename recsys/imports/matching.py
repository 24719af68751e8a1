"""Match imported titles to the items of a catalogue by identifier, else by title and year; ambiguous ones stay open."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recsys.catalogue.titles import ARTICLES, fold, parse
from recsys.imports.entries import Entry

NOT_HERE = "not in this catalogue"
SEVERAL = "several titles fit: {labels}"
MOST_NAMED = 3
_ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
}  # x and i are not converted, because they are letters in titles
_WORDS = {
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
}
_POSSESSOR = re.compile(r"^(?:[A-Z][\w.]*\s+){1,3}[A-Z]\w*(?:['’]s|s['’])\s+(?=\S)")  # such as "William Shakespeare's"
_PART = re.compile(r" (?:part|volume|vol|chapter)(?= \d)")
_SUBTITLE = re.compile(r"\s*(?::|\s[-–—])\s+")


@dataclass(frozen=True)
class CatalogueItem:
    """Fields of an item that matching uses: its id, label, year, identifiers by site, and all its names."""

    item_id: str
    label: str
    year: int | None
    ids: dict[str, str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """An entry and the id of its item, or the reason why no item matches."""

    entry: Entry
    item_id: str | None
    why: str = ""


class TitleIndex:
    """Index of a catalogue for matching; built once for each catalogue and thread-safe."""

    def __init__(self, items: Iterable[CatalogueItem]):
        self._ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[str, set[str]] = defaultdict(set)
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._parts: dict[str, set[str]] = defaultdict(set)
        self._loose: dict[str, set[str]] = defaultdict(set)
        self._years: dict[str, int | None] = {}
        self._labels: dict[str, str] = {}
        for item in items:
            self._years[item.item_id], self._labels[item.item_id] = item.year, item.label
            self._ids["item", item.item_id].add(item.item_id)
            for site, name in item.ids.items():
                self._ids[site, name].add(item.item_id)
            for name in item.names:
                self._names[title_key(name)].add(item.item_id)
                self._exact[fold(name)].add(item.item_id)
                for part in _parts(name):
                    self._parts[part].add(item.item_id)
                for key in _loose(name):
                    self._loose[key].add(item.item_id)

    def match(self, entry: Entry) -> Match:
        """Find the item of an entry.

        An identifier decides. Without one, a title must match exactly one item of the same year, or, if no item has
        that year, exactly one item of an adjacent year; without a year it must match exactly one item of all. If the
        whole title matches no item, it may be a part (before or after a colon or dash) of exactly one item's title of
        the same year, or the item's title a part of it; or it may differ in spaces, in the words for a part, in what
        stands between title and subtitle, or in the name of its maker.
        """
        for site, name in entry.ids.items():
            found = self._ids.get((site, name), set())
            if len(found) == 1:
                return Match(entry, next(iter(found)))
        whole = set().union(*(self._names.get(title_key(name), set()) for name in _written(entry)))
        match = self._of_year(entry, whole, exact=False)
        if match is not None and match.item_id is None:  # `9` is not `Nine` if both are here
            same = whole & set().union(*(self._exact.get(fold(name), set()) for name in _written(entry)))
            match = self._of_year(entry, same, exact=False) or match
        if match is not None:
            return match
        if entry.year is not None:
            for found in (self._in_part(entry), self._loosely(entry)):
                match = self._of_year(entry, found, exact=True)
                if match is not None:
                    return match
        return Match(entry, None, NOT_HERE)

    def _in_part(self, entry: Entry) -> set[str]:
        found: set[str] = set()
        for name in _written(entry):
            found |= self._parts.get(title_key(name), set())
            found |= set().union(*(self._names.get(part, set()) for part in _parts(name)[:1]))
        return found

    def _loosely(self, entry: Entry) -> set[str]:
        keys = {key for name in _written(entry) for key in _loose(name)}
        return set().union(*(self._loose.get(key, set()) for key in keys))

    def _of_year(self, entry: Entry, found: set[str], exact: bool) -> Match | None:
        """The item of the entry's year among `found`: a refusal if several have it, None if no item has it."""
        if entry.year is None:
            candidates = found
        else:
            candidates = {item for item in found if self._years[item] == entry.year}
            if not candidates and not exact:
                candidates = {item for item in found if self._near(item, entry.year)}
        if not candidates:
            return None
        if len(candidates) == 1:
            return Match(entry, next(iter(candidates)))
        labels = sorted(self._labels[item] for item in candidates)
        named = ", ".join(labels[:MOST_NAMED]) + (", …" if len(labels) > MOST_NAMED else "")
        return Match(entry, None, SEVERAL.format(labels=named))

    def _near(self, item: str, year: int) -> bool:
        known = self._years[item]
        return known is None or abs(known - year) <= 1


def title_key(title: str) -> str:
    """Return the form of a title that is compared: folded, without a leading article, numerals as digits.

    >>> title_key("The Godfather: Part II") == title_key("Godfather, Part 2")
    True
    >>> title_key("Amélie") == title_key("AMELIE"), title_key("Fast & Furious") == title_key("Fast and Furious")
    (True, True)
    """
    words = [_ROMAN.get(word) or _WORDS.get(word) or word for word in fold(title).split()]
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


def _written(entry: Entry) -> Iterator[str]:
    """Yield the names of an entry, including those in parentheses."""
    for written in filter(None, dict.fromkeys((entry.title, entry.original_title))):
        title = parse(written)
        yield from (written, title.main, *title.alternatives)


def _parts(name: str) -> list[str]:
    """The parts of a name before the first and after each colon or dash, as in `Star Wars: A - B`."""
    pieces = _SUBTITLE.split(name)
    if len(pieces) == 1:
        return []
    tails = [" ".join(pieces[start:]) for start in range(1, len(pieces))]
    return [key for key in (title_key(pieces[0]), *map(title_key, tails)) if key and not key.isdecimal()]


def _loose(name: str) -> set[str]:
    """Keys of a name that ignore spaces, words for a part, what is between title and subtitle, and a possessor.

    >>> _loose("Old Boy") == _loose("Oldboy"), _loose("Kill Bill: Volume 2") == _loose("Kill Bill: Vol. 2")
    (True, True)
    >>> sorted(_loose("Star Wars: Episode VII - The Force Awakens"))
    ['starwarsepisode7theforceawakens', 'starwarsforceawakens']
    >>> sorted(_loose("William Shakespeare's Romeo + Juliet"))
    ['romeojuliet', 'williamshakespearesromeojuliet']
    """
    pieces = _SUBTITLE.split(name)
    written = {name, _POSSESSOR.sub("", name)}
    keys = {title_key(one) for one in written}
    if len(pieces) > 1:
        keys.add(f"{title_key(pieces[0])} {title_key(pieces[-1])}")
    return {_PART.sub("", f" {one} ").replace(" ", "") for one in keys} - {""}
