"""The items that a wish allows: with what must be, and without what must not be."""

from __future__ import annotations

import numpy as np

from recsys.serving.filters import Facets, Filters
from recsys.serving.wishes.values import ItemValues
from recsys.serving.wishes.wish import Kind, Part, Wish


def wanted_mask(wish: Wish, facets: Facets, values: ItemValues) -> np.ndarray | None:
    """(n_items,) bool: the items that a wish allows; None if it allows all.

    An item must have all wanted genres and people, and one of the wanted languages.
    """
    languages = tuple(part.value for part in wish.of(Kind.LANGUAGE) if part.sign > 0)
    masks = [facets.mask(Filters(languages=languages))] if languages else []
    for part in wish.of(Kind.GENRE, Kind.LANGUAGE, Kind.PERSON, Kind.YEARS, Kind.MINUTES, Kind.DIRECTION, Kind.THEME):
        found = _of(part, facets, values)
        if found is not None:
            masks.append(~found if part.excludes else found)
    return np.logical_and.reduce(masks) if masks else None


def _of(part: Part, facets: Facets, values: ItemValues) -> np.ndarray | None:
    """(n_items,) bool: the items that have what a part names; None if the part leaves no item out."""
    match part.kind:
        case Kind.GENRE:
            return facets.mask(Filters(genres_in=(part.value,)))
        case Kind.LANGUAGE:
            has = part.excludes and part.value in facets.languages
            return facets.mask(Filters(languages=(part.value,))) if has else None
        case Kind.PERSON:
            return facets.mask(Filters(people=(part.value,)))
        case Kind.YEARS:
            first, last = map(int, part.value.split())
            return facets.mask(Filters(year_from=first, year_to=last))
        case Kind.MINUTES:
            return facets.mask(Filters(runtime_to=int(part.value)))
        case Kind.DIRECTION:
            return values.excluded(part.value) if part.excludes else None
        case _:
            return values.themes.holding(part.value) if part.excludes else None
