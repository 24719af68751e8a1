"""Settings of the program, read from the environment and `.env`; the only module that reads `os.environ`."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from recsys.errors import BadSetting, listing, quoted

log = logging.getLogger(__name__)
PROJECT = Path(__file__).resolve().parent.parent
MOVIELENS_URL = "https://files.grouplens.org/datasets/movielens"
COURSES_URL = (
    "https://cf-courses-data.s3.us.cloud-object-storage.appdomain.cloud/IBM-ML321EN-SkillsNetwork/labs/datasets"
)
TMDB_API_URL = "https://api.themoviedb.org/3"
TMDB_IMAGE_URL = "https://image.tmdb.org/t/p"
HUB_URL = "https://huggingface.co"
CATALOGUES: dict[str, tuple[str, ...]] = {
    "films": ("ml-latest-small", "ml-100k", "ml-1m", "ml-32m", "movietweetings"),
    "courses": (),
}
"""The values of RECSYS_CATALOGUE besides a folder, each with the data sets that RECSYS_DATASET may name.

`recsys.catalogue.sources` reads them; a test compares the two lists.
"""
SIMILAR = 0.88  # of a name that is probably a mistake
NAME = re.compile(r"\w[\w-]*")
REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
"""Legal names of repositories on the Hub."""
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Host names of this machine, as browsers send them."""
LOCAL_SERVERS = ("127.0.0.1", "localhost", "::1", "[::1]")
"""Values of GRADIO_SERVER_NAME with which no other machine can reach the server."""
PRIVATE_NETWORKS = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
"""Networks of the proxies of a Space. Its container can be reached only through them."""
_VARIABLE = re.compile(r"\$\w+|\$\{\w+\}|%[A-Za-z]\w*%")
"""A variable of a shell, which nothing replaces in a value."""
VISITORS, CACHE = "visitors", "tmdb"
"""Names of the other databases, which no catalogue may have."""


def secret() -> Any:
    """A field that `repr` leaves out and `Settings.secrets` lists."""
    return field(default=None, repr=False, metadata={"secret": True})


