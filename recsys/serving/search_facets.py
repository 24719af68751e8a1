"""Understand what a search text names: genres, languages, years, people, a theme: "korean thriller", "80s time travel".

What is left of the text is searched in titles and descriptions as before. No language model is needed: the words are
compared with the genres, languages, people and themes of the catalogue and with the lists below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys.catalogue.titles import FIRST_YEAR, LAST_YEAR, fold
from recsys.errors import listing
from recsys.serving.filters import Facets, Filters
from recsys.serving.people import People
from recsys.serving.themes import THEME, Themes, names_theme

LONGEST = 4  # words of the longest phrase that is looked up
MOST_WORDS = 20  # longer texts are descriptions
FEWEST_WITH_THEME = 3  # with fewer items, a keyword is more likely a word of a title or description
# Words for a language by its code; only those that the catalogue has are understood.
LANGUAGES = {
    "ar": "arabic",
    "bn": "bengali",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fa": "persian iranian farsi",
    "fi": "finnish",
    "fr": "french",
    "ga": "gaelic",
    "el": "greek",
    "he": "hebrew israeli",
    "hi": "hindi bollywood",
    "hu": "hungarian",
    "id": "indonesian",
    "is": "icelandic",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese brazilian",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "th": "thai",
    "tr": "turkish",
    "uk": "ukrainian",
    "vi": "vietnamese",
    "zh": "chinese mandarin cantonese",
}
# Other words for genres, in folded form; only genres that the catalogue has are understood.
GENRES = {
    "Animation": ("animated", "animations", "cartoon", "cartoons"),
    "Children": ("children s", "kids", "family"),
    "Comedy": ("funny",),
    "Documentary": ("docs", "documentaries"),
    "Film-Noir": ("noir", "noirs"),
    "Horror": ("scary",),
    "Romance": ("romantic", "love stories"),
    "Sci-Fi": ("scifi", "science fiction", "sf"),
    "Thriller": ("suspense",),
}
PAIRS = {("Romance", "Comedy"): ("romcom", "romcoms", "rom com", "rom coms")}
DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
BY = frozenset("by of with starring directed director".split())  # a last name after these words is a person
FROM, UNTIL = frozenset(("after", "since")), frozenset(("before", "until"))
# Words that say nothing besides what was understood.
FILLERS = frozenset(
    "a an and any best by directed director film films for from good great in made movie movies of or set some "
    "starring the top with".split()
)


def language_name(code: str) -> str:
    """The English name of a language, or the code itself if it is unknown.

    >>> language_name("fa"), language_name("Klingon")
    ('Persian', 'Klingon')
    """
    return LANGUAGES[code].split()[0].capitalize() if code in LANGUAGES else code


@dataclass
class Understood:
    """What a search text names.

    Attributes:
        genres, languages: values of the catalogue; an item must have all genres and one of the languages.
        years: first and last year, inclusive; None if no year is named.
        people: names in folded form; an item must have all of them.
        theme: a keyword in folded form that an item must have; "" if none is named.
        only_theme: whether the text is `theme:KEYWORD`, which no title is meant by.
        rest: the words that are left, without fillers.
    """

    genres: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    years: tuple[int, int] | None = None
    people: list[str] = field(default_factory=list)
    theme: str = ""
    only_theme: bool = False
    rest: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.n_named > 0

    @property
    def n_named(self) -> int:
        """Number of genres, languages, years, people and themes."""
        return len(self.genres) + len(self.languages) + len(self.people) + bool(self.years) + bool(self.theme)


class SearchFacets:
    """Reader of search texts for one catalogue.

    >>> from recsys.data import ItemFeatures
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"item_id": ["1"], "title": ["Heat"], "genres": [["Crime", "Sci-Fi"]], "year": [1995]})
    >>> features = ItemFeatures.from_frame(frame)
    >>> people = People(features, np.ones(1))
    >>> facets = SearchFacets(Facets(features, lambda: people), people, lambda: Themes(features))
    >>> found = facets.read("sci-fi films of the 90s about a robbery")
    >>> found.genres, found.years, found.rest
    (['Sci-Fi'], (1990, 1999), ['about', 'robbery'])
    """

    def __init__(self, facets: Facets, people: People, themes: Callable[[], Themes]):
        self._facets, self._people, self._themes = facets, people, themes
        self._genres = _phrases(genre_words(facets.genres))
        self._languages = _phrases(
            (word, (code,)) for code, words in LANGUAGES.items() if code in facets.languages for word in words.split()
        )

    def read(self, text: str) -> Understood:
        """What a text names; nothing if it is too long to be a list of such words."""
        if names_theme(text):
            theme = self._themes().named(fold(text[len(THEME) :]))
            return Understood(theme=theme, only_theme=True) if theme else Understood()
        words, found = fold(re.sub(r"(\d{4})\s*[-–]\s*(\d{4})", r"\1 to \2", text)).split(), Understood()
        if len(words) > MOST_WORDS:
            return found
        place, left = 0, []
        while place < len(words):
            used = self._take(words, place, found)
            if not used:
                left.append(words[place])
            place += max(used, 1)
        found.rest = [word for word in left if word not in FILLERS]
        if found.rest and found and (theme := self._theme(words)):  # "world war ii" is more than a war film
            return Understood(theme=theme)
        if theme := self._theme(left):
            found.theme, found.rest = theme, []
        return found

    def mask(self, found: Understood) -> np.ndarray:
        """(n_items,) bool: the items with all that was understood."""
        first, last = found.years or (None, None)
        parts = [
            Filters(languages=tuple(found.languages), year_from=first, year_to=last),
            *(Filters(genres_in=(genre,)) for genre in found.genres),
            *(Filters(people=(name,)) for name in found.people),
        ]
        passed = np.logical_and.reduce([self._facets.mask(part) for part in parts])
        if found.theme:
            passed &= self._themes().having(found.theme)
        return passed

    def sentence(self, found: Understood) -> str:
        """What was understood, and whether any item has all of it, as sentences; "" if nothing was understood."""
        parts = [*found.genres, *map(language_name, found.languages)]
        parts += [self._people.written(name) for name in found.people]
        if found.years is not None:
            first, last = (year if FIRST_YEAR < year < LAST_YEAR else None for year in found.years)
            span = str(first) if first == last else f"{first} to {last}"
            parts.append(span if first and last else f"from {first}" if first else f"until {last}")
        parts += [f"theme {self._themes().written(found.theme)}"] if found.theme else []
        if not parts:
            return ""
        if not self.mask(found).any():
            return f"Nothing here fits all of this: {listing(parts)}. The closest titles and descriptions follow."
        return f"Understood as: {listing(parts)}."

    def _take(self, words: list[str], place: int, found: Understood) -> int:
        """Read what begins at a word into `found`; return the number of words that were used."""
        for length in range(min(LONGEST, len(words) - place), 0, -1):
            phrase = " ".join(words[place : place + length])
            if genres := self._genres.get(phrase):
                found.genres += [one for one in genres if one not in found.genres]
                return length
            if codes := self._languages.get(phrase):
                found.languages += [one for one in codes if one not in found.languages]
                return length
            if self._is_person(words, place, phrase):
                found.people.append(self._people.full_name(phrase))
                return length
        return take_years(words, place, found)

    def _theme(self, words: list[str]) -> str:
        """The theme that words name all together, with or without fillers; "" if they name none."""
        telling = [word for word in words if word not in FILLERS and word != "about"]
        if not 0 < len(telling) <= LONGEST:
            return ""
        for phrase in dict.fromkeys((" ".join(words), " ".join(telling))):
            theme = self._themes().named(phrase)
            if theme and self._themes().having(theme).sum() >= FEWEST_WITH_THEME:
                return theme
        return ""

    def _is_person(self, words: list[str], place: int, phrase: str) -> bool:
        """Whether a phrase is a full name, or a last name after a word such as "by"."""
        if " " in phrase:
            return self._people.numbers(phrase) is not None
        return place > 0 and words[place - 1] in BY and bool(self._people.full_name(phrase))


def take_years(words: list[str], place: int, found: Understood) -> int:
    """Read a year, a decade or a range into `found`; return the number of words that were used."""
    word, after = words[place], words[place + 1 : place + 3]
    if word in FROM | UNTIL and after and (span := _span(after[0])):
        start = span[0] if word == "since" else span[1] + 1
        found.years = (start, LAST_YEAR) if word in FROM else (FIRST_YEAR, span[1] if word == "until" else span[0] - 1)
        return 2
    if (span := _span(word)) is None:
        return 0
    if len(after) == 2 and after[0] in ("to", "and") and (other := _span(after[1])) and other[1] >= span[0]:
        found.years = (span[0], other[1])
        return 3
    found.years = span
    return 1


def _span(word: str) -> tuple[int, int] | None:
    """First and last year of a year or decade: 1994, 1990s, 90s, nineties."""
    if word.isdecimal() and len(word) == 4:
        return (int(word), int(word)) if FIRST_YEAR <= int(word) <= LAST_YEAR else None
    if matched := re.fullmatch(r"(\d\d)?(\d)0s", word):
        century, decade = matched[1], int(matched[2])
        start = 10 * decade + (100 * int(century) if century else 1900 if decade > 2 else 2000)
        return (start, start + 9) if FIRST_YEAR <= start <= LAST_YEAR else None
    if word in DECADES:
        start = 1920 + 10 * DECADES.index(word)
        return start, start + 9
    return None


def genre_words(genres: Mapping[str, object]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Folded words for each genre: its name, its plural, and other words for it."""
    for genre in genres:
        name = fold(genre)
        plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
        for word in (name, plural, *GENRES.get(genre, ())):
            yield word, (genre,)
    for pair, words in PAIRS.items():
        if all(genre in genres for genre in pair):
            yield from ((word, pair) for word in words)


def _phrases(words: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    return {phrase: values for phrase, values in words if phrase}
