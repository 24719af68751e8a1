"""Options that the owner of tables states about their format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """The owner's statements about two tables; empty fields are detected.

    Attributes:
        columns: for each table, the owner's names of columns by standard name; `column 2` for the second column of a
            table without names.
        encoding, separator: of the files.
        decimal: "point" or "comma".
        dates: "day first", "month first" or "year first".
        not_rated: values of the rating that mean "not rated", as numbers or as texts.
        scale: lowest and highest rating allowed.
        values: separator of values in a cell, by column of the items.
        ignore: columns of the items that are not used for comparing items.
        keep: columns of the items that are used for comparing items even if they seem useless.
        leave_out_unknown: whether ratings of unknown items are left out; otherwise they are problems.
    """

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    dates: str = ""
    not_rated: tuple[float | str, ...] = ()
    scale: tuple[float, float] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    leave_out_unknown: bool = False
