"""Check the types and values of all rows of a release's database, because SQLite accepts any value in any column."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlite_utils import Database

from recsys.catalogue.database import LISTS, TEXTS
from recsys.catalogue.wording import Wording
from recsys.errors import BrokenRelease

LAST_SECOND = 253_402_300_799  # the last second of the year 9999, the limit of Python's dates
LAST_YEAR = 9999
LEGAL = {
    "items": {
        "number": "typeof(number) = 'integer'",
        "item_id": "typeof(item_id) = 'text' AND item_id != ''",
        "title": "typeof(title) = 'text'",
        "year": f"year IS NULL OR (typeof(year) = 'integer' AND abs(year) <= {LAST_YEAR})",
        **{name: f"typeof(\"{name}\") = 'text'" for name in (*TEXTS, *LISTS, "facets")},
        "url": "url = '' OR url LIKE 'http://%' OR url LIKE 'https://%'",
        "image": "typeof(image) = 'text'",
        "n_ratings": "typeof(n_ratings) = 'integer' AND n_ratings >= 0",
        "mean_rating": "mean_rating IS NULL OR (typeof(mean_rating) IN ('real', 'integer') AND abs(mean_rating) < 1e9)",
    },
    "users": {
        "number": "typeof(number) = 'integer'",
        "user_id": "typeof(user_id) = 'text' AND user_id != ''",
        "n_ratings": "typeof(n_ratings) = 'integer' AND n_ratings >= 0",
    },
    "ratings": {
        "rating": "typeof(rating) IN ('real', 'integer') AND abs(rating) < 1e9",
        "timestamp": f"timestamp IS NULL OR (typeof(timestamp) = 'integer' AND abs(timestamp) <= {LAST_SECOND})",
    },
    "names": {"folded": "typeof(folded) = 'text'"},
    "trigrams": {"places": "typeof(places) = 'blob' AND length(places) = 4 * names"},
}
"""The condition that all rows must fulfil, by table and column."""
NUMBERED = {"items": "number", "users": "number", "names": "place"}


def _lowest_first(scale: list[float]) -> list[float]:
    if scale[0] > scale[1]:
        raise ValueError("the lowest rating comes first")
    return scale


def _wording(values: dict[str, Any]) -> dict[str, Any]:
    Wording.from_dict(values)
    return values


class Facts(BaseModel):
    """Facts about a build that the app reads."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    catalogue: str
    dataset: str
    title: str
    licence: str
    licence_url: str = ""
    source: str = ""
    redistributable: bool | None = None
    notes: list[str] | None = None
    description: Annotated[dict[str, Any], AfterValidator(_wording)]
    n_items: int = Field(ge=1)
    n_users: int = Field(ge=0)
    n_ratings: int = Field(ge=0)
    most_ratings: int = Field(ge=0)
    scale: Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_lowest_first)]
    rated: bool
    timed: bool
    until: int | None
    facets: list[str]
    digest: str


def check_facts(info: dict[str, Any], name: str) -> None:
    """Raise `BrokenRelease` with one sentence about the first invalid fact."""
    try:
        Facts.model_validate(info)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:100] for part in first["loc"][:3])
        raise BrokenRelease(f"{name} has a fact that cannot be used, {where}: {first['msg'][:200]}.") from None


def check_values(db: Database, name: str) -> None:
    """Raise `BrokenRelease` with one sentence about the first value of a wrong type or out of range."""
    for table, columns in LEGAL.items():
        for column, legal in columns.items():
            if db.execute(f"SELECT 1 FROM {table} WHERE coalesce(NOT ({legal}), 1) LIMIT 1").fetchone():
                raise BrokenRelease(f"{name} has a value of {table}.{column} that a catalogue cannot have.")
    for table, number in NUMBERED.items():
        first, last, rows = db.execute(f"SELECT min({number}), max({number}), count(*) FROM {table}").fetchone()
        if rows and (first, last) != (0, rows - 1):
            raise BrokenRelease(f"{name} has {rows} {table}, which are not numbered from 0 to {rows - 1}.")
    _check_lists(db, name)
    _check_places(db, name)


def _check_lists(db: Database, name: str) -> None:
    for row in db.execute(
        f"SELECT {', '.join(chr(34) + column + chr(34) for column in (*LISTS, 'facets'))} FROM items"
    ):
        *lists, facets = map(json.loads, row)
        lists += facets.values() if isinstance(facets, dict) else [None]
        if not all(isinstance(one, list) and all(isinstance(value, str) for value in one) for one in lists):
            raise BrokenRelease(f"{name} has an item whose {', '.join(LISTS)} or facets are not lists of texts.")


def _check_places(db: Database, name: str) -> None:
    names = db.execute("SELECT count(*) FROM names").fetchone()[0]
    for (places,) in db.execute("SELECT places FROM trigrams"):
        found = np.frombuffer(places, dtype="<i4")
        if len(found) and not 0 <= found.min() <= found.max() < names:
            raise BrokenRelease(f"{name} has an index of titles that does not match its titles.")
