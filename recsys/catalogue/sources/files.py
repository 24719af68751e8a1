"""Files of one data set, in a folder or in a zip file, with or without folders around them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recsys.errors import BadData, SourceError

PACKED = ".gz"


@dataclass(frozen=True)
class Files:
    """Files side by side in one folder of a disk or of a zip file.

    Attributes:
        path: the folder or zip file, as given.
        members: location of each file by its name without folders. In a folder, a file that is packed with gzip also
            has its name without `.gz`, and is unpacked when it is opened by that name.
    """

    path: Path
    members: dict[str, str]

    def __contains__(self, name: str) -> bool:
        return name in self.members

    @property
    def zipped(self) -> bool:
        """Whether the files are in a zip file."""
        return self.path.is_file()

    @property
    def folder_name(self) -> str:
        """Name of the innermost folder around the files, or of the zip file without its ending."""
        inner = Path(next(iter(self.members.values()))).parent.name
        return inner or (self.path.stem if self.zipped else self.path.resolve().name)

    def open(self, name: str) -> IO[bytes]:
        """Open a file as a stream of bytes.

        Raises:
            SourceError: the zip file is damaged, or the file cannot be read.
        """
        try:
            member = self.members[name]
            if not self.zipped:
                packed = member.endswith(PACKED) and not name.endswith(PACKED)
                return io.BufferedReader(gzip.open(member)) if packed else Path(member).open("rb")
            # ZipExtFile keeps the archive open as long as it needs it.
            return zipfile.ZipFile(self.path).open(member)
        except (OSError, zipfile.BadZipFile) as error:
            raise self._unreadable(name, error) from error

    def text(self, name: str) -> str:
        """Return the text of a small file, decoded as UTF-8 or else as Latin-1, with line ends as `\\n`.

        Raises:
            SourceError: the file cannot be read.
        """
        try:
            with self.open(name) as stream:
                data = stream.read()
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise self._unreadable(name, error) from error
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        return io.StringIO(text, newline=None).read()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, sizes and times of the files: changes when one of them changes."""
        paths = [self.path] if self.zipped else [Path(member) for member in set(self.members.values())]
        states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(paths)]
        return hashlib.sha256(repr(states).encode()).hexdigest()

    def _unreadable(self, name: str, error: Exception) -> SourceError:
        return SourceError(f"{name} of {self.path} cannot be read: {error}. Get the file again.")


def folders(path: Path) -> Iterator[Files]:
    """Yield every folder with files in a zip file, or a folder and its subfolders, the outermost first.

    Raises:
        SourceError: the path does not exist, or is a file that is not a zip file.
    """
    if path.is_dir():
        for folder in (path, *sorted(child for child in path.iterdir() if child.is_dir())):
            members = {file.name: str(file) for file in folder.iterdir() if file.is_file()}
            if members:
                yield Files(path, _with_unpacked_names(members))
        return
    if not path.exists():
        raise SourceError(f"{path} does not exist. Give the path of a folder or zip file.")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path} is not a usable zip file: {error}. Get it again, or give a folder.") from error
    grouped: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, plain = name.rpartition("/")
        grouped.setdefault(folder, {})[plain] = name
    for folder in sorted(grouped, key=lambda name: (name.count("/") + bool(name), name)):
        yield Files(path, grouped[folder])


def _with_unpacked_names(members: dict[str, str]) -> dict[str, str]:
    packed = {name.removesuffix(PACKED): member for name, member in members.items() if name.endswith(PACKED)}
    return packed | members


def csv_rows(files: Files, name: str, needed: tuple[str, ...], separator: str = ",") -> list[dict[str, str]]:
    """Read a small table with a header; every row has the needed columns, the first of them not empty.

    Raises:
        BadData: a column or cell is missing; names line and column.
    """
    quoting = csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE
    reader = csv.DictReader(io.StringIO(files.text(name)), delimiter=separator, quoting=quoting)
    header = reader.fieldnames or []
    missing = [column for column in needed if column not in header]
    if missing:
        raise BadData(f"{name}, line 1: column {missing[0]} is missing; the columns are {', '.join(header) or 'none'}.")
    rows = []
    for row in reader:
        for column in needed:
            if row[column] is None or (column == needed[0] and not row[column].strip()):
                raise BadData(f"{name}, line {reader.line_num}, column {column}: missing; every row needs one.")
        rows.append(row)
    return rows
