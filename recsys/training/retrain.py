"""Retrain on new data and visitors' ratings, and push the release only if no model is worse than the current one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys import hub
from recsys import release as releases
from recsys.catalogue import building
from recsys.catalogue.database import Catalogue
from recsys.data import Interactions, csr
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, BrokenRelease, NeedsRatings, listing
from recsys.models import registry
from recsys.release import Release
from recsys.settings import Settings
from recsys.training import comparison
from recsys.training.choice import startup_models
from recsys.training.comparison import KEPT, PUSHED, TOLERANCE, Candidate, Decision, Line, with_ratings
from recsys.training.fitting import Inputs, maker
from recsys.training.train import train
from recsys.tuning import tuned
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors


@dataclass(frozen=True)
class Plan:
    """How to retrain.

    Attributes:
        names: models (default: those of the current release, and those that the page needs first).
        split, seed: the held-out ratings, as in `evaluate`.
        tolerance: the share of its NDCG@10 that a model may lose, 0.01 for 1 %.
        force: push whatever the comparison says.
        push: False measures and decides, and changes nothing on the Hub.
    """

    names: Sequence[str] | None = None
    split: str = "random"
    seed: int = 0
    tolerance: float = TOLERANCE
    force: bool = False
    push: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise BadInput(f"tolerance is {self.tolerance!r}. Use a share from 0 to below 1, such as 0.01.")


@dataclass
class _Run:
    """What is known in the course of one retraining.

    Attributes:
        current: the current release; None if the repository holds none.
        candidate: what would be trained.
        lines: the comparison, a line for each model.
        decision: what happens, and why.
        restored: records of visitors' data that were restored.
    """

    current: Release | None
    candidate: Candidate
    restored: int
    lines: list[Line] = field(default_factory=list)
    decision: Decision = Decision(KEPT, "")


def retrain(settings: Settings, repo: str, plan: Plan = Plan(), progress: Progress = to_log) -> dict[str, Any]:
    """Pull the release and visitors' data, compare, train, and push if no model is worse.

    Without comparison, a release is pushed only to a repository that holds none. If the current release cannot be
    read, for whatever reason, nothing is pushed.

    Args:
        settings: data set, data directory, token, and where visitors' data is backed up.
        repo: the model repository.
        plan: how to retrain.
        progress: reports each step.

    Returns:
        the report: time, repo, decision ("pushed", "kept", "unchanged"), reason, current, new, data, split, seed,
        tolerance, lines.

    Raises:
        RecsysError: data, visitors' data, the current release or the Hub is not available, or nothing could be
            trained.
    """
    current = _current(settings, repo, plan.force, progress)
    catalogue = building.ensure(settings, progress)
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to retrain with.")
    with closing(Visitors.open(settings.visitors_database, settings.catalogue_name)) as visitors:
        restored = _restore(settings, progress)
        inputs = Inputs.read(catalogue, visitors, plan.seed)
        names = _names(plan.names, current, catalogue)
        run = _Run(current, Candidate(names, maker(tuned(settings, catalogue.info), {}), inputs), restored)
        _decide(run, plan, catalogue, progress)
        new = None
        if run.decision.action == PUSHED:
            made = _train(settings, catalogue, visitors, run, plan, progress)
            new = _push(settings, repo, made, plan, run, progress)
    return _report(repo, plan, catalogue, run, new)


def _current(settings: Settings, repo: str, force: bool, progress: Progress) -> Release | None:
    """The release in the repository; None if it holds none, or if it cannot be read and is replaced by force."""
    if not hub.has_release(repo, token=settings.hf_token, endpoint=settings.hub_endpoint):
        return None
    try:
        return hub.pull(
            repo, settings.releases, token=settings.hf_token, endpoint=settings.hub_endpoint, progress=progress
        )
    except BrokenRelease as error:
        if not force:
            raise BrokenRelease(
                f"{error} Nothing was pushed, because there is no usable release to compare with. Use --force to "
                "replace it without a comparison."
            ) from error
        progress(f"{error} It is replaced without a comparison, as asked.")
        return None


def _restore(settings: Settings, progress: Progress) -> int:
    """Restore visitors' data from its backup; returns the number of new records."""
    backup = create_backup(settings)
    if backup is None:
        return 0
    with closing(backup):
        restored = backup.restore()
    progress(f"restored {restored:,} records of visitors' data from {backup.place}")
    return restored


def _names(names: Sequence[str] | None, current: Release | None, catalogue: Catalogue) -> list[str]:
    if names is not None:
        return [registry.get(name).name for name in names]
    first = startup_models(catalogue)
    if current is None:
        return list(first)
    # Models that are trained but never pushed, because they hold ratings, are measured and trained as well.
    return [name for name in registry.names() if name in (*current.names, *first)]


