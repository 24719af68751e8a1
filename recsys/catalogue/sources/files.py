"""The files of one data set, in a folder or in a zip, with or without folders around them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recsys.errors import SourceError


@dataclass(frozen=True)
class Files:
    """Files side by side in one folder of a disk or of a zip.

    Attributes:
        path: the folder or zip, as given.
        members: where each file is, by its plain name.
    """

    path: Path
    members: dict[str, str]

    def __contains__(self, name: str) -> bool:
        return name in self.members

    @property
    def zipped(self) -> bool:
        """Whether the files lie in a zip."""
        return self.path.is_file()

    @property
    def folder_name(self) -> str:
        """Name of the innermost folder around the files, or of the zip without its ending."""
        inner = Path(next(iter(self.members.values()))).parent.name
        return inner or (self.path.stem if self.zipped else self.path.resolve().name)

    def open(self, name: str) -> BinaryIO:
        """A file's bytes as a stream.

        Raises:
            SourceError: the zip is damaged, or the file cannot be read.
        """
        try:
            if not self.zipped:
                return Path(self.members[name]).open("rb")
            # ZipExtFile keeps the archive open for as long as it needs it.
            return zipfile.ZipFile(self.path).open(self.members[name])
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(f"{name} of {self.path} cannot be read: {error}; get the file again.") from error

    def text(self, name: str) -> str:
        """A small file's text: UTF-8 where it is that, Latin-1 otherwise, with plain line ends."""
        try:
            with self.open(name) as stream:
                data = stream.read()
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(f"{name} of {self.path} cannot be read: {error}; get the file again.") from error
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        return io.StringIO(text, newline=None).read()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, sizes and times of the files: changes when one of them does."""
        paths = [self.path] if self.zipped else [Path(member) for member in self.members.values()]
        states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(paths)]
        return hashlib.sha256(repr(states).encode()).hexdigest()


def folders(path: Path) -> Iterator[Files]:
    """Every folder with files in a zip, or of a folder down to its own subfolders, the nearest first.

    Raises:
        SourceError: the path does not exist, or is a file that is no zip.
    """
    if path.is_dir():
        for folder in (path, *sorted(child for child in path.iterdir() if child.is_dir())):
            members = {file.name: str(file) for file in folder.iterdir() if file.is_file()}
            if members:
                yield Files(path, members)
        return
    if not path.exists():
        raise SourceError(f"{path} does not exist: give the path of a folder or zip file.")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path} is not a usable zip file: {error}; get it again, or give a folder.") from error
    grouped: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, plain = name.rpartition("/")
        grouped.setdefault(folder, {})[plain] = name
    for folder in sorted(grouped, key=lambda name: (name.count("/") + bool(name), name)):
        yield Files(path, grouped[folder])