@dataclass(frozen=True)
class Settings:
    """All settings, read once and immutable.

    Secrets are left out of `repr`, so that logging the settings does not reveal them. `server_port` None means the
    first free port from 7860; `candidates` 0 means that all items are scored.
    """

    catalogue: str = "films"
    dataset: str = "auto"
    data_dir: Path = Path("data")
    movielens_url: str = MOVIELENS_URL
    courses_url: str = COURSES_URL
    hub_repo: str | None = None
    hub_revision: str = "main"
    hub_endpoint: str = HUB_URL
    hf_token: str | None = secret()
    tmdb_api_key: str | None = secret()
    tmdb_api_url: str = TMDB_API_URL
    tmdb_image_url: str = TMDB_IMAGE_URL
    store_url: str | None = secret()
    replica_name: str | None = None
    feedback_repo: str | None = None
    feedback_dir: Path | None = None
    feedback_minutes: float = 5.0
    admin_key: str | None = secret()
    metrics_key: str | None = secret()
    log_format: str = "text"
    oauth_client_id: str | None = None
    oauth_client_secret: str | None = secret()
    mongodb_uri: str | None = secret()
    server_name: str = "127.0.0.1"
    server_port: int | None = None
    on_space: bool = False
    zero_gpu: bool = False
    space_hosts: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: str = "127.0.0.1"
    rate_limits: bool = True
    profile_days: int = 730
    event_days: int = 365
    background: bool = True
    candidates: int = 0

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; an empty variable counts as not set.

        Args:
            environ: variables by name (default: those of the process, then those of `.env` in the working folder).

        Raises:
            BadSetting: a variable has an invalid value, or `.env` cannot be read.
        """
        env = _environment() if environ is None else environ
        asked: set[str] = set()

        def text(name: str, default: str) -> str:
            return optional(name) or default

        def optional(name: str) -> str | None:
            asked.add(name)
            return _text(name, (env.get(name) or "").strip()) or None

        on_space = optional("SPACE_ID") is not None
        settings = cls(
            catalogue=text("RECSYS_CATALOGUE", "films"),
            dataset=text("RECSYS_DATASET", "auto"),
            data_dir=_path("RECSYS_DATA_DIR", text("RECSYS_DATA_DIR", "data")),
            movielens_url=_url("MOVIELENS_URL", text("MOVIELENS_URL", MOVIELENS_URL)),
            courses_url=_url("COURSES_URL", text("COURSES_URL", COURSES_URL)),
            hub_repo=_repo("RECSYS_HUB_REPO", optional("RECSYS_HUB_REPO")),
            hub_revision=text("RECSYS_HUB_REVISION", "main"),
            hub_endpoint=_url("HF_ENDPOINT", text("HF_ENDPOINT", HUB_URL)),
            hf_token=_token("HF_TOKEN", optional("HF_TOKEN")),
            tmdb_api_key=_token("TMDB_API_KEY", optional("TMDB_API_KEY")),
            tmdb_api_url=_url("TMDB_API_URL", text("TMDB_API_URL", TMDB_API_URL)),
            tmdb_image_url=_url("TMDB_IMAGE_URL", text("TMDB_IMAGE_URL", TMDB_IMAGE_URL)),
            store_url=_store_url(optional("RECSYS_STORE_URL")),
            replica_name=optional("RECSYS_REPLICA_NAME"),
            feedback_repo=_repo("RECSYS_FEEDBACK_REPO", optional("RECSYS_FEEDBACK_REPO")),
            feedback_dir=_folder("RECSYS_FEEDBACK_DIR", optional("RECSYS_FEEDBACK_DIR")),
            feedback_minutes=_minutes("RECSYS_FEEDBACK_MINUTES", text("RECSYS_FEEDBACK_MINUTES", "5")),
            admin_key=optional("RECSYS_ADMIN_KEY"),
            metrics_key=optional("RECSYS_METRICS_KEY"),
            log_format=_one_of("RECSYS_LOG_FORMAT", text("RECSYS_LOG_FORMAT", "text"), ("text", "json")),
            oauth_client_id=optional("OAUTH_CLIENT_ID"),
            oauth_client_secret=optional("OAUTH_CLIENT_SECRET"),
            mongodb_uri=_mongodb_uri(optional("MONGODB_URI")),
            server_name=text("GRADIO_SERVER_NAME", "0.0.0.0" if on_space else "127.0.0.1"),
            server_port=_port(optional("GRADIO_SERVER_PORT")),
            on_space=on_space,
            zero_gpu=(env.get("SPACES_ZERO_GPU") or "").lower() in ("1", "t", "true"),  # as the package spaces reads it
            space_hosts=_space_hosts(optional("SPACE_ID"), env.get("SPACE_HOST")),
            allowed_hosts=_hosts("RECSYS_ALLOWED_HOSTS", text("RECSYS_ALLOWED_HOSTS", "")),
            trusted_proxies=_networks(
                "FORWARDED_ALLOW_IPS", text("FORWARDED_ALLOW_IPS", PRIVATE_NETWORKS if on_space else "127.0.0.1")
            ),
            rate_limits=_switch("RECSYS_RATE_LIMITS", text("RECSYS_RATE_LIMITS", "on")),
            profile_days=_days("RECSYS_PROFILE_DAYS", text("RECSYS_PROFILE_DAYS", "730")),
            event_days=_days("RECSYS_EVENT_DAYS", text("RECSYS_EVENT_DAYS", "365")),
            background=_switch("RECSYS_BACKGROUND", text("RECSYS_BACKGROUND", "on")),
            candidates=_candidates("RECSYS_CANDIDATES", text("RECSYS_CANDIDATES", "off")),
        )
        settings.check()
        for name in env.keys() - asked:
            if name.startswith("RECSYS_") and (meant := get_close_matches(name, asked, 1, SIMILAR)):
                log.warning("There is no setting %s. Did you mean %s?", name, meant[0])
        return settings

    def check(self) -> None:
        """Check settings that depend on files and on one another.

        Raises:
            BadSetting: the catalogue or the data set is neither a known name nor an existing path, a folder is a file,
                or two settings contradict each other.
        """
        # The database of a pulled release may replace a folder that is not on this machine.
        catalogue, dataset = _path("RECSYS_CATALOGUE", self.catalogue), _path("RECSYS_DATASET", self.dataset)
        pulled = self.hub_repo and NAME.fullmatch(self.catalogue)
        if self.catalogue not in CATALOGUES and not pulled and not _has_tables(catalogue):
            raise BadSetting(
                f"RECSYS_CATALOGUE is {quoted(self.catalogue)}. Use {listing(CATALOGUES)}, "
                "or the path of a folder or zip file with items.csv and ratings.csv."
            )
        known = ("auto", *self.dataset_names)
        if self.dataset not in known and not dataset.exists():
            raise BadSetting(
                f"RECSYS_DATASET is {quoted(self.dataset)}. Use {listing(known)}, "
                "or the path of an existing folder or zip file."
            )
        for name, folder in (("RECSYS_DATA_DIR", self.data_dir), ("RECSYS_FEEDBACK_DIR", self.feedback_dir)):
            if folder is not None and folder.exists() and not folder.is_dir():
                raise BadSetting(f"{name} is {str(folder)!r}, which is a file. Use a folder.")
        if self.feedback_repo and self.feedback_dir is not None:
            raise BadSetting("RECSYS_FEEDBACK_REPO and RECSYS_FEEDBACK_DIR are both set. Set only one of them.")
        if self.store_url and (self.feedback_repo or self.feedback_dir is not None):
            name = "RECSYS_FEEDBACK_REPO" if self.feedback_repo else "RECSYS_FEEDBACK_DIR"
            raise BadSetting(
                f"RECSYS_STORE_URL and {name} are both set. Back up PostgreSQL with its own tools, such as pg_dump, "
                f"and remove {name}."
            )

    def secrets(self) -> list[str]:
        """The values that must not appear in any text."""
        values = [getattr(self, one.name) for one in fields(self) if one.metadata.get("secret")]
        url = urlsplit(self.store_url or "")
        query = [one for name in ("password", "sslpassword") for one in parse_qs(url.query).get(name, ())]
        # the longest first, because the URL contains the password
        return [value for value in (*values, url.password, unquote(url.password or ""), *query) if value]

    @property
    def store_name(self) -> str:
        """Where visitors' data is stored, as shown to the operator: a file, or a server without its password."""
        if not self.store_url:
            return str(self.visitors_database)
        url = urlsplit(self.store_url)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        host = url.hostname or query.get("host") or "localhost"
        port = f":{url.port}" if url.port else ""
        return f"PostgreSQL at {host}{port}{url.path}"

    @property
    def is_open(self) -> bool:
        """Whether admin actions need no key: only this machine can reach the server, and no admin key is set."""
        return not self.on_space and not self.admin_key and self.server_name in LOCAL_SERVERS

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """The data sets that this catalogue knows by name."""
        return CATALOGUES.get(self.catalogue, ())

    @property
    def catalogue_name(self) -> str:
        """Name of files and releases: `films`, `courses`, or the name of the folder."""
        if self.catalogue in CATALOGUES:
            return self.catalogue
        name = name_of_folder(Path(self.catalogue))
        # Some file systems do not distinguish upper case from lower case.
        return f"own-{name}" if name.casefold() in {*CATALOGUES, VISITORS, CACHE} else name

    @property
    def database(self) -> Path:
        """SQLite file of the catalogue."""
        return self.data_dir / f"{self.catalogue_name}.sqlite"

    @property
    def visitors_database(self) -> Path:
        """SQLite file of profiles, their ratings and feedback."""
        return self.data_dir / f"{VISITORS}.sqlite"

    @property
    def cache_database(self) -> Path:
        """SQLite file of cached TMDb responses."""
        return self.data_dir / f"{CACHE}.sqlite"

    @property
    def releases(self) -> Path:
        """Folder of the releases of this catalogue."""
        return self.data_dir / "releases" / self.catalogue_name