def _decide(run: _Run, plan: Plan, catalogue: Catalogue, progress: Progress) -> None:
    """Compare, if there is something to compare with, and set `lines` and `decision` of the run."""
    current, title = run.current, catalogue.info["title"]
    if current is None:
        reason = "Replaced without a comparison, as asked." if plan.force else "The repository held no release yet."
        run.decision = Decision(PUSHED, reason)
        return
    same_data = current.info.get("digest") == catalogue.info["digest"]
    if same_data:
        known, data = _known_to(current, run.candidate.inputs.data, catalogue), run.candidate.inputs.data
        progress(
            f"measuring {listing(run.candidate.names)}: {known.matrix.nnz:,} ratings then, {data.matrix.nnz:,} now"
        )
        run.lines = comparison.measure(current, known, run.candidate, plan.split, progress)
    if plan.force:
        run.decision = Decision(PUSHED, "Pushed whatever the comparison says, as asked.")
    elif not same_data:
        why = f"release {current.version} was trained on other data than {title}"
        run.decision = Decision(KEPT, f"Not comparable: {why}. Use --force to push all the same.")
    else:
        run.decision = comparison.decide(current, run.candidate, run.lines, plan.tolerance)


def _known_to(current: Release, data: Interactions, catalogue: Catalogue) -> Interactions:
    """The ratings that the current release was trained on: the data set's, and those of profiles up to then."""
    if current.info.get("data_digest") == data.digest:
        return data
    plain = catalogue.interactions()
    if not current.info.get("n_profiles"):
        return plain
    if data.times is None:
        # Without times, old and new ratings of profiles cannot be told apart: only settings are compared.
        return data
    created = datetime.fromisoformat(current.manifest["created"]).timestamp()
    of_data_set = csr.per_entry(plain.users.numbers(data.users.ids) >= 0, data.matrix)
    return with_ratings(data.keep(of_data_set | (data.times <= created)))


def _train(
    settings: Settings, catalogue: Catalogue, visitors: Visitors, run: _Run, plan: Plan, progress: Progress
) -> Release:
    """Train the candidate and store the metrics of the comparison with it."""
    made = train(settings, catalogue, run.candidate.names, progress, visitors, seed=plan.seed)
    records = made.manifest["models"]
    reports = {
        line.model: {"metrics": {**records[line.model].get("metrics", {}), plan.split: line.metrics}}
        for line in run.lines
        if line.metrics and line.model in records
    }
    return releases.add(made, {}, reports) if reports else made


def _push(settings: Settings, repo: str, made: Release, plan: Plan, run: _Run, progress: Progress) -> dict[str, Any]:
    if not plan.push:
        run.decision = Decision(KEPT, f"{run.decision.reason} Not pushed, as asked.")
        return {"version": made.version, "commit": None, "tag": None}
    sent = hub.push(made, repo, token=settings.hf_token, endpoint=settings.hub_endpoint, progress=progress)
    return {"version": made.version, "commit": sent["commit"], "tag": sent["tag"]}


def _report(repo: str, plan: Plan, catalogue: Catalogue, run: _Run, new: dict[str, Any] | None) -> dict[str, Any]:
    data, current = run.candidate.inputs.data, run.current
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "repo": repo,
        "decision": run.decision.action,
        "reason": run.decision.reason,
        "current": None if current is None else {"version": current.version, "commit": current.revision},
        "new": new,
        "split": plan.split,
        "seed": plan.seed,
        "tolerance": plan.tolerance,
        "lines": [asdict(line) for line in run.lines],
        "data": {
            "title": catalogue.info["title"],
            "ratings": int(data.matrix.nnz),
            "users": len(data.users),
            "items": len(data.items),
            "profiles": len(data.users) - catalogue.info["n_users"],
            "restored": run.restored,
        },
    }


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
    """The report as Markdown."""
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
        f"- measured on the {report['split']} split, seed {report['seed']}; a model may lose {report['tolerance']:.1%}",
    ]
    if report["lines"]:
        text += ["", "| model | NDCG@10 before | now | difference, 95 % interval | note |", "|" + " --- |" * 5]
    return "\n".join([*text, *map(_row, report["lines"])]) + "\n"


def _row(line: dict[str, Any]) -> str:
    old, new = ("" if value is None else f"{value:.4f}" for value in (line["old"], line["new"]))
    change = ""
    if line["low"] is not None:
        change = f"{line['new'] - line['old']:+.4f} ({line['low']:+.4f} to {line['high']:+.4f})"
    note = " ".join(line["note"].split()).replace("|", "\\|")
    return f"| {line['model']} | {old} | {new} | {change} | {note} |"
