"""Interface of a catalogue source, which reads the items and ratings of a catalogue and defines its wording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pandas as pd

from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.settings import Settings

UNSTATED = "as its owner states"
"""The licence of data whose owner has not stated one."""


@dataclass
class Raw:
    """A data set in memory as its source read it, before it is written to a database.

    Attributes:
        dataset: short name, such as `ml-1m`.
        title: display name, such as `MovieLens 1M`.
        items: one dict per item: item_id, title, and any of alternatives, year, genres, director, cast,
            keywords, overview, language, tmdb_id, imdb_id, url, image, facets (further tags by facet).
        ratings: frames of user_id, item_id[, rating][, timestamp]; read lazily.
        licence, licence_url: the terms in one sentence, and their URL.
        redistributable: whether the terms allow passing the data on.
        source: display name of the origin of the files. For a local file or folder it is the name without the path,
            because the page shows it.
        fingerprint: changes when the files change.
        notes: sentences on failed attempts to get the data, and on what was detected about the files.
        wording: fields of the catalogue's wording that the files themselves define.
    """

    dataset: str
    title: str
    items: list[dict]
    ratings: Iterable[pd.DataFrame]
    licence: str = UNSTATED
    licence_url: str = ""
    redistributable: bool = False
    source: str = ""
    fingerprint: str = ""
    notes: list[str] = field(default_factory=list)
    wording: dict[str, Any] = field(default_factory=dict)


class Found(Protocol):
    """Files of a data set on disk that have not been read yet; `fingerprint` changes when one of them changes."""

    @property
    def path(self) -> Path: ...

    @property
    def fingerprint(self) -> str: ...


class Source(ABC):
    """Reader of one catalogue from the place that the settings name.

    Attributes:
        name: the value of RECSYS_CATALOGUE that selects this source.
    """

    name: ClassVar[str]

    def __init__(self, settings: Settings):
        self.settings = settings

    @abstractmethod
    def read(self, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
        """Read the data set that `settings.dataset` names.

        Args:
            skip_bad: leave out rows that cannot be used, instead of refusing the files.

        Raises:
            SourceError: the data cannot be found or downloaded. The text says what to do.
            BadData: a file does not have its layout. The text names file, line and column.
        """

    @abstractmethod
    def wording(self, rated: bool) -> Wording:
        """Return the words and settings of the catalogue.

        Args:
            rated: whether its ratings differ; False if all rows have the same value.
        """

    @abstractmethod
    def find(self, path: Path) -> Found:
        """Find the files of a data set in a folder or zip file.

        Raises:
            SourceError: a file is missing.
        """

    def local(self) -> Found | None:
        """The files in the data directory that `auto` reads, or None."""
        return None

    def changed(self, info: Mapping[str, Any]) -> str | None:
        """Return why a database with these facts is out of date, or None. Reads local files only.

        Raises:
            SourceError: the folder or zip file that the settings name has no usable files.
        """
        if self.settings.dataset == "auto":
            if info["asked"] != "auto":
                return None  # built earlier by name or path; `auto` keeps the existing database
            found = self.local()
            if found is None or found.fingerprint == info["fingerprint"]:
                return None
            return f"{found.path} is another data set than {info['title']} in the database"
        found = self.find(Path(self.settings.dataset).expanduser())
        if found.fingerprint == info["fingerprint"]:
            return None
        return f"the database was not built from the current {self.settings.dataset}"
