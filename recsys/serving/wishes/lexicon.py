"""The words that a wish may use: for directions, genres and languages, and the small words between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from recsys.catalogue.titles import fold
from recsys.serving.filters import Facets
from recsys.serving.search_facets import FILLERS, LANGUAGES, genre_words
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.wish import Kind

LONGEST = 4  # words of the longest phrase
# Texts before items to be like.
INTROS = (
    *("like", "similar to", "in the style of", "in the vein of", "in the spirit of", "reminiscent of", "a mix of"),
    *("mix of", "a cross between", "cross between", "a mixture of", "mixture of", "a blend of", "blend of", "akin to"),
    *("along the lines of", "resembling", "same as"),
)
UNLIKE = ("unlike",)
# Words after which another item to be like may follow.
JOINS = frozenset("and or nor plus meets crossed x a an the film films movie movies".split())
NEGATIONS = frozenset("not no without nothing never non minus except excluding avoid isnt arent dont none nor".split())
MORE, LESS = frozenset(("more", "extra")), frozenset(("less", "fewer"))
DEGREES = frozenset("too so as that very overly particularly really quite".split())
"""After a negation these ask for less: "not too scary"."""
AND = frozenset(("and", "or", "nor"))
ENDS = frozenset("but except only just".split()) | NEGATIONS | MORE | LESS
# Words that say nothing besides what was understood.
SMALL = FILLERS | frozenset(
    "about also am and anything are as at be been bit book books bunch but can could course courses do does else "
    "enough even ever feel feeling feels few find game games get give had has have having i if in instead into is "
    "it item items its just kind learn little look looking lot lots love made maybe me much my need nor on one only "
    "onto or other own perhaps pick place please plus quite rather really recommend see set show slightly so "
    "something somewhat sort story stuff style suggest takes than that the them then there these they thing things "
    "this those though time to tone too touch type us very vibe want was watch way we were what where which while "
    "who will would you your whole entire another ever".split()
)
# Countries whose films are mostly in a language of their own; the data knows languages alone.
COUNTRIES = {
    "france": "fr", "germany": "de", "italy": "it", "spain": "es", "japan": "ja", "korea": "ko", "south korea": "ko",
    "china": "zh", "hong kong": "zh", "taiwan": "zh", "russia": "ru", "sweden": "sv", "denmark": "da", "norway": "no",
    "finland": "fi", "poland": "pl", "hungary": "hu", "iran": "fa", "turkey": "tr", "brazil": "pt", "india": "hi",
    "thailand": "th", "greece": "el", "netherlands": "nl", "israel": "he", "iceland": "is", "czech republic": "cs",
}  # fmt: skip

# Countries that share their language with others.
NATIONALITIES = frozenset("american british australian canadian irish scottish mexican argentinian usa uk us".split())


class Word(NamedTuple):
    """What a phrase means: the kind of the part, its value, and the sign of a direction."""

    kind: Kind
    value: str
    sign: int = 1


class Lexicon:
    """Phrases of directions, genres and languages of one catalogue, in folded form."""

    def __init__(self, facets: Facets):
        self._found: dict[str, Word] = {}
        self._add(
            (word, Word(Kind.GENRE, genres[0])) for word, genres in genre_words(facets.genres) if len(genres) == 1
        )
        if facets.languages:
            for code, words in LANGUAGES.items():
                self._add((word, Word(Kind.LANGUAGE, code)) for word in words.split())
            self._add((name, Word(Kind.LANGUAGE, code)) for name, code in COUNTRIES.items())
        names = {fold(genre) for genre in facets.genres}
        for direction in directions().values():
            for sign, words in ((1, (direction.more, *direction.up)), (-1, (direction.less, *direction.down))):
                # "scary" is a direction although it is also a word for a genre, but a genre's own name is the genre
                self._add((word, Word(Kind.DIRECTION, direction.name, sign)) for word in words if word not in names)

    def at(self, words: list[str], place: int) -> tuple[int, Word] | None:
        """The longest phrase that begins at a word: its number of words, and what it means."""
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            found = self._found.get(" ".join(words[place : place + length]))
            if found is not None:
                return length, found
        return None

    def _add(self, words: Iterable[tuple[str, Word]]) -> None:
        self._found |= {fold(word): meaning for word, meaning in words}


def begins(phrases: Iterable[str], words: list[str], place: int) -> int:
    """Number of words of the longest of the phrases that begins at a word; 0 if there is none."""
    lengths = [len(parts) for phrase in phrases if words[place : place + len(parts := phrase.split())] == parts]
    return max(lengths, default=0)
