"""Which MovieLens data set there is: what was asked for, or the first of five ways that works."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from recsys.catalogue.sources import film_notes, movielens
from recsys.catalogue.sources.download import fetch, sha256_of
from recsys.catalogue.sources.raw import Raw
from recsys.data.progress import Progress, quiet
from recsys.errors import BadData, SourceError
from recsys.settings import MOVIELENS_NAMES, Settings

log = logging.getLogger(__name__)

MIRROR = "datasets/Recommenders/MovieLens/resolve/main"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
RECBOLE_FILES = tuple(f"recbole/dataset_example/ml-100k/ml-100k.{ending}" for ending in ("inter", "item", "user"))
RECBOLE_COPY = "ml-100k-recbole.zip"
PIP_S = 90
# Of several data sets in the data directory the first of these counts, after any of another name.
PREFERENCE = ("ml-latest-small", "ml-1m", "ml-100k", "ml-32m")


def read(settings: Settings, progress: Progress = quiet) -> Raw:
    """The films that `settings.dataset` asks for, with the film notes' knowledge added.

    Raises:
        SourceError: a data set asked for by name or path cannot be had; says what to do.
        BadData: its files are not what their layout says.
    """
    wanted = settings.dataset
    if wanted == "auto":
        raw = _auto(settings, progress)
    elif wanted in MOVIELENS_NAMES:
        raw = movielens.read(_named(wanted, settings, progress))
    else:
        raw = movielens.read(movielens.find(Path(wanted).expanduser()))
    if raw.dataset != "film-notes":
        note_ids = "ml100k_id" if raw.dataset == "ml-100k" else "movielens_id"
        count = film_notes.enrich(raw.items, note_ids)
        progress(f"films: {len(raw.items):,} from {raw.title}, {count:,} of them with notes")
    return raw


def local(data_dir: Path) -> movielens.Found | None:
    """The data set in the data directory that `auto` takes, or None."""
    found = []
    for path in sorted(data_dir.iterdir()) if data_dir.is_dir() else ():
        if path.is_dir() or path.suffix.lower() == ".zip":
            try:
                found.append(movielens.find(path))
            except (SourceError, OSError) as error:
                log.info("%s is passed over: %s", path.name, error)
    order = {name: place for place, name in enumerate(PREFERENCE)}
    return min(found, key=lambda one: order.get(one.name, -1), default=None)


def _auto(settings: Settings, progress: Progress) -> Raw:
    notes: list[str] = []
    ways: tuple[tuple[str, Callable[[], movielens.Found]], ...] = (
        ("the data directory", lambda: _local(settings.data_dir)),
        ("MovieLens latest-small from GroupLens", lambda: _grouplens("ml-latest-small", settings, progress)),
        ("MovieLens 1M from its mirror on the Hub", lambda: _mirror("ml-1m", settings, progress)),
        ("MovieLens 100K from the RecBole package", lambda: _recbole(settings.data_dir, progress)),
    )
    for what, way in ways:
        try:
            raw = movielens.read(way())
            # Read here, so that a data set with a bad row or a damaged zip gives way to the next.
            raw.ratings = list(raw.ratings)
        except (SourceError, BadData) as error:
            notes.append(f"{what}: {error}")
            progress(notes[-1])
        else:
            raw.notes = notes
            raw.source = what if what != ways[0][0] else raw.source
            return raw
    raw = film_notes.read()
    raw.notes = [
        *notes,
        "The catalogue has no ratings, since no data set could be had: connect to the internet and build again, or "
        f"put a MovieLens zip or folder into {settings.data_dir} (or set RECSYS_DATASET to its path).",
    ]
    progress(raw.notes[-1])
    return raw


def _named(name: str, settings: Settings, progress: Progress) -> movielens.Found:
    """One data set by name: a copy in the data directory, GroupLens's, or a second source where there is one."""
    copies = [settings.data_dir / name, settings.data_dir / f"{name}.zip"]
    if name == "ml-100k":
        copies.append(settings.data_dir / RECBOLE_COPY)
    ways: list[Callable[[], movielens.Found]] = [
        lambda copy=copy: movielens.find(copy) for copy in copies if copy.exists()
    ]
    ways.append(lambda: _grouplens(name, settings, progress))
    if name == "ml-100k":
        ways.append(lambda: _recbole(settings.data_dir, progress))
    if name == "ml-1m":
        ways.append(lambda: _mirror(name, settings, progress))
    reasons = []
    for way in ways:
        try:
            return way()
        except SourceError as error:
            reasons.append(str(error))
            progress(reasons[-1])
    raise SourceError(
        f"{name} could not be had: {' '.join(reasons)} Connect to the internet and try again, or download {name}.zip "
        f"elsewhere and put it into {settings.data_dir} (or set RECSYS_DATASET to its path, or to auto)."
    )


def _local(data_dir: Path) -> movielens.Found:
    found = local(data_dir)
    if found is None:
        raise SourceError(f"{data_dir} holds no MovieLens folder or zip.")
    return found


def _grouplens(name: str, settings: Settings, progress: Progress) -> movielens.Found:
    url = f"{settings.movielens_url}/{name}.zip"
    return movielens.find(fetch(url, settings.data_dir / f"{name}.zip", movielens.PINS[name], progress))


def _mirror(name: str, settings: Settings, progress: Progress) -> movielens.Found:
    url = f"{settings.hub_endpoint}/{MIRROR}/{name}.zip"
    return movielens.find(fetch(url, settings.data_dir / f"{name}.zip", movielens.PINS[name], progress))


def _recbole(data_dir: Path, progress: Progress) -> movielens.Found:
    """MovieLens 100K from the wheel of RecBole (Zhao et al. 2021): its data files are kept, nothing is imported."""
    copy = data_dir / RECBOLE_COPY
    if copy.exists():
        return movielens.find(copy)
    progress(f"pip download {RECBOLE}, for the MovieLens 100K files inside")
    data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recsys-") as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--disable-pip-version-check",
            "--timeout",
            "10",
            "--retries",
            "1",
            RECBOLE,
            "-d",
            folder,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_S, check=False)
        except subprocess.TimeoutExpired:
            raise SourceError(f"pip download {RECBOLE} did not end within {PIP_S} s.") from None
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
            raise SourceError(f"pip download {RECBOLE} failed: {lines[-1].strip()}.")
        if (found := sha256_of(wheel)) != RECBOLE_SHA256:
            raise SourceError(
                f"{wheel.name} has SHA-256 {found[:12]}… where {RECBOLE_SHA256[:12]}… is pinned; not used."
            )
        part = copy.with_name(copy.name + ".part")
        with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
            for name in RECBOLE_FILES:
                target.writestr(f"ml-100k/{Path(name).name}", source.read(name))
        part.replace(copy)
    return movielens.find(copy)


def fingerprint(path: Path) -> str:
    """What a folder or zip asked for by path holds now; changes when its files do.

    Raises:
        SourceError: it holds no MovieLens files.
    """
    return movielens.find(path).files.fingerprint
