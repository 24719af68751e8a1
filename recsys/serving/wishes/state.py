"""The state of reading a wish from left to right, and the words of its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from recsys.catalogue.titles import ARTICLES, fold
from recsys.serving.wishes import lexicon
from recsys.serving.wishes.wish import Part

MOST_WORDS = 60  # the rest of a longer text is not read
BREAK = re.compile(r"[,;:/+…!?\n]|\.(?=\s|$)|\s[-–—]\s")
PIECE = re.compile(r"[^\s,;:/+…!?]+")
HOURS, MINUTES = frozenset("h hr hrs hour hours".split()), frozenset("min mins minute minutes m".split())
NUMBERS = {"one": 1.0, "an": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}


@dataclass
class Reading:
    """What has been read so far.

    Attributes:
        words: the folded words; `breaks` holds the places before which there is a comma or the like.
        titles: ids and years of the items that runs of the words name.
        parts: the parts that were read.
        negation: the negation that applies to the next phrase, "" if there is none.
        negates_adjectives: whether the negation is of directions before what is wanted: "not violent or sad films".
        mode: "more", "less" or "".
        seed_sign, seed_weight: of the next item.
        seeds_may_follow: whether an item may be named next.
        due: whether an item was announced ("like …") and not named yet.
        asks: whether an item was ever announced.
        guesses: number of names that were searched with typos.
        left: words that name nothing, with their places and signs.
    """

    words: list[str]
    breaks: frozenset[int]
    titles: Mapping[str, list[tuple[str, int | None]]]
    parts: list[Part] = field(default_factory=list)
    negation: str = ""
    negates_adjectives: bool = False
    mode: str = ""
    seed_sign: int = 1
    seed_weight: float = 1.0
    seeds_may_follow: bool = True
    due: bool = False
    asks: bool = False
    guesses: int = 0
    left: list[tuple[int, str, int]] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Add a part unless there is one like it."""
        if all((one.kind, one.value) != (part.kind, part.value) for one in self.parts):
            self.parts.append(part)

    def forget(self) -> None:
        """End the reach of a negation and of "more" and "less"."""
        self.negation = self.mode = ""
        self.negates_adjectives = False

    def phrase(self, place: int, length: int) -> str:
        """Some words as text."""
        return " ".join(self.words[place : place + length])

    def until_break(self, place: int, most: int) -> int:
        """Number of words from a place to the next break, at most `most`."""
        ends = [other - place for other in self.breaks if other > place]
        return min([most, len(self.words) - place, *ends])


def split_words(text: str) -> tuple[list[str], frozenset[int]]:
    """The folded words of a text, and the places of words before which there is a comma or the like."""
    words: list[str] = []
    breaks: set[int] = set()
    end = 0
    for piece in PIECE.finditer(text):
        if words and BREAK.search(text[max(0, end - 1) : piece.start() + 1]):
            breaks.add(len(words))
        words += fold(piece[0]).split()
        end = piece.end()
    return words[:MOST_WORDS], frozenset(breaks)


def take_grammar(state: Reading, place: int) -> int:
    """Read a negation, "more", "less" or a word that ends their reach."""
    word = state.words[place]
    if word in lexicon.NEGATIONS:
        state.forget()
        state.negation = word if word in ("no", "nothing", "without") else "not"
        state.due = False
        if place + 1 < len(state.words) and state.words[place + 1] in lexicon.DEGREES:
            state.negation, state.mode = "", "less"
            return 2
        return 1
    if word in lexicon.MORE or word in lexicon.LESS:
        state.mode = "more" if word in lexicon.MORE else "less"
        return 1
    if word == "but":
        state.forget()
        state.due = state.seeds_may_follow = False
        return 1
    return 0


def with_year(named: list[tuple[str, int | None]], words: list[str], place: int) -> tuple[str, int]:
    """The item of that name, by the year after it if there is one, and the number of words of the year.

    An article may be before the year, as catalogues write it: "Ring, The (2002)".
    """
    skipped = int(place + 1 < len(words) and words[place] in ARTICLES)
    year = words[place + skipped] if place + skipped < len(words) else ""
    dated = next((item_id for item_id, own in named if str(own) == year), None)
    return (named[0][0], 0) if dated is None else (dated, 1 + skipped)


def duration(words: list[str], place: int) -> tuple[int, int] | None:
    """Minutes of a duration such as "2 hours" or "90 min", and its number of words; None if there is none."""
    if place + 1 >= len(words):
        return None
    number, unit = words[place], words[place + 1]
    value = float(number) if number.isdecimal() and len(number) <= 4 else NUMBERS.get(number)
    if value is None or unit not in HOURS | MINUTES:
        return None
    minutes = round(value * 60 if unit in HOURS else value)
    return (minutes, 2) if 1 <= minutes <= 10_000 else None
