"""The command `tune`: models.tune on the validation parts of the protocol, kept with everything that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys.catalogue.database import Catalogue
from recsys.data import Interactions
from recsys.data.files import write_json
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, NeedsRatings
from recsys.evaluation.protocol import make_split
from recsys.models import registry, tuning
from recsys.models.config import search_space
from recsys.settings import CATALOGUES, Settings
from recsys.tuning.settings import file_name, found_here, read

KINDS = {
    "temporal": ("by time", "by time the tenth before each user's last fifth"),
    "random": ("at random", "at random a tenth of each user's"),
}
SCORE_DIGITS = 5


def search(
    settings: Settings,
    catalogue: Catalogue,
    names: Sequence[str],
    budget_s: float = 120,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress = to_log,
) -> dict[str, Any]:
    """Search the settings of models and write what was found and tried into the data set's file, after each model.

    Judged on the validation parts of the random split and, where there are times, of the split by time, each learnt
    from its train part alone; what is kept for tests is not touched. Settings must beat the defaults on both together
    and on neither fall behind.

    Args:
        names: models that declare a search space.
        budget_s: seconds for each model.
        folder: where to write (default: in the data directory, where it counts more than what is shipped).

    Returns:
        the content of the file, with the models asked for alone.

    Raises:
        BadInput: a model has nothing to tune, or the budget is not a positive number.
        NeedsRatings: there are none.
    """
    names = [registry.get(name).name for name in names]
    fixed = [name for name in names if not search_space(registry.get(name).Config)]
    if fixed or not names:
        raise BadInput(f"{', '.join(fixed)} declares nothing to tune." if fixed else "name at least one model to tune.")
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to judge settings by.")
    data, features, info = catalogue.interactions(), catalogue.features(), catalogue.info
    kinds = [kind for kind in KINDS if kind == "random" or data.times is not None]
    parts = [_part(kind, data, seed) for kind in kinds]
    path = (folder or found_here(settings)) / file_name(info)
    done = {}
    for name in names:
        progress(f"{name}: searching for {budget_s:g} s")
        trials = tuning.search(name, data, features, budget_s, seed, parts, progress)
        record = _record(name, trials, kinds, seed, budget_s)
        if info["dataset"] in CATALOGUES.get(info["catalogue"], ()):
            record["command"] = f"RECSYS_DATASET={info['dataset']} {record['command']}"
        done[name] = record
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"catalogue": info["catalogue"], "dataset": info["dataset"]}
        write_json({**content, "models": {**read(path, info), name: record}}, path)
        progress(f"{name}: {record['note']} ({len(trials)} tries)")
    return {"catalogue": info["catalogue"], "dataset": info["dataset"], "path": str(path), "models": done}


def _part(kind: str, data: Interactions, seed: int) -> tuple[Interactions, Interactions]:
    """What is known and what is hidden; order within one second is no order of tastes, so ties are drawn."""
    made = make_split(kind, data, seed, ties="random")
    return made.train, made.valid


def _record(name: str, trials: list[tuning.Trial], kinds: Sequence[str], seed: int, budget_s: float) -> dict[str, Any]:
    kind = registry.get(name)
    space, defaults = search_space(kind.Config), kind().settings
    best, base = trials[0], next(trial for trial in trials if trial.settings == defaults)
    told = " and ".join(
        f"{100 * (one - other) / (abs(other) or 1):+.1f} % {KINDS[part][0]}"
        for one, other, part in zip(best.means, base.means, kinds, strict=True)
    )
    return {
        "settings": {key: best.settings[key] for key in space},
        "used": best is not base,
        "note": f"{told} against the defaults" if best is not base else "nothing clearly beat the defaults",
        "judged_on": [KINDS[part][1] for part in kinds],
        "metric": "minus the squared error" if kind.predicts_ratings else f"ndcg@{tuning.DEPTH}",
        "means": _rounded(best.means),
        "defaults": _rounded(base.means),
        "command": f"python -m recsys tune --models {name} --budget {budget_s:g} --seed {seed}",
        "seed": seed,
        "budget_s": budget_s,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "trials": [
            {
                "settings": {key: trial.settings[key] for key in space},
                "means": _rounded(trial.means),
                "score": round(trial.mean, SCORE_DIGITS),
                "seconds": round(trial.seconds, 2),
            }
            for trial in sorted(trials, key=lambda trial: -trial.mean)
        ],
    }


def _rounded(means: Sequence[float]) -> list[float]:
    return [round(mean, SCORE_DIGITS) for mean in means]