def keras_backend(default: str) -> str:
    """The Keras backend that `KERAS_BACKEND` (environment or `.env`) names, or else `default`.

    Keras itself reads the variable when it is first imported, so the result is written to the environment.
    """
    backend = (_environment().get("KERAS_BACKEND") or "").strip() or default
    os.environ["KERAS_BACKEND"] = backend
    return backend


def process_environment(*, gpu: bool = True) -> dict[str, str]:
    """Environment for the program's own processes, in which they find this package whatever the current folder is.

    Args:
        gpu: False for a process that must not use a GPU.
    """
    paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return found if gpu else {**found, "CUDA_VISIBLE_DEVICES": ""}


def name_of_folder(path: Path) -> str:
    """The name of a folder, or of a zip file without its extension."""
    path = path.expanduser().resolve()
    return (path.stem if path.suffix.lower() == ".zip" and not path.is_dir() else path.name) or "catalogue"


def _has_tables(path: Path) -> bool:
    return path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file())


def _store_url(value: str | None) -> str | None:
    """The address of a PostgreSQL server. Messages must not show it, because it may contain a password."""
    if value is None:
        return None
    advice = (
        "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %23 for #, %25 for %, %2F for / and %40 for @ in "
        "the password, or leave it empty for SQLite in the data directory."
    )
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise BadSetting(f"RECSYS_STORE_URL is not a valid address. {advice}") from None
    # The driver reads such addresses differently or quotes them, with a part of the password, in its errors.
    if url.netloc.count("@") > 1 or re.search(r"%(?![0-9A-Fa-f]{2})|%00|[\s\x00-\x1f\x7f]", value):
        raise BadSetting(f"RECSYS_STORE_URL has an @ too many, a % that encodes nothing, or a space. {advice}")
    if url.scheme not in ("postgresql", "postgres"):
        raise BadSetting(f"RECSYS_STORE_URL is not the address of a PostgreSQL server. {advice}")
    if port == 0 or url.fragment or len(url.path) < 2:
        raise BadSetting(f"RECSYS_STORE_URL names no database, or an invalid port. {advice}")
    return value


