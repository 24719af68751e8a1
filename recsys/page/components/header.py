"""The header: filters, watch-list, theme."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.page.components.filters import DEFAULTS
from recsys.page.components.parts import part
from recsys.serving.service import Service

NAME = "recsys"


def tagline(service: Service) -> str:
    """What the page offers, in a few words."""
    return f"{service.words.items.capitalize()} you will like, and why"


def shell(service: Service, tabs: dict[str, str]) -> gr.HTML:
    """The header. Its value is the filters.

    Args:
        tabs: title of each tab, by key.
    """

    def options(_: object = None) -> dict[str, Any]:
        return choices(service)

    return part(
        "shell",
        dict(DEFAULTS),
        server=[options],
        elem_id="rs-shell",
        name=NAME,
        tagline=tagline(service),
        words=spoken(service),
        tabs=tabs,
    )


def spoken(service: Service) -> dict[str, Any]:
    """The words of the catalogue that the scripts use.

    `worth` names ratings, `valued` says whether their mean means anything, `match` explains the match, and `stars` has
    the verdict of each rating that can be given in stars.
    """
    words = service.words
    names = ("item", "items", "person", "done", "rating", "ratings", "like", "dislike", "seen")
    return {name: getattr(words, name) for name in names} | {
        "genres": words.genres.capitalize(),
        "worth": {f"{rating:g}": meaning for rating, meaning in words.worth},
        "valued": service.has_scale and not words.worth,
        "match": service.about()["match"],
        "stars": {f"{rating:g}": verdict for rating, verdict in service.profiles.star_verdicts().items()},
    }


def choices(service: Service) -> dict[str, Any]:
    """Genres, language codes, and first and last year to filter by; loaded when the filters are first opened."""
    choices = service.filter_choices()
    return {"genres": choices.genres, "languages": choices.languages, "years": list(choices.years or (0, 0))}
