"""Shared data: small, made here, with ids that are never row numbers."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT = {
    # Tests speak to local servers alone.
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    # Every fit and every process would compile the same networks again. With a limit of size JAX locks the folder.
    "JAX_COMPILATION_CACHE_DIR": str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "jax"),
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(200_000_000),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
# Before anything imports the Hub client, Gradio or JAX.
for name, value in ENVIRONMENT.items():
    os.environ.setdefault(name, value)

import shutil

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from longest_files import LONGEST
from sample_ratings import checkerboard_data, taste_frame

from recsys import Interactions, ItemFeatures
from recsys.data.progress import quiet

# A busy machine must not fail a test, and a failure must be found again by the same command. To try other examples:
# RECSYS_HYPOTHESIS=search python -m pytest tests/data
hypothesis_settings.register_profile(
    "repeat", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "search", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
# what everybody waits for
hypothesis_settings.register_profile("quick", hypothesis_settings.get_profile("repeat"), max_examples=20)
hypothesis_settings.load_profile(os.environ.get("RECSYS_HYPOTHESIS", "repeat"))
LONG_FOLDERS = ("browser",)
SLOW_FOLDERS = ("hub",)
SLOW_FIXTURES = {"app_address", "app"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests as long or slow that start a browser, the app or a fake Hub, and run the longest files first."""
    for item in items:
        folder = item.path.parent.name
        if folder in LONG_FOLDERS:
            item.add_marker(pytest.mark.long)
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.slow)
        if folder in SLOW_FOLDERS or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_place)  # stable: the order within a file stays


def _place(item: pytest.Item) -> int:
    name = f"{item.path.parent.name}/{item.path.name}"
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


@pytest.fixture(scope="session")
def checkerboard() -> Interactions:
    return checkerboard_data()


@pytest.fixture(scope="session")
def colours(checkerboard) -> ItemFeatures:
    """What content knows of the checkerboard: the colour."""
    ids = checkerboard.items.ids.tolist()
    colour = [["black", "white"][int(item) % 2] for item in ids]
    return ItemFeatures.from_frame(
        pd.DataFrame(
            {
                "item_id": ids,
                "title": [f"Square {item}" for item in ids],
                "text": [f"a {name} square of the {name} kind on the board" for name in colour],
                "genres": [[name.title()] for name in colour],
                "keywords": [[name, f"{name} side"] for name in colour],
                "year": [2000 + int(item) % 2 * 10 for item in ids],
            }
        )
    )


@pytest.fixture(scope="session")
def ratings() -> pd.DataFrame:
    return taste_frame()


@pytest.fixture(scope="session")
def tastes(ratings) -> Interactions:
    return Interactions.from_frame(ratings)


@pytest.fixture(scope="session")
def facts(tastes) -> ItemFeatures:
    """Features of the taste data: the genre is the taste."""
    ids = tastes.items.ids.tolist()
    kind = [("Comedy", "Drama", "Horror")[int(item[1:]) % 3] for item in ids]
    return ItemFeatures.from_frame(
        pd.DataFrame(
            {
                "item_id": ids,
                "title": [f"Film {item}" for item in ids],
                "text": [
                    f"a {name.lower()} about {name.lower()} people number {item}" for name, item in zip(kind, ids)
                ],
                "genres": [[name] for name in kind],
                "keywords": [[f"{name} keyword", "shared"] for name in kind],
                "director": [[f"Director {name}"] for name in kind],
                "cast": [[f"Star of {name}", f"Face {int(item[1:]) % 5}"] for name, item in zip(kind, ids)],
                "language": [["en"]] * len(ids),
                "year": [1980 + int(item[1:]) % 40 for item in ids],
            }
        )
    )


def of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def film_folder(tmp_path_factory):
    """The small film data set in MovieLens's layout."""
    from film_app import write_folder

    folder = of_the_run(tmp_path_factory) / "films"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            write_folder(folder)
    return folder


@pytest.fixture(scope="session")
def untouched(tmp_path_factory, film_folder):
    """A data directory with database and release, made once in a run by the real preparation; only copies are used."""
    from recsys.runtime.startup import ready
    from recsys.settings import Settings

    original = of_the_run(tmp_path_factory) / "prepared"
    with FileLock(f"{original}.lock"):
        if not original.exists():
            part = original.with_suffix(".part")
            ready(Settings(dataset=str(film_folder), data_dir=part), quiet).close()
            part.rename(original)
    return original


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, untouched):
    """A data directory with database and release, which the tests of one process share."""
    return shutil.copytree(untouched, tmp_path_factory.mktemp("own") / "data")


@pytest.fixture(scope="session")
def app_address(prepared, film_folder):
    """The real app, serving what was prepared."""
    from film_app import running

    with running(prepared, film_folder) as address:
        yield address


@pytest.fixture
def service(prepared, film_folder, tmp_path):
    """A service over what was prepared, with visitors of its own."""
    from recsys.runtime.startup import ready
    from recsys.settings import Settings
    from recsys.visitors.profiles import Visitors

    settings = Settings(dataset=str(film_folder), data_dir=prepared)
    made = ready(settings, quiet, visitors=Visitors.open(tmp_path / "visitors.sqlite", "films"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def answers_on(tmp_path_factory):
    """`answers_on(dataset)`: answers of the models that lists of similar films need, trained once in a run."""
    from recsys.catalogue import building
    from recsys.serving.answers import Answers
    from recsys.serving.released_models import ReleasedModels
    from recsys.settings import Settings
    from recsys.training.train import train

    made: dict[str, Answers] = {}

    def answers(dataset: str) -> Answers:
        if dataset not in made:
            folder = dataset if dataset == "movietweetings" else os.environ.get("RECSYS_TEST_DATA", "") + f"/{dataset}"
            if dataset != folder and not Path(folder).is_dir():
                pytest.skip(f"RECSYS_TEST_DATA is not set to a folder with {dataset}")
            data = of_the_run(tmp_path_factory) / f"trained-{dataset}"
            settings = Settings.from_env({"RECSYS_DATA_DIR": str(data), "RECSYS_DATASET": folder})
            with FileLock(f"{data}.lock"):
                catalogue = building.ensure(settings, quiet)
                release = train(settings, catalogue, ["popular", "content", "ease", "als"], quiet)
            made[dataset] = Answers(ReleasedModels(catalogue, release))
        return made[dataset]

    return answers


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server without durability, which makes it several times faster."""
    from postgres_server import running_postgres

    with running_postgres("fsync=off", "synchronous_commit=off", "full_page_writes=off") as server:
        yield server


@pytest.fixture
def postgres_url(postgres) -> str:
    """The URL of an empty database."""
    postgres.execute("DROP SCHEMA IF EXISTS recsys CASCADE")
    return postgres.url
