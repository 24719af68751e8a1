"""Placeholder posters: valid, escaped, deterministic, fitted and readable."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from recsys.catalogue import posters

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb"


def svg(item: dict) -> ElementTree.Element:
    head, _, body = posters.placeholder(item).partition(",")
    assert head == "data:image/svg+xml;charset=utf-8"
    return ElementTree.fromstring(unquote(body))


def texts(item: dict) -> list[str]:
    return [part.text for part in svg(item).iter() if part.tag in (SVG + "tspan", SVG + "text") and part.text]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_title_and_year_are_drawn_once():
    item = {"item_id": "50", "title": "The Usual Suspects (1995)", "year": 1995, "genres": ["Crime"]}
    assert " ".join(texts(item)) == "The Usual Suspects 1995"


def test_hostile_text_stays_text():
    item = {"item_id": "1", "title": "<script>alert('x')</script> & \"Q\"", "year": None, "genres": ["<b>"]}
    assert "".join(texts(item)).replace(" ", "") == "<script>alert('x')</script>&\"Q\""
    uri = posters.placeholder(item)
    assert not set('<>"&#') & set(uri.partition(",")[2]), "the address must be safe in any HTML attribute"
    assert not [part for part in svg(item).iter() if part.tag == SVG + "script"]


@pytest.mark.parametrize(
    "title", ["Up", LONG, "千と千尋の神隠し", "Supercalifragilisticexpialidocious" * 2, "", "A " * 200]
)
def test_every_line_fits_the_poster(title):
    lines, size = posters.fit(title)
    assert lines and len(lines) <= posters.MAX_LINES[size]
    assert all(sum(posters._em(word) * size for word in line.split()) <= posters.WIDTH for line in lines)


def test_long_titles_use_a_smaller_size_and_end_with_an_ellipsis():
    assert posters.fit("Up")[1] > posters.fit(LONG)[1]
    assert posters.fit("A very long title indeed " * 20)[0][-1].endswith("…")


def test_ink_is_readable_on_every_ground():
    ink = luminance(posters.INK)
    known, others, neutral = posters.drawings()
    for look in (*known.values(), *others, neutral):
        for hue in posters.HUES:
            assert (ink + 0.05) / (luminance(posters.turned(look.ground, hue, posters.SHADE)) + 0.05) >= 7


def test_every_drawing_is_an_svg_fragment_in_the_three_colours_or_its_own():
    known, others, neutral = posters.drawings()
    assert len(known) == 18 and len(others) == 6
    for look in (*known.values(), *others, neutral):
        for part in ElementTree.fromstring(f"<g>{look.mark}</g>"):
            assert part.tag in ("path", "circle", "ellipse")
            for colour in (part.get("fill"), part.get("stroke")):
                assert colour in (None, "none", "A", "G", "I") or len(colour) == 7
        assert all(len(colour) == 7 for colour in (look.top, look.ground, look.accent))


def test_same_item_same_poster_and_genre_decides_the_look():
    drama = {"item_id": "7", "title": "Heat", "year": 1995, "genres": ["Drama"]}
    assert posters.placeholder(drama) == posters.placeholder(dict(drama))
    assert posters.placeholder(drama) != posters.placeholder({**drama, "genres": ["Horror"]})
    assert posters.placeholder({**drama, "genres": ["IMAX", "Horror"]}) == posters.placeholder(
        {**drama, "genres": ["Horror"]}
    )
    for genres in ([], None, ["Database"]):
        assert svg({**drama, "genres": genres}).tag == SVG + "svg"


def test_films_of_one_genre_hardly_ever_share_a_picture():
    films = [{"item_id": str(number), "title": "Heat", "year": 1995, "genres": ["Crime"]} for number in range(24)]
    assert len({posters.placeholder(film) for film in films}) >= 23


def test_a_poster_is_small():
    item = {"item_id": "7", "title": LONG, "year": 1964, "genres": ["Sci-Fi"]}
    assert len(posters.placeholder(item)) < 2000
