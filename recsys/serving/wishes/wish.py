"""The parts of a wish, such as a film to be like, a direction, a genre or years to keep to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

MORE_LIKE = "more like "  # before the title of an item that counts twice


class Kind(StrEnum):
    """What a part of a wish names."""

    SEED = "seed"  # an item; the value is its id
    DIRECTION = "direction"  # a direction of directions.toml; the value is its name
    MORE_GENRE = "more of a genre"  # a direction towards or away from a genre
    GENRE = "genre"  # a genre that items must have or must not have
    LANGUAGE = "language"  # a language code
    PERSON = "person"  # a director or actor; the value is the folded name
    YEARS = "years"  # "1990 1999"
    MINUTES = "minutes"  # the longest running time
    THEME = "theme"  # a keyword
    ABOUT = "about"  # words of descriptions
    UNKNOWN = "unknown"  # words that name nothing in the catalogue


@dataclass(frozen=True)
class Part:
    """One part of a wish.

    Attributes:
        kind: what it names.
        value: what it names, as text.
        words: the part in words; read as a wish, they give the same part.
        sign: 1 to have it or more of it, -1 to have less of it or not to have it.
        weight: of a seed relative to the others.
        excludes: whether items with it are left out; for parts with sign -1.
        why: why the part is not used; "" if it is.
    """

    kind: Kind
    value: str
    words: str
    sign: int = 1
    weight: float = 1.0
    excludes: bool = False
    why: str = ""

    @property
    def used(self) -> bool:
        """Whether the part changes the answer."""
        return self.kind is not Kind.UNKNOWN and not self.why


@dataclass(frozen=True)
class Wish:
    """A wish: its parts in the order of the text.

    Attributes:
        parts: the parts.
        asks: whether the text says that it wants something like an item ("like", "similar to").
    """

    parts: tuple[Part, ...] = ()
    asks: bool = False

    def of(self, *kinds: Kind) -> tuple[Part, ...]:
        """The used parts of these kinds."""
        return tuple(part for part in self.parts if part.kind in kinds and part.used)

    @property
    def seeds(self) -> tuple[Part, ...]:
        """The items to be like."""
        return tuple(part for part in self.of(Kind.SEED) if part.sign > 0)

    @property
    def unused(self) -> tuple[Part, ...]:
        """The parts that were not understood or cannot be applied."""
        return tuple(part for part in self.parts if not part.used)

    @property
    def is_clear(self) -> bool:
        """Whether every word was understood as something other than words of a description."""
        return bool(self.parts) and not any(part.kind in (Kind.ABOUT, Kind.UNKNOWN) for part in self.parts)

    @property
    def is_only_facets(self) -> bool:
        """Whether it names only what items must have, as a search text does."""
        plain = (Kind.GENRE, Kind.LANGUAGE, Kind.PERSON, Kind.YEARS, Kind.ABOUT, Kind.UNKNOWN, Kind.THEME)
        return all(part.kind in plain and part.sign > 0 for part in self.parts)

    def without(self, place: int) -> str:
        """The text of the wish without the part at a place; "" if nothing is left."""
        return text_of([part for other, part in enumerate(self.parts) if other != place])

    def changed(self, place: int, words: str) -> str:
        """The text of the wish with other words for the part at a place, which stays where it is."""
        parts = [replace(part, words=words) if other == place else part for other, part in enumerate(self.parts)]
        return text_of(parts)

    @property
    def text(self) -> str:
        """The wish as text; read as a wish, it gives the same parts."""
        return text_of(self.parts)


def text_of(parts: Sequence[Part]) -> str:
    """The text of a wish with these parts.

    >>> text_of([Part(Kind.SEED, "1", "Heat (1995)"), Part(Kind.DIRECTION, "funny", "funnier")])
    'like Heat (1995), funnier'
    """
    seeds = [part for part in parts if part.kind is Kind.SEED and part.sign > 0]
    others = [part.words for part in parts if part not in seeds]
    return ", ".join(filter(None, [_like(seeds), *others]))


def _like(seeds: Sequence[Part]) -> str:
    """The items to be like in words: "like Heat (1995) and more like Drive (2011)"; "" without items."""
    order = sorted(seeds, key=lambda part: part.words.startswith(MORE_LIKE))  # "like more like" is no beginning
    names = [part.words for part in order]
    return f"like {' and '.join([names[0].removeprefix(MORE_LIKE), *names[1:]])}" if names else ""


def sentence(wish: Wish) -> str:
    """What was understood and what was not, for a note: "Understood as: like Heat (1995), funnier."."""
    found = text_of([part for part in wish.parts if part.used])
    return " ".join(filter(None, [f"Understood as: {found}." if found else "", not_used(wish)]))


def not_used(wish: Wish) -> str:
    """What was not understood, and what cannot be applied, as sentences; "" if there is nothing."""
    words = [(f"“{part.words}”", part.why) for part in wish.parts if part.kind is Kind.UNKNOWN]
    unknown = ", ".join(f"{text} ({why})" if why else text for text, why in words)
    impossible = ", ".join(f"{part.words} ({part.why})" for part in wish.unused if part.kind is not Kind.UNKNOWN)
    sentences = (("Not understood", unknown), ("Not possible here", impossible))
    return " ".join(f"{opening}: {text}." for opening, text in sentences if text)