def _mongodb_uri(value: str | None) -> str | None:
    """The address of a MongoDB server. Messages must not show it, because it may contain a password."""
    if value is not None and not re.match(r"mongodb(\+srv)?://[^/]", value):
        raise BadSetting("MONGODB_URI is not the address of a MongoDB server. Write mongodb://USER:PASSWORD@HOST:PORT.")
    return value


def _environment() -> dict[str, str]:
    from dotenv import dotenv_values

    try:
        values = {key: value for key, value in dotenv_values(".env", encoding="utf-8-sig").items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"The file .env cannot be read ({error}). Save it as UTF-8, or remove it.") from None
    return {**values, **os.environ}


def _switch(name: str, value: str) -> bool:
    if value.lower() not in ("on", "off"):
        raise BadSetting(f"{name} is {quoted(value)}. Use on or off.")
    return value.lower() == "on"


def _one_of(name: str, value: str, legal: tuple[str, ...]) -> str:
    if value.lower() not in legal:
        raise BadSetting(f"{name} is {quoted(value)}. Use {listing(legal)}.")
    return value.lower()


def _hosts(name: str, value: str) -> tuple[str, ...]:
    """Host names in lower case; a scheme or a port is an error, because neither is compared."""
    hosts = tuple(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if not HOST_NAME.fullmatch(host):
            raise BadSetting(
                f"{name} holds {quoted(host)}. Use names without scheme and port, such as films.example.org."
            )
    return hosts


def _space_hosts(space_id: str | None, hosts: str | None) -> tuple[str, ...]:
    """Host names of a Space: those that the Hub sets (several with a custom domain), or else the default one."""
    if space_id is None:
        return ()
    usual = re.sub(r"[^a-z0-9]+", "-", space_id.lower()).strip("-")
    return _hosts("SPACE_HOST", hosts or f"{usual}.hf.space")


def _networks(name: str, value: str) -> str:
    """Addresses and networks of proxies, separated by commas, as uvicorn takes them; `*` stands for all."""
    for part in () if value == "*" else value.split(","):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError:
            raise BadSetting(
                f"{name} holds {quoted(part.strip())}. Use IP addresses or networks: 10.0.0.0/8."
            ) from None
    return value


def _days(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 5):
        raise BadSetting(f"{name} is {quoted(value)}. Use a number of days, such as 365, or 0 for no limit.")
    return int(value)


def _text(name: str, value: str) -> str:
    """A value that can be stored, sent and shown; messages must not show it, because it may be a secret."""
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
        raise BadSetting(f"{name} has a control character or is not UTF-8. Set it again.")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        # What reads the file of an --env-file option of containers leaves them in.
        raise BadSetting(f"{name} is written in quotes. Leave them out.")
    return value


def _token(name: str, value: str | None) -> str | None:
    """A key that is sent in a header."""
    if value is not None and not re.fullmatch(r"[!-~]+", value):
        raise BadSetting(f"{name} has a space or a letter that no key has. Copy it again.")
    return value


def _repo(name: str, value: str | None) -> str | None:
    if value is not None and not REPO.fullmatch(value):
        raise BadSetting(f"{name} is {quoted(value)}. Use the name of a repository on the Hub: USER/REPO.")
    return value


def _url(name: str, value: str) -> str:
    """An address without its last slash."""
    try:
        url = urlsplit(value)
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0 and not re.search(r"[\s?#]", value)
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(f"{name} is {quoted(value)}. Use an address such as https://example.org.")
    return value.rstrip("/")


def _path(name: str, value: str) -> Path:
    """A path, which need not exist."""
    if found := _VARIABLE.search(value):
        what = f"{name} is {quoted(value)}, and {found[0]} in it is not replaced by its value"
        raise BadSetting(f"{what}. Write the folder itself.")
    try:
        path = Path(value).expanduser()
        is_link_to_nothing = not path.exists() and path.is_symlink()
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such user"
        raise BadSetting(f"{name} is {quoted(value)}, which is no usable path ({why}). Use another folder.") from None
    if is_link_to_nothing:
        what = f"{name} is {quoted(value)}, a link whose target does not exist"
        raise BadSetting(f"{what}. Mount or create the target, or use another folder.")
    return path


def _folder(name: str, value: str | None) -> Path | None:
    return None if value is None else _path(name, value)


def _candidates(name: str, value: str) -> int:
    if value.lower() == "off":
        return 0
    if not (value.isascii() and value.isdecimal() and len(value) <= 6 and 500 <= int(value) <= 100_000):
        raise BadSetting(f"{name} is {quoted(value)}. Use off, or a number of items from 500 to 100000, such as 2000.")
    return int(value)


def _minutes(name: str, value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 1440:
        raise BadSetting(f"{name} is {quoted(value)}. Use a number of minutes up to 1440, such as 5.")
    return minutes


def _port(value: str | None) -> int | None:
    if value is None:
        return None
    if not value.isdecimal() or len(value) > 5 or int(value) > 65535:
        raise BadSetting(f"GRADIO_SERVER_PORT is {quoted(value)}. Use a port number from 0 to 65535.")
    return int(value)
