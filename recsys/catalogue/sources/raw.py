"""Raw: what a source hands over, before any of it is in a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Raw:
    """A data set as its source read it.

    Attributes:
        dataset: short name, such as `ml-1m`.
        title: name for people, such as `MovieLens 1M`.
        items: one dict an item: item_id, title, and any of alternatives, year, genres, director, cast,
            keywords, overview, language, tmdb_id, imdb_id, url, image, facets (further tags by facet).
        ratings: frames of user_id, item_id[, rating][, timestamp], read as they are asked for.
        licence, licence_url: the terms in a sentence, and where they stand.
        redistributable: whether the terms let the data be passed on.
        source: where the bytes came from, for people; of a local file or folder its name alone, as the page shows it.
        fingerprint: changes when the files do.
        notes: one sentence for every way that was tried and failed.
        wording: words of the catalogue that differ from its kind's own.
    """

    dataset: str
    title: str
    items: list[dict]
    ratings: Iterable[pd.DataFrame]
    licence: str = "as its owner states"
    licence_url: str = ""
    redistributable: bool = False
    source: str = ""
    fingerprint: str = ""
    notes: list[str] = field(default_factory=list)
    wording: dict = field(default_factory=dict)
