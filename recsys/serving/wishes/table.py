"""Read the table of directions, directions.toml: the words for them, and the features that they are made of."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from recsys.catalogue.titles import fold

TABLE = Path(__file__).with_name("directions.toml")
MEASURES = ("year", "popularity", "rating", "minutes")


@dataclass(frozen=True)
class Direction:
    """A row of the table; directions.toml explains its fields.

    The themes and words of titles are in folded form between spaces, so that they are found as whole words.
    """

    name: str
    more: str
    less: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    genres: Mapping[str, float] = field(default_factory=dict)
    themes: Mapping[str, float] = field(default_factory=dict)
    titles: Mapping[str, float] = field(default_factory=dict)
    no_genres: tuple[str, ...] = ()
    no_themes: tuple[str, ...] = ()
    measure: str = ""

    def label(self, sign: int) -> str:
        """The wish for more of it or for less."""
        return self.more if sign > 0 else self.less


@cache
def directions() -> dict[str, Direction]:
    """All directions by name."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["direction"]
    return {row["name"]: _direction(row) for row in rows}


def _direction(row: Mapping[str, Any]) -> Direction:
    without = row.get("without", {})
    return Direction(
        name=row["name"],
        more=row["more"],
        less=row["less"],
        up=tuple(row["up"]),
        down=tuple(row["down"]),
        genres=row.get("genres", {}),
        themes=_padded(row.get("themes", {})),
        titles=_padded(row.get("titles", {})),
        no_genres=tuple(without.get("genres", ())),
        no_themes=tuple(_padded(dict.fromkeys(without.get("themes", ()), 1.0))),
        measure=row.get("measure", ""),
    )


def _padded(weights: Mapping[str, float]) -> dict[str, float]:
    return {f" {fold(entry)} ": weight for entry, weight in weights.items()}
