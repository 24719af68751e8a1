"""Words of the catalogue for the scripts of both editions of the page."""

from __future__ import annotations

from typing import Any

from recsys.serving.service import Service
from recsys.serving.themes import THEME, names_theme

NAME = "recsys"


def tagline(service: Service) -> str:
    """Short description of the page."""
    return f"{service.words.items.capitalize()} you will like, and why"


def results_heading(text: str) -> str:
    """Heading of the results of a search.

    >>> results_heading("heist"), results_heading("theme:time travel")
    ('Results for “heist”', 'Theme: time travel')
    """
    return f"Theme: {text[len(THEME) :].strip()}" if names_theme(text) else f"Results for “{text}”"


def spoken(service: Service) -> dict[str, Any]:
    """Words of the catalogue for the scripts.

    `worth` has names of ratings, `valued` is whether their mean is meaningful, `match` explains the match, `stars` has
    the verdict of each rating that can be given in stars.
    """
    words = service.words
    names = ("item", "items", "person", "done", "rating", "ratings", "like", "dislike", "seen", "later", "group")
    return {name: getattr(words, name) for name in names} | {
        "genres": words.genres.capitalize(),
        "worth": {f"{rating:g}": meaning for rating, meaning in words.worth},
        "valued": service.has_scale and not words.worth,
        "match": service.about()["match"],
        "stars": {f"{rating:g}": verdict for rating, verdict in service.profiles.star_verdicts().items()},
    }


def choices(service: Service) -> dict[str, Any]:
    """Values of the catalogue for filters; loaded when the filters are first opened."""
    choices = service.filter_choices()
    return {
        "genres": choices.genres,
        "languages": choices.languages,
        "years": list(choices.years or (0, 0)),
        "runtimes": choices.runtimes,
        "certificates": choices.certificates,
        "people": choices.people,
        "names": True,
    }
