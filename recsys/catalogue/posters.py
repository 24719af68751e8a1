"""Draw posters for items without a picture: a 2:3 SVG as a data URI, with a symbol of a genre and the title.

The drawings are read from posters.json.
"""

from __future__ import annotations

import colorsys
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from zlib import crc32

DRAWINGS = Path(__file__).with_name("posters.json")
WIDTH, HEIGHT = 200, 300
MARGIN = 16
MAX_LINES = {27: 3, 24: 3, 21: 4, 18: 4, 16: 5, 14: 6, 12: 6}
"""Number of lines of the title by font size in px."""
SIZES = tuple(MAX_LINES)
INK = "#faf7f2"
LIGHTS = ("20%", "50%", "80%")
HUES = (-0.1, -0.05, 0.0, 0.05, 0.1)
"""Turns of the colours of a drawing, as shares of the colour circle."""
SHADE = 0.85
"""Lightness of the ground, so that the title is readable on it in any hue."""
LAYOUTS = ((1.0, 0), (1.14, -12), (1.14, 12), (1.3, -22), (1.3, 22))
"""Size of the symbol and its distance from the left; symbols that reach both edges still do."""
PATTERNS = (
    "",
    "<path d='M-20 60 120-60M-20 130 190-50M-20 200 260-40' fill='none' stroke='A' stroke-width='9' opacity='.16'/>",
    "<path d='M24 24h.1M100 16h.1M176 30h.1M16 104h.1M186 112h.1' fill='none' stroke='A' stroke-width='14' "
    "stroke-linecap='round' opacity='.22'/>",
    "<circle cx='170' cy='20' r='70' fill='A' opacity='.12'/><circle cx='20' cy='150' r='60' fill='I' opacity='.07'/>",
)
"""Patterns behind the symbol."""
VARIANTS = 2 * len(LIGHTS) * len(HUES) * len(LAYOUTS) * len(PATTERNS)
"""Number of variants of a drawing: all combinations, mirrored or not."""
NO_GENRE = {"IMAX"}
"""Genres of data sets that are formats, not genres."""
SAFE = "/=:,;'() "
"""Characters that need no escaping in a data URI, in any HTML attribute."""
_ESCAPES = {code: quote(chr(code), safe=SAFE) for code in range(128)}
_NARROW, _WIDE = set("iljtfrI.,:;'|!()[] "), set("mwMWQOGCDNHU@%&—")


class Drawing(NamedTuple):
    """Colours (`top` and `ground` of the gradient, `accent`) and a symbol, `mark`, drawn in a box of 200 by 180.

    In the symbol the colour `A` means the accent, `G` the ground and `I` the ink.
    """

    top: str
    ground: str
    accent: str
    mark: str


class Drawings(NamedTuple):
    """Drawings by genre, drawings for other genres (chosen by a hash of the name), and one for items without genres."""

    genres: dict[str, Drawing]
    others: tuple[Drawing, ...]
    neutral: Drawing


@cache
def drawings() -> Drawings:
    """Read all drawings."""
    content = json.loads(DRAWINGS.read_text(encoding="utf-8"))
    return Drawings(
        {genre: Drawing(**values) for genre, values in content["genres"].items()},
        tuple(Drawing(**values) for values in content["others"]),
        Drawing(**content["neutral"]),
    )


def placeholder(item: Mapping[str, Any]) -> str:
    """Return a `data:image/svg+xml` poster for an item with title, year, genres and item_id.

    An item always has the same poster. Its id decides which of its first three genres is drawn: genres are mostly in
    alphabetical order, so always drawing the first one would make the posters of a page of action films alike.
    """
    genres = tuple(str(genre) for genre in (item.get("genres") or ()))[:4]
    return _poster(str(item.get("title") or "Untitled"), item.get("year"), genres, str(item.get("item_id", "")))


