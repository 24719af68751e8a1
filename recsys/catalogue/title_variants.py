"""Other ways to write a title: numbers as digits, words or Roman numerals; without spaces; as its initials."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from recsys.catalogue.titles import bare

WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
).split()
ROMAN = "ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
SINGLE_LETTERS = {"v", "x"}  # numbers only as the last word
FORMS = {
    form: (str(number), word, roman)
    for number, (word, roman) in enumerate(zip(WORDS, ROMAN, strict=True), start=2)
    for form in (str(number), word, roman)
}
FEWEST_LETTERS = 3  # of initials, and of a beginning without spaces


def with_other_numbers(folded: str) -> list[str]:
    """A folded text with its last number in the other two forms; empty if it has no number from 2 to 20.

    >>> with_other_numbers("godfather 2"), with_other_numbers("ocean s eleven"), with_other_numbers("heat")
    (['godfather two', 'godfather ii'], ['ocean s 11', 'ocean s xi'], [])
    """
    words = folded.split()
    for place in range(len(words) - 1, -1, -1):
        word = words[place]
        if word in FORMS and (word not in SINGLE_LETTERS or 0 < place == len(words) - 1):
            return [" ".join([*words[:place], form, *words[place + 1 :]]) for form in FORMS[word] if form != word]
    return []


def initials(folded: str) -> str:
    """The first letters of the words of a folded title, without a leading article.

    >>> initials("the lord of the rings the two towers")
    'lotrttt'
    """
    return "".join(word[0] for word in bare(folded).split())


class Beginnings:
    """Index of texts by their beginning; in memory, 100 bytes for each text.

    >>> Beginnings(["starwars", "stargate", "heat"]).of("star")
    [1, 0]
    """

    def __init__(self, texts: Iterable[str]):
        self._sorted = sorted((text, place) for place, text in enumerate(texts))
        self._texts: Sequence[str] = [text for text, _ in self._sorted]

    def of(self, start: str) -> list[int]:
        """Places of the texts that begin with `start`, in the order of the texts."""
        first = bisect_left(self._texts, start)
        last = bisect_left(self._texts, f"{start}\U0010ffff")
        return [place for _, place in self._sorted[first:last]]
