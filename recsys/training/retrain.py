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
from recsys.data.files import replaced
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
    """Options of a retraining.

    Attributes:
        names: models (default: those of the current release and those of a first start).
        split, seed: the held-out ratings, as in `evaluate`.
        tolerance: the share of its NDCG@10 that a model may lose, 0.01 for 1 %.
        force: push regardless of the comparison.
        push: if False, compare and decide only, and change nothing on the Hub.
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
    """State of one retraining.

    Attributes:
        current: the current release; None if the repository has no release.
        candidate: the release that would be trained.
        lines: the comparison, one line for each model.
        decision: the decision and its reason.
        restored: number of restored records of visitors' data.
    """

    current: Release | None
    candidate: Candidate
    restored: int
    lines: list[Line] = field(default_factory=list)
    decision: Decision = Decision(KEPT, "")


def retrain(settings: Settings, repo: str, plan: Plan = Plan(), progress: Progress = to_log) -> dict[str, Any]:
    """Pull the release and visitors' data, compare, train, and push if no model is worse.

    Without a comparison, a release is pushed only to a repository that has no release. If the current release cannot be
    read, nothing is pushed.

    Args:
        settings: data set, data directory, token, and location of the backup of visitors' data.
        repo: the model repository.
        plan: options of the retraining.
        progress: called for each step.

    Returns:
        the report: time, repo, decision ("pushed", "kept", "unchanged"), reason, current, new, data, split, seed,
        tolerance, lines.

    Raises:
        BadInput: another machine with the same PostgreSQL store retrains this repository now.
        RecsysError: data, visitors' data, the current release or the Hub is not available, or no model could be
            trained.
    """
    with closing(Visitors.of(settings)) as visitors, visitors.store.exclusive(f"retraining of {repo}") as is_alone:
        if not is_alone:
            raise BadInput(f"Another machine retrains {repo} now. Try again when it has finished.")
        return _retrained(settings, visitors, repo, plan, progress)


def _retrained(settings: Settings, visitors: Visitors, repo: str, plan: Plan, progress: Progress) -> dict[str, Any]:
    current = _current(settings, repo, plan.force, progress)
    catalogue = building.ensure(settings, progress)
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to retrain with.")
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
    """The release in the repository; None if the repository is empty, or if it cannot be read and `force` is set."""
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
        progress(f"{error} It is replaced without a comparison (--force).")
        return None


def _restore(settings: Settings, progress: Progress) -> int:
    """Restore visitors' data from its backup; return the number of new records."""
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
    # Models that are not pushed because they contain ratings are compared and trained too.
    return [name for name in registry.names() if name in (*current.names, *first)]


def _decide(run: _Run, plan: Plan, catalogue: Catalogue, progress: Progress) -> None:
    """Compare with the current release if there is one, and set `lines` and `decision` of the run."""
    current, title = run.current, catalogue.info["title"]
    if current is None:
        reason = "Replaced without a comparison (--force)." if plan.force else "The repository had no release."
        run.decision = Decision(PUSHED, reason)
        return
    same_data = current.fits(catalogue)
    if same_data:
        known, data = _known_to(current, run.candidate.inputs.data, catalogue), run.candidate.inputs.data
        progress(
            f"comparing {listing(run.candidate.names)}: {known.matrix.nnz:,} ratings then, {data.matrix.nnz:,} now"
        )
        run.lines = comparison.measure(current, known, run.candidate, plan.split, progress)
    if plan.force:
        run.decision = Decision(PUSHED, "Pushed regardless of the comparison (--force).")
    elif not same_data:
        why = f"release {current.version} was trained on other data than {title}"
        run.decision = Decision(KEPT, f"Not comparable: {why}. Use --force to push it anyway.")
    else:
        comparison.check_compared(current, run.lines)
        run.decision = comparison.decide(current, run.candidate, run.lines, plan.tolerance)


def _known_to(current: Release, data: Interactions, catalogue: Catalogue) -> Interactions:
    """The ratings that the current release was trained on: those of the data set, and earlier ones of profiles."""
    if current.info.get("data_digest") == data.digest:
        return data
    plain = catalogue.interactions()
    if not current.info.get("n_profiles"):
        return plain
    if data.times is None:
        # Without times, old and new ratings of profiles cannot be distinguished, so only settings are compared.
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
        run.decision = Decision(KEPT, f"{run.decision.reason} Not pushed, because pushing is switched off.")
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
    """Write the report as `retrain.json` and `retrain.md`; return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "retrain.json", folder / "retrain.md"
    for path, text in zip(paths, (json.dumps(report, indent=1) + "\n", markdown(report)), strict=True):
        with replaced(path) as part:
            part.write_text(text, encoding="utf-8")
    return paths


def markdown(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
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
