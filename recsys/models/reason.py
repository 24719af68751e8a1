"""Structured reasons for recommendations; `recsys.serving.reasons` converts them to sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

TEXT = "text"  # block of the words of texts; as a trait without a term it says that two items share some of them
SERIES = "series"  # block of the trait that says that two items belong to one series
TITLE = "title"  # block of words that two titles have in common


ORIGINS = {"sequel", "prequel", "remake", "reboot", "spin-off"}  # keywords for where a story comes from
CACHED = 20_000  # number of traits of which `is_telling` is cached, because each list asks for hundreds


@lru_cache(CACHED)
def is_telling(trait: tuple[str, str]) -> bool:
    """Whether a shared (block, term) is informative in a reason.

    Genres are not, because the card shows them anyway; nor are the words of a text, nor the source of a story ("based
    on novel").

    >>> is_telling(("keywords", "toys")), is_telling(("keywords", "based on novel")), is_telling(("genres", "Comedy"))
    (True, False, False)
    """
    block, term = trait[0], trait[1].lower()
    return block not in ("genres", TEXT) and term not in ORIGINS and not term.startswith("based on ")


class Kind(StrEnum):
    """Kinds of reasons. The value is the text with which `str(reason)` begins."""

    POPULAR = "Popular"
    LATELY = "Chosen more often lately than before"
    NO_HISTORY = "Popular: the history is empty"
    UNKNOWN_HISTORY = "Popular: the model knows no item of the history"
    UNLIKE = "Fills the list: nothing in common with"
    UNKNOWN_ITEM = "Popular: the model knows too little of"
    HISTORY = "Because of"
    RATINGS = "Fits the ratings of the history"
    LIKED_TOGETHER = "Liked by the same users as"
    CHOSEN_TOGETHER = "Chosen by the same users as"
    SAME_TASTE = "For the taste of users of"
    NEIGHBOURS = "Chosen by the most similar users"
    GROUP = "Popular with users of similar taste"
    GROUP_OF_ITEM = "Popular with users who would like"
    TRAITS = "Shares content"
    TRAITS_OF_ITEM = "Shares content with"
    TAGS = "Shares tags"
    MEANING = "About the same as"
    TASTE = "Matches the taste of the history"


ALIKE = frozenset(
    (Kind.LIKED_TOGETHER, Kind.CHOSEN_TOGETHER, Kind.TRAITS, Kind.TRAITS_OF_ITEM, Kind.TAGS, Kind.MEANING)
)
"""Kinds that state a similarity of two items; they are not used if the score is 0."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for one item.

    `str(reason)` is a plain text with ids, for use without a catalogue.

    Attributes:
        kind: the kind of statement.
        items: ids of the items that the reason names: items of the history (HISTORY, TRAITS_OF_ITEM, MEANING) or the
            item that others were compared with.
        traits: (block, term) pairs, the most important first, such as ("genres", "Comedy").
        count, of: NEIGHBOURS: `count` of the `of` most similar users chose the item.

    >>> str(Reason(Kind.HISTORY, ("i7", "i9")))
    'Because of i7, i9'
    >>> str(Reason(Kind.TRAITS_OF_ITEM, ("i7",), (("genres", "Comedy"), ("cast", "Tom Hanks"))))
    'Shares content with i7: Comedy, Tom Hanks'
    """

    kind: Kind
    items: tuple[str, ...] = ()
    traits: tuple[tuple[str, str], ...] = ()
    count: int = 0
    of: int = 0

    def __str__(self) -> str:
        text = " ".join([self.kind.value, ", ".join(self.items)]).rstrip()
        details = ", ".join(term for _, term in self.traits if term) or (
            f"{self.count} of {self.of}" if self.of else ""
        )
        return f"{text}: {details}" if details else text
