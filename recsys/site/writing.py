"""Write a site to a folder, so that a folder with other files is not touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from recsys.data.files import replaced
from recsys.errors import BadInput

LIST = "site.json"  # names of the files of a site, by which a later export finds the ones to delete


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a site, and delete those of an earlier export that are no longer needed.

    The document is replaced last, so that a site in use never names a file that is missing.

    Raises:
        BadInput: the folder has other files and no site, or cannot be written.
    """
    try:
        old = _files_before(folder)
        listed = {**files, LIST: json.dumps(sorted(files), indent=1).encode()}
        for name in sorted(listed, key=lambda name: (name in ("index.html", "sw.js"), name)):
            _replace(folder / name, listed[name])
        for name in set(old) - set(listed):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror}). Choose another folder.") from error


def _files_before(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise BadInput(f"{folder} is a file. Choose another name for the folder of the site.")
    listing = folder / LIST
    if listing.is_file():
        try:
            names = json.loads(listing.read_text("utf-8"))
        except ValueError:
            names = None
        if isinstance(names, list) and all(isinstance(name, str) and _is_inside(name) for name in names):
            return names
        raise BadInput(f"{listing} is not a list of the files of a site. Delete it or choose another folder.")
    if any(not path.name.startswith(".") for path in folder.iterdir()):
        raise BadInput(f"{folder} has other files. Choose an empty or new folder.")
    return []


def _is_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as temporary:
        temporary.write_bytes(data)
