"""Retraining: new data and feedback in, a release out only where it is not worse than the one in use (see `gate`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys import hub
from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, BrokenRelease, NeedsRatings, listing
from recsys.models import registry
from recsys.release import Release
from recsys.settings import Settings
from recsys.training.comparison import KEPT, PUSHED, TOLERANCE, Line, decide, measure
from recsys.training.train import first, maker, train, training_data
from recsys.tuning import tuned
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors


def retrain(
    settings: Settings,
    repo: str,
    *,
    names: Sequence[str] | None = None,
    split: str = "random",
    seed: int = 0,
    tolerance: float = TOLERANCE,
    force: bool = False,
    push: bool = True,
    progress: Progress = to_log,
) -> dict[str, Any]:
    """Pull release and feedback, measure old against new, train, and push where no model is worse.

    Args:
        settings: data set, data directory, token, and where feedback is kept.
        repo: the model repo; the first release is pushed without comparison.
        names: models (default: those of the current release, or those that the page answers with).
        split, seed: the held-out ratings, as `evaluate` makes them.
        tolerance: by how much of its NDCG@10 a model may fall, 0.01 for 1 %.
        force: push whatever the comparison says.
        push: False measures and decides, and changes nothing on the Hub.
        progress: called with a line for each step.

    Returns:
        the report: time, repo, decision ("pushed", "kept", "unchanged"), reason, current, new, data, split, seed,
        tolerance, lines.

    Raises:
        RecsysError: data, feedback or Hub cannot be had, or nothing could be trained.
    """
    if not 0 <= tolerance < 1:
        raise BadInput(f"tolerance is {tolerance!r}: give a share from 0 to below 1, such as 0.01.")
    current, trouble = _current(settings, repo, progress)
    catalogue = building.ensure(settings, progress)
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to retrain with.")
    visitors = Visitors.open(settings.visitors_database, settings.catalogue_name)
    restored = _restore(settings, progress)
    data, features = training_data(catalogue, visitors)
    make = maker(tuned(settings, catalogue.info), {})
    names = _names(names, current, catalogue)
    lines: list[Line] = []
    if current is not None and current.info.get("digest") != catalogue.info["digest"]:
        trouble = f"release {current.version} was trained on other data than {catalogue.info['title']}"
    elif current is not None:
        known = _known_to(current, data, catalogue)
        progress(f"measuring {listing(names)}: {known.matrix.nnz:,} ratings then, {data.matrix.nnz:,} now")
        lines = measure(names, current, known, data, features, split, seed, make, progress)
    decision, reason = decide(current, trouble, lines, data, tolerance, force, names, make)
    report = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "repo": repo,
        "decision": decision,
        "reason": reason,
        "current": None if current is None else {"version": current.version, "commit": current.revision},
        "new": None,
        "split": split,
        "seed": seed,
        "tolerance": tolerance,
        "lines": [vars(line) for line in lines],
        "data": {
            "title": catalogue.info["title"],
            "ratings": int(data.matrix.nnz),
            "users": len(data.users),
            "items": len(data.items),
            "profiles": len(data.users) - catalogue.info["n_users"],
            "restored": restored,
        },
    }
    if decision == PUSHED:
        made = _train(settings, catalogue, names, visitors, lines, split, progress)
        report["new"] = {"version": made.version, "commit": None, "tag": None}
        if push:
            sent = hub.push(made, repo, token=settings.hf_token, endpoint=settings.hub_endpoint, progress=progress)
            report["new"] |= {"commit": sent["commit"], "tag": sent["tag"]}
        else:
            report |= {"decision": KEPT, "reason": f"{reason} Not pushed, as asked."}
    visitors.close()
    return report


def _current(settings: Settings, repo: str, progress: Progress) -> tuple[Release | None, str]:
    """The release in use, or None and why."""
    if not hub.exists(repo, token=settings.hf_token, endpoint=settings.hub_endpoint):
        return None, f"{repo} does not exist yet"
    try:
        return hub.pull(
            repo, settings.releases, token=settings.hf_token, endpoint=settings.hub_endpoint, progress=progress
        ), ""
    except BrokenRelease as error:
        return None, str(error)


def _restore(settings: Settings, progress: Progress) -> int:
    backup = create_backup(settings)
    if backup is None:
        return 0
    try:
        found = backup.restore()
    finally:
        backup.close()
    progress(f"restored {found:,} records of visitors' data from {backup.place}")
    return found


def _names(names: Sequence[str] | None, current: Release | None, catalogue: Catalogue) -> list[str]:
    if names is not None:
        return [registry.get(name).name for name in names]
    if current is None:
        return list(first(catalogue))
    # What is trained here but never pushed, such as user_knn, is measured and trained as well.
    return [name for name in registry.names() if name in (*current.names, *first(catalogue))]


def _known_to(current: Release, data: Interactions, catalogue: Catalogue) -> Interactions:
    """The ratings there were when the current release was trained: the data set's, and profiles' up to then."""
    if current.info.get("data_digest") == data.digest:
        return data
    plain = catalogue.interactions()
    if not current.info.get("n_profiles"):
        return plain
    created = datetime.fromisoformat(current.manifest["created"]).timestamp()
    if data.times is None:
        # Without times nothing tells new from old: the comparison is of settings alone.
        return data
    frame = data.to_frame()
    old = frame[frame["user_id"].isin(set(plain.users.ids.tolist())) | (frame["timestamp"] <= created)]
    return Interactions.from_frame(old, items=data.items.ids)


def _train(
    settings: Settings,
    catalogue: Catalogue,
    names: Sequence[str],
    visitors: Visitors,
    lines: Sequence[Line],
    split: str,
    progress: Progress,
) -> Release:
    made = train(settings, catalogue, names, progress, visitors)
    reports = {
        line.model: {"metrics": {**made.manifest["models"][line.model].get("metrics", {}), split: line.metrics}}
        for line in lines
        if line.metrics and line.model in made.manifest["models"]
    }
    return releases.add(made, {}, reports) if reports else made


def write_report(report: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write the report as `retrain.json` and `retrain.md`; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "retrain.json", folder / "retrain.md"
    for path, text in zip(paths, (json.dumps(report, indent=1) + "\n", markdown(report)), strict=True):
        part = path.with_suffix(f"{path.suffix}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return paths


def markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    data, current, new = report["data"], report["current"], report["new"]
    now = "the same" if new is None else f"{new['version']}, {'tag ' + new['tag'] if new['tag'] else 'not pushed'}"
    text = [
        f"# Retraining of {report['repo']}: {report['decision']}",
        "",
        report["reason"],
        "",
        f"- when: {report['time']}",
        f"- data: {data['title']}, {data['ratings']:,} ratings, {data['profiles']:,} profiles of visitors among "
        f"{data['users']:,} users",
        f"- before: {current['version'] if current else 'nothing'}",
        f"- now: {now}",
        f"- measured on the {report['split']} split, seed {report['seed']}; {report['tolerance']:.1%} may be lost",
    ]
    if report["lines"]:
        text += ["", "| model | NDCG@10 before | now | difference, 95 % interval | note |", "|" + " --- |" * 5]
    for line in report["lines"]:
        old, fresh = ("" if value is None else f"{value:.4f}" for value in (line["old"], line["new"]))
        change = ""
        if line["low"] is not None:
            change = f"{line['new'] - line['old']:+.4f} ({line['low']:+.4f} to {line['high']:+.4f})"
        note = " ".join(line["note"].split()).replace("|", "\\|")
        text.append(f"| {line['model']} | {old} | {fresh} | {change} | {note} |")
    return "\n".join(text) + "\n"
