"""Get film data sets: from GroupLens, a mirror on the Hub, the RecBole package, or the project's own files."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from recsys.catalogue.sources.download import fetch, sha256_of
from recsys.catalogue.sources.films.movielens import BUNDLED, DATA_SETS, MovieLensFiles, find
from recsys.data.bundled import bundled
from recsys.data.progress import Progress
from recsys.data.working_folders import scratch_folder
from recsys.errors import SourceError
from recsys.settings import Settings

MIRROR = "datasets/Recommenders/MovieLens/resolve/main"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
RECBOLE_FILES = tuple(f"recbole/dataset_example/ml-100k/ml-100k.{ending}" for ending in ("inter", "item", "user"))
RECBOLE_COPY = "ml-100k-recbole.zip"
"""File name of the downloaded copy in the data directory."""
PIP_S = 90
BUNDLED_FOLDER = bundled(BUNDLED)


def grouplens(name: str, settings: Settings, progress: Progress) -> MovieLensFiles:
    """Download a data set from GroupLens into the data directory.

    Raises:
        SourceError: it cannot be downloaded, or has another SHA-256 than the pinned one.
    """
    return _fetched(f"{settings.movielens_url}/{name}.zip", name, settings, progress)


def mirror(name: str, settings: Settings, progress: Progress) -> MovieLensFiles:
    """Download GroupLens's zip file from its copy on the Hub; same errors as `grouplens`."""
    return _fetched(f"{settings.hub_endpoint}/{MIRROR}/{name}.zip", name, settings, progress)


def recbole(settings: Settings, progress: Progress) -> MovieLensFiles:
    """Extract MovieLens 100K from the wheel of RecBole (Zhao et al. 2021), without installing or importing it.

    Raises:
        SourceError: pip cannot download the wheel, or it has another SHA-256 than the pinned one.
    """
    copy = settings.data_dir / RECBOLE_COPY
    if copy.exists():
        return find(copy)
    progress(f"pip download {RECBOLE}, for the MovieLens 100K files inside")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with scratch_folder() as folder:
        wheel = _wheel(folder)
        if (found := sha256_of(wheel)) != RECBOLE_SHA256:
            raise SourceError(
                f"{wheel.name} has SHA-256 {found[:12]}… where {RECBOLE_SHA256[:12]}… is pinned; not used."
            )
        part = copy.with_name(copy.name + ".part")
        with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
            for name in RECBOLE_FILES:
                target.writestr(f"ml-100k/{Path(name).name}", source.read(name))
        part.replace(copy)
    return find(copy)


def project() -> MovieLensFiles:
    """Find MovieTweetings 100K, which comes with the project.

    Raises:
        SourceError: its files are missing.
    """
    return find(BUNDLED_FOLDER)


def _fetched(url: str, name: str, settings: Settings, progress: Progress) -> MovieLensFiles:
    return find(fetch(url, settings.data_dir / f"{name}.zip", DATA_SETS[name].sha256, progress))


def _wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
    command += ["--timeout", "10", "--retries", "1", RECBOLE, "-d", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_S, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(f"pip download {RECBOLE} did not end within {PIP_S} s.") from None
    wheel = next(folder.glob("*.whl"), None)
    if done.returncode or wheel is None:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise SourceError(f"pip download {RECBOLE} failed: {lines[-1].strip()}.")
    return wheel
