"""Find the two tables of a user's own catalogue in a folder or zip file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.catalogue.sources.files import PACKED, UNKNOWN_PACKING, Files, folders, kind_of_file
from recsys.catalogue.sources.tables.finding import STEMS, find_table, kind, opened
from recsys.catalogue.sources.tables.meaning import REQUIRED, guess
from recsys.catalogue.sources.tables.report import FILE
from recsys.data.file_kinds import FileKind
from recsys.data.tables.table import CONVERT
from recsys.errors import BadData, MissingExtra, SourceError, listing


@dataclass(frozen=True)
class OwnFiles:
    """The files of a user's own catalogue.

    Attributes:
        path: the folder or zip file, as given.
        files: the folder in it that has the tables.
        names: file name by table, `items` and `ratings`.
    """

    path: Path
    files: Files
    names: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Changes when a table or the description changes."""
        if self.files.zipped:
            used = {self.path}
        else:
            used = {Path(self.files.members[name]) for name in self.names.values()}
            used |= {Path(member) for name, member in self.files.members.items() if name.lower() == FILE}
        return repr([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(used)])


def find(path: Path) -> OwnFiles:
    """Find the tables in a folder or zip file, or in a subfolder.

    Raises:
        SourceError: a table is missing; the text lists the files that were found and says what to do.
    """
    if not path.exists():
        raise SourceError(
            f"{path} does not exist. Give a folder or zip file with items.csv and ratings.csv, or pull a release that "
            "was pushed with its data (--with-data)."
        )
    best: OwnFiles | None = None
    for files in folders(path):
        names = {table: name for table, stems in STEMS.items() if (name := find_table(files, stems))}
        if best is None or len(names) > len(best.names):
            best = OwnFiles(path, files, names)
    missing = next((table for table in STEMS if best is None or table not in best.names), None)
    if best is None or missing is not None:
        raise SourceError(_nothing_found(path, best, missing or "items"))
    return best


def _mistaken(files: Files, name: str) -> FileKind | None:
    """The kind of a file that is named like a table but is not one; None for any other file."""
    stem = Path(name).stem.lower()
    if name not in files or kind(name) or not any(re.fullmatch(one, stem) for stems in STEMS.values() for one in stems):
        return None
    return kind_of_file(lambda: files.open(name))


def _may_be(files: Files, name: str, table: str) -> bool:
    """Whether the names of the columns of a file are those of this table."""
    try:
        names = opened(files, name).names
    except (BadData, MissingExtra, SourceError):
        return False  # the first table is named then
    return set(REQUIRED[table]) <= guess(table, names, {}).keys()


def _nothing_found(path: Path, best: OwnFiles | None, table: str) -> str:
    names = sorted(Path(member).name for member in set(best.files.members.values())) if best else []
    text = f"{path} has no {table}.csv or {table}.parquet; it has {listing(names, 8) or 'no files'}."
    for name in names:
        ending = next((one for one in (*UNKNOWN_PACKING, *CONVERT) if name.lower().endswith(one)), "")
        if ending in UNKNOWN_PACKING:
            return f"{text} Unpack {name} first, or pack it as {' or '.join(PACKED)}."
        if name.lower().endswith(".zip"):
            itself = f"Unpack {path.name} first" if path.is_file() else f"Give {path / name} itself, or unpack it"
            return f"{text} {itself}."
        if ending:
            return f"{text} Save {name} as CSV in UTF-8 first."
        if best and (other_kind := _mistaken(best.files, name)):
            return f"{text} {name} is {other_kind.name}. {other_kind.remedy}"
    taken = set(best.names.values()) if best else set()
    others = [name for name in names if kind(name) and name not in taken and name.lower() != FILE]
    other = next((name for name in others if best and _may_be(best.files, name, table)), (others or [""])[0])
    rename = f" If {other} is this table, rename it to {table}{kind(other)}." if other else ""
    return f"{text}{rename} Needed: items with item_id and title, and ratings with user_id and item_id."
