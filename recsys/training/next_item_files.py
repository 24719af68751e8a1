"""Files of next items as papers publish them: a line for each user, with the items in the order of time."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from recsys.errors import BadData, SourceError
from recsys.settings import Settings

FOLDER = "next-item"  # in the data directory
SOURCE = "github.com/RUCAIBox/CIKM2020-S3Rec (folder data)"
FIRST_TIME = 1_000_000_000  # seconds since 1970 of each user's first item; the next one is a second later


def find(settings: Settings, name: str, sha256: str) -> Path:
    """The file NAME.txt: RECSYS_DATASET if that is a file, else in the folder FOLDER of the data directory.

    Args:
        settings: the locations.
        name: such as Beauty.
        sha256: of the file that is wanted, as hexadecimal text.

    Raises:
        SourceError: there is no such file.
        BadData: it is another file.
    """
    given = Path(settings.dataset)
    file = given if given.is_file() else settings.data_dir / FOLDER / f"{name}.txt"
    if not file.is_file():
        raise SourceError(
            f"There is no file {file}. Get {name}.txt from {SOURCE} and put it there, or set RECSYS_DATASET to its "
            "path."
        )
    if hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        raise BadData(f"{file} is not the {name}.txt that the table was measured on: its SHA-256 is another one.")
    return file


def as_tables(file: Path, folder: Path) -> Path:
    """Write a file as a catalogue: `ratings.csv` with users, items and times, and `items.csv`; return the folder.

    Raises:
        BadData: a line has no items.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items: set[str] = set()
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["user_id", "item_id", "timestamp"])
        for number, line in enumerate(file.read_text("utf-8").removesuffix("\n").split("\n"), start=1):
            user, *chosen = line.split() or [""]
            if not chosen:
                raise BadData(f"Line {number} of {file} has no items: {line[:80]!r}.")
            items.update(chosen)
            writer.writerows((user, item, FIRST_TIME + place) for place, item in enumerate(chosen))
    with (folder / "items.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["item_id", "title"])
        writer.writerows((item, f"Item {item}") for item in sorted(items))
    return folder
