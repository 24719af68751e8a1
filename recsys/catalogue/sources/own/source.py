"""An own catalogue: a folder with a table of items and a table of ratings, CSV or Parquet.

Items need `item_id` and `title`; `year, text, genres, keywords, director, cast, language, alternatives, image,
url` are known, and any other column becomes a facet of tags. Ratings need `user_id` and `item_id`; `rating` and
`timestamp` are optional. Several values in a cell are separated by `|`. An optional `description.json` sets the
wording, facts about the data, and the names of columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from recsys.catalogue.sources.own import description
from recsys.catalogue.sources.own.description import Description
from recsys.catalogue.sources.own.items import read_items
from recsys.catalogue.sources.own.ratings import read_ratings
from recsys.catalogue.sources.own.report import Report
from recsys.catalogue.sources.own.rows import open_table
from recsys.catalogue.sources.source import Raw, Source
from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, SourceError


@dataclass(frozen=True)
class OwnFiles:
    """The files of an own catalogue."""

    path: Path
    fingerprint: str


class OwnTables(Source):
    """The folder that RECSYS_CATALOGUE names."""

    name = ""
    can_skip_bad = True

    @property
    def folder(self) -> Path:
        """The folder with the tables."""
        return Path(self.settings.catalogue).expanduser()

    def wording(self, rated: bool) -> Wording:
        """Plain words; without values a rating is a choice."""
        name = self.settings.catalogue_name
        return Wording(name) if rated else Wording(name, done="chosen", rating="choice", ratings="choices")

    def read(self, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
        """Read the tables; see `Source.read`.

        Args:
            skip_bad: leave out rows that cannot be used, instead of refusing the files.
        """
        words = description.read(self.folder)
        report, items, ratings = _read(self.folder, None if skip_bad else Report.LIMIT, words, progress)
        if report.total and (report.fatal or not skip_bad):
            raise BadData(report.text())
        for line in report.lines():
            progress(line)
        name = self.folder.resolve().name
        return Raw(
            dataset=name,
            title=words.facts.get("title") or name,
            items=items,
            ratings=[ratings],
            licence=words.facts.get("licence") or "as its owner states",
            licence_url=words.facts.get("licence_url") or "",
            redistributable=bool(words.facts.get("redistributable")),
            source=self.folder.name,
            fingerprint=self.find(self.folder).fingerprint,
            notes=report.notes,
            wording=words.wording,
        )

    def find(self, path: Path) -> OwnFiles:
        """Find the two tables in a folder; see `Source.find`."""
        paths = [open_table(path, name).path for name in description.TABLES]
        paths += [file for file in (path / description.FILE,) if file.exists()]
        return OwnFiles(path, repr([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in paths]))

    def changed(self, info: Mapping[str, Any]) -> str | None:
        """See `Source.changed`; without the folder, the database came with a release and is all there is."""
        if not self.folder.is_dir() or self.find(self.folder).fingerprint == info["fingerprint"]:
            return None
        return f"the files in {self.settings.catalogue} have changed"


def check(folder: Path, progress: Progress = quiet) -> Report:
    """Report everything that `OwnTables.read` would object to, without building anything.

    Raises:
        SourceError: a table is missing.
        BadData: description.json cannot be used.
    """
    return _read(folder, Report.LIMIT, description.read(folder), progress)[0]


def _read(
    folder: Path, limit: int | None, words: Description, progress: Progress
) -> tuple[Report, list[dict], pd.DataFrame]:
    if not folder.is_dir():
        raise SourceError(
            f"{folder} is not a folder. Give one with items.csv and ratings.csv, or pull a release that was pushed "
            "with its data (--with-data)."
        )
    report = Report(str(folder), limit)
    tables = {name: open_table(folder, name) for name in description.TABLES}
    for name, table in tables.items():
        report.names |= {(table.name, ours): theirs for theirs, ours in words.columns[name].items()}
    items = read_items(tables["items"], words.columns["items"], report)
    known = {item["item_id"] for item in items}
    scale = words.wording.get("scale")
    ratings = read_ratings(tables["ratings"], words.columns["ratings"], known, scale, report, progress)
    if not report.total and not items:
        report.stop("items", 1, "", "the table has no rows; add one row for each item")
    report.counts = {"items": len(items), "ratings": len(ratings)}
    return report, items, ratings
