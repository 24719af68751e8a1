"""List of the supported formats, most specific first; a format is one module with `NAME`, `matches` and `read`.

To add a format, write its module and add it to `FORMATS`.
"""

from __future__ import annotations

from typing import Protocol

from recsys.imports.entries import Imported
from recsys.imports.files import Document
from recsys.imports.formats import (
    imdb,
    json_table,
    letterboxd,
    movielens,
    plain,
    radarr,
    recsys_export,
    simkl,
    trakt,
    tv_time,
)


class Format(Protocol):
    """A format of exports."""

    @property
    def NAME(self) -> str:
        """Name of the format."""
        ...

    def matches(self, document: Document) -> bool:
        """Whether the document has this format, judged by its content."""
        ...

    def read(self, document: Document) -> Imported:
        """The entries of the document."""
        ...


GENERAL: tuple[Format, ...] = (json_table, plain)
"""Formats of no particular site."""
FORMATS: tuple[Format, ...] = (
    *(letterboxd, imdb, simkl, trakt, tv_time, recsys_export, movielens, radarr),
    *GENERAL,
)
