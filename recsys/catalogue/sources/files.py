"""Find and open the files of one data set in a folder or a zip file, at any depth, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recsys.data.file_kinds import START, ZIP, FileKind, kind_of
from recsys.data.tables.encoding import Encoding, detect, open_text
from recsys.data.tables.table import BROKEN
from recsys.errors import SourceError

_STARTS = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0", ".zip": b"PK\x03\x04"}
PACKED = tuple(_STARTS)
"""File name extensions of compressed files that are decompressed while they are read."""
UNKNOWN_PACKING = (".zst", ".7z", ".rar", ".lz4", ".br", ".z", ".tgz", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz")
"""File name extensions of archives that must be unpacked first."""


@dataclass(frozen=True)
class Files:
    """Files side by side in one folder of a disk or of a zip file.

    Attributes:
        path: the folder or zip file, as given.
        members: location of each file by its name without folders. A compressed file, such as `ratings.csv.gz`, is
            also listed without its extension, and is decompressed when it is opened by that name.
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
        """Name of the innermost folder around the files, or of the zip file without its extension."""
        inner = Path(next(iter(self.members.values()))).parent.name
        return inner or (self.path.stem if self.zipped else self.path.resolve().name)

    def open(self, name: str) -> IO[bytes]:
        """Open a file as a stream of bytes.

        Raises:
            SourceError: the zip file is damaged, or the file cannot be read.
        """
        try:
            member = self.members[name]
            # ZipExtFile keeps the archive open as long as needed.
            file = zipfile.ZipFile(self.path).open(member) if self.zipped else Path(member).open("rb")  # noqa: SIM115
            ending = Path(member).suffix.lower()
            return _unpacked(file, name) if ending in PACKED and not name.lower().endswith(ending) else file
        except BROKEN as error:
            raise self._unreadable(name, error) from error

    def text(self, name: str) -> str:
        """Return the text of a small file, with line ends as `\\n`.

        Raises:
            SourceError: the file cannot be read.
        """
        return self.decoded(name)[0]

    def decoded(self, name: str) -> tuple[str, Encoding]:
        """Return what `text` returns, and how the file was decoded."""
        try:
            found = detect(lambda: self.open(name))
            with open_text(self.open(name), found) as text:
                return text.read(), found
        except BROKEN as error:
            if isinstance(error, SourceError):
                raise
            raise self._unreadable(name, error) from error

    @property
    def fingerprint(self) -> str:
        """SHA-256 of names, sizes and times of the files: changes when one of the files changes."""
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
    names = _members(path)
    grouped: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, plain = name.rpartition("/")
        grouped.setdefault(folder, {})[plain] = name
    for folder in sorted(grouped, key=lambda name: (name.count("/") + bool(name), name)):
        yield Files(path, _with_unpacked_names(grouped[folder]))


def kind_of_file(open_file: Callable[[], IO[bytes]]) -> FileKind | None:
    """The kind of a file that is no text table; None if it may be one."""
    with open_file() as file:
        return kind_of(file.read(START))


def _members(path: Path) -> list[str]:
    """The names of the files in a zip file.

    Raises:
        SourceError: it is no usable zip file; the text says what it is.
    """
    kind = None
    try:
        kind = kind_of_file(lambda: path.open("rb"))
        if kind is None or kind == ZIP:
            with zipfile.ZipFile(path) as archive:
                members = [one.filename for one in archive.infolist() if not one.is_dir()]
            return [name for name in members if "__MACOSX" not in name]
    except (OSError, zipfile.BadZipFile) as error:
        if kind is None and isinstance(error, zipfile.BadZipFile):
            remedy = "give its folder, in which items.csv and ratings.csv are, or a zip file of them"
            raise SourceError(f"{path} is neither a folder nor a zip file; {remedy}.") from error
        raise SourceError(f"{path} is not a usable zip file: {error}. Get it again, or give a folder.") from error
    raise SourceError(f"{path} is {kind.name}, not a folder or zip file of tables. {kind.remedy}")


def _with_unpacked_names(members: dict[str, str]) -> dict[str, str]:
    packed = {Path(name).stem: member for name, member in members.items() if name.lower().endswith(PACKED)}
    return packed | members


def _unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """Open a compressed file by its first bytes; browsers save some files unpacked under the name of the packed one."""
    start = file.read(max(map(len, _STARTS.values())))
    file.seek(0)
    ending = next((one for one, its in _STARTS.items() if start.startswith(its)), "")
    if not ending:
        return file
    if ending == ".gz":
        return io.BufferedReader(gzip.open(file))
    if ending == ".bz2":
        return bz2.open(file)  # type: ignore[return-value]
    if ending == ".xz":
        return lzma.open(file)  # type: ignore[return-value]
    archive = zipfile.ZipFile(file)
    inside = [one for one in archive.namelist() if not one.endswith("/") and "__MACOSX" not in one]
    same = [one for one in inside if Path(one).name.lower() == name.lower()] or inside
    if len(same) != 1:
        raise zipfile.BadZipFile(f"it has {len(inside)} files instead of one")
    return archive.open(same[0])
