"""Find and read MovieLens (Harper and Konstan 2015) and MovieTweetings (Dooms et al. 2013); their licences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from recsys.catalogue.sources.files import Files, folders
from recsys.catalogue.sources.films.layouts import LAYOUTS, Layout, recbole_name
from recsys.catalogue.sources.source import Raw
from recsys.catalogue.sources.tables.known import frames, refuse
from recsys.catalogue.sources.tables.report import Report
from recsys.data.progress import Progress, quiet
from recsys.errors import SourceError

BUNDLED = "movietweetings"
"""The data set that comes with the project."""
OPEN = "GroupLens: research use, redistribution under the same terms, no commercial use without permission"
CLOSED = "GroupLens: research use, no redistribution and no commercial use without permission"
README = "https://files.grouplens.org/datasets/movielens/{name}-README.{ending}"


@dataclass(frozen=True)
class DataSet:
    """Facts about a published data set.

    Attributes:
        title: display name.
        sha256: of GroupLens's zip file, as several independent places state it; "" if it is not downloaded.
        redistributable: whether its licence allows passing it on.
        note_ids: the field of the film notes that holds its item ids.
        licence, licence_url: its terms, if they are not GroupLens's.
    """

    title: str
    sha256: str = ""
    redistributable: bool = True
    note_ids: str = "movielens_id"
    licence: str = ""
    licence_url: str = ""


DATA_SETS = {
    "ml-latest-small": DataSet(
        "MovieLens latest-small", "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"
    ),
    "ml-100k": DataSet(
        "MovieLens 100K",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        redistributable=False,
        note_ids="ml100k_id",
    ),
    "ml-1m": DataSet(
        "MovieLens 1M", "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20", redistributable=False
    ),
    "ml-10m": DataSet("MovieLens 10M", redistributable=False),
    "ml-20m": DataSet("MovieLens 20M"),
    "ml-25m": DataSet("MovieLens 25M"),
    "ml-32m": DataSet("MovieLens 32M", "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee"),
    "ml-latest": DataSet("MovieLens latest"),
    BUNDLED: DataSet(
        "MovieTweetings 100K",
        licence="MIT: MovieTweetings, by Simon Dooms, Toon De Pessemier and Luc Martens, 2013",
        licence_url="https://github.com/sidooms/MovieTweetings",
    ),
}


@dataclass(frozen=True)
class MovieLensFiles:
    """A data set on disk: its files and their layout."""

    files: Files
    layout: Layout

    @property
    def path(self) -> Path:
        """The folder or zip file."""
        return self.files.path

    @property
    def fingerprint(self) -> str:
        """Changes when one of the files changes."""
        return self.files.fingerprint

    @property
    def name(self) -> str:
        """Short name: of the data set if the folder, zip file or README names it, otherwise of the folder."""
        if self.layout.name == "u":
            return "ml-100k"
        if self.layout.name == "recbole":
            return recbole_name(self.files)
        folder = self.files.folder_name.lower()
        if folder in DATA_SETS:
            return folder
        readme = next((name for name in self.files.members if name.lower().startswith("readme")), None)
        stated = re.search(r"\((ml-[a-z0-9-]+)\)", self.files.text(readme)[:2000]) if readme else None
        if stated and stated[1] in DATA_SETS:
            return stated[1]
        return "ml-1m" if self.layout.name == "dat" and "users.dat" in self.files else self.files.folder_name

    @property
    def note_ids(self) -> str:
        """The field of the film notes that holds the item ids."""
        known = DATA_SETS.get(self.name)
        return known.note_ids if known else "movielens_id"


def find(path: Path) -> MovieLensFiles:
    """Find MovieLens files in a folder or zip file.

    Raises:
        SourceError: the path does not exist, or no folder in it has the files of a known layout.
    """
    seen: list[str] = []
    for files in folders(path):
        seen += files.members
        for layout in LAYOUTS:
            if layout.fits(files):
                return MovieLensFiles(files, layout)
    raise SourceError(
        f"{path} holds no MovieLens files: needed are ratings.csv and movies.csv, ratings.dat and movies.dat, "
        f"u.data and u.item, NAME.inter and NAME.item, or combined_data_1.txt and movie_titles.csv; "
        f"found {', '.join(sorted(seen)[:8]) or 'nothing'}."
    )


def read(found: MovieLensFiles, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
    """Read the films of a data set, and prepare to read its ratings.

    Args:
        skip_bad: leave out rows that cannot be used, instead of refusing the files.

    Raises:
        BadData: a file does not have its layout; the text names file, line and column.
    """
    report = Report(str(found.path), described=False)
    items, ratings = found.layout.read(found.files, report)
    refuse(report, skip_bad)
    name = found.name
    raw = Raw(
        dataset=name,
        title=name,
        items=items,
        ratings=frames(found.files, ratings, [item["item_id"] for item in items], report, progress, skip_bad),
        notes=report.notes,
        source=found.path.name,
        fingerprint=found.fingerprint,
        wording=dict(found.layout.wording),
    )
    if data_set := DATA_SETS.get(name):
        raw.title, raw.redistributable = data_set.title, data_set.redistributable
        raw.licence = data_set.licence or (OPEN if data_set.redistributable else CLOSED)
        ending = "html" if data_set.redistributable else "txt"
        raw.licence_url = data_set.licence_url or README.format(name=name, ending=ending)
    return raw
