"""`description.json` beside own tables: the catalogue's wording, facts about the data, and names of columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recsys.catalogue.wording import Wording
from recsys.errors import BadData, listing

FILE = "description.json"
TABLES = ("items", "ratings")
FACTS = ("title", "licence", "licence_url", "redistributable", "columns")
"""Fields that are not part of the wording."""


@dataclass(frozen=True)
class Description:
    """The contents of description.json, checked; all empty if there is no such file.

    Attributes:
        wording: fields of `Wording` that the file sets, as plain values.
        facts: fields about the data, for the page and the model card.
        columns: by table, the standard name of a column by the name that the table uses.
    """

    wording: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=lambda: {table: {} for table in TABLES})


def read(folder: Path) -> Description:
    """Read the description of a folder.

    Raises:
        BadData: the file is not JSON, or a field is unknown or has a wrong value.
    """
    path = folder / FILE
    if not path.exists():
        return Description()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        facts = {name: values.pop(name) for name in FACTS if name in values}
        values["name"] = folder.resolve().name
        wording = Wording.from_dict(values)
        if wording.images == "tmdb":
            raise ValueError("images is 'tmdb', which is for films alone: use 'column' or ''")
        columns = _columns(facts.get("columns") or {})
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError, TypeError, ValueError) as error:
        raise BadData(f"{FILE} cannot be used: {error}") from error
    # Taken from the wording, which has converted them: a scale to numbers, marks to pairs.
    return Description({name: wording.to_dict()[name] for name in values}, facts, columns)


def _columns(given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    unknown = [name for name in given if name not in TABLES]
    if unknown:
        raise ValueError(f"columns names {listing(unknown)}; there are {' and '.join(TABLES)}")
    return {table: {str(theirs): str(ours) for ours, theirs in (given.get(table) or {}).items()} for table in TABLES}
