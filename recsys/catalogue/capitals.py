"""Restore the capital letters of tags: data sets write "new york city", the texts of items New York City."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

_ENDS = '.!?:“"('  # after these every word begins with a capital letter
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # keeps the length, unlike str.lower
_WORD, _SPACE = re.compile(r"\w+"), re.compile(r"([ -])")
CACHED = 10_000
FEWEST, SURE = 3, 0.9  # least number, and least share, of the occurrences of a word that make it a name
# Names in tags that few texts write, or write with a small letter.
NAMES = (
    "New York City, Washington D.C., Great Depression, World War I, World War II, World War III, World War Two, "
    "Disney, Pixar, Marvel, Marvel Comics, DC Comics, Studio Ghibli, DreamWorks, French New Wave, Middle Ages, "
    "Middle-earth, Jane Austen, Charles Dickens, Philip K. Dick, Dr. Seuss, Elvis Presley, Bruce Lee, Irving Berlin, "
    "Julius Caesar, Adolf Hitler, Charles de Gaulle, John F. Kennedy, Roman Empire, British Empire, Weimar Germany, "
    "Tudor England, Elizabethan England, Prague Spring, French Revolution, Saudi Arabia, Czech Republic, "
    "Wyatt Earp, Sherlock Holmes, Jack Ryan, James Bond, Robin Hood, King Arthur, Abraham Lincoln, Saddam Hussein, "
    "Leonardo da Vinci, Agatha Christie, Stephen King, Hitchcock, Saturday Night Live, Generation X, B movie, "
    "Olympic Games, US Senate, outer space, British humor, LGBT, FBI, CIA, KGB, NASA, MI6, IMAX"
)
_NAMED = {name.lower(): name for name in NAMES.split(", ")}


class Spelling:
    """Spelling of lower-case tags as most of the texts of a catalogue write them.

    The first word of a sentence does not count, and a part of a longer name ("vineyard" in "Martha's Vineyard") only if
    the tag is nowhere else. Words of a tag that no text has as a whole get the capitals that they nearly always have.

    >>> spelling = Spelling(["A heist in Paris.", "Heist! He leaves New York City.", *["In dark Paris, rain."] * 2])
    >>> [spelling.of(tag) for tag in ("paris", "heist", "new york city", "Noir", "paris noir")]
    ['Paris', 'heist', 'New York City', 'Noir', 'Paris noir']
    """

    def __init__(self, texts: Iterable[str]):
        self._texts = list(texts)
        self._folded = [text.translate(_LOWER) for text in self._texts]
        self.of = lru_cache(CACHED)(self._find)
        self._counted = lru_cache(CACHED)(self._count)

    @cached_property
    def _with_word(self) -> dict[str, list[int]]:
        """Numbers of the texts by word, because a search for each tag in all texts takes a quarter of a new list."""
        found: dict[str, list[int]] = {}
        for number, text in enumerate(self._folded):
            for word in set(_WORD.findall(text)):
                found.setdefault(word, []).append(number)
        return found

    def _find(self, tag: str) -> str:
        if not tag or tag != tag.lower():
            return tag
        if tag in _NAMED:
            return _NAMED[tag]
        alone, in_names = self._counted(tag)
        written = alone or in_names
        return written.most_common(1)[0][0] if written else self._by_word(tag)

    def _count(self, tag: str) -> tuple[Counter[str], Counter[str]]:
        """Number of occurrences by spelling, alone and as a part of a longer name."""
        alone: Counter[str] = Counter()
        in_names: Counter[str] = Counter()
        having = [self._with_word.get(word, ()) for word in _WORD.findall(tag)]
        for number in min(having, key=len, default=range(len(self._texts))):
            for spelling, is_part in _written(tag, self._texts[number], self._folded[number]):
                (in_names if is_part else alone)[spelling] += 1
        return alone, in_names

    def _by_word(self, tag: str) -> str:
        """The tag with the names in it, each the longest run of words, in capitals."""
        words = _SPACE.split(tag)
        found, place = [], 0
        while place < len(words):
            length = next((n for n in range(len(words) - place, 1, -1) if self._name(words, place, n)), 1)
            found.append(self._name(words, place, length) or words[place])
            place += length
        return "".join(found)

    def _name(self, words: list[str], place: int, length: int) -> str:
        """Spelling of a run of words if it is a name: nearly always written with a capital letter; otherwise ""."""
        run = "".join(words[place : place + length])
        if run in _NAMED:
            return _NAMED[run]
        alone = self._counted(run)[0] if run and run.strip(" -") == run else Counter()
        spelling, times = alone.most_common(1)[0] if alone else ("", 0)
        return spelling if spelling != run and times >= max(FEWEST, SURE * alone.total()) else ""


def _written(tag: str, text: str, folded: str) -> Iterator[tuple[str, bool]]:
    """The spellings of a tag in a text where it is whole words, except at the beginning of a sentence.

    With each, whether the word before or after it has a capital letter too, so that both are parts of one name.
    """
    # str.find is twenty times as fast as a regular expression that starts with a look-behind
    start = folded.find(tag)
    while start >= 0:
        end = start + len(tag)
        is_whole = not _is_of_word(text[max(0, start - 1) : start]) and not _is_of_word(text[end : end + 1])
        if is_whole and not _begins_sentence(text, start):
            yield text[start:end], _is_part_of_name(text, start, end)
        start = folded.find(tag, end)


def _begins_sentence(text: str, start: int) -> bool:
    previous = text[max(0, start - 3) : start].rstrip(" ")[-1:]
    return not previous or previous in _ENDS + "\n"


def _is_part_of_name(text: str, start: int, end: int) -> bool:
    """Whether a word in capitals stands next to a place in a text, with only a space between them."""
    if text[end : end + 1] == " " and text[end + 1 : end + 2].isupper():
        return True
    if text[start - 1 : start] != " ":
        return False
    word = max(text.rfind(" ", 0, start - 1), text.rfind("\n", 0, start - 1)) + 1
    return text[word : word + 1].isupper() and not _begins_sentence(text, word) and text[start - 2].isalnum()


def _is_of_word(char: str) -> bool:
    return char.isalnum() or char == "_"
