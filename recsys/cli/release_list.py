"""List and compare releases, on this machine or on the Hub."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from recsys import hub
from recsys import release as releases
from recsys.errors import BrokenRelease, UnknownModel, listing
from recsys.release.metrics import flatten
from recsys.settings import Settings

SHOWN = ("ndcg@10", "recall@20", "hr@10")


def here(settings: Settings) -> list[dict[str, Any]]:
    """List the releases on this disk, newest first.

    Returns:
        dicts of version, created, dataset, models, current, pinned, origin (repo, revision and commit it was pulled
        from, or None), best (model and its NDCG@10, or None), trouble (why it cannot be used, else "").
    """
    root = settings.releases
    held, lines = releases.pinned(root), []
    try:
        served = releases.current(root)
    except BrokenRelease:
        served = None
    for version in releases.versions(root):
        line = {"version": version, "current": served is not None and version == served.version}
        line["pinned"] = version == held
        try:
            release = releases.open_release(root / version)
        except BrokenRelease as error:
            empty = {"created": "", "dataset": "", "models": [], "origin": None, "best": None}
            lines.append(line | empty | {"trouble": str(error)})
            continue
        manifest = release.manifest
        lines.append(
            line
            | {
                "created": manifest["created"],
                "dataset": release.info.get("dataset") or "",
                "models": list(release.names),
                "origin": release.origin,
                "best": _best(manifest),
                "trouble": "",
            }
        )
    return lines


def on_hub(settings: Settings, repo: str) -> list[dict[str, Any]]:
    """List the tagged releases of a repository, newest first, as dicts of tag, commit, date."""
    return hub.versions(repo, token=settings.hf_token, endpoint=settings.hub_endpoint)


def compared(settings: Settings, old: str, new: str, repo: str | None = None) -> list[dict[str, Any]]:
    """Compare all metrics of two releases: rows of model, metric, old, new, change (None if unknown).

    Args:
        settings: location of the releases.
        old, new: versions on this disk, or revisions of `repo`.
        repo: a repository on the Hub.

    Raises:
        UnknownModel: there is no such version on this disk.
        HubError, BrokenRelease: a release cannot be read.
    """
    return releases.differences(*(_manifest(settings, version, repo) for version in (old, new)))


def roll_back(settings: Settings) -> releases.Release:
    """Pin the newest release older than the current one that was trained on the same data.

    Raises:
        UnknownModel: there is no such release.
    """
    served = releases.last_good(settings.releases)
    digest = None if served is None else served.info.get("digest")
    return releases.roll_back(settings.releases, lambda older: older.info.get("digest") == digest)


def tell(settings: Settings, release: releases.Release, *, pinned: bool) -> None:
    """Announce a release to the replicas of RECSYS_STORE_URL, if it is set.

    Raises:
        StoreUnavailable: the store cannot be used now; this machine has switched all the same.
    """
    if settings.store_url:
        from recsys.runtime import shared_release
        from recsys.visitors.profiles import Visitors

        with closing(Visitors.of(settings)) as visitors:
            shared_release.announce(visitors, release, pinned=pinned)


def unpin(settings: Settings) -> None:
    """Follow the Hub again, on this machine and on the replicas of RECSYS_STORE_URL, if it is set.

    Raises:
        StoreUnavailable: the store cannot be used now; nothing changes.
    """
    if settings.store_url:
        from recsys.runtime import shared_release
        from recsys.visitors.profiles import Visitors

        with closing(Visitors.of(settings)) as visitors:
            shared_release.unpin(visitors, settings.releases)
    else:
        releases.unpin(settings.releases)


def _manifest(settings: Settings, version: str, repo: str | None) -> dict[str, Any]:
    if repo is not None:
        return hub.peek(repo, version, token=settings.hf_token, endpoint=settings.hub_endpoint)
    versions = releases.versions(settings.releases)
    if version not in versions:
        raise UnknownModel(f"There is no release {version!r}; there are {listing(versions) or 'none'}.")
    return releases.open_release(settings.releases / version).manifest


def _best(manifest: dict[str, Any]) -> dict[str, Any] | None:
    measured = {name: flatten(record.get("metrics")).get("ndcg@10") for name, record in manifest["models"].items()}
    known = {name: value for name, value in measured.items() if value is not None}
    best = max(known, key=lambda name: known[name], default=None)
    return None if best is None else {"model": best, "ndcg@10": known[best]}


def text_of_versions(lines: list[dict[str, Any]]) -> str:
    """Format the releases of `here` for a terminal."""
    texts = []
    for line in lines:
        marks = [word for word in ("current", "pinned") if line[word]]
        origin = line["origin"]
        parts = [
            line["created"][:16].replace("T", " "),
            line["dataset"],
            f"{len(line['models'])} models",
            f"best {line['best']['model']}, NDCG@10 {line['best']['ndcg@10']:.4f}" if line["best"] else "not evaluated",
            f"from {origin['repo']} at {origin['commit'][:7]}" if origin else "trained here",
        ]
        mark = f"  *{', '.join(marks)}" if marks else ""
        texts.append(f"{line['version']}  {line['trouble'] or ', '.join(parts)}{mark}")
    return "\n".join(texts) or "there is no release here yet: python -m recsys train"


def text_of_changes(rows: list[dict[str, Any]], all_metrics: bool = False) -> str:
    """Format the rows of `compared` for a terminal: the main metrics, or all with `all_metrics`."""
    shown = [row for row in rows if all_metrics or row["metric"].split()[-1] in SHOWN]
    if not shown:
        return "neither release was evaluated: python -m recsys evaluate"
    lines = []
    for row in shown:
        old, new = ("–" if value is None else f"{value:.4f}" for value in (row["old"], row["new"]))
        change = "" if row["change"] is None else f"{row['change']:+.4f}"
        lines.append(f"{row['model']:<22} {row['metric']:<20} {old:>8} {new:>8} {change:>9}")
    return "\n".join([f"{'model':<22} {'metric':<20} {'old':>8} {'new':>8} {'change':>9}", *lines])
