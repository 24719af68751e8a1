"""Folders, ratings and results of one data size."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import fractal
from benchmarks.processes import BenchmarkError, Ran, free_port, run, running, tail
from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.catalogue.sources.films.source import Films
from recsys.data.files import read_json, write_json
from recsys.data.progress import Progress
from recsys.errors import BadSetting, BrokenDatabase, BrokenRelease
from recsys.settings import PROJECT, Settings

REAL = "0.1"
SIZES = (REAL, *fractal.SIZES)
OWN = ("RECSYS_", "GRADIO_", "HF_", "TMDB_", "MONGODB_", "OAUTH_", "SPACE_")
ONE_THREAD = {f"{what}_NUM_THREADS": "1" for what in ("OPENBLAS", "OMP", "MKL", "NUMBA", "RAYON", "LK")} | {
    "LK_NUM_BACKEND_THREADS": "1"
}
"""One thread for the matrix libraries, and for those of the compared libraries."""
MOST_S = 3600.0


@dataclass(frozen=True)
class Place:
    """Files of one data size in the work folder.

    Attributes:
        size: millions of ratings, as text.
        folder: everything except the ratings.
        dataset: value of RECSYS_DATASET.
    """

    size: str
    folder: Path
    dataset: str

    @property
    def data_dir(self) -> Path:
        """Data directory of the program."""
        return self.folder / "data"

    @property
    def settings(self) -> Settings:
        """Settings of the program for this size."""
        return Settings(dataset=self.dataset, data_dir=self.data_dir, background=False)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The built database."""
        return Catalogue.open(self.settings.database)

    @property
    def ready(self) -> bool:
        """Whether database and models exist and fit this version of the program."""
        try:
            release = releases.current(self.settings.releases)
            opened = self.catalogue
        except (BrokenDatabase, BrokenRelease):
            return False
        return release is not None and release.fits(opened) and all(release.can_load(one) for one in release.names)

    def log(self, name: str) -> Path:
        """Log file of a process."""
        return self.folder / "logs" / f"{name}.log"

    def env(self, **changes: str) -> dict[str, str]:
        """Environment of a process: these settings, no network, one BLAS thread, import paths of the project."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        own = {
            "RECSYS_DATA_DIR": str(self.data_dir),
            "RECSYS_DATASET": self.dataset,
            "RECSYS_BACKGROUND": "off",
            "RECSYS_RATE_LIMITS": "off",  # all calls come from one address
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join((str(PROJECT), str(PROJECT / "scripts"))),
        }
        return {**kept, **ONE_THREAD, **own, **changes}

    def program(self, *arguments: str, name: str, most_s: float = MOST_S) -> Ran:
        """Run `python -m recsys …` and wait.

        Raises:
            BenchmarkError: it failed.
        """
        ran = run([sys.executable, "-m", "recsys", *arguments], self.log(name), PROJECT, self.env(), most_s=most_s)
        if ran.status != 0:
            said = f"took more than {most_s:.0f} s" if ran.over else tail(self.log(name))
            raise BenchmarkError(f"python -m recsys {' '.join(arguments)} on {self.size} M ratings: {said}")
        return ran

    @contextmanager
    def app(self, name: str = "app") -> Iterator[tuple[Any, str]]:
        """Run `python app.py` without visitors' data; yield the process and its address."""
        for path in self.data_dir.glob("visitors.sqlite*"):
            path.unlink()
        port = str(free_port())
        command = [sys.executable, "app.py"]
        with running(command, self.log(name), PROJECT, self.env(GRADIO_SERVER_PORT=port)) as process:
            yield process, f"http://127.0.0.1:{port}"

    @contextmanager
    def empty(self, answers: Path, name: str = "empty") -> Iterator[tuple[Any, str]]:
        """Run the empty Gradio app with these answers; yield the process and its address."""
        port, script = str(free_port()), Path(__file__).with_name("empty_app.py")
        command = [sys.executable, "-P", str(script), str(answers), port]
        env = self.env()
        env.pop("PYTHONPATH")
        with running(command, self.log(name), self.folder, env) as process:
            yield process, f"http://127.0.0.1:{port}"

    # -- results -------------------------------------------------------------------------------

    @property
    def results_file(self) -> Path:
        """File of the results."""
        return self.folder.parent / "results" / f"{self.size}.json"

    def results(self) -> dict[str, Any]:
        """Results so far."""
        return read_json(self.results_file) if self.results_file.exists() else {"size": self.size}

    def keep(self, **sections: Any) -> None:
        """Save results of some sections."""
        self.results_file.parent.mkdir(parents=True, exist_ok=True)
        write_json({**self.results(), **sections}, self.results_file)


def at(size: str, work: Path, settings: Settings, progress: Progress) -> Place:
    """The files of a size; missing ratings of larger sizes are generated.

    Raises:
        BadSetting: the size is unknown.
    """
    if size not in SIZES:
        raise BadSetting(f"Size {size!r} is unknown. Use {', '.join(SIZES)} (millions of ratings).")
    work = work.resolve()
    if size == REAL:
        dataset = settings.dataset
        if dataset == "auto" and (found := Films(settings).local()) is not None:
            dataset = str(found.path)
        if dataset not in ("auto",) and Path(dataset).expanduser().exists():
            dataset = str(Path(dataset).expanduser().resolve())
        return Place(size, work / size, dataset)
    folder = work / f"expanded-{size}"
    if not folder.exists():
        real = at(REAL, work, settings, progress)
        base = building.ensure(real.settings, progress)
        if not base.info["n_ratings"]:
            raise BadSetting(f"{base.info['title']} has no ratings to expand. Set RECSYS_DATASET to data with ratings.")
        shape = base.info["n_users"], base.info["n_items"], base.info["n_ratings"]
        progress(f"{size} M: expanding {base.info['title']}")
        fractal.write(folder, base, fitting(fractal.SIZES[size], *shape), progress=progress)
        base.close()
    return Place(size, work / size, str(folder))


def fitting(size: fractal.Size, n_users: int, n_items: int, n_ratings: int) -> fractal.Size:
    """The size, with more items or users if the real data cannot be expanded to exactly that many."""
    items = max(size.items, n_items)
    copies = -(-items // n_items)
    users = max(size.users, n_users, n_users * -(-size.ratings // int(0.8 * n_ratings * copies)))
    return fractal.Size(users, items, size.ratings)


def forget(place: Place) -> None:
    """Remove the database and the models."""
    opened = place.__dict__.pop("catalogue", None)
    if opened is not None:
        opened.close()
    shutil.rmtree(place.data_dir, ignore_errors=True)


def megabytes(path: Path) -> float:
    """Size of a file or folder in MB (10^6 bytes)."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files) / 1e6
