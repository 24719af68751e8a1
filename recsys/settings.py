"""Settings.from_env(): the only reader of os.environ."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import BadSetting, listing

PROJECT = Path(__file__).resolve().parent.parent
MOVIELENS_URL = "https://files.grouplens.org/datasets/movielens"
COURSES_URL = (
    "https://cf-courses-data.s3.us.cloud-object-storage.appdomain.cloud/IBM-ML321EN-SkillsNetwork/labs/datasets"
)
TMDB_API_URL = "https://api.themoviedb.org/3"
TMDB_IMAGE_URL = "https://image.tmdb.org/t/p"
HUB_URL = "https://huggingface.co"
MOVIELENS_NAMES = ("ml-latest-small", "ml-100k", "ml-1m", "ml-32m")
CATALOGUES = ("films", "courses")
NAME = re.compile(r"\w[\w-]*")


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides, read once.

    Secrets (`hf_token`, `tmdb_api_key`, `admin_key`, `mongodb_uri`) are left out of `repr`, so that a logged
    Settings gives nothing away. `server_port` None is the first free one from 7860.
    """

    catalogue: str = "films"
    dataset: str = "auto"
    data_dir: Path = Path("data")
    movielens_url: str = MOVIELENS_URL
    courses_url: str = COURSES_URL
    hub_repo: str | None = None
    hub_revision: str = "main"
    hub_endpoint: str = HUB_URL
    hf_token: str | None = field(default=None, repr=False)
    tmdb_api_key: str | None = field(default=None, repr=False)
    tmdb_api_url: str = TMDB_API_URL
    tmdb_image_url: str = TMDB_IMAGE_URL
    feedback_repo: str | None = None
    feedback_dir: Path | None = None
    feedback_minutes: float = 5.0
    admin_key: str | None = field(default=None, repr=False)
    oauth_client_id: str | None = None
    oauth_client_secret: str | None = field(default=None, repr=False)
    mongodb_uri: str | None = field(default=None, repr=False)
    server_name: str = "127.0.0.1"
    server_port: int | None = None
    on_space: bool = False
    background: bool = True

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from `environ` (default: `.env` of the working folder under the process's variables).

        Raises:
            BadSetting: a variable has a value that cannot be used.
        """
        env = _environment() if environ is None else environ

        def text(name: str, default: str | None) -> str | None:
            return (env.get(name) or "").strip() or default

        on_space = bool(text("SPACE_ID", None))
        settings = cls(
            catalogue=text("RECSYS_CATALOGUE", "films"),
            dataset=text("RECSYS_DATASET", "auto"),
            data_dir=Path(text("RECSYS_DATA_DIR", "data")).expanduser(),
            movielens_url=text("MOVIELENS_URL", MOVIELENS_URL).rstrip("/"),
            courses_url=text("COURSES_URL", COURSES_URL).rstrip("/"),
            hub_repo=text("RECSYS_HUB_REPO", None),
            hub_revision=text("RECSYS_HUB_REVISION", "main"),
            hub_endpoint=text("HF_ENDPOINT", HUB_URL).rstrip("/"),
            hf_token=text("HF_TOKEN", None),
            tmdb_api_key=text("TMDB_API_KEY", None),
            tmdb_api_url=text("TMDB_API_URL", TMDB_API_URL).rstrip("/"),
            tmdb_image_url=text("TMDB_IMAGE_URL", TMDB_IMAGE_URL).rstrip("/"),
            feedback_repo=text("RECSYS_FEEDBACK_REPO", None),
            feedback_dir=_folder(text("RECSYS_FEEDBACK_DIR", None)),
            feedback_minutes=_minutes("RECSYS_FEEDBACK_MINUTES", text("RECSYS_FEEDBACK_MINUTES", "5")),
            admin_key=text("RECSYS_ADMIN_KEY", None),
            oauth_client_id=text("OAUTH_CLIENT_ID", None),
            oauth_client_secret=text("OAUTH_CLIENT_SECRET", None),
            mongodb_uri=text("MONGODB_URI", None),
            server_name=text("GRADIO_SERVER_NAME", "0.0.0.0" if on_space else "127.0.0.1"),
            server_port=_port(text("GRADIO_SERVER_PORT", None)),
            on_space=on_space,
            background=_switch("RECSYS_BACKGROUND", text("RECSYS_BACKGROUND", "on")),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Raise `BadSetting` for a catalogue or data set that is neither a known name nor an existing path."""
        # Where a release is pulled, its database may stand in for a folder that is not on this machine.
        pulled = self.hub_repo and NAME.fullmatch(self.catalogue)
        if self.catalogue not in CATALOGUES and not pulled and not Path(self.catalogue).expanduser().is_dir():
            raise BadSetting(
                f"RECSYS_CATALOGUE is {self.catalogue!r}: use {listing(CATALOGUES)}, "
                "or the path of a folder with items.csv and ratings.csv."
            )
        known = ("auto", *MOVIELENS_NAMES) if self.catalogue == "films" else ("auto",)
        if self.dataset not in known and not Path(self.dataset).expanduser().exists():
            raise BadSetting(
                f"RECSYS_DATASET is {self.dataset!r}: use {listing(known)}, "
                "or the path of an existing folder or zip file."
            )
        if self.feedback_repo and self.feedback_dir is not None:
            raise BadSetting("RECSYS_FEEDBACK_REPO and RECSYS_FEEDBACK_DIR are both set: keep feedback in one of them.")

    @property
    def catalogue_name(self) -> str:
        """Name used for files and releases: `films`, `courses`, or the folder's own name."""
        if self.catalogue in CATALOGUES:
            return self.catalogue
        name = Path(self.catalogue).expanduser().resolve().name or "catalogue"
        return f"own-{name}" if name in CATALOGUES else name

    @property
    def database(self) -> Path:
        """The catalogue's SQLite file."""
        return self.data_dir / f"{self.catalogue_name}.sqlite"

    @property
    def visitors_database(self) -> Path:
        """The SQLite file of profiles, their ratings and feedback."""
        return self.data_dir / "visitors.sqlite"

    @property
    def cache_database(self) -> Path:
        """The SQLite file of cached TMDb answers."""
        return self.data_dir / "tmdb.sqlite"

    @property
    def releases(self) -> Path:
        """The folder of this catalogue's releases."""
        return self.data_dir / "releases" / self.catalogue_name


def _environment() -> dict[str, str]:
    from dotenv import dotenv_values

    values = {key: value for key, value in dotenv_values(".env").items() if value is not None}
    return {**values, **os.environ}


def _switch(name: str, value: str) -> bool:
    if value.lower() not in ("on", "off"):
        raise BadSetting(f"{name} is {value!r}: use on or off.")
    return value.lower() == "on"


def _folder(value: str | None) -> Path | None:
    return None if value is None else Path(value).expanduser()


def _minutes(name: str, value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 1440:
        raise BadSetting(f"{name} is {value!r}: use a number of minutes up to 1440, such as 5.")
    return minutes


def _port(value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isdecimal() or not 0 <= int(value) <= 65535:
        raise BadSetting(f"GRADIO_SERVER_PORT is {value!r}: use a port number from 0 to 65535.")
    return int(value)
