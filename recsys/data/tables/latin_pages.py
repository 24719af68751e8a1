"""Detect the legacy code page of a text in Latin script by the letters of the languages that are written in it.

A code page fits if one language explains the letters beyond ASCII in most words, and other languages of the same code
page the rest: `è` and `ø` are frequent in Windows-1252, but not in one language; as `č` and `ř`, both are Czech.
"""

from __future__ import annotations

import codecs
import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

LETTERS = {
    "Czech": "íáéěžýčřšůúňóťď",
    "Slovak": "áíéčžýšľúťôňóďäŕĺ",
    "Polish": "łąęóżśćńź",
    "Hungarian": "áéóöőíüúű",
    "Romanian": "ăşîâţ",
    "Croatian": "čžšćđ",
    "Turkish": "ıüşğçöâîû",
    "Lithuanian": "ėšųįžūčąę",
    "Latvian": "āīēšūļņķģžč",
    "Estonian": "äõüöšž",
    "French": "éèêàçâôîœûïëùæÿü",
    "German": "äüößé",
    "Spanish": "óíáéñúü¿¡ç",
    "Portuguese": "ãçáéõóíêâúôàü",
    "Italian": "àèòùéìóî",
    "Danish": "øæåéöäü",
    "Swedish": "äöåéü",
    "Icelandic": "áíðéöæúþóý",
    "Dutch": "ëéïöèüç",
    "Catalan": "àéèíçòóúïü·",
    "Japanese in Latin letters": "ôûâîê",
}
"""The letters beyond ASCII of each language, frequent ones first."""
WESTERN = (
    *("French", "German", "Spanish", "Portuguese", "Italian", "Danish", "Swedish", "Icelandic", "Dutch", "Estonian"),
    *("Catalan", "Japanese in Latin letters"),
)
CENTRAL = ("Czech", "Slovak", "Polish", "Hungarian", "Romanian", "Croatian")
USUAL = "cp1252"
CODE_PAGES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys((USUAL, "cp850", "mac-roman", "iso8859-15"), WESTERN),
    **dict.fromkeys(("cp1250", "iso8859-2", "cp852"), CENTRAL),
    **dict.fromkeys(("cp1254", "cp857"), ("Turkish",)),
    "cp1257": ("Lithuanian", "Latvian", "Estonian"),
}
"""The languages of each code page; of equally likely ones the first is used."""
LEAD = 5
"""Least difference of the logarithms of probability to Windows-1252 for another code page to be used."""
FALLING = 0.8
"""Frequency of a letter as a share of that of the one before it."""
IMPOSSIBLE = 1e-4
BESIDE_WORDS = dict.fromkeys("’‘–—“”„«»…°½¿¡·®™€´¹²³º\xa0", 0.02)
IN_WORDS = {**dict.fromkeys("’´·", 0.02), **dict.fromkeys("‘–—\xa0", 0.001)}
"""Probabilities of characters that are no letters and stand beside or in a word."""
OTHERS = 0.2
"""Share of words in other languages."""
BESIDE = {(True, True): 0.2, (True, False): 0.8, (False, True): 0.65, (False, False): 0.35}
"""Probabilities that a vowel (True) or a consonant stands beside a vowel or a consonant."""
MOST_WORDS, MOST_LETTERS = 2_000, 12
"""Words that are looked at, and letters beyond ASCII of a word in Latin script."""
_HIGH = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{1,50}")
_VOWELS = frozenset("aeiouyıæøœ")


def other_latin(sample: bytes) -> str:
    """Return the code page of a text in Latin script, "" for Windows-1252 or if it is not clear.

    >>> other_latin("Hoří, má panenko,Ostře sledované vlaky".encode("cp1250")), other_latin("Amélie".encode("cp1252"))
    ('cp1250', '')
    """
    words = _words(sample)
    scores = {code_page: _score(words, code_page) for code_page in CODE_PAGES}
    best = max(scores, key=lambda code_page: scores[code_page])
    return codecs.lookup(best).name if scores[best] >= scores[USUAL] + LEAD else ""


def may_be_mac(sample: bytes) -> bool:
    """Return whether a text is not clearly more likely in Windows-1252 than in the code page of old Macs.

    >>> may_be_mac("Amélie".encode("mac-roman")), may_be_mac("Amélie".encode("cp1252"))
    (True, False)
    """
    words = _words(sample)
    return _score(words, "mac-roman") > _score(words, USUAL) - LEAD


def _words(sample: bytes) -> list[bytes]:
    beyond = (found[0] for found in _WORD.finditer(sample) if 0 < len(_HIGH.findall(found[0])) <= MOST_LETTERS)
    return list(dict.fromkeys(itertools.islice(beyond, MOST_WORDS)))


def _frequencies(letters: str) -> dict[str, float]:
    weights = {letter: FALLING**place for place, letter in enumerate(letters)}
    whole = sum(weights.values())
    return {letter: weight / whole for letter, weight in weights.items()}


_FREQUENCIES = {language: _frequencies(letters) for language, letters in LETTERS.items()}


def _score(words: Sequence[bytes], code_page: str) -> float:
    """The logarithm of the probability of the words in the main language that fits best."""
    languages = [_FREQUENCIES[language] for language in CODE_PAGES[code_page]]
    texts = [word.decode(code_page, "replace") for word in words]
    chances = [[_chance(text, language) for language in languages] for text in texts]
    mean = [OTHERS * sum(row) / len(row) for row in chances]
    return max(
        sum(math.log((1 - OTHERS) * row[main] + other) for row, other in zip(chances, mean, strict=True))
        for main in range(len(languages))
    )


def _chance(word: str, language: Mapping[str, float]) -> float:
    product = 1.0
    for place, char in enumerate(word):
        if not char.isascii():
            product *= _of_letter(word, place, language)
    return max(product, 1e-300)


def _of_letter(word: str, place: int, language: Mapping[str, float]) -> float:
    char, at_edge = word[place], place in (0, len(word) - 1)
    if not char.isalpha():
        return (BESIDE_WORDS if at_edge else IN_WORDS).get(char, IMPOSSIBLE)
    if char.isupper() and place and word[place - 1].islower():
        return IMPOSSIBLE
    chance = max(language.get(char, 0), language.get(char.lower(), 0), IMPOSSIBLE)
    for other in word[max(place - 1, 0) : place] + word[place + 1 : place + 2]:
        if other.isalpha():
            chance *= BESIDE[_is_vowel(char), _is_vowel(other)]
    return chance


def _is_vowel(char: str) -> bool:
    return unicodedata.normalize("NFD", char)[0].lower() in _VOWELS
