"""The manifest of a release: what it may say, how much it may weigh, and whether a folder agrees with it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.data import IdMap
from recsys.data.files import load_arrays, read_json
from recsys.errors import BrokenRelease, RecsysError, listing

FORMAT = 1
NAME = "manifest.json"
ITEMS = "items.json"
CARD = "README.md"
DATABASE = "catalogue.sqlite"
STAMP = "local.json"  # what this machine knows of a release; never pushed, never part of the manifest
SUFFIXES = (".safetensors", ".json", ".md", ".sqlite", ".png", ".svg", ".csv")
SQLITE_MAGIC = b"SQLite format 3\x00"

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*(?<!\.)"
_FILE = re.compile(rf"{_PART}(?:/{_PART}){{0,3}}")
_VERSION = re.compile(rf"(?=.{{1,100}}\Z)(?!.*\.\.)(?!.*\.lock\Z){_PART}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Limits:
    """The most a release may hold; anything above is refused before it is read or downloaded.

    Attributes:
        files: number of files.
        manifest_bytes, json_bytes, total_bytes: size of manifest.json, of any other JSON file, of all files.
    """

    files: int = 500
    manifest_bytes: int = 64 << 20
    json_bytes: int = 256 << 20
    total_bytes: int = 8 << 30


LIMITS = Limits()


def legal_version(version: str) -> bool:
    """Whether a version can be a folder name on every system and a git tag."""
    return isinstance(version, str) and _VERSION.fullmatch(version) is not None


def legal_file(name: str) -> bool:
    """Whether a file of this name may be part of a release: inside the folder, of a kind that runs no code."""
    return (
        len(name) <= 200
        and _FILE.fullmatch(name) is not None
        and name.endswith(SUFFIXES)
        and name.lower() not in (NAME, STAMP)
    )


def read(folder: Path) -> dict[str, Any]:
    """The checked manifest of a release folder.

    Raises:
        BrokenRelease: missing, too large, not JSON, of a later format, or naming illegal files.
    """
    path = folder / NAME
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise BrokenRelease(f"{folder.name} is no release: it has no {NAME}.") from None
    if size > LIMITS.manifest_bytes:
        raise BrokenRelease(f"{NAME}{_of(folder)} has {size:,} bytes; at most {LIMITS.manifest_bytes:,} are read.")
    manifest = _json(path)
    check(manifest)
    return manifest


def check(manifest: dict[str, Any]) -> None:
    """Refuse a manifest that this version cannot read or that asks for more than a release may.

    Raises:
        BrokenRelease: the sentence says which entry is wrong.
    """
    made = manifest.get("format")
    if made != FORMAT:
        later = isinstance(made, int) and made > FORMAT
        raise BrokenRelease(
            f"the release has format {made!r} and this version of recsys reads format {FORMAT}; "
            + ("update recsys." if later else "train or pull it again.")
        )
    if not legal_version(manifest.get("version")):
        raise BrokenRelease(f"the release calls itself {manifest.get('version')!r}, which is no legal version name.")
    for key, kind in (("created", str), ("catalogue", str), ("info", dict), ("files", dict), ("models", dict)):
        if not isinstance(manifest.get(key), kind):
            raise BrokenRelease(f"{NAME} has no usable {key!r}; train or pull the release again.")
    for name, record in manifest["models"].items():
        if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
            raise BrokenRelease(f"{NAME} lists no files for the model {name!r}; train or pull the release again.")
        if set(record["files"]) != {f"models/{name}.safetensors", f"models/{name}.json"}:
            raise BrokenRelease(
                f"the model {name!r} must have the files models/{name}.safetensors and models/{name}.json, "
                f"not {listing(sorted(map(str, record['files'])), 4)}."
            )
    records = files(manifest)
    if ITEMS not in records:
        raise BrokenRelease(f"{NAME} does not list {ITEMS}; train or pull the release again.")
    _check_files(records)


def _check_files(records: dict[str, dict]) -> None:
    if len(records) > LIMITS.files:
        raise BrokenRelease(f"the release lists {len(records)} files; at most {LIMITS.files} are read.")
    if len({name.lower() for name in records}) < len(records):
        raise BrokenRelease("the release lists two files whose names differ only in case.")
    for name, record in records.items():
        if not legal_file(name):
            raise BrokenRelease(
                f"the release lists the file {name[:80]!r}: names stay inside the folder and end in "
                f"{listing(SUFFIXES)}."
            )
        size, digest = (record.get("size"), record.get("sha256")) if isinstance(record, dict) else (None, None)
        if type(size) is not int or size < 0 or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise BrokenRelease(f"{NAME} gives no size and SHA-256 for {name!r}.")
        if name.endswith(".json") and size > LIMITS.json_bytes:
            raise BrokenRelease(f"{name} has {size:,} bytes; JSON files of up to {LIMITS.json_bytes:,} are read.")
    total = sum(record["size"] for record in records.values())
    if total > LIMITS.total_bytes:
        raise BrokenRelease(f"the release weighs {total:,} bytes; at most {LIMITS.total_bytes:,} are read.")


def files(manifest: dict[str, Any]) -> dict[str, dict]:
    """Every file of a release but the manifest itself: name -> {"sha256", "size"}."""
    records = dict(manifest["files"])
    for model in manifest["models"].values():
        records.update(model["files"])
    return records


def record(path: Path) -> dict[str, Any]:
    """The size and SHA-256 of a file, as a manifest lists them."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def check_file(folder: Path, name: str, expected: dict[str, Any]) -> None:
    """Refuse a file that is missing, outside the folder, or not the bytes the manifest lists.

    Raises:
        BrokenRelease: with the file and what is wrong.
    """
    check_size(folder, name, expected)
    if record(folder / name)["sha256"] != expected["sha256"]:
        raise BrokenRelease(f"{name}{_of(folder)} is not the file its manifest lists (SHA-256 differs); pull it again.")


