"""The header component with filters, watch-list and theme."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.page.components.filters import DEFAULTS
from recsys.page.components.parts import part
from recsys.serving.service import Service

NAME = "recsys"


def tagline(service: Service) -> str:
    """Short description of the page."""
    return f"{service.words.items.capitalize()} you will like, and why"


def shell(service: Service, tabs: dict[str, str]) -> gr.HTML:
    """Create the header. Its value is the filters.

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
    """Words of the catalogue for the scripts.

    `worth` has names of ratings, `valued` is whether their mean is meaningful, `match` explains the match, `stars` has
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
    """Values of the catalogue for filters; loaded when the filters are first opened."""
    choices = service.filter_choices()
    return {
        "genres": choices.genres,
        "languages": choices.languages,
        "years": list(choices.years or (0, 0)),
        "runtimes": choices.runtimes,
        "certificates": choices.certificates,
    }
