"""Detect the code page of a Chinese, Japanese or Korean text by its frequent characters."""

from __future__ import annotations

import codecs
import itertools
import math
import re
from typing import NamedTuple

HAN = frozenset(
    "的一是不了在人有我他这中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成"
    "方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此"
    "已使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体美相见被利什二等或新己身果加西月话合回特代内信表化"
    "老给世位次度门先海通教原东声立及比水名真论走义各入几口平气活更别打女变四神何电数安少反受目太再感山金王马白光爱风"
    "這個們來國為時會對過發後說學還進樣點現經長從開無與機關業將兩間問並應戰頭體見話東聲論義幾氣變電數愛風馬說龍"
    "七五六九八百千万夜雨花春秋冬夏雪月星空城街路物語君僕侍"
)
"""Frequent Chinese characters, in simplified and traditional form, and some of Japanese titles."""
HANGUL = frozenset(
    "이다는의에을가고지하한도로사자인서기리아그나해시어대정수일은들부것라보장있전주상스제과여구신원유우마안위무비진국동"
    "게세경만연성소치생조화미오면없방물람까남녀를와관학음영바드거계너더말날당음밤집길별빛살손꽃눈봄여름가을겨울왕형"
)
"""Frequent syllables of Korean."""
KANA = frozenset(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC)))
RARE = 1e-6
"""Probability of a character that is neither frequent nor in the ordinary part of its code page."""
ASCII = 1 / 64
MOST_LATIN = 0.2
"""Most letters of Latin script, as a share of the other characters, in words that have both."""
LEAST = -8.9
"""Lowest mean logarithm of the probabilities of characters in a text of a language."""
FEWEST = 2
SAMPLE = 1 << 16
"""Bytes of words that are looked at."""
_WORD = re.compile(rb"[0-9\x40-\xff]+")


class Page(NamedTuple):
    """A code page: its frequent characters, and the codes of its ordinary ones, each with their share of a text."""

    frequent: tuple[tuple[frozenset[str], float], ...]
    ordinary: range
    share: float


PAGES = {
    "gb18030": Page(((HAN, 0.4),), range(0xB0A1, 0xD7FA), 0.57),
    "big5": Page(((HAN, 0.4),), range(0xA440, 0xC67F), 0.57),
    "cp949": Page(((HANGUL, 0.65),), range(0xB0A1, 0xC8FF), 0.33),
    "cp932": Page(((KANA, 0.5), (HAN, 0.2)), range(0x889F, 0x9873), 0.28),
    "euc_jp": Page(((KANA, 0.5), (HAN, 0.2)), range(0xB0A1, 0xCFD4), 0.28),
}


def east_asian(sample: bytes) -> str:
    """Return the code page of a text in one of these languages, "" if it is not likely one.

    >>> east_asian("活着,霸王别姬".encode("gb18030")), east_asian("기생충,괴물".encode("cp949"))
    ('gb18030', 'cp949')
    """
    start = len(sample) - len(sample.lstrip(bytes(range(0x80, 0x100)))) if len(sample) > SAMPLE else 0  # may be cut off
    beyond = (found[0] for found in _WORD.finditer(sample, start) if not found[0].isascii())
    words = b"\n".join(dict.fromkeys(itertools.islice(beyond, SAMPLE)))[:SAMPLE]
    scores = {name: score for name in PAGES if (score := _score(words, name)) is not None}
    return max(scores, key=lambda name: scores[name], default="")


def _score(words: bytes, name: str) -> float | None:
    """The logarithm of the probability of a text, None if it is not likely one of this code page."""
    try:
        text = codecs.getincrementaldecoder(name)().decode(words)  # the last character may be cut off
    except UnicodeDecodeError:
        return None
    beyond = [_logarithm(char, name, PAGES[name]) for char in text if not char.isascii()]
    latin = sum(char.isascii() and char.isalpha() for char in text)
    if len(beyond) < FEWEST or sum(beyond) < LEAST * len(beyond) or latin > MOST_LATIN * len(beyond):
        return None
    return sum(beyond) + (len(text) - len(beyond)) * math.log(ASCII)


def _logarithm(char: str, name: str, page: Page) -> float:
    for characters, share in page.frequent:
        if char in characters:
            return math.log(share / len(characters))
    code = int.from_bytes(char.encode(name), "big")
    return math.log(page.share / (94 * len(page.ordinary) / 256)) if code in page.ordinary else math.log(RARE)
