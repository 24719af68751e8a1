"""What the owner of tables states about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """Statements about two tables; whatever is empty is found out.

    Attributes:
        columns: by table, the owner's name of a column by its standard name; `column 2` for the second of a table
            without names.
        encoding, separator: of the files.
        decimal: "point" or "comma".
        dates: "day first", "month first" or "year first".
        not_rated: ratings that stand for "not rated".
        scale: lowest and highest rating allowed.
        values: by column of the items, what separates values in a cell.
        ignore: columns of the items that say nothing about likeness.
        keep: columns of the items that do, whatever they look like.
        leave_out_unknown: whether ratings of unknown items are left out; otherwise they are problems.
    """

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    dates: str = ""
    not_rated: tuple[float, ...] = ()
    scale: tuple[float, float] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    leave_out_unknown: bool = False