@lru_cache(maxsize=4096)
def _poster(title: str, year: int | None, genres: tuple[str, ...], item_id: str) -> str:
    drawn = [genre for genre in genres if genre not in NO_GENRE][:3]
    seed = crc32(item_id.encode() or title.encode())
    genre = drawn[seed // VARIANTS % len(drawn)] if drawn else ""
    lines, size = fit(_without_year(title, year))
    leading = round(size * 1.14)
    bottom = 268 if year else 282
    top = bottom - leading * (len(lines) - 1)
    spans = "".join(
        f"<tspan x='{MARGIN}' y='{top + leading * row}'>{escape(line)}</tspan>" for row, line in enumerate(lines)
    )
    foot = f"<text x='{MARGIN}' y='287' font-size='12' letter-spacing='1.5' opacity='.8'>{year}</text>" if year else ""
    text = f"<text font-size='{size}' font-weight='700'>{spans}</text>{foot}</g></svg>"
    return _picture(genre, seed % VARIANTS) + _quoted(text)


@lru_cache(maxsize=1024)
def _picture(genre: str, variant: int) -> str:
    """Return the poster without its text, already encoded, in one of the VARIANTS."""
    known, others, neutral = drawings()
    look = known.get(genre) or (others[crc32(genre.encode()) % len(others)] if genre else neutral)
    variant, is_mirrored = divmod(variant, 2)
    variant, light = divmod(variant, len(LIGHTS))
    variant, hue = divmod(variant, len(HUES))
    pattern, layout = divmod(variant, len(LAYOUTS))
    top, accent = turned(look.top, HUES[hue]), turned(look.accent, HUES[hue])
    ground = turned(look.ground, HUES[hue], SHADE)
    mark = PATTERNS[pattern] + f"<g transform='{_placed(*LAYOUTS[layout], bool(is_mirrored))}'>{look.mark}</g>"
    for letter, colour in (("A", accent), ("G", ground), ("I", INK)):
        mark = mark.replace(f"='{letter}'", f"='{colour}'")
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}'>"
        f"<radialGradient id='g' cx='{LIGHTS[light]}' cy='10%' r='95%'><stop stop-color='{top}'/>"
        f"<stop offset='1' stop-color='{ground}'/></radialGradient>"
        f"<path d='M0 0h200v300H0z' fill='url(#g)'/>{mark}<path d='M0 150h200v150H0z' fill='{ground}'/>"
        f"<path d='M{MARGIN} 166h28v3H{MARGIN}z' fill='{accent}'/>"
        f"<g fill='{INK}' font-family='system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'>"
    )
    return "data:image/svg+xml;charset=utf-8," + _quoted(svg)


def _quoted(text: str) -> str:
    """Return `quote(text, safe=SAFE)`; for ASCII several times as fast, and most of a drawing is ASCII.

    >>> _quoted("<path d='M0 0'>50%</path>") == quote("<path d='M0 0'>50%</path>", safe=SAFE)
    True
    """
    return text.translate(_ESCAPES) if text.isascii() else quote(text, safe=SAFE)


def _placed(size: float, right: int, is_mirrored: bool) -> str:
    """Return the transformation of a mark, about the middle of its box."""
    return f"translate({100 + right} 90) scale({-size if is_mirrored else size} {size}) translate(-100 -90)"


@lru_cache(maxsize=1024)
def turned(colour: str, turn: float, shade: float = 1.0) -> str:
    """Return a colour with another hue, of the same saturation and `shade` times the lightness.

    >>> turned("#ff0000", 1 / 3)
    '#00ff00'
    """
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    changed = colorsys.hls_to_rgb((hue + turn) % 1, shade * lightness, saturation)
    return "#" + "".join(f"{round(255 * part):02x}" for part in changed)


def fit(title: str) -> tuple[list[str], int]:
    """Break a title into lines at the largest of `SIZES` that fits; cut it with an ellipsis if none fits."""
    lines: list[str] = []
    for size in SIZES:
        lines = _wrap(title, (WIDTH - 2 * MARGIN) / size)
        if lines and len(lines) <= MAX_LINES[size]:
            return lines, size
    kept = lines[: MAX_LINES[SIZES[-1]]]
    kept[-1] = kept[-1][:-2].rstrip(" ,.:;-") + "…"
    return kept, SIZES[-1]


def _wrap(title: str, width: float) -> list[str]:
    """Lines of at most `width` em, or [] if a word does not fit; at the smallest size long words are split."""
    lines, line, used = [], "", 0.0
    for word in title.split():
        length = _em(word)
        if length > width:
            if width < (WIDTH - 2 * MARGIN) / SIZES[-1]:
                return []
            for part in range(0, len(word), 13):
                lines, line = [*lines, line] if line else lines, word[part : part + 13]
            used = _em(line)
        elif line and used + 0.35 + length > width:
            lines.append(line)
            line, used = word, length
        else:
            used += length + (0.35 if line else 0)
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else ["Untitled"]


@lru_cache(maxsize=8192)
def _em(word: str) -> float:
    """Width of a bold sans-serif word in em, measured on DejaVu Sans, the widest of the fonts used."""
    return sum(
        0.42 if c in _NARROW else 0.98 if c in _WIDE else 0.79 if c.isupper() else 1.02 if c > "\u2e80" else 0.68
        for c in word
    )


def _without_year(title: str, year: int | None) -> str:
    return title.removesuffix(f"({year})").rstrip() or title if year else title
