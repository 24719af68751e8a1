"""Drawn placeholder posters: a 2:3 SVG as a data URI, with a ground and a mark by genre and the fitted title."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import NamedTuple
from urllib.parse import quote
from zlib import crc32

WIDTH, HEIGHT = 200, 300
MARGIN = 16
SIZES = (27, 24, 21, 18, 16, 14, 12)
MAX_LINES = {27: 3, 24: 3, 21: 4, 18: 4, 16: 5, 14: 6, 12: 6}
INK = "#faf7f2"


class Look(NamedTuple):
    """A genre's colours (`top` and `ground` of the gradient, `accent`) and its mark, drawn in a 200×180 box.

    `A` in a mark stands for the accent, `G` for the ground, `I` for the ink.
    """

    top: str
    ground: str
    accent: str
    mark: str


def _ring(x: float, y: float, radius: float, width: float, colour: str = "A") -> str:
    return f"<circle cx='{x}' cy='{y}' r='{radius}' fill='none' stroke='{colour}' stroke-width='{width}'/>"


def _disc(x: float, y: float, radius: float, colour: str = "A", opacity: float = 1) -> str:
    faded = "" if opacity == 1 else f" opacity='{opacity}'"
    return f"<circle cx='{x}' cy='{y}' r='{radius}' fill='{colour}'{faded}/>"


def _path(data: str, colour: str = "A", opacity: float = 1) -> str:
    faded = "" if opacity == 1 else f" opacity='{opacity}'"
    return f"<path d='{data}' fill='{colour}'{faded}/>"


def _line(data: str, width: float, colour: str = "A") -> str:
    return f"<path d='{data}' fill='none' stroke='{colour}' stroke-width='{width}' stroke-linecap='round'/>"


GENRES: dict[str, Look] = {
    "Action": Look("#a3271c", "#4a0f12", "#ffb35c", _path("M112 18 58 96h36l-14 62 66-86h-40l22-54z")),
    "Adventure": Look(
        "#0f7173", "#06373d", "#ffc971", _disc(134, 62, 26) + _path("M0 180 66 78l40 62 26-38 68 78z", "I", 0.9)
    ),
    "Animation": Look(
        "#6b3fc4",
        "#2c1863",
        "#ffd166",
        _disc(78, 84, 44) + _disc(126, 66, 30, "#ff7aa8", 0.9) + _disc(118, 122, 24, "#6fe0d2", 0.9),
    ),
    "Children": Look(
        "#1f76b8",
        "#0c3560",
        "#ffd95e",
        _path("M72 104q-24-26-24-46a30 30 0 0 1 60 0q0 20-24 46l4 6H68z")
        + _path("M132 88q-18-20-18-35a23 23 0 0 1 46 0q0 15-18 35l3 5h-16z", "#ff8f70")
        + _line("M78 110q8 24 0 60M137 93q-12 40-38 77", 2, "I"),
    ),
    "Comedy": Look(
        "#c2570c",
        "#5e2205",
        "#ffe08a",
        _disc(100, 86, 58) + _line("M70 96a32 32 0 0 0 60 0", 9, "G") + _disc(80, 72, 6, "G") + _disc(120, 72, 6, "G"),
    ),
    "Crime": Look(
        "#39424e",
        "#13171d",
        "#ff6b5e",
        "".join(
            _line(f"M{100 - r} 150v-{62 - r // 3}a{r} {r} 0 0 1 {2 * r} 0v{40 - r // 4}", 6) for r in (14, 30, 46, 62)
        ),
    ),
    "Documentary": Look(
        "#3f5b63",
        "#18272c",
        "#e7d8b1",
        _line("M40 62V34h30M130 34h30v28M160 118v28h-30M70 146H40v-28", 7) + _disc(100, 90, 17, "#ff6b5e"),
    ),
    "Drama": Look("#7a2f58", "#341028", "#f3b8a0", _disc(80, 88, 46, "A", 0.95) + _disc(122, 88, 46, "I", 0.42)),
    "Fantasy": Look(
        "#4b3b9e",
        "#1a1348",
        "#f6d88f",
        _path("M118 30a62 62 0 1 0 30 92 50 50 0 0 1-30-92z")
        + _path("m150 34 5 13 13 5-13 5-5 13-5-13-13-5 13-5zM126 78l3 8 8 3-8 3-3 8-3-8-8-3 8-3z", "I"),
    ),
    "Film-Noir": Look(
        "#3b3b3b",
        "#0d0d0d",
        "#e8e2d4",
        "".join(_path(f"M30 {y}h140v9H30z", "A", 0.92 - y / 260) for y in range(30, 130, 20)),
    ),
    "Horror": Look(
        "#5c0f1a",
        "#150407",
        "#ff5d4d",
        _disc(100, 74, 48) + _path("M36 180 52 92l6 34 12-50 8 60 14-88 8 92 14-56 8 44 14-70 8 122z", "G"),
    ),
    "Musical": Look(
        "#a3216b",
        "#4a0c31",
        "#ffd3a1",
        _disc(100, 88, 62, "G")
        + _ring(100, 88, 50, 1.5)
        + _ring(100, 88, 40, 1.5)
        + _ring(100, 88, 30, 1.5)
        + _disc(100, 88, 20)
        + _disc(100, 88, 4, "G"),
    ),
    "Mystery": Look(
        "#2d3a78",
        "#0e1436",
        "#e9c46a",
        _disc(100, 88, 62) + _path("M100 46a24 24 0 0 1 13 44l12 46H75l12-46a24 24 0 0 1 13-44z", "G"),
    ),
    "Romance": Look(
        "#b0305a",
        "#56102a",
        "#ffc2c7",
        _path("M100 148C20 96 40 34 76 34c14 0 22 10 24 18 2-8 10-18 24-18 36 0 56 62-24 114z"),
    ),
    "Sci-Fi": Look(
        "#14418b",
        "#071532",
        "#6fe3ff",
        _disc(100, 86, 40)
        + "<ellipse cx='100' cy='86' rx='76' ry='20' transform='rotate(-20 100 86)' fill='none' stroke='I' "
        + "stroke-width='6'/>"
        + _path("M61 80a40 40 0 0 1 75-14z")
        + _disc(38, 40, 3, "I")
        + _disc(164, 132, 3, "I")
        + _disc(150, 28, 2, "I"),
    ),
    "Thriller": Look(
        "#1c5a4d", "#08231f", "#f2c14e", _ring(100, 88, 60, 9) + _ring(100, 88, 38, 9) + _disc(100, 88, 16)
    ),
    "War": Look("#5a6235", "#242815", "#f0d9a0", _path("m100 28 16 36 40 4-30 27 9 39-35-21-35 21 9-39-30-27 40-4z")),
    "Western": Look(
        "#b2561f",
        "#4f1f0a",
        "#ffd28a",
        _disc(100, 82, 44) + _path("M0 180v-46h34l8-40h40l6 40h44l5-26h28l6 26h29v46z", "G", 0.92),
    ),
}
# For genres nobody drew a look for, and for catalogues of other things: chosen by a hash of the genre's name.
OTHERS: tuple[Look, ...] = (
    Look(
        "#2f4858",
        "#13212a",
        "#8fd3c8",
        "".join(
            _path(f"M{x} {150 - h}h18v{h}H{x}z", "A", 0.5 + h / 240)
            for x, h in ((40, 44), (66, 78), (92, 58), (118, 112), (144, 90))
        ),
    ),
    Look(
        "#3d4a7a",
        "#171e3a",
        "#b9c7ff",
        _line("M30 116q35-70 70-24t70-34", 8) + _line("M30 146q35-60 70-24t70-34", 4, "I"),
    ),
    Look(
        "#5b4a6b",
        "#241b2e",
        "#e3c9f2",
        "".join(_disc(x, y, 9, "A", 0.4 + (x + y) / 500) for x in (46, 82, 118, 154) for y in (40, 78, 116)),
    ),
    Look(
        "#2f5d50",
        "#10261f",
        "#bfe3b4",
        _path("M100 30 160 64v68l-60 34-60-34V64z", "A", 0.9)
        + _path("M100 98 160 64v68l-60 34z", "G", 0.45)
        + _path("M100 98 40 64v68l60 34z", "G", 0.2),
    ),
    Look("#6a4a3a", "#2b1c14", "#f4cfa4", _line("M62 62l-30 28 30 28M138 62l30 28-30 28M116 44 84 140", 8)),
    Look(
        "#305a78",
        "#10232f",
        "#a8dcf5",
        _line("M100 50v44M100 94 52 132M100 94l48 38", 5)
        + _disc(100, 46, 17)
        + _disc(50, 134, 15)
        + _disc(150, 134, 15)
        + _disc(100, 94, 8, "I"),
    ),
)
NEUTRAL = Look("#46505c", "#1b2026", "#c9d1d9", _ring(100, 84, 54, 4) + _path("M82 52h36v66l-18-15-18 15z"))
_SKIP = {"IMAX"}  # a format, not a genre

_NARROW, _WIDE = set("iljtfrI.,:;'|!()[] "), set("mwMWQOGCDNHU@%&—")


def placeholder(item: dict) -> str:
    """A `data:image/svg+xml` poster for an item with title, year, genres and item_id; the same item, the same poster.

    Which of an item's first three genres gives it colour and mark depends on its id: genres mostly stand in
    alphabetical order, and a page of action films would be one picture otherwise.
    """
    genres = tuple(str(genre) for genre in (item.get("genres") or ()))[:4]
    return _poster(str(item.get("title") or "Untitled"), item.get("year"), genres, str(item.get("item_id", "")))


@lru_cache(maxsize=4096)
def _poster(title: str, year: int | None, genres: tuple[str, ...], item_id: str) -> str:
    drawn = [genre for genre in genres if genre not in _SKIP][:3]
    seed = crc32(item_id.encode() or title.encode())
    genre = drawn[seed // 6 % len(drawn)] if drawn else ""
    lines, size = fit(_without_year(title, year))
    leading = round(size * 1.14)
    bottom = 268 if year else 282
    top = bottom - leading * (len(lines) - 1)
    spans = "".join(
        f"<tspan x='{MARGIN}' y='{top + leading * row}'>{escape(line)}</tspan>" for row, line in enumerate(lines)
    )
    foot = f"<text x='{MARGIN}' y='287' font-size='12' letter-spacing='1.5' opacity='.8'>{year}</text>" if year else ""
    text = f"<text font-size='{size}' font-weight='700'>{spans}</text>{foot}</g></svg>"
    return _picture(genre, seed % 6) + quote(text, safe="/=:,;'() ")


@lru_cache(maxsize=512)
def _picture(genre: str, variant: int) -> str:
    """Everything of the poster but its text, already encoded; `variant` mirrors the mark and moves the light."""
    look = GENRES.get(genre) or (OTHERS[crc32(genre.encode()) % len(OTHERS)] if genre else NEUTRAL)
    mark = look.mark
    for letter, colour in (("A", look.accent), ("G", look.ground), ("I", INK)):
        mark = mark.replace(f"='{letter}'", f"='{colour}'")
    turn = "translate(200 0) scale(-1 1)" if variant % 2 else "translate(0 0)"
    light = ("20%", "50%", "80%")[variant // 2]
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}'>"
        f"<radialGradient id='g' cx='{light}' cy='10%' r='95%'><stop stop-color='{look.top}'/>"
        f"<stop offset='1' stop-color='{look.ground}'/></radialGradient>"
        f"<path d='M0 0h200v300H0z' fill='{look.ground}'/><path d='M0 0h200v300H0z' fill='url(#g)'/>"
        f"<g transform='{turn}'>{mark}</g>"
        f"<path d='M0 150h200v150H0z' fill='{look.ground}'/>"
        f"<path d='M{MARGIN} 166h28v3H{MARGIN}z' fill='{look.accent}'/>"
        f"<g fill='{INK}' font-family='system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'>"
    )
    return "data:image/svg+xml;charset=utf-8," + quote(svg, safe="/=:,;'() ")


def fit(title: str) -> tuple[list[str], int]:
    """The title broken into lines at the largest of `SIZES` at which it fits; cut with an ellipsis where none does."""
    lines: list[str] = []
    for size in SIZES:
        lines = _wrap(title, (WIDTH - 2 * MARGIN) / size)
        if lines and len(lines) <= MAX_LINES[size]:
            return lines, size
    kept = lines[: MAX_LINES[SIZES[-1]]]
    kept[-1] = kept[-1][:-2].rstrip(" ,.:;-") + "…"
    return kept, SIZES[-1]


def _wrap(title: str, width: float) -> list[str]:
    """Lines at most `width` em wide, or [] where a word does not fit; at the smallest size words are split instead."""
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
    """Width of a bold sans-serif word in em; measured on DejaVu Sans, the widest of the fonts asked for."""
    return sum(
        0.42 if c in _NARROW else 0.98 if c in _WIDE else 0.79 if c.isupper() else 1.02 if c > "\u2e80" else 0.68
        for c in word
    )


def _without_year(title: str, year: int | None) -> str:
    return title.removesuffix(f"({year})").rstrip() or title if year else title
