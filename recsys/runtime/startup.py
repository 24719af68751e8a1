"""Start the service: download data, build the database and train models if they are missing."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import replace

from recsys import hub
from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.catalogue.tmdb import Tmdb
from recsys.data.files import replaced
from recsys.data.progress import Progress, quiet, to_log
from recsys.data.working_folders import remove_abandoned_scratch
from recsys.errors import RecsysError, StoreUnavailable
from recsys.release import Release
from recsys.runtime.helper_training import Helper, helper
from recsys.runtime.hub_updates import pull_unless_stalled
from recsys.serving import candidates
from recsys.serving.service import Service
from recsys.settings import Settings
from recsys.training.choice import before_serving
from recsys.training.train import train
from recsys.visitors.backup import Backup
from recsys.visitors.profiles import Visitors
from recsys.visitors.store.turns import turn

log = logging.getLogger(__name__)
STORE_S, PAUSE_S = 30.0, 0.5  # longest wait for a shared store before a first training, and between two attempts


def one_blas_thread() -> None:
    """Limit the matrix library to one thread, because two threads are many times slower if the cores are busy."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def ready(
    settings: Settings,
    progress: Progress = to_log,
    *,
    visitors: Visitors | None = None,
    backup: Backup | None = None,
    record_lists: bool = True,
    finish_training: bool = True,
    meanwhile: Callable[[], object] | None = None,
) -> Service:
    """Return a service and prepare missing data, database and models; a second call finds them prepared.

    The newest local release that is valid and can answer is served. If no local release can and a Hub repository is
    configured, its release is pulled first; `hub_updates.follow` updates a local release. If the Hub cannot be reached
    or its release cannot be served, that is reported and models are trained here.

    Args:
        visitors: profiles and events (default: in the data directory).
        backup: backup of visitors' data; started by the caller.
        record_lists: whether shown lists are recorded; False for commands, whose user is not a visitor.
        finish_training: whether to train and calibrate all models of a first start; False if `Background` does what
            the page need not wait for.
        meanwhile: what this process can do while another one, with the settings of the environment, trains the models
            of a first start; None if this process is to train them.

    Raises:
        MissingExtra: a package that the settings need is not installed.
        SourceError, BadData, BrokenDatabase: the catalogue cannot be built.
    """
    if settings.candidates:
        candidates.check_installed()
    _remove_leftovers(settings)
    first = not settings.hub_repo and not releases.versions(settings.releases)
    with helper(meanwhile if first and not finish_training else None) as training:
        release, catalogue = _found(settings, progress)
        visitors = visitors or Visitors.of(settings)
        if release is None:
            _wait_for_store(visitors, progress)
            release = _first_training(settings, catalogue, visitors, progress, finish_training, training)
    tmdb = Tmdb(settings) if settings.tmdb_api_key and catalogue.wording.images == "tmdb" else None
    return Service(settings, catalogue, visitors, release, tmdb=tmdb, backup=backup, record_lists=record_lists)


def _found(settings: Settings, progress: Progress) -> tuple[Release | None, Catalogue]:
    """The release of this disk or of the Hub, if one fits the data, and the catalogue."""
    release = releases.last_good(settings.releases, progress)
    if release is None and settings.hub_repo:
        release = _first_pull(settings, progress)
    catalogue = _catalogue(release, settings, progress)
    if release is not None and not release.fits(catalogue):
        title = catalogue.info["title"]
        progress(f"Release {release.version} was trained on other data than {title}; training again")
        release = None
    return release, catalogue


def _first_training(
    settings: Settings,
    catalogue: Catalogue,
    visitors: Visitors,
    progress: Progress,
    finish: bool,
    training: Helper | None,
) -> Release:
    """Train, one replica at a time; use the release of another replica that has trained into the same folder."""
    work = f"first training of {visitors.catalogue}"
    with turn(visitors.store, work, lambda: progress("Another replica trains its models now; waiting for it")):
        release = releases.last_good(settings.releases, quiet)
        if release is not None and release.fits(catalogue):
            return release
        if training is not None and training.train(progress):
            release = releases.current(settings.releases)
            if release is not None and release.fits(catalogue):
                return release
        names = None if finish else before_serving(catalogue)
        return train(settings, catalogue, names, progress, visitors, calibrate_later=not finish)


def _catalogue(release: Release | None, settings: Settings, progress: Progress) -> Catalogue:
    """Open or build the catalogue of the settings; on an empty disk, that of the data of the pulled release.

    If that data is not available, other data that the settings allow is used.
    """
    if release is None or not release.revision or settings.dataset != "auto" or settings.database.exists():
        return building.ensure(settings, progress)
    try:
        return building.ensure(_with_data_of(release, settings), progress)
    except RecsysError as error:
        progress(f"The data of release {release.version} is not available: {error} Using other data.")
        return building.ensure(settings, progress)


def _wait_for_store(visitors: Visitors, progress: Progress) -> None:
    """Wait for a shared store that starts together with this process, because training reads the visitors' ratings.

    If it cannot be used after STORE_S, training reports that.
    """
    deadline, told = time.monotonic() + STORE_S, False
    while time.monotonic() < deadline:
        try:
            visitors.store.check()
            return
        except StoreUnavailable as error:
            if not told:
                progress(f"{error} Waiting for it up to {STORE_S:.0f} s")
                told = True
            time.sleep(PAUSE_S)


def _remove_leftovers(settings: Settings) -> None:
    """Remove temporary files of killed processes, except downloads that the next pull can continue."""
    try:
        releases.remove_abandoned(settings.releases)
        remove_abandoned_scratch()
        if not settings.hub_repo:
            hub.remove_downloads(settings.releases)
    except OSError as error:  # such as a read-only disk, from which releases can be served
        log.info("Temporary files of killed processes cannot be removed: %s", error)


def _first_pull(settings: Settings, progress: Progress) -> Release | None:
    progress(f"Pulling {settings.hub_repo} at {settings.hub_revision} from the Hub")
    try:
        return pull_unless_stalled(settings)
    except RecsysError as error:
        progress(f"{error} Continuing without it.")
        return None


def _with_data_of(release: Release, settings: Settings) -> Settings:
    """Settings for the data that a pulled release was trained on: its database, or the name of its data set."""
    if release.database is not None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with replaced(settings.database) as part:
            shutil.copyfile(release.database, part)
        return settings
    named = release.info.get("dataset")
    return replace(settings, dataset=named) if named in settings.dataset_names else settings
