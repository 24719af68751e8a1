"""Describe the service: the data and its licence, the release, and the configured services."""

from __future__ import annotations

from recsys.catalogue.database import Catalogue
from recsys.data.storage import cause
from recsys.release import Release
from recsys.serving.replies import About, Readiness
from recsys.settings import Settings
from recsys.visitors.backup import BackupStatus
from recsys.visitors.store.base import FAILURES, Store


def describe(
    settings: Settings,
    catalogue: Catalogue,
    release: Release,
    match: str,
    feedback: BackupStatus | None,
    hub_trouble: str,
) -> About:
    """Return the result of `/about`.

    Args:
        match: a sentence on the meaning of `match`.
        feedback: status of the backup; None if visitors' data is not backed up.
        hub_trouble: why the Hub repository cannot be reached now; "" if it can.
    """
    info = catalogue.info
    ratings = catalogue.wording.ratings
    return {
        "catalogue": info["catalogue"],
        "dataset": info["dataset"],
        "title": info["title"],
        "licence": info["licence"],
        "source": info.get("source", ""),
        "notes": [f"{ratings.capitalize()} up to {info['until']}."] if info["until"] else [],
        "counts": {"items": info["n_items"], "users": info["n_users"], "ratings": info["n_ratings"]},
        "scale": list(info["scale"]),
        "match": match,
        "release": {
            "version": release.version,
            "created": release.manifest.get("created"),
            "revision": release.revision,
            "models": list(release.names),
        },
        "services": {
            "tmdb": bool(settings.tmdb_api_key),
            "hub": bool(settings.hub_repo),
            "feedback": bool(settings.feedback_repo or settings.feedback_dir),
            "postgresql": bool(settings.store_url),
        },
        "feedback": feedback,
        "hub": {"repo": settings.hub_repo, "revision": settings.hub_revision, "trouble": hub_trouble}
        if settings.hub_repo
        else None,
    }


def readiness(version: str, store: Store, *, closed: bool) -> Readiness:
    """Return whether a service can do all its work, and why not.

    Args:
        version: the release.
        store: the store of visitors' data, which is asked.
        closed: whether the service is ending.
    """
    trouble = "The service is ending." if closed else ""
    try:
        store.check()
    except FAILURES as error:
        why = cause(error) or "its database reports an error"
        trouble = trouble or f"The service cannot use profiles, because {why}."
    return {"ok": not trouble, "release": version, "trouble": trouble}
