"""One size of data: its folder, its ratings, the program's own data directory on it, and what was measured there."""

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
from recsys.catalogue.sources import films
from recsys.data.files import read_json, write_json
from recsys.data.progress import Progress
from recsys.errors import BadSetting, BrokenDatabase, BrokenRelease
from recsys.serving.released_models import fits
from recsys.settings import PROJECT, Settings
from recsys.training.train import loads

REAL = "0.1"
SIZES = (REAL, *fractal.SIZES)
OWN = ("RECSYS_", "GRADIO_", "HF_", "TMDB_", "MONGODB_", "OAUTH_", "SPACE_")
ONE_THREAD = {f"{what}_NUM_THREADS": "1" for what in ("OPENBLAS", "OMP", "MKL", "NUMBA", "RAYON", "LK")} | {
    "LK_NUM_BACKEND_THREADS": "1"
}
"""Of the matrix libraries, and of those that the libraries compared with bring along."""
MOST_S = 3600.0


@dataclass(frozen=True)
class Place:
    """One size below the work folder.

    Attributes:
        size: millions of ratings, as text.
        folder: everything of this size but its ratings.
        dataset: what RECSYS_DATASET is there.
    """

    size: str
    folder: Path
    dataset: str

    @property
    def data_dir(self) -> Path:
        """The program's data directory."""
        return self.folder / "data"

    @property
    def settings(self) -> Settings:
        """What the program is told in the environment."""
        return Settings(dataset=self.dataset, data_dir=self.data_dir, background=False)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The built database."""
        return Catalogue.open(self.settings.database)

    @property
    def ready(self) -> bool:
        """Whether database and models are there, and are what this version of the program makes."""
        try:
            release = releases.current(self.settings.releases)
            opened = self.catalogue
        except (BrokenDatabase, BrokenRelease):
            return False
        return release is not None and fits(release, opened) and all(loads(release, one) for one in release.names)

    def log(self, name: str) -> Path:
        """Where a process's output goes."""
        return self.folder / "logs" / f"{name}.log"

    def env(self, **changes: str) -> dict[str, str]:
        """A process's environment: this place's settings, nothing configured that reaches out, one thread of BLAS."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        own = {
            "RECSYS_DATA_DIR": str(self.data_dir),
            "RECSYS_DATASET": self.dataset,
            "RECSYS_BACKGROUND": "off",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": str(PROJECT),
        }
        return {**kept, **ONE_THREAD, **own, **changes}

    def program(self, *arguments: str, name: str, most_s: float = MOST_S) -> Ran:
        """Run `python -m recsys …` to its end.

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
        """`python app.py`, with no visitors yet; gives the process and its address."""
        for path in self.data_dir.glob("visitors.sqlite*"):
            path.unlink()
        port = str(free_port())
        command = [sys.executable, "app.py"]
        with running(command, self.log(name), PROJECT, self.env(GRADIO_SERVER_PORT=port)) as process:
            yield process, f"http://127.0.0.1:{port}"

    @contextmanager
    def empty(self, answers: Path, name: str = "empty") -> Iterator[tuple[Any, str]]:
        """The empty Gradio app with these answers; gives the process and its address."""
        port, script = str(free_port()), Path(__file__).with_name("empty_app.py")
        command = [sys.executable, "-P", str(script), str(answers), port]
        env = self.env()
        env.pop("PYTHONPATH")
        with running(command, self.log(name), self.folder, env) as process:
            yield process, f"http://127.0.0.1:{port}"

    # -- what was measured ----------------------------------------------------------------------

    @property
    def results_file(self) -> Path:
        """Where this size's figures are kept."""
        return self.folder.parent / "results" / f"{self.size}.json"

    def results(self) -> dict[str, Any]:
        """What was measured so far."""
        return read_json(self.results_file) if self.results_file.exists() else {"size": self.size}

    def keep(self, **sections: Any) -> None:
        """Add what was measured, at once on disk."""
        self.results_file.parent.mkdir(parents=True, exist_ok=True)
        write_json({**self.results(), **sections}, self.results_file)


def at(size: str, work: Path, settings: Settings, progress: Progress) -> Place:
    """The place of a size; ratings beyond the real ones are generated where they are not there yet.

    Raises:
        BadSetting: no such size.
    """
    if size not in SIZES:
        raise BadSetting(f"size {size!r} is unknown: use {', '.join(SIZES)} (millions of ratings).")
    work = work.resolve()
    if size == REAL:
        dataset = settings.dataset
        if dataset == "auto" and (found := films.local(settings.data_dir)) is not None:
            dataset = str(found.files.path)
        if dataset not in ("auto",) and Path(dataset).expanduser().exists():
            dataset = str(Path(dataset).expanduser().resolve())
        return Place(size, work / size, dataset)
    folder = work / f"expanded-{size}"
    if not folder.exists():
        real = at(REAL, work, settings, progress)
        base = building.ensure(real.settings, progress)
        if not base.info["n_ratings"]:
            raise BadSetting(
                f"{base.info['title']} has no ratings to expand: set RECSYS_DATASET to data that has some."
            )
        shape = base.info["n_users"], base.info["n_items"], base.info["n_ratings"]
        progress(f"{size} M: expanding {base.info['title']}")
        fractal.write(folder, base, fitting(fractal.SIZES[size], *shape), progress=progress)
        base.close()
    return Place(size, work / size, str(folder))


def fitting(size: fractal.Size, n_users: int, n_items: int, n_ratings: int) -> fractal.Size:
    """The size, with more items or users where the real data cannot be expanded to just as many."""
    items = max(size.items, n_items)
    copies = -(-items // n_items)
    users = max(size.users, n_users, n_users * -(-size.ratings // int(0.8 * n_ratings * copies)))
    return fractal.Size(users, items, size.ratings)


def forget(place: Place) -> None:
    """Remove the database and the models, so that they are made again."""
    opened = place.__dict__.pop("catalogue", None)
    if opened is not None:
        opened.close()
    shutil.rmtree(place.data_dir, ignore_errors=True)


def megabytes(path: Path) -> float:
    """Size of a file or folder in MB (10^6 bytes)."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files) / 1e6