def check_size(folder: Path, name: str, expected: dict[str, Any]) -> None:
    """The cheap half of `check_file`: there, inside the folder, and of the right size."""
    path = folder / name
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise BrokenRelease(f"{name}{_of(folder)} links to a place outside it.")
    if not path.is_file():
        raise BrokenRelease(f"{name}{_of(folder)} is missing; pull or train it again.")
    size = path.stat().st_size
    if size != expected["size"]:
        raise BrokenRelease(
            f"{name}{_of(folder)} has {size:,} bytes and its manifest lists {expected['size']:,}; "
            "pull or train it again."
        )


def check_contents(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse files whose bytes are right and whose contents make no release.

    Raises:
        BrokenRelease: items without titles, repeated ids, arrays of unknown types or out of place, a model
            trained on other items, a database that is none.
    """
    items = item_table(folder)[0]
    for name in manifest["models"]:
        about = _json(folder / "models" / f"{name}.json")
        trained_on = about.get("items")
        if not isinstance(trained_on, dict) or trained_on.get("digest") != items.digest:
            raise BrokenRelease(f"{name} was trained on other items than {ITEMS} lists; train it again.")
        try:
            load_arrays(folder / "models" / f"{name}.safetensors")
        except (RecursionError, ValueError, OverflowError) as error:
            raise _clear(error, f"models/{name}.safetensors") from error
    if DATABASE in manifest["files"]:
        with (folder / DATABASE).open("rb") as file:
            if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
                raise BrokenRelease(f"{DATABASE}{_of(folder)} is no SQLite database.")


def item_table(folder: Path) -> tuple[IdMap, list[str]]:
    """The ids and display titles of a release, in column order.

    Raises:
        BrokenRelease: they are missing, repeated or of different number.
    """
    table = _json(folder / ITEMS)
    ids, titles = table.get("ids"), table.get("titles")
    for key, values in (("ids", ids), ("titles", titles)):
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BrokenRelease(f"{ITEMS}{_of(folder)} has no list of {key}.")
    if len(ids) != len(titles):
        raise BrokenRelease(f"{ITEMS}{_of(folder)} has {len(ids)} ids and {len(titles)} titles.")
    try:
        return IdMap(ids), titles
    except RecsysError as error:
        raise BrokenRelease(f"{ITEMS}{_of(folder)}: {error}") from None


def _of(folder: Path) -> str:
    # A folder still being written or fetched has a working name that tells nobody anything.
    return "" if folder.name.startswith(".") else f" of release {folder.name}"


def _json(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except (RecursionError, ValueError) as error:
        raise _clear(error, path.name) from error


def _clear(error: Exception, name: str) -> BrokenRelease:
    # Endless nesting and numbers of thousands of digits fail in the JSON reader with errors of their own.
    return error if isinstance(error, BrokenRelease) else BrokenRelease(f"{name} cannot be read; pull it again.")
