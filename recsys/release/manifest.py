"""Check a release: its manifest, its size limits, and whether its files agree with the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data import IdMap
from recsys.data.files import load_arrays, read_json
from recsys.errors import BrokenRelease, RecsysError, listing
from recsys.models import registry
from recsys.release import database_check
from recsys.release.manifest_schema import (
    FORMAT,
    NAME,
    STAMP,
    SUFFIXES,
    check_types,
    check_usable,
    is_unicode,
    legal_file,
    legal_version,
)

__all__ = ["CARD", "DATABASE", "FORMAT", "ITEMS", "LIMITS", "NAME", "STAMP", "Limits", "legal_file", "legal_version"]

LARGEST = 1e18  # number in an array; the squares of larger ones are beyond float32
ITEMS = "items.json"
CARD = "README.md"
DATABASE = "catalogue.sqlite"


@dataclass(frozen=True)
class Limits:
    """Upper limits on a release; larger releases are refused before they are read or downloaded.

    Attributes:
        files: number of files.
        manifest_bytes, json_bytes, total_bytes: size of manifest.json, of any other JSON file, of all files.
    """

    files: int = 500
    manifest_bytes: int = 64 << 20
    json_bytes: int = 256 << 20
    total_bytes: int = 8 << 30


LIMITS = Limits()


# -- the manifest -------------------------------------------------------------------------------


def read(folder: Path) -> dict[str, Any]:
    """Read and check the manifest of a release folder.

    Raises:
        BrokenRelease: missing, too large, not JSON, of another format, or not valid.
    """
    path = folder / NAME
    if not path.is_file():
        raise BrokenRelease(f"{folder.name} is not a release: it has no {NAME}.")
    size = path.stat().st_size
    if size > LIMITS.manifest_bytes:
        raise BrokenRelease(f"{NAME}{_of(folder)} has {size:,} bytes; at most {LIMITS.manifest_bytes:,} are read.")
    manifest = read_json(path)
    check(manifest)
    return manifest


def check(manifest: dict[str, Any]) -> None:
    """Refuse a manifest that this version cannot read or that exceeds the limits.

    Raises:
        BrokenRelease: the manifest is refused; the text names the wrong entry.
    """
    made = manifest.get("format")
    if made != FORMAT or type(made) is not int:
        later = type(made) is int and made > FORMAT
        raise BrokenRelease(
            f"The release has format {made!r}, and this version of recsys reads format {FORMAT}. "
            + ("Update recsys." if later else "Train or pull the release again.")
        )
    check_types(manifest)
    for name, model in manifest["models"].items():
        if set(model["files"]) != set(model_files(name)):
            raise BrokenRelease(
                f"The model {name[:100]!r} must have the files {' and '.join(model_files(name))}, "
                f"not {listing(sorted(model['files']), 4)}."
            )
    records = files(manifest)
    if ITEMS not in records:
        raise BrokenRelease(f"{NAME} does not list {ITEMS}. Train or pull the release again.")
    _check_files(records)


def _check_files(records: dict[str, dict]) -> None:
    if len(records) > LIMITS.files:
        raise BrokenRelease(f"The release lists {len(records)} files; at most {LIMITS.files} are read.")
    if len({name.lower() for name in records}) < len(records):
        raise BrokenRelease("The release lists two files whose names differ only in case.")
    for name, record in records.items():
        if not legal_file(name):
            raise BrokenRelease(
                f"The release lists the file {name[:80]!r}. Names must stay inside the folder and end in "
                f"{listing(SUFFIXES)}."
            )
        if name.endswith(".json") and record["size"] > LIMITS.json_bytes:
            raise BrokenRelease(
                f"{name} has {record['size']:,} bytes; JSON files of up to {LIMITS.json_bytes:,} are read."
            )
    total = sum(record["size"] for record in records.values())
    if total > LIMITS.total_bytes:
        raise BrokenRelease(f"The release has {total:,} bytes; at most {LIMITS.total_bytes:,} are read.")


def model_files(name: str) -> tuple[str, str]:
    """The names of a model's two files in a release."""
    return f"models/{name}.safetensors", f"models/{name}.json"


def files(manifest: dict[str, Any]) -> dict[str, dict]:
    """All files of a release except the manifest: name -> {"sha256", "size"}."""
    records = dict(manifest["files"])
    for model in manifest["models"].values():
        records.update(model["files"])
    return records


# -- the files ----------------------------------------------------------------------------------


