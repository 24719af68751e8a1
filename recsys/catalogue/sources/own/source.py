"""Source of a user's own catalogue: a folder or zip file with a table of items and a table of ratings.

Items need `item_id` and `title`; `year, text, genres, keywords, director, cast, language, alternatives, image,
url` are known, and any other column that is useful for similarity becomes a facet of tags. Ratings need `user_id` and
`item_id`; `rating` and `timestamp` are optional. Columns are recognized by the meaning of their names. An optional
`description.json` sets the wording, facts about the data, and the format of the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd

from recsys.catalogue.sources.own import description, folder
from recsys.catalogue.sources.own.description import Description
from recsys.catalogue.sources.own.folder import OwnFiles
from recsys.catalogue.sources.own.reopening import reopen
from recsys.catalogue.sources.own.stated import open_stated, say_unknown
from recsys.catalogue.sources.source import UNSTATED, Raw, Source
from recsys.catalogue.sources.tables.columns import Columns, decide
from recsys.catalogue.sources.tables.finding import STEMS, fitting_tables, same_tables
from recsys.catalogue.sources.tables.items import read_items
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.ratings import read_ratings
from recsys.catalogue.sources.tables.report import Report
from recsys.catalogue.wording import Wording
from recsys.data.progress import Progress, quiet
from recsys.data.tables.table import Form, Table
from recsys.errors import BadData, BadTables, listing, on_one_line
from recsys.settings import name_of_folder


class OwnTables(Source):
    """Source of the catalogue in the folder or zip file that RECSYS_CATALOGUE names."""

    name = ""

    @property
    def folder(self) -> Path:
        """The folder or zip file with the tables."""
        return Path(self.settings.catalogue).expanduser()

    def wording(self, rated: bool) -> Wording:
        """General words; ratings without values are called choices."""
        name = self.settings.catalogue_name
        return Wording(name) if rated else Wording(name, done="picked", rating="choice", ratings="choices")

    def read(self, progress: Progress = quiet, *, skip_bad: bool = False) -> Raw:
        """Read the tables; see `Source.read`.

        Args:
            skip_bad: leave out rows that cannot be used, instead of refusing the files.
        """
        found = self.find(self.folder)
        name = name_of_folder(self.folder)
        words = description.read(found.files, name)
        report, items, ratings = _read(found, words, progress)
        if not report.ok and (report.fatal or not skip_bad):
            raise BadTables(report.text())
        for line in report.lines():
            progress(line)
        return Raw(
            dataset=name,
            title=words.facts.get("title") or name,
            items=items,
            ratings=[ratings],
            licence=words.facts.get("licence") or UNSTATED,
            licence_url=words.facts.get("licence_url") or "",
            redistributable=bool(words.facts.get("redistributable")),
            source=self.folder.name,
            fingerprint=found.fingerprint,
            notes=report.lines(),
            wording=words.wording,
        )

    def find(self, path: Path) -> OwnFiles:
        """Find the two tables in a folder or zip file; see `Source.find`."""
        return folder.find(path)

    def changed(self, info: Mapping[str, Any]) -> str | None:
        """See `Source.changed`; a database that came with a release, without the folder, counts as unchanged."""
        if not self.folder.exists() or self.find(self.folder).fingerprint == info["fingerprint"]:
            return None
        return f"the files in {self.settings.catalogue} have changed"


def _is(files: Sequence[str]) -> str:
    return "is" if len(files) == 1 else "are"


def _state_encoding(tables: Mapping[str, Table], options: Options, report: Report) -> None:
    """Add the code page that was inferred to the lines of the description, if it suits both tables."""
    found = [one.encoding for one in tables.values() if one.encoding is not None and not one.encoding.is_ascii]
    pages = {one.page for one in found}
    if not options.encoding and len(pages) == 1 and (page := pages.pop()):
        report.set_option("encoding", value=page)


def check(path: Path, progress: Progress = quiet) -> Report:
    """Report all problems that `OwnTables.read` would find, without building a database.

    Raises:
        SourceError: a table is missing or damaged.
        BadData: description.json or a file cannot be used.
    """
    found = folder.find(path)
    return _read(found, description.read(found.files, name_of_folder(path)), progress)[0]


def _read(found: OwnFiles, words: Description, progress: Progress) -> tuple[Report, list[dict], pd.DataFrame]:
    report, options = Report(on_one_line(str(found.path))), words.options
    report.options = deepcopy(words.stated)
    before = repr(report.options)
    nothing = pd.DataFrame({"user_id": [], "item_id": []}, dtype=str)
    tables: dict[str, Table] = {}
    stated = {name: dict(columns) for name, columns in options.columns.items()}
    form = Form(options.encoding, options.separator)
    for name, file in found.names.items():
        try:
            tables[name] = open_stated(found, name, form, stated.get(name, {}))
        except BadData as error:
            report.add_fatal(file, 1, "", str(error).removeprefix(f"{file}, line 1: ").removesuffix("."))
            continue
        if not file.lower().startswith(f"{name}."):
            report.note(file, "", f"the file is used as the table of {name}")
            if others := [one for one in fitting_tables(found.files, STEMS[name]) if one not in found.names.values()]:
                what = f"{listing(others, 4)} may be part of this table and is not read; put all rows into one file"
                report.note(file, "", what)
        elif others := same_tables(found.files, file):
            report.note(file, "", f"this table is used; {listing(others, 4)} beside it {_is(others)} not read")
    if report.fatal:
        return report, [], nothing
    reopen(found, tables, form, stated)
    for name, table in tables.items():
        for note in table.notes:
            report.note(found.names[name], "", note)
    _state_encoding(tables, options, report)
    columns = Columns.of(tables["items"], report)
    of_items, of_ratings = decide(columns, tables["ratings"], stated, report)
    if report.fatal:
        return report, [], nothing
    say_unknown(columns.table, words, report)
    items = read_items(columns, of_items, options, report)
    if report.ok and not items:
        # stop before the ratings: each would be reported as a rating of an unknown item
        report.add_fatal(tables["items"].name, 1, "", "the table has no rows; add one row for each item")
        return report, [], nothing
    known = [item["item_id"] for item in items]
    ratings = read_ratings(tables["ratings"], of_ratings, known, options, report, progress)
    repeated = ratings.duplicated(["user_id", "item_id"]).sum() if len(ratings) else 0
    report.counts = {"items": len(items), "ratings": len(ratings) - int(repeated)}
    if repr(report.options) == before:
        report.options = {}
    return report, items, ratings
