"""Read and validate `description.json`: the catalogue's wording, facts about the data, and the format of its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.tables.meaning import KNOWN
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import FILE
from recsys.catalogue.wording import LARGEST, Wording
from recsys.data.json_names import unique
from recsys.data.tables.cells import one_line
from recsys.data.tables.date_orders import ORDERS
from recsys.data.tables.numbers import MARK
from recsys.data.tables.table import column
from recsys.errors import BadData, listing, quoted

TABLES = tuple(KNOWN)
FACTS = ("title", "licence", "licence_url", "redistributable")
"""Fields about the data, for the page and the model card."""
_WORDS = tuple(one.name for one in fields(Wording) if one.name != "name")
"""Fields of the wording, whose name is that of the folder."""
LONGEST_TEXT = 500
FORMS = ("columns", "encoding", "separator", "decimal", "dates", "not_rated", "values", "ignore", "keep")
"""Fields about the format of the tables."""


@dataclass(frozen=True)
class Description:
    """The validated contents of description.json; all empty if there is no such file.

    Attributes:
        wording: fields of `Wording` that the file sets, as plain values.
        facts: fields about the data.
        options: the format of the tables.
        stated: the fields about the format as the file has them.
    """

    wording: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    stated: dict[str, Any] = field(default_factory=dict)


def read(files: Files, name: str) -> Description:
    """Read the description beside the tables of a catalogue.

    Args:
        name: of the catalogue.

    Raises:
        BadData: the file is not JSON, or a field is unknown or has a wrong value.
    """
    member = next((one for one in files.members if one.lower() == FILE), None)
    if member is None:
        return Description()
    try:
        values = json.loads(files.text(member), object_pairs_hook=unique)
        if not isinstance(values, dict):
            raise ValueError("it is not a JSON object; begin it with { and end it with }")
        facts = {one: _fact(one, values.pop(one)) for one in FACTS if one in values}
        stated = {one: values.pop(one) for one in FORMS if one in values}
        options = _options(stated)
        if unknown := [one for one in values if one not in _WORDS]:
            raise ValueError(
                f"There is no field {listing(unknown)}; the fields are {listing((*FACTS, *FORMS, *_WORDS), 50)}"
            )
        values["name"] = name
        wording = Wording.from_dict(values)
        if wording.images == "tmdb":
            raise ValueError("images is 'tmdb', which is for films alone: use 'column' or ''")
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise BadData(f"{FILE} cannot be used: {str(error).removesuffix('.')}.") from error
    # Take the values from the wording, which has converted them: a scale to numbers, marks to pairs.
    words = {one: wording.to_dict()[one] for one in values}
    return Description(words, facts, replace(options, scale=wording.scale), stated)


def _fact(name: str, value: Any) -> Any:
    """A field about the data, which must be usable on the page and in the model card."""
    if value is None:
        return None
    if name == "redistributable":
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {quoted(value)}: use true or false")
        return value
    text = one_line(_text(name, value)) if value != "" else ""
    if name == "licence_url" and text and not re.fullmatch(r"https?://\S+", text):
        raise ValueError(f"{name} is {quoted(value)}: give a web address with https://")
    return text


def _options(stated: Mapping[str, Any]) -> Options:
    made = {name: _CONVERT[name](name, value) for name, value in stated.items()}
    return Options(**made)


def _columns(name: str, value: Any) -> dict[str, dict[str, str]]:
    given = _mapping(name, value)
    if unknown := [one for one in given if one not in TABLES]:
        raise ValueError(f"columns names {listing(unknown)}; there are {' and '.join(TABLES)}")
    found = {}
    for table, names in given.items():
        found[table] = {
            str(ours): column(theirs) if isinstance(theirs, int) else str(theirs)
            for ours, theirs in _mapping(f"columns of {table}", names or {}).items()
        }
        if wrong := [ours for ours in found[table] if ours not in KNOWN[table]]:
            raise ValueError(f"columns of {table} names {listing(wrong)}; there are {listing(KNOWN[table])}")
    return found


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {quoted(value)}: give an object of names")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {quoted(value)}: give a text")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{name} has {len(value):,} letters: use at most {LONGEST_TEXT}")
    return value


def _one_of(choices: Mapping[str, Any]) -> Callable[[str, Any], str]:
    def convert(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{name} is {quoted(value)}: use {listing(map(repr, choices))}")
        return value

    return convert


def _values(name: str, value: Any) -> tuple[float | str, ...]:
    values = value if isinstance(value, list) else [value]
    for one in values:
        is_number = isinstance(one, (int, float)) and not isinstance(one, bool) and abs(one) <= LARGEST
        if not is_number and not (isinstance(one, str) and len(one) <= LONGEST_TEXT):
            raise ValueError(f"{name} is {quoted(value)}: give a list of numbers or texts")
    return tuple(one if isinstance(one, str) else float(one) for one in values)


def _names(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is {quoted(value)}: give a list of names of columns")
    return tuple(value)


_CONVERT: dict[str, Callable[[str, Any], Any]] = {
    "columns": _columns,
    "encoding": _text,
    "separator": _text,
    "decimal": _one_of(MARK),
    "dates": _one_of(ORDERS),
    "not_rated": _values,
    "values": lambda name, value: {str(one): _text(name, mark) for one, mark in _mapping(name, value).items()},
    "ignore": _names,
    "keep": _names,
}
