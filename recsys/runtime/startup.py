"""From settings to a service that answers, making what is missing on the way."""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import replace
from pathlib import Path

from recsys import hub
from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.posters import placeholder
from recsys.catalogue.tmdb import Tmdb
from recsys.data.progress import Progress, to_log
from recsys.errors import HubError, RecsysError
from recsys.release import Release
from recsys.serving.released_models import fits
from recsys.serving.service import Service
from recsys.settings import Settings
from recsys.training.choice import startup_models
from recsys.training.train import train
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors

log = logging.getLogger(__name__)

RETRY_S = (2.0, 300.0)  # between tries to reach the Hub while serving: at first, doubled each time up to


def one_blas_thread() -> None:
    """Hold the matrix library to one thread: with others on the cores, two are many times slower than one."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


def ready(settings: Settings, progress: Progress = to_log) -> Service:
    """A service with data, database and models in place; a second call finds everything ready.

    Where a Hub repository is configured, its release is pulled first if none is here, else in the background
    by `follow_hub`. A Hub that cannot be reached is said and the app goes on with what it has.

    Raises:
        SourceError, BadData, BrokenDatabase: the catalogue could not be built.
    """
    release = releases.last_good(settings.releases)
    if release is None and settings.hub_repo:
        release = _pulled(settings, progress)
    if release is not None and release.revision and settings.dataset == "auto" and not settings.database.exists():
        settings = _same_data(settings, release)
    catalogue = building.ensure(settings, progress)
    visitors = Visitors.open(settings.visitors_database, settings.catalogue_name)
    if release is None or not fits(release, catalogue):
        if release is not None:
            progress(
                f"release {release.version} was trained on other data than {catalogue.info['title']}: training anew"
            )
        release = train(settings, catalogue, None, progress, visitors)
    elif not release.revision and not all(
        release.can_load(name) for name in startup_models(catalogue) if name in release.names
    ):
        progress(f"release {release.version} was made by another version of the program: training what does not fit")
        release = train(settings, catalogue, None, progress, visitors)
    tmdb = Tmdb(settings) if settings.tmdb_api_key and catalogue.wording.images == "tmdb" else None
    return Service(settings, catalogue, visitors, release, tmdb, placeholder)


def start_backup(service: Service) -> None:
    """Restore visitors' data of earlier starts and back up changes from now on, in the background.

    Does nothing if the settings name no place for a backup; the data stays on this disk then.
    """
    service.backup = create_backup(service.settings)
    if service.backup is not None:
        service.backup.start()
        service.visitors.on_delete = service.backup.save_soon


def follow_hub(service: Service) -> threading.Thread | None:
    """Bring the configured Hub release into service in the background, trying again while the Hub is away."""
    settings = service.settings
    if not settings.hub_repo:
        return None
    held = releases.pinned(settings.releases)
    if held is not None:
        log.warning("Release %s is pinned, so %s is not followed.", held, settings.hub_repo)
        return None
    stop = threading.Event()

    def follow() -> None:
        wait_s = RETRY_S[0]
        while True:
            try:
                release = hub.pull(
                    settings.hub_repo,
                    settings.releases,
                    revision=settings.hub_revision,
                    token=settings.hf_token,
                    endpoint=settings.hub_endpoint,
                )
            except HubError as error:
                log.warning("%s Serving release %s; next try in %.0f s.", error, service.release.version, wait_s)
                if stop.wait(wait_s):
                    return
                wait_s = min(2 * wait_s, RETRY_S[1])
                continue
            except RecsysError as error:
                log.warning("%s Serving release %s.", error, service.release.version)
                return
            if fits(release, service.catalogue):
                service.use(release)
            else:
                log.warning(
                    "Release %s of %s was trained on other data and is not served.", release.version, settings.hub_repo
                )
            return

    thread = threading.Thread(target=follow, name="hub", daemon=True)
    thread.start()
    return thread


def _pulled(settings: Settings, progress: Progress) -> Release | None:
    progress(f"pulling {settings.hub_repo} at {settings.hub_revision} from the Hub")
    try:
        return hub.pull(
            settings.hub_repo,
            settings.releases,
            revision=settings.hub_revision,
            token=settings.hf_token,
            endpoint=settings.hub_endpoint,
        )
    except RecsysError as error:
        progress(f"{error} Going on without it.")
        return None


def _same_data(settings: Settings, release: Release) -> Settings:
    """Settings that lead to the data a pulled release was trained on: its own database, or its data set's name."""
    if release.database is not None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        part = Path(f"{settings.database}.part")
        shutil.copyfile(release.database, part)
        part.replace(settings.database)
        return settings
    named = release.info.get("dataset")
    return replace(settings, dataset=named) if named in settings.dataset_names else settings
