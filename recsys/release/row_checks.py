"""Check the types and values of all rows of a release's database, because SQLite accepts any value in any column."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlite_utils import Database

from recsys.catalogue.database import LISTS, TEXTS
from recsys.catalogue.wording import LARGEST, Wording
from recsys.data import Interactions
from recsys.errors import BrokenRelease
from recsys.release.manifest_schema import check_usable, is_unicode

LAST_SECOND = 253_402_300_799  # the last second of the year 9999, the limit of Python's dates
LAST_YEAR = 9999
LONGEST_NAME, LONGEST_TEXT = 1_000, 1_000_000  # characters of a title or an id, and of any other text
ROUNDING = 1e-3  # how far ratings and means may be apart, because ratings have 7 digits
CONTROL = "'*[' || char(1) || '-' || char(31) || char(127) || ']*'"


def _name(column: str) -> str:
    """Condition for a title or id: a text of some length without control characters."""
    plain = f"{column} NOT GLOB {CONTROL} AND instr(CAST({column} AS BLOB), x'00') = 0"
    return f"typeof({column}) = 'text' AND length({column}) <= {LONGEST_NAME} AND {plain}"


def _text(column: str) -> str:
    return f'typeof("{column}") = \'text\' AND length("{column}") <= {LONGEST_TEXT}'


def _address(column: str) -> str:
    return f"{column} = '' OR {column} LIKE 'http://%' OR {column} LIKE 'https://%'"


LEGAL = {
    "items": {
        "number": "typeof(number) = 'integer'",
        "item_id": f"item_id != '' AND {_name('item_id')}",
        "title": _name("title"),
        "year": f"year IS NULL OR (typeof(year) = 'integer' AND abs(year) <= {LAST_YEAR})",
        **{name: _text(name) for name in (*TEXTS, *LISTS, "facets")},
        "url": f"({_text('url')}) AND ({_address('url')})",
        "image": f"({_text('image')}) AND ({_address('image')})",
        "n_ratings": "typeof(n_ratings) = 'integer' AND n_ratings >= 0",
        "mean_rating": "mean_rating IS NULL OR (typeof(mean_rating) IN ('real', 'integer') AND abs(mean_rating) < 1e9)",
    },
    "users": {
        "number": "typeof(number) = 'integer'",
        "user_id": f"user_id != '' AND {_name('user_id')}",
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


Rating = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]


class Facts(BaseModel):
    """Facts about a build that the app reads."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    catalogue: str
    dataset: Annotated[str, Field(max_length=LONGEST_NAME)]
    title: Annotated[str, Field(max_length=LONGEST_NAME)]
    licence: str
    licence_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    source: str = ""
    redistributable: bool | None = None
    notes: Annotated[list[Annotated[str, Field(max_length=LONGEST_NAME)]], Field(max_length=1000)] | None = None
    description: Annotated[dict[str, Any], AfterValidator(_wording)]
    n_items: int = Field(ge=1)
    n_users: int = Field(ge=0)
    n_ratings: int = Field(ge=0)
    most_ratings: int = Field(ge=0)
    scale: Annotated[list[Rating], Field(min_length=2, max_length=2), AfterValidator(_lowest_first)]
    rated: bool
    timed: bool
    until: int | None = Field(ge=-LAST_YEAR, le=LAST_YEAR)
    facets: list[str]
    digest: str
    built: str


def check_facts(info: dict[str, Any], name: str) -> None:
    """Raise `BrokenRelease` with one sentence about the first invalid fact."""
    check_usable(info, name)
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


def check_counts(db: Database, name: str) -> None:
    """Raise `BrokenRelease` unless items and users state the numbers of their ratings."""
    for table, column in (("items", "item"), ("users", "user")):
        counted = f'SELECT "{column}" AS number, count(*) AS counted FROM ratings GROUP BY "{column}"'
        wrong = f"SELECT 1 FROM {table} LEFT JOIN ({counted}) USING (number) WHERE n_ratings != coalesce(counted, 0)"
        if db.execute(f"{wrong} LIMIT 1").fetchone():
            raise BrokenRelease(f"{name} states other numbers of ratings of {table} than it has ratings.")


def check_means(db: Database, name: str) -> None:
    """Raise `BrokenRelease` unless items state the means of their ratings."""
    means = "SELECT item AS number, avg(rating) AS mean FROM ratings GROUP BY item"
    right = f"mean_rating IS mean OR abs(mean_rating - mean) <= {ROUNDING} * (1 + abs(mean))"
    wrong = f"SELECT 1 FROM items LEFT JOIN ({means}) USING (number) WHERE NOT coalesce({right}, 0) LIMIT 1"
    if db.execute(wrong).fetchone():
        raise BrokenRelease(f"{name} states other mean ratings of items than those of its ratings.")


def check_totals(info: dict[str, Any], data: Interactions, name: str) -> None:
    """Raise `BrokenRelease` unless the facts state the totals of the data."""
    totals = {
        "n_items": len(data.items),
        "n_users": len(data.users),
        "n_ratings": data.matrix.nnz,
        "most_ratings": int(data.item_counts.max(initial=0)),
        "rated": data.has_ratings,
    }
    for fact, right in totals.items():
        if info[fact] != right:
            raise BrokenRelease(f"{name} states {fact} = {info[fact]}, and its data has {right}.")
    (low, high), (lowest, highest) = info["scale"], data.scale
    if data.matrix.nnz and not low <= lowest + ROUNDING <= highest + ROUNDING <= high + 2 * ROUNDING:
        raise BrokenRelease(f"{name} has ratings from {lowest:g} to {highest:g} on a scale from {low:g} to {high:g}.")


def _check_lists(db: Database, name: str) -> None:
    for row in db.execute(
        f"SELECT {', '.join(chr(34) + column + chr(34) for column in (*LISTS, 'facets'))} FROM items"
    ):
        *lists, facets = map(json.loads, row)
        lists += facets.values() if isinstance(facets, dict) else [None]
        if not all(isinstance(one, list) and all(isinstance(value, str) for value in one) for one in lists):
            raise BrokenRelease(f"{name} has an item whose {', '.join(LISTS)} or facets are not lists of texts.")
        if not is_unicode("".join(value for one in (*lists, facets) for value in one)):
            raise BrokenRelease(f"{name} has an item whose {', '.join(LISTS)} or facets are not valid Unicode.")


def _check_places(db: Database, name: str) -> None:
    names = db.execute("SELECT count(*) FROM names").fetchone()[0]
    for (places,) in db.execute("SELECT places FROM trigrams"):
        found = np.frombuffer(places, dtype="<i4")
        if len(found) and not 0 <= found.min() <= found.max() < names:
            raise BrokenRelease(f"{name} has an index of titles that does not match its titles.")
