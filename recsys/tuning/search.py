"""Search the settings of models on the validation parts of the evaluation protocol, and save them with all trials."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from recsys.catalogue.database import Catalogue
from recsys.data.files import write_json
from recsys.data.progress import Progress, to_log
from recsys.errors import BadInput, NeedsRatings
from recsys.evaluation.protocol import make_split
from recsys.models import registry, tuning
from recsys.models.config import search_space
from recsys.settings import CATALOGUES, Settings
from recsys.tuning.settings import file_name, folder_of, read

SCORE_DIGITS = 5
ROOM = 64 * 1024  # bytes that a result may take


class _Kind(NamedTuple):
    """Display names of a validation part.

    Attributes:
        short: name in a note, after a gain.
        long: name in `judged_on`, with the share of the ratings.
    """

    short: str
    long: str


KINDS = {
    "temporal": _Kind("by time", "by time the tenth before each user's last fifth"),
    "random": _Kind("at random", "at random a tenth of each user's"),
}


def search(
    settings: Settings,
    catalogue: Catalogue,
    names: Sequence[str],
    budget_s: float = 120,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress = to_log,
) -> dict[str, Any]:
    """Search the settings of models, and write each result into the file of the data set as soon as it is found.

    Settings are evaluated on the validation part of the random split and, if times are known, on that of the split by
    time; each model is fitted only on the training part, and the test parts are not used. The chosen settings are
    better than the defaults on both parts together and not worse on either.

    Args:
        names: models that declare a search space.
        budget_s: seconds for each model.
        folder: the folder to write to (default: in the data directory, where the file overrides the shipped one).

    Returns:
        The content of the file, only with the models in `names`, and its `path`.

    Raises:
        BadInput: a model has no search space, or the budget is not a positive number.
        NeedsRatings: the catalogue has no ratings.
    """
    names = [registry.get(name).name for name in names]
    _check(names, catalogue.info)
    data, features, info = catalogue.interactions(), catalogue.features(), catalogue.info
    kinds = [kind for kind in KINDS if kind == "random" or data.times is not None]
    # ratings given within one second have no order, so ties are broken at random
    splits = [make_split(kind, data, seed, ties="random") for kind in kinds]
    parts = [(split.train, split.valid) for split in splits]
    path = (folder or folder_of(settings)) / file_name(info)
    identity = {"catalogue": info["catalogue"], "dataset": info["dataset"]}
    _check_folder(path.parent)
    found = {}
    for name in names:
        progress(f"{name}: searching for {budget_s:g} s")
        trials = tuning.search(name, data, features, budget_s, seed, parts, progress)
        found[name] = _result(name, trials, kinds) | {
            "command": _command(name, info, budget_s, seed),
            "seed": seed,
            "budget_s": budget_s,
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "trials": _table(name, trials),
        }
        write_json({**identity, "models": {**read(path, info), name: found[name]}}, path)
        progress(f"{name}: {found[name]['note']} ({len(trials)} tries)")
    return {**identity, "path": str(path), "models": found}


def _check_folder(folder: Path) -> None:
    """Raise `OSError` if nothing can be written to a folder, before minutes of searching."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x" * ROOM)
        file.flush()


def _check(names: Sequence[str], info: dict[str, Any]) -> None:
    if not names:
        raise BadInput("No model to tune. Name at least one.")
    fixed = [name for name in names if not search_space(registry.get(name).Config)]
    if fixed:
        raise BadInput(f"These models have no settings to search: {', '.join(fixed)}. Leave them out.")
    if not info["n_ratings"]:
        raise NeedsRatings(f"{info['title']} has no ratings to evaluate settings on.")


def _result(name: str, trials: list[tuning.Trial], kinds: Sequence[str]) -> dict[str, Any]:
    """The chosen settings and their comparison with the defaults."""
    kind = registry.get(name)
    best, defaults = trials[0], next(trial for trial in trials if trial.settings == kind().settings)
    used = best is not defaults
    gains = " and ".join(
        f"{100 * (one - other) / (abs(other) or 1):+.1f} % {KINDS[part].short}"
        for one, other, part in zip(best.means, defaults.means, kinds, strict=True)
    )
    return {
        "settings": _searched(name, best),
        "used": used,
        "note": f"{gains} against the defaults" if used else "nothing clearly beat the defaults",
        "judged_on": [KINDS[part].long for part in kinds],
        "metric": "minus the squared error" if kind.predicts_ratings else f"ndcg@{tuning.LIST_LENGTH}",
        "means": _rounded(best.means),
        "defaults": _rounded(defaults.means),
    }


def _table(name: str, trials: list[tuning.Trial]) -> list[dict[str, Any]]:
    """All trials, the best first."""
    return [
        {
            "settings": _searched(name, trial),
            "means": _rounded(trial.means),
            "score": round(trial.mean, SCORE_DIGITS),
            "seconds": round(trial.seconds, 2),
        }
        for trial in sorted(trials, key=lambda trial: -trial.mean)
    ]


def _searched(name: str, trial: tuning.Trial) -> dict[str, Any]:
    """The settings of a trial that have a search range."""
    return {key: trial.settings[key] for key in search_space(registry.get(name).Config)}


def _command(name: str, info: dict[str, Any], budget_s: float, seed: int) -> str:
    """The command line that repeats the search."""
    command = f"python -m recsys tune --models {name} --budget {budget_s:g} --seed {seed}"
    public = info["dataset"] in CATALOGUES.get(info["catalogue"], ())
    return f"RECSYS_DATASET={info['dataset']} {command}" if public else command


def _rounded(means: Sequence[float]) -> list[float]:
    return [round(mean, SCORE_DIGITS) for mean in means]
