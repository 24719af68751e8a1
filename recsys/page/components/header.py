"""The header: filters, watch-list, theme."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from recsys.page.components.parts import part
from recsys.serving.arguments import MOST
from recsys.serving.filters import Filters
from recsys.serving.service import Service

DEFAULTS: dict[str, Any] = {
    "n": 24,
    "genres_in": [],
    "genres_out": [],
    "year_from": None,
    "year_to": None,
    "languages": [],
    "popularity": 0,
    "diversity": 0,
}
LANGUAGES = {
    "en": "English",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "es": "Spanish",
    "ja": "Japanese",
    "zh": "Chinese",
    "cn": "Cantonese",
    "ko": "Korean",
    "hi": "Hindi",
    "ru": "Russian",
    "sv": "Swedish",
    "da": "Danish",
    "no": "Norwegian",
    "fi": "Finnish",
    "nl": "Dutch",
    "pt": "Portuguese",
    "pl": "Polish",
    "cs": "Czech",
    "hu": "Hungarian",
    "fa": "Persian",
    "ar": "Arabic",
    "he": "Hebrew",
    "tr": "Turkish",
    "el": "Greek",
    "th": "Thai",
    "ro": "Romanian",
    "sr": "Serbian",
    "bs": "Bosnian",
    "id": "Indonesian",
}


def shell(service: Service, name: str, tagline: str) -> gr.HTML:
    """The header; its value is the filters, and it triggers `filters` when they change."""

    def options(_: object = None) -> dict[str, Any]:
        return choices(service)

    return part(
        "shell",
        dict(DEFAULTS),
        events=["filters"],
        server=[options],
        elem_id="rs-shell",
        name=name,
        tagline=tagline,
        words=spoken(service),
        defaults=DEFAULTS,
    )


def spoken(service: Service) -> dict[str, Any]:
    """The words of the catalogue that the scripts use, what its ratings mean, and whether their mean says anything."""
    words = service.words
    names = ("item", "items", "person", "done", "rating", "ratings", "like", "dislike", "seen", "picture")
    return {name: getattr(words, name) for name in names} | {
        "genres": words.genres.capitalize(),
        "worth": {f"{rating:g}": meaning for rating, meaning in words.worth},
        "valued": service.catalogue.info["rated"] and not words.worth,
        "match": service.about()["match"],
    }


def choices(service: Service) -> dict[str, Any]:
    """Genres, languages and first and last year to filter by; asked for when the filters are first opened."""
    facets = service.facets
    years = facets.years[np.isfinite(facets.years)]
    languages = sorted(((code, language_name(code)) for code in facets.languages if code), key=lambda pair: pair[1])
    return {
        "genres": sorted(facets.genres),
        "languages": languages,
        "years": [int(years.min()), int(years.max())] if len(years) else [0, 0],
    }


def language_name(code: str) -> str:
    """English name of a language code, the code itself where not known."""
    return LANGUAGES.get(code, code)


def read(value: object) -> tuple[int, Filters]:
    """Number of results and filters from the header's value, which comes from outside.

    Raises:
        BadInput: the years or dials contradict themselves.
    """
    given = value if isinstance(value, dict) else {}

    def number(name: str) -> float | None:
        one = given.get(name)
        return one if isinstance(one, (int, float)) and not isinstance(one, bool) else None

    def texts(name: str) -> tuple[str, ...]:
        many = given.get(name)
        return tuple(str(one) for one in many[:50]) if isinstance(many, list) else ()

    def year(name: str) -> int | None:
        one = number(name)
        return None if one is None else int(one)

    n = int(number("n") or DEFAULTS["n"])
    filters = Filters(
        genres_in=texts("genres_in"),
        genres_out=texts("genres_out"),
        year_from=year("year_from"),
        year_to=year("year_to"),
        languages=texts("languages"),
        popularity=float(number("popularity") or 0),
        diversity=float(number("diversity") or 0),
    )
    return min(max(n, 1), MOST), filters