def record(path: Path) -> dict[str, Any]:
    """The size and SHA-256 of a file, as a manifest lists them."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def check_file(folder: Path, name: str, expected: dict[str, Any]) -> None:
    """Refuse a file that is missing, outside the folder, or not the one that the manifest lists.

    Raises:
        BrokenRelease: the file is refused; the text names it and says why.
    """
    check_size(folder, name, expected)
    if record(folder / name)["sha256"] != expected["sha256"]:
        raise BrokenRelease(f"{name}{_of(folder)} is not the file its manifest lists (SHA-256 differs). Pull it again.")


def check_size(folder: Path, name: str, expected: dict[str, Any]) -> None:
    """The fast part of `check_file`: the file exists, lies inside the folder and has the right size."""
    path = folder / name
    if not path.is_file():
        raise BrokenRelease(f"{name}{_of(folder)} is missing. Pull or train the release again.")
    if not path.resolve().is_relative_to(folder.resolve()):  # the file or a folder above it may be a link
        raise BrokenRelease(f"{name}{_of(folder)} is a link to a place outside the release.")
    size = path.stat().st_size
    if size != expected["size"]:
        raise BrokenRelease(
            f"{name}{_of(folder)} has {size:,} bytes, and its manifest lists {expected['size']:,}. "
            "Pull or train the release again."
        )


def check_contents(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse files that are listed but have invalid contents.

    Raises:
        BrokenRelease: items have no titles, ids are repeated, arrays have unknown types or illegal numbers, a model or
            calibration is for other items, or the database is unusable.
    """
    items = item_table(folder)[0]
    for name, model in manifest["models"].items():
        about = read_json(folder / "models" / f"{name}.json")
        check_usable(about, f"models/{name}.json")
        trained_on = about.get("items")
        if not isinstance(trained_on, dict) or trained_on.get("digest") != items.digest:
            raise BrokenRelease(f"{name} was trained on other items than {ITEMS} lists. Train it again.")
        if model.get("calibration") and model["calibration"]["n_items"] != len(items):
            raise BrokenRelease(f"The calibration of {name} is for other items than {ITEMS} lists. Train it again.")
        _check_arrays(folder, name)
    if DATABASE in manifest["files"]:
        database_check.check(folder / DATABASE, manifest)


def _check_arrays(folder: Path, name: str) -> None:
    file = f"models/{name}.safetensors"
    arrays = load_arrays(folder / file)
    may_hold_nan = registry.get(name).may_hold_nan if name in registry.names() else ()
    for array_name, array in arrays.items():
        if array.dtype.kind == "f" and not _legal(array, array_name in may_hold_nan):
            raise BrokenRelease(
                f"{file}{_of(folder)}: array {array_name!r} has numbers that are not finite or too large."
            )


def _legal(array: np.ndarray, may_hold_nan: bool) -> bool:
    """Whether no number is too large; NaN is legal in arrays in which it means that the model has no score."""
    # without a copy of the array; minimum and maximum are NaN if a number is, fmin and fmax leave NaN out
    least, most = (np.fmin, np.fmax) if may_hold_nan else (np.minimum, np.maximum)
    numbers = array.ravel()
    low, high = float(least.reduce(numbers, initial=0.0)), float(most.reduce(numbers, initial=0.0))
    return low >= -LARGEST and high <= LARGEST


def item_table(folder: Path) -> tuple[IdMap, list[str]]:
    """Read the ids and display titles of a release, in column order.

    Raises:
        BrokenRelease: ids or titles are missing or not valid Unicode, ids are repeated, or their numbers differ.
    """
    table = read_json(folder / ITEMS)
    ids, titles = (_texts(table, key, folder) for key in ("ids", "titles"))
    if len(ids) != len(titles):
        raise BrokenRelease(f"{ITEMS}{_of(folder)} has {len(ids)} ids and {len(titles)} titles.")
    try:
        return IdMap(ids), titles
    except RecsysError as error:
        raise BrokenRelease(f"{ITEMS}{_of(folder)}: {error}") from None


def _texts(table: Mapping[str, object], key: str, folder: Path) -> list[str]:
    values = table.get(key)
    texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else None
    if texts is None or texts != values:
        raise BrokenRelease(f"{ITEMS}{_of(folder)} has no list of {key}.")
    if not is_unicode("".join(texts)):
        raise BrokenRelease(f"{ITEMS}{_of(folder)} has {key} that are not valid Unicode.")
    return texts


def _of(folder: Path) -> str:
    # Leave out the temporary name of a folder that is still being written or downloaded.
    return "" if folder.name.startswith(".") else f" of release {folder.name}"
